"""Edits of a file's text: what is named changes, and everything else stays to the letter."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.config.toml_edit import Edit, EditError, difference, edited, values_of

SERVICES = """\
# The services of the town.
default_service = "agent"

[hours.office]   # as on the door
week = { mon-fri = "08:30-17:30" }

[service.information]
hours = "office"    # not at night

[service.agent]
label = "Görevli"
"""
AGENTS = """\
# Kept by hand.
[[agent]]
extension = "1001"
name = "Ayşe Yılmaz"   # of the first shift
sip_password = "secret-of-1001"
services = [
    "funeral",
    "doctor",
]

[[agent]]
extension = "1002"
name = "Mehmet Çelik"
sip_password = "secret-of-1002"
"""


def change(text: str, *path: str, value: Any) -> str:
    return edited(text, [Edit(path=path, value=value)])


def test_a_value_changes_and_its_comment_stays() -> None:
    text = change(SERVICES, "service", "information", "hours", value="evening")
    assert text == SERVICES.replace('hours = "office" ', 'hours = "evening" ')


def test_a_key_of_an_inline_table_changes_alone() -> None:
    text = change(SERVICES, "hours", "office", "week", "mon-fri", value="09:00-12:00")
    assert text == SERVICES.replace("08:30-17:30", "09:00-12:00")


def test_a_new_table_stands_behind_the_others_of_its_kind() -> None:
    text = change(SERVICES, "hours", "night", "week", value={"mon-sun": "22:00-06:00"})
    assert tomllib.loads(text)["hours"]["night"] == {"week": {"mon-sun": "22:00-06:00"}}
    assert all(line in text.splitlines() for line in SERVICES.splitlines())
    assert text.index("[hours.office]") < text.index("[hours.night]") < text.index("[service.information]")


def test_a_key_is_removed_and_one_that_is_not_there_needs_nothing() -> None:
    text = change(SERVICES, "service", "information", "hours", value=None)
    assert "hours" not in tomllib.loads(text)["service"]["information"]
    assert change(SERVICES, "service", "none", "hours", value=None) == SERVICES


def test_an_entry_of_a_list_is_found_by_its_identity() -> None:
    text = change(AGENTS, "agent", "1002", "languages", value=["tr", "en"])
    assert tomllib.loads(text)["agent"][1]["languages"] == ["tr", "en"]
    assert text.replace('languages = ["tr", "en"]\n', "") == AGENTS


def test_a_list_over_several_lines_stays_one() -> None:
    text = change(AGENTS, "agent", "1001", "services", value=["funeral", "ambulance"])
    assert 'services = [\n    "funeral",\n    "ambulance",\n]' in text


def test_an_entry_is_added_at_the_end_and_taken_out() -> None:
    more = change(AGENTS, "agent", "1003", value={"name": "Elif Işık", "skills": {"funeral": 3}})
    assert more.startswith(AGENTS)
    assert tomllib.loads(more)["agent"][2] == {"extension": "1003", "name": "Elif Işık", "skills": {"funeral": 3}}
    less = change(more, "agent", "1001", value=None)
    assert [one["extension"] for one in tomllib.loads(less)["agent"]] == ["1002", "1003"]
    assert less.startswith("# Kept by hand.\n")


def test_the_first_entry_of_an_empty_file() -> None:
    assert tomllib.loads(change("", "agent", "1001", value={"name": "A"})) == {
        "agent": [{"extension": "1001", "name": "A"}]
    }


def test_the_same_value_leaves_its_spelling() -> None:
    text = "wrapup_s = 1_0.50 # by hand\n"
    assert change(text, "wrapup_s", value=10.5) == text


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        ("a = ", ("a",), "not valid TOML"),
        ("a = 1\n", ("a", "b"), "no table"),
        (AGENTS, ("agent", "1009", "name"), "no such entry"),
        ('agent = "x"\n', ("agent", "1001", "name"), "[[agent]]"),
        (SERVICES, (), "a path of keys is needed"),
    ],
)
def test_a_path_that_leads_nowhere_is_named(text: str, path: tuple[str, ...], told: str) -> None:
    with pytest.raises(EditError, match=told.replace("[", r"\[")):
        edited(text, [Edit(path=path, value="x")])


WORDS = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
VALUES = st.one_of(
    st.booleans(), st.integers(-1000, 1000), st.text("aşİ \"'\\#\n", max_size=12), st.lists(st.integers(0, 9))
)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(WORDS, VALUES, min_size=1), st.data())
def test_whatever_is_set_is_read_back_and_nothing_else_changes(table: dict[str, Any], data: st.DataObject) -> None:
    text = edited("", [Edit(path=("top", name), value=value) for name, value in table.items()])
    assert tomllib.loads(text) == {"top": table}
    name, value = data.draw(st.sampled_from(sorted(table))), data.draw(VALUES)
    assert tomllib.loads(change(text, "top", name, value=value)) == {"top": table | {name: value}}
    left = {one: value for one, value in table.items() if one != name}
    assert tomllib.loads(change(text, "top", name, value=None)).get("top", {}) == left


def test_no_secret_is_seen_and_its_change_is() -> None:
    after = AGENTS.replace("secret-of-1002", "another").replace("Mehmet", "Memo")
    told = difference(AGENTS, after, "agents.toml")
    assert "secret" not in told
    assert "another" not in told
    assert '-sip_password = "***"' in told
    assert '+sip_password = "***"' in told
    assert '+name = "Memo Çelik"' in told
    assert difference(AGENTS, AGENTS, "agents.toml") == ""
    assert "sip_password" not in str(values_of(AGENTS))
    assert values_of(AGENTS)["agent"][0]["name"] == "Ayşe Yılmaz"
    for none in ("a = ", f"a = {'9' * 5000}", f"a = {'[' * 5000}{']' * 5000}"):
        assert values_of(none) == {}


@pytest.mark.parametrize(
    "line",
    [
        "database_url = 'postgresql://u:hidden@h/d'", 'ami_secret="hidden"', '"ami_secret" = "hid\\"hidden"',
        'agent = [{extension = "1", sip_password = "hidden"}]', '# ami_secret = "hidden"',
        'agi_secret = """\nhidden\n"""', "redis_url = hidden",
    ],
)  # fmt: skip
def test_a_secret_is_hidden_however_it_is_written(line: str) -> None:
    assert "hidden" not in difference("", line + "\n", "cozum.toml")


def test_topics_and_units_of_the_shipped_town_change_in_their_own_lines_only() -> None:
    """The administrator's forms edit these."""
    town = files("tickets") / "data"
    topics, units = (town / "topics.toml").read_text("utf-8"), (town / "units.toml").read_text("utf-8")
    moved = change(
        change(topics, "topic", "yol_cukuru", "unit", value=None), "topic", "yol_cukuru", "body", value="iski"
    )
    told = [line for line in difference(topics, moved, "topics.toml").splitlines()[2:] if line[0] in "+-"]
    assert told == ['-unit = "fen_isleri"', '+body = "iski"']
    worded = change(topics, "topic", "agac_budama", "words", value=["dal", "budak"])
    assert len([line for line in difference(topics, worded, "t").splitlines()[2:] if line[0] in "+-"]) == 2
    members = [{"user": "fen"}, {"user": "nermin", "mail": "n@esenkent.example"}]
    grown = change(units, "unit", "temizlik_isleri", "members", value=members)
    found = {one["id"]: one for one in tomllib.loads(grown)["unit"]}
    assert found["temizlik_isleri"]["members"] == members
    assert [one for one in grown.splitlines() if one not in units.splitlines()] == [
        'members = [{user = "fen"}, {user = "nermin", mail = "n@esenkent.example"}]'
    ]
    more = change(units, "unit", "kentsel_tasarim", value={"tr": "Kentsel Tasarım", "en": "Urban Design"})
    assert more.startswith(units.rstrip("\n"))
    assert tomllib.loads(more)["unit"][-1]["id"] == "kentsel_tasarim"
