"""The first town's files, and what is said of files that cannot be served."""

import tomllib
from collections.abc import Callable

import pytest

from acd.lib.file_checks import BadFile
from acd.lib.turkish import tr_sort_key
from tests.tickets.towns import SERVICES, TOWN, shipped_texts
from tickets.clock.rules import clock_for
from tickets.kinds import KINDS
from tickets.town.haste import counts_days, high_in_days
from tickets.town.load import NEEDED, load_town
from tickets.town.model import Named


def problems(change: Callable[[dict[str, str]], object]) -> list[str]:
    texts = shipped_texts()
    change(texts)
    with pytest.raises(BadFile) as caught:
        load_town(texts, services=SERVICES)
    return [str(problem) for problem in caught.value.problems]


def replaced(name: str, old: str, new: str) -> list[str]:
    """The problems of the first town with one text replaced, once, in one file."""

    def change(texts: dict[str, str]) -> None:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new, 1)

    return problems(change)


def test_the_town_has_its_43_mahalle() -> None:
    names = sorted((one.name for one in TOWN.mahalle.values()), key=tr_sort_key)
    assert len(names) == 43
    assert names[:3] == ["Akçaburgaz", "Akevler", "Akşemseddin"]
    assert set(TOWN.mahalle) >= {"esenkent", "barbaros_hayrettin_pasa", "incirtepe"}


def test_the_town_has_its_units_and_bodies() -> None:
    assert len(TOWN.units) == 13
    assert "fen_isleri" in TOWN.units
    assert set(TOWN.bodies) >= {"iski", "ibb", "bedas", "acil_112", "cozum_153"}
    assert TOWN.inbox.id == "halkla_iliskiler"
    taken = [service for unit in TOWN.units.values() for service in unit.services]
    assert sorted(taken) == [
        *("ambulance", "doctor", "funeral", "information", "injured_animal", "patient_transfer", "request")
    ]


def test_the_topics_cover_what_people_call_about() -> None:
    assert 60 <= len(TOWN.topics) <= 100
    assert {topic.kind for topic in TOWN.topics.values()} == set(KINDS) - {"cimer"}
    assert TOWN.topics["su_kesintisi"].body == "iski"
    assert TOWN.topics["elektrik_kesintisi"].body == "bedas"
    assert TOWN.topics["sokak_lambasi"].questions[0].required
    assert set(TOWN.units) == {topic.unit for topic in TOWN.topics.values() if topic.unit}
    assert set(TOWN.groups) == {topic.group for topic in TOWN.topics.values()}
    for topic in TOWN.topics.values():
        if "ihbar" in topic.words or topic.id in ("kacak_yapi", "gurultu", "moloz"):
            assert topic.hidden


def test_units_that_must_accept_within_minutes_have_somebody_on_duty() -> None:
    pressed = {
        topic.unit
        for topic in TOWN.topics.values()
        if topic.unit and clock_for(TOWN.clocks, topic.kind, topic.clock).accept_minutes is not None
    }
    assert len(pressed) == 7
    assert pressed <= {shift.unit for shift in TOWN.shifts}


def test_the_outlines_are_said_to_be_schematic_and_cover_every_mahalle() -> None:
    assert TOWN.shapes.schematic
    assert {shape.mahalle for shape in TOWN.shapes.all} == set(TOWN.mahalle)


@pytest.mark.parametrize("name", NEEDED)
def test_a_file_that_is_missing_or_no_toml(name: str) -> None:
    assert problems(lambda texts: texts.pop(name))[0] == f"{name}: is missing"
    assert f"{name}: not valid TOML" in problems(lambda texts: texts.update({name: "[["}))[0]


