"""People: what may be said of one, and the demo's."""

import pytest

from agents.demo import EXTENSIONS, demo_agents_toml
from agents.demo_people import demo_people, password_of
from agents.directory import Agent, parse_agents
from agents.people import USER, Person, faults, user_of

A_HASH = "$argon2id$v=19$m=19456,t=2,p=1$cUGv0Q8wgXGsJAPF+Ew8xA$KTUXfGFU5SyUYFbiSM3o89aWh8VFMq3cKW+iostieWk"


def agents_of(text: str) -> tuple[Agent, ...]:
    return parse_agents(text, file="agents.toml", services=["request"])


@pytest.mark.parametrize(
    ("person", "fault"),
    [
        (Person(user="nermin", role="lead"), ""),
        (Person(user="1001", role="agent", extension="1001"), ""),
        (Person(user="lead", role="lead", extension="1001"), ""),
        (Person(user="fen", role="unit", unit="fen_isleri"), ""),
        (Person(user="Nermin", role="lead"), "user = 'Nermin'"),
        (Person(user="", role="lead"), "user = ''"),
        (Person(user="token:x", role="lead"), "user = 'token:x'"),
        (Person(user="a" * 33, role="lead"), "user"),
        (Person(user="x", role="boss"), "role = 'boss': agent, lead,"),  # type: ignore[arg-type]  # wrong on purpose
        (Person(user="x", role="unit"), "unit: needed"),
        (Person(user="x", role="lead", unit="fen_isleri"), "unit = 'fen_isleri'"),
        (Person(user="x", role="agent"), "extension: needed"),
        (Person(user="x", role="lead", extension="10x"), "extension = '10x': 3 to 6 digits"),
        (Person(user="x", role="lead", name="a\nb"), "name: at most"),
    ],
)
def test_what_may_be_said_of_a_person(person: Person, fault: str) -> None:
    found = faults(person)
    assert len(found) == bool(fault)
    assert fault in "".join(found)


@pytest.mark.parametrize("typed", ["inbox", " Inbox ", "INBOX", "İNBOX", "ınbox", "İnbox"])
def test_a_user_is_found_however_a_turkish_keyboard_writes_the_name(typed: str) -> None:
    assert user_of(typed) == "inbox"


def test_the_demo_has_one_of_each_role_beside_its_agents() -> None:
    people = demo_people(agents_of(demo_agents_toml(lambda _: A_HASH)))
    assert [one.user for one in people] == [*EXTENSIONS, "lead", "fen", "inbox", "analyst", "admin"]
    assert {one.role for one in people} == {"agent", "lead", "unit", "inbox", "analyst", "admin"}
    assert all(one.demo and not one.password_hash and not faults(one) and USER.fullmatch(one.user) for one in people)
    passwords = {one.user: password_of(one) for one in people}
    assert (passwords["1001"], passwords["lead"], passwords["fen"]) == ("demo1001", "demo-lead", "demo-fen")


def test_the_demos_lead_has_a_telephone_to_listen_by_where_the_demo_has_one_to_spare() -> None:
    whole = {one.user: one for one in demo_people(agents_of(demo_agents_toml(lambda _: A_HASH)))}
    assert (whole["lead"].extension, whole["1010"].extension, whole["1010"].role) == ("1010", "1010", "agent")
    one = f'[[agent]]\nextension = "1001"\nname = "A"\npin_hash = "{A_HASH}"\nsip_password = "demo1001"\n'
    few = {person.user: person for person in demo_people(agents_of(one))}
    assert (few["lead"].extension, few["1001"].extension) == ("", "1001")


def test_a_line_with_agents_of_its_own_gets_no_people_with_known_passwords() -> None:
    own = f'[[agent]]\nextension = "1001"\nname = "A"\npin_hash = "{A_HASH}"\nsip_password = "a-good-password"\n'
    assert demo_people(agents_of(own)) == ()
