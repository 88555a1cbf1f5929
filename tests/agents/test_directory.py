"""The list of agents."""

import pytest

from acd.lib.file_checks import BadFile
from agents.directory import Agent, by_name, parse_agents

HASH = "$argon2id$v=19$m=19456,t=2,p=1$YbWeblTGusGye5MJTbVF6A$+Fp9pIsYmJap0L+HFa8ax9dos3acaIgDMuvDfTnOVN8"
ENTRY = f"""
[[agent]]
extension = "1001"
name = "Ayşe Yılmaz"
pin_hash = "{HASH}"
sip_password = "demo1001"
"""
SERVICES = ("funeral", "doctor")


def problems(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        parse_agents(text, file="agents.toml", services=SERVICES)
    return [str(problem) for problem in caught.value.problems]


def test_an_agent_needs_little() -> None:
    [agent] = parse_agents(ENTRY, file="agents.toml", services=SERVICES)
    assert agent == Agent(
        extension="1001",
        name="Ayşe Yılmaz",
        pin_hash=HASH,
        sip_password="demo1001",
        services=(),
        languages=("tr",),
        endpoint="PJSIP/1001",
    )


def test_an_agent_may_have_more() -> None:
    text = (
        ENTRY + 'services = ["doctor"]\nlanguages = ["en", "tr"]\nendpoint = "PJSIP/desk-7"\nauto_answer = "urgent"\n'
    )
    [agent] = parse_agents(text, file="agents.toml", services=SERVICES)
    assert agent.auto_answer == "urgent"
    assert (agent.services, agent.languages, agent.endpoint) == (("doctor",), ("en", "tr"), "PJSIP/desk-7")


def test_a_list_may_be_empty() -> None:
    assert parse_agents("", file="agents.toml", services=SERVICES) == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            'services = ["funerals"]',
            'agents.toml: agent.0.services.0 = "funerals": no such service (did you mean "funeral"?); '
            "allowed: doctor, funeral",
        ),
        ('services = ["doctor", "doctor"]', 'agents.toml: agent.0.services.1 = "doctor": stands twice in this list'),
        ('languages = ["de"]', 'agents.toml: agent.0.languages.0 = "de": no such language; allowed: en, tr'),
        (
            'endpoint = "PJSIP/x&Local/0900"',
            'agents.toml: agent.0.endpoint = "PJSIP/x&Local/0900": must be PJSIP/NAME, '
            "NAME being letters, digits, _ or -",
        ),
        (
            'team = "x"',
            "agents.toml: agent.0.team = ***: no such key; "
            "allowed: auto_answer, backup, endpoint, extension, languages, name, pin_hash, services, sip_password, "
            "skills",
        ),
        ("skills = { funerals = 3 }", "agents.toml: agent.0.skills.funerals = 3: no such key (did you mean"),
        (
            "skills = { funeral = 11 }",
            'agents.toml: agent.0.skills = {"funeral":11}: must be a table of services with levels from 1 to 10, '
            "such as { funeral = 3 }",
        ),
    ],
)
def test_a_problem_names_key_value_and_what_is_allowed(more: str, expected: str) -> None:
    [problem] = problems(f"{ENTRY}{more}\n")
    assert problem.startswith(expected)


@pytest.mark.parametrize("extension", ["12", "0100", "1234567", "10a1", "1001\\n", "١٠٠١"])
def test_a_bad_extension_is_refused(extension: str) -> None:
    [problem] = problems(ENTRY.replace('"1001"', f'"{extension}"'))
    assert problem.startswith("agents.toml: agent.0.extension = ")
    assert problem.endswith('must be three to six digits without a leading zero, in quotes, such as "1001"')


@pytest.mark.parametrize("name", ["", " Ayşe", "Ay\\nşe", "Ayşe\\n", "x" * 61, "Ayşe <1002>", "Ayşe;", 'Ay\\"şe'])
def test_a_bad_name_is_refused(name: str) -> None:
    [problem] = problems(ENTRY.replace("Ayşe Yılmaz", name))
    assert "1 to 60 characters, none of them" in problem


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("pin_hash", HASH, "1001"),
        ("sip_password", "demo1001", "short"),
        ("sip_password", "demo1001", "a;b\\nc=dddddd"),
        ("sip_password", "demo1001", "newline.at.end\\n"),
    ],
)
def test_a_secret_is_never_shown(key: str, good: str, bad: str) -> None:
    [problem] = problems(ENTRY.replace(good, bad))
    assert problem.startswith(f"agents.toml: agent.0.{key} = ***: must be ")
    assert bad not in problem


def test_no_two_agents_share_an_extension_or_a_phone() -> None:
    found = problems(ENTRY + ENTRY.replace('"1001"', '"1002"') + 'endpoint = "PJSIP/1001"\n' + ENTRY)
    assert found == [
        'agents.toml: agent.1.endpoint = "PJSIP/1001": stands already at agent.0.endpoint: each agent needs their own',
        'agents.toml: agent.2.extension = "1001": stands already at agent.0.extension: each agent needs their own',
        'agents.toml: agent.2.endpoint = "PJSIP/1001": stands already at agent.0.endpoint: each agent needs their own',
    ]


def test_all_problems_come_in_one_list() -> None:
    found = problems(f'title = "x"\n{ENTRY.replace("name", "nam")}{ENTRY.replace("1001", "1", 1)}')
    assert [problem.split(" ")[1].rstrip(":") for problem in found] == [
        "title",
        "agent.0.nam",
        "agent.0.name",
        "agent.1.extension",
    ]
    assert problems("agent = 3") == ["agents.toml: agent = 3: must be tables under [[agent]]"]
    assert problems("agent = [1]") == ["agents.toml: agent.0 = 1: must be a table"]


def test_the_order_of_names_is_turkish() -> None:
    names = ["Cem", "Çiğdem", "Irmak", "İnci", "Suna", "Şule"]
    agents = [
        Agent(extension=str(2000 + place), name=name, pin_hash=HASH, sip_password="demo1001")
        for place, name in enumerate(reversed(names))
    ]
    assert [agent.name for agent in by_name(agents)] == names


def test_a_phone_answers_by_itself_for_no_other_calls() -> None:
    assert problems(ENTRY + 'auto_answer = "yes"\n') == [
        'agents.toml: agent.0.auto_answer = "yes": must be "no", "urgent" or "all": the calls to which their phone is '
        "to answer by itself"
    ]