def test_files_that_a_town_may_do_without() -> None:
    texts = {name: text for name, text in shipped_texts().items() if name in NEEDED}
    town = load_town(texts, services=SERVICES)
    assert (town.shifts, town.streets, town.shapes.all) == ((), {}, ())


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "mahalle.toml",
            'id = "esenkent"',
            'id = "fatih"',
            'mahalle.toml: mahalle.13.id = "fatih": must be unique, but an earlier table has it too',
        ),
        (
            "mahalle.toml",
            'name = "Esenkent"',
            'name = "ESENKENT MAH."\nsize = 3',
            "mahalle.toml: mahalle.12.size = 3: no such key; allowed: aliases, id, name",
        ),
        (
            "mahalle.toml",
            'aliases = ["Esen Kent"]',
            'aliases = ["fatıh mahallesi"]',
            'mahalle.toml: mahalle.13.name = "Fatih": must be unique, but mahalle.12.name has it too',
        ),
        (
            "units.toml",
            'services = ["funeral"]',
            'services = ["funreal"]',
            'units.toml: unit.mezarliklar.services = "funreal": no such service (did you mean "funeral"?)',
        ),
        (
            "units.toml",
            'services = ["funeral"]',
            'services = ["doctor"]',
            'units.toml: unit.mezarliklar.services = "doctor": must go to one unit, but saglik_isleri has it too',
        ),
        (
            "units.toml",
            "inbox = true",
            "inbox = false",
            "units.toml: unit.inbox = []: exactly one unit must have inbox = true",
        ),
        (
            "units.toml",
            'members = [{ user = "fen" }]',
            'members = [{ mail = "fen" }, {}]',
            'units.toml: unit.0.members.0.mail = "fen": must be a mail address',
        ),
        (
            "units.toml",
            'head = "fen"',
            'head = "fan"',
            'units.toml: unit.0.head = "fan": no such member of the unit with a user (did you mean "fen"?)',
        ),
        (
            "bodies.toml",
            'phone = "185"',
            'phone = "0185 x"',
            'bodies.toml: body.3.phone = "0185 x": must be a number such as +902124440411, or 3 to 6 digits',
        ),
        (
            "bodies.toml",
            'id = "iski"',
            'id = "zabita"',
            'bodies.toml: body.zabita.id = "zabita": must be no id of a unit',
        ),
        (
            "topics.toml",
            'unit = "fen_isleri"',
            'unit = "fen_isi"',
            'topics.toml: topic.yol_cukuru.unit = "fen_isi": no such unit (did you mean "fen_isleri"?)',
        ),
        (
            "topics.toml",
            'unit = "fen_isleri"',
            'unit = "fen_isleri"\nbody = "ibb"',
            'topics.toml: topic.yol_cukuru.unit = "fen_isleri": a topic needs either a unit or a body, and not both',
        ),
        (
            "topics.toml",
            'unit = "fen_isleri"',
            'unit = "fen_isleri"\nelsewhere = { esenkant = "ibb", fatih = "x" }',
            'topics.toml: topic.yol_cukuru.elsewhere.esenkant = "esenkant": no such mahalle (did you mean "esenkent"?)',
        ),
        (
            "topics.toml",
            'clock = "seven_days"',
            'clock = "a_week"',
            'topics.toml: topic.yol_cukuru.clock = "a_week": no such clock',
        ),
        (
            "topics.toml",
            'kind = "complaint"',
            'kind = "wish"',
            'topics.toml: topic.0.kind = "wish": must be urgent, request, complaint, information, petition or cimer',
        ),
        (
            "topics.toml",
            'parent = "yol"',
            'parent = "ulasim"',
            'topics.toml: group.ulasim.parent = "ulasim": the groups must not lead back to themselves',
        ),
        (
            "topics.toml",
            'type = "choice", choices = [{ id = "evet", tr = "Evet", en = "Yes" }, ',
            'type = "text", choices = [{ id = "evet", tr = "Evet", en = "Yes" }, ',
            'topics.toml: topic.0.questions.1.choices = ["evet","hayir"]: must be different choices, for the type',
        ),
        (
            "topics.toml",
            'type = "number", least = 1',
            'type = "number", least = 99',
            "topics.toml: topic.26.questions.1.least = 99: must be at most 50",
        ),
        (
            "duty.toml",
            'days = "mon-fri"',
            'days = "fri-mon"',
            'duty.toml: shift.1.days = "fri-mon 08:30-17:30": must be mon, tue, wed',
        ),
        (
            "duty.toml",
            'hours = "08:30-17:30"',
            'hours = "8-17"',
            'duty.toml: shift.1.days = "mon-fri 8-17": must be times such as',
        ),
        (
            "duty.toml",
            'unit = "zabita"',
            'unit = "zabıta"',
            'duty.toml: shift.7.unit = "zabıta": no such unit (did you mean "zabita"?)',
        ),
        (
            "units.toml",
            'members = [{ user = "fen" }]',
            "members = [{}]",
            "units.toml: unit.0.members.0 = {}: needs a user",
        ),
        ("units.toml", 'members = [{ user = "fen" }]', "members = 3", "units.toml: unit.0.members = 3: must be a list"),
        ("topics.toml", 'parent = "yol"', 'parent = "yal"', 'topics.toml: group.ulasim.parent = "yal": no such group'),
        ("topics.toml", 'group = "yol"', 'group = "yal"', 'topics.toml: topic.yol_cukuru.group = "yal": no such group'),
        (
            "topics.toml",
            'id = "yol_cukuru"',
            'id = "park"',
            'topics.toml: topic.park.id = "park": must be no id of a group',
        ),
        (
            "topics.toml",
            "questions = [",
            'questions = [\n    { id = "yeri", tr = "a", en = "b" },',
            'topics.toml: topic.0.questions.1.id = "yeri": must be unique within the topic',
        ),
        (
            "topics.toml",
            'priority = "high"\nbody = "igdas"',
            'priority = "high"\nwhy_days = "x"\nbody = "igdas"',
            'topics.toml: topic.gaz_kokusu.why_days = "x": is for priority high and a clock that counts days',
        ),
        (
            "topics.toml",
            "photo = true\nquestions = [",
            "photo = true\nelsewhere = 3\nquestions = [3,",
            "topics.toml: topic.0.questions.0 = 3: must be a table",
        ),
        ("topics.toml", "questions = [{", "questions = 3 # [{", "topics.toml: topic.2.questions = 3: must be a list"),
        (
            "duty.toml",
            'people = [{ name = "Cenaze',
            'people = [] # [{ name = "Cenaze',
            "duty.toml: shift.0.people = []: must",
        ),
        (
            "mahalle.geojson",
            '"id": "akevler"',
            '"id": "akevlar"',
            'mahalle.geojson: features.1.properties.id = "akevlar": no such mahalle (did you mean "akevler"?)',
        ),
    ],
)
def test_a_fault_names_file_key_value_and_what_is_allowed(name: str, old: str, new: str, expected: str) -> None:
    found = replaced(name, old, new)
    assert any(problem.startswith(expected) for problem in found), found


def test_the_faults_of_all_files_are_told_at_once() -> None:
    def change(texts: dict[str, str]) -> None:
        texts["units.toml"] = "unit = 3"
        texts["clocks.toml"] = "clock = 3"
        texts["calendar.toml"] = "half_days = 3"
        texts["streets.toml"] = 'x = 1\n[streets]\nesenkent = ["1. Sokak", 2]'
        texts["mahalle.geojson"] = "{"

    found = problems(change)
    assert [problem.partition(":")[0] for problem in found] == [
        *("clocks.toml", "calendar.toml", "units.toml", "streets.toml", "streets.toml", "mahalle.geojson")
    ]


def test_outlines_are_not_blamed_for_a_broken_list_of_mahalle() -> None:
    found = problems(lambda texts: texts.update({"mahalle.toml": "mahalle = 3"}))
    assert found == ["mahalle.toml: mahalle = 3: must be at least one table under [[mahalle]]"]


def test_streets_of_a_mahalle_that_does_not_exist() -> None:
    found = problems(lambda texts: texts.update({"streets.toml": '[streets]\nesenkant = ["1. Sokak"]'}))
    assert found == [
        'streets.toml: streets.esenkant = "esenkant": no such mahalle (did you mean "esenkent"?); allowed: '
        + ", ".join(sorted(TOWN.mahalle)[:40])
        + " …"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("streets = 3", "streets.toml: streets = 3: must be a table of mahalle with their streets"),
        ("[streets]\nesenkent = 3", "streets.toml: streets.esenkent = 3: must be a list of names"),
    ],
)
def test_streets_that_are_none(text: str, expected: str) -> None:
    assert problems(lambda texts: texts.update({"streets.toml": text}))[0].startswith(expected)


def test_tables_that_are_none() -> None:
    assert problems(lambda texts: texts.update({"units.toml": "unit = [3]"})) == [
        "units.toml: unit.0 = 3: must be a table"
    ]
    found = problems(lambda texts: texts.update({"units.toml": "x = 1"}))
    assert found == ["units.toml: x = 1: no such key; allowed: unit"]


def test_what_a_reload_takes_away_stays_readable() -> None:
    """Names of items that are gone are kept, in both languages, over any number of reloads."""
    texts = shipped_texts()
    table = tomllib.loads(texts["topics.toml"])
    assert any(topic["id"] == "hiz_kesici" for topic in table["topic"])
    start = texts["topics.toml"].index('[[topic]]\nid = "hiz_kesici"')
    end = texts["topics.toml"].index("[[topic]]", start + 5)
    texts["topics.toml"] = texts["topics.toml"][:start] + texts["topics.toml"][end:]
    later = load_town(texts, services=SERVICES, known=TOWN.names())
    assert "hiz_kesici" not in later.topics
    assert (later.name("topic", "hiz_kesici"), later.name("topic", "hiz_kesici", "en")) == (
        "Kasis ve hız kesici",
        "Speed bump",
    )
    again = load_town(texts, services=SERVICES, known=later.names())
    assert again.name("topic", "hiz_kesici") == "Kasis ve hız kesici"
    back = load_town(shipped_texts(), services=SERVICES, known=again.names())
    assert "hiz_kesici" in back.topics
    assert back.retired == {}


def test_a_name_is_that_of_the_present_file() -> None:
    old = Named(kind="unit", id="fen_isleri", tr="Fen Müdürlüğü", en="Works")
    town = load_town(shipped_texts(), services=SERVICES, known=[old])
    assert town.name("unit", "fen_isleri") == "Fen İşleri"
    assert town.name("mahalle", "esenkent", "en") == "Esenkent"
    assert town.name("unit", "never_there") == "never_there"


def test_what_cannot_wait_is_due_in_minutes() -> None:
    high = {one.id: one for one in TOWN.topics.values() if one.priority == "high"}
    assert {"gaz_kokusu", "elektrik_teli", "su_patlagi", "siddet"} <= set(high)
    assert {one.id for one in high.values() if counts_days(one, TOWN.clocks)} == {"riskli_yapi"}
    assert high_in_days(TOWN) == [], "its file says why days are soon enough"


@pytest.mark.parametrize("clock", ["", 'clock = "one_day"\n'])
def test_a_topic_that_cannot_wait_and_is_due_in_days_is_named(clock: str) -> None:
    texts = shipped_texts()
    gas = 'clock = "danger"\npriority = "high"\nbody = "igdas"'
    assert gas in texts["topics.toml"]
    texts["topics.toml"] = texts["topics.toml"].replace(gas, f'{clock}priority = "high"\nbody = "igdas"')
    assert high_in_days(load_town(texts, services=SERVICES)) == ["gaz_kokusu"]
