"""People, sessions, tokens and the audit in both databases."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import ANY

import msgspec
import pytest
import sqlalchemy as sa

from agents.people import Person, Token
from storage.database import Database, DatabaseError
from storage.people.audit import Audit, AuditEntry, WantedEntries
from storage.people.identities import Identities
from storage.people.people import NoSuchPerson, PasswordChanged, People, SessionEnded, Taken
from storage.people.sessions import MOST, Sessions, Tokens, digest_of
from storage.requests.drafts import Drafts
from tests.tickets.life import HOUR, MONDAY

LEAD = Person(user="lead", name="Elif Işık", role="lead", password_hash="a hash")
AYSE = Person(user="1001", name="Ayşe", role="agent", extension="1001", password_hash="a hash")


class Clock:
    """Set by a test."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def people(database: Database, clock: Clock) -> People:
    made = People(database, clock)
    await made.add(LEAD)
    await made.add(AYSE)
    return made


@pytest.fixture
def sessions(database: Database, clock: Clock) -> Sessions:
    return Sessions(database, clock, idle_s=HOUR, lasts_s=12 * HOUR)


async def test_an_account_elsewhere_is_one_persons_and_goes_with_them(people: People, database: Database) -> None:
    identities = Identities(database, Clock())
    with pytest.raises(NoSuchPerson):
        await identities.bind("https://id.example", "7", "nobody")
    await identities.bind("https://id.example", "7", "lead")
    assert await identities.find("https://id.example", "7") == LEAD
    assert await identities.find("https://id.example", "8") is None
    assert await identities.find("https://other.example", "7") is None
    with pytest.raises(Taken):
        await identities.bind("https://id.example", "8", "lead")
    with pytest.raises(DatabaseError):  # the account is another's already
        await identities.bind("https://id.example", "7", "1001")
    await identities.bind("https://other.example", "7", "lead")
    assert await identities.unbind("lead") == 2
    await identities.bind("https://id.example", "7", "lead")
    await people.remove("lead")
    await people.add(LEAD)
    assert await identities.find("https://id.example", "7") is None


async def test_people_are_kept_as_they_were_added(people: People) -> None:
    assert [one for one, _ in await people.list()] == [AYSE, LEAD]
    assert await people.get("lead") == LEAD
    assert await people.get("LEAD") is None
    with pytest.raises(Taken, match="user = 'lead'"):
        await people.add(LEAD)
    with pytest.raises(Taken, match="extension = '1001': 1001 has it already"):
        await people.add(Person(user="ayse", role="agent", extension="1001"))
    with pytest.raises(NoSuchPerson):
        await people.change("nobody", role="lead")


async def test_the_demos_lead_who_shares_a_telephone_can_be_changed_and_no_other_person_gets_it(
    database: Database,
) -> None:
    shared = People(database, Clock())
    for user, _ in [(one.user, 0) for one, _ in await shared.list()]:
        await shared.remove(user)
    assert await shared.seed((AYSE, Person(user="lead", name="Nermin", role="lead", extension="1001", demo=True)))
    assert (await shared.change("lead", name="Nermin Kılıç")).extension == "1001"
    assert (await shared.change("1001", password_hash="another")).extension == "1001"
    assert not (await shared.change("lead", enabled=False)).enabled
    with pytest.raises(Taken, match="extension"):
        await shared.change("lead", enabled=True)
    with pytest.raises(Taken, match="extension"):
        await shared.add(Person(user="ali", role="agent", extension="1001"))


async def test_a_lost_right_ends_the_sessions_at_once_and_a_new_name_does_not(
    people: People, sessions: Sessions
) -> None:
    losses: list[dict[str, Any]] = [{"password_hash": "b"}, {"role": "analyst"}, {"enabled": False}]
    for number, values in enumerate(losses):
        digest = digest_of(f"cookie {number}")
        await people.change("lead", enabled=True, role="lead")
        await sessions.begin(digest, "lead")
        await people.change("lead", name=f"Elif {number}")
        assert await sessions.find(digest) is not None
        await people.change("lead", **values)
        assert await sessions.find(digest) is None, values
    await sessions.begin(digest_of("ayse"), "1001")
    await people.remove("1001")
    assert await sessions.find(digest_of("ayse")) is None
    with pytest.raises(NoSuchPerson):
        await people.remove("1001")


async def test_a_person_who_changes_their_password_keeps_the_session_by_which_they_do(
    people: People, sessions: Sessions, clock: Clock
) -> None:
    for name, user in (("here", "lead"), ("there", "lead"), ("ayse", "1001")):
        await sessions.begin(digest_of(name), user, way="openid" if name == "ayse" else "")
    await people.change("1001", name="Ayşe Ak")
    before = await sessions.find(digest_of("here"))
    assert before is not None
    assert (before.origin, before.way) == (digest_of("here"), "")
    clock.now += 60
    due = msgspec.structs.replace(LEAD, password_due=True)
    await people.change("lead", password_due=True)
    await sessions.begin(digest_of("here"), "lead")
    await sessions.begin(digest_of("there"), "lead")
    after = await people.change_own_password(due, "new", session=digest_of("here"), renewed=digest_of("now"))
    assert after == msgspec.structs.replace(LEAD, password_hash="new")
    assert [await sessions.find(digest_of(one)) for one in ("here", "there")] == [None, None]
    found = await sessions.find(digest_of("now"))
    assert found is not None
    assert (found.person, found.origin, found.used_at) == (after, digest_of("here"), MONDAY + 60)
    assert await sessions.present(digest_of("here")) == digest_of("now")
    assert await sessions.present(digest_of("there")) is None
    ayse = await sessions.find(digest_of("ayse"))
    assert ayse is not None
    assert ayse.way == "openid"


async def test_a_password_is_not_changed_by_one_that_was_or_by_a_session_that_is_over(
    people: People, sessions: Sessions
) -> None:
    await sessions.begin(digest_of("here"), "lead")
    stale = msgspec.structs.replace(LEAD, password_hash="an older one")
    with pytest.raises(PasswordChanged):
        await people.change_own_password(stale, "new", session=digest_of("here"), renewed=digest_of("now"))
    with pytest.raises(SessionEnded):
        await people.change_own_password(LEAD, "new", session=digest_of("gone"), renewed=digest_of("now"))
    assert await people.get("lead") == LEAD
    assert await sessions.find(digest_of("here")) is not None, "all or nothing"


async def test_drafts_go_with_their_person(people: People, database: Database, clock: Clock) -> None:
    """They are kept by user name: whoever got the name next read what a citizen had told."""
    drafts = Drafts(database, clock)
    for user in ("1001", "lead"):
        await drafts.keep(user, "c1", 0, {"text": "Çukur"})
    await people.remove("1001")
    await people.add(AYSE)
    assert await drafts.list("1001") == []
    assert len(await drafts.list("lead")) == 1


async def test_a_session_ends_by_silence_and_by_age(people: People, sessions: Sessions, clock: Clock) -> None:
    digest = digest_of("a cookie")
    assert await sessions.find(digest) is None
    assert await sessions.begin(digest, "lead") == MONDAY + 12 * HOUR
    for _ in range(12):
        found = await sessions.find(digest)
        assert found is not None
        assert found.person == LEAD
        await sessions.used({digest: clock.now, digest_of("nobody's"): clock.now})
        clock.now += HOUR - 1
    assert await sessions.find(digest) is not None
    clock.now += 1
    assert await sessions.find(digest) is None  # of silence
    clock.now = MONDAY
    await sessions.begin(digest_of("another"), "lead", instead_of=digest)
    while clock.now < MONDAY + 12 * HOUR:
        assert await sessions.find(digest_of("another")) is not None
        await sessions.used({digest_of("another"): clock.now})
        clock.now += HOUR / 2
    assert await sessions.find(digest_of("another")) is None  # of age, though it was used
    await sessions.forget()


async def test_a_use_that_could_not_be_recorded_saves_a_session_and_its_row(
    people: People, sessions: Sessions, clock: Clock
) -> None:
    digest = digest_of("a cookie")
    await sessions.begin(digest, "lead")
    clock.now += 3 * HOUR  # the database was away
    await sessions.forget()
    assert await sessions.find(digest) is None
    assert await sessions.find(digest, used_at=clock.now - HOUR) is None
    found = await sessions.find(digest, used_at=clock.now - HOUR + 1)
    assert found is not None
    assert found.used_at == clock.now - HOUR + 1
    await sessions.used({digest: clock.now - 60})
    await sessions.used({digest: clock.now - 120})  # by another desk, which knows of an earlier one
    found = await sessions.find(digest)
    assert found is not None
    assert found.used_at == clock.now - 60
    await people.change("lead", enabled=False)
    assert await sessions.find(digest, used_at=clock.now) is None, "a use gives no right"
    clock.now += 9 * HOUR
    await sessions.forget()
    await people.change("lead", enabled=True)
    clock.now = MONDAY
    assert await sessions.find(digest) is None, "its row went with its age"


async def test_a_new_session_takes_the_place_of_the_browsers_last_one(people: People, sessions: Sessions) -> None:
    await sessions.begin(digest_of("old"), "1001")
    await sessions.begin(digest_of("new"), "lead", instead_of=digest_of("old"))
    assert await sessions.find(digest_of("old")) is None
    found = await sessions.find(digest_of("new"))
    assert found is not None
    assert found.person.user == "lead"


async def test_a_person_has_so_many_sessions_and_the_first_gives_way(
    people: People, sessions: Sessions, clock: Clock
) -> None:
    for number in range(MOST + 2):
        clock.now += 1
        await sessions.begin(digest_of(str(number)), "lead")
    found = [await sessions.find(digest_of(str(number))) is not None for number in range(MOST + 2)]
    assert found == [False, False] + [True] * MOST


async def test_no_secret_is_in_the_database(people: People, sessions: Sessions, database: Database) -> None:
    await sessions.begin(digest_of("the cookie itself"), "lead")
    await Tokens(database, lambda: MONDAY).add(Token(name="crm", scopes=("live",)), digest_of("the token itself"))
    async with database.reading() as connection:
        for table in ("sessions", "tokens", "people"):
            rows = (await connection.execute(sa.text(f"SELECT * FROM {table}"))).all()
            assert rows
            assert "itself" not in str(rows)


async def test_a_token_is_good_until_it_ends_or_is_revoked(database: Database, clock: Clock) -> None:
    tokens = Tokens(database, clock)
    wall = Token(name="wall", scopes=("live",), role="analyst", ends_at=MONDAY + HOUR)
    await tokens.add(wall, digest_of("w"))
    await tokens.add(
        Token(name="crm", scopes=("tickets", "tickets:write"), role="unit", unit="fen_isleri"), digest_of("c")
    )
    with pytest.raises(Taken, match="name = 'wall'"):
        await tokens.add(wall, digest_of("x"))
    assert await tokens.find(digest_of("w")) == wall
    assert await tokens.find("w") is None
    clock.now += HOUR
    assert await tokens.find(digest_of("w")) is None
    assert [(one.token.name, one.used_at) for one in await tokens.list()] == [("crm", None), ("wall", MONDAY)]
    assert await tokens.revoke("crm")
    assert await tokens.find(digest_of("c")) is None
    assert not await tokens.revoke("crm")


async def kept(audit: Audit, about: str = "") -> Sequence[Mapping[str, Any]]:
    """What the audit has, the newest first."""
    return (await audit.page(WantedEntries(about=about))).records


async def test_the_audit_is_added_to_and_nothing_else(database: Database) -> None:
    now = float(int(time.time()))  # the database goes by the machine's own clock
    audit = Audit(database, lambda: now)
    entries = [
        AuditEntry(at=now + n, who="lead", role="lead", action="surge_set", about=f"s{n}", detail={"n": n})
        for n in range(3)
    ]
    await asyncio.gather(*(audit.add([one]) for one in entries[:2]), audit.add(entries[2:]))
    assert await kept(audit) == [{"id": ANY, **msgspec.structs.asdict(one)} for one in reversed(entries)]
    for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(sa.exc.DBAPIError, match="never changed, and deleted after a year"):
            async with database.writing() as connection:
                await connection.execute(sa.text(statement))
    assert len(await kept(audit)) == 3


async def test_what_is_about_a_request_is_found_by_any_spelling_of_its_number(database: Database) -> None:
    audit = Audit(database, lambda: MONDAY)
    for about in ("26-000123-3", "260001233", "26-000124-0"):
        await audit.add([AuditEntry(at=MONDAY, who="lead", role="lead", action="ticket_seen", about=about)])
    for asked in ("26-000123-3", "260001233", "2.6.0001233"):
        assert {one["about"] for one in await kept(audit, about=asked)} == {"26-000123-3", "260001233"}, asked
    assert await kept(audit, about="26-000123-4") == [], "its check digit is wrong"


async def test_a_row_of_the_audit_may_go_after_a_year_by_the_machines_own_clock(database: Database) -> None:
    audit = Audit(database, lambda: MONDAY)
    now = time.time()
    for days, about in ((366, "old"), (364, "young")):
        at = now - days * 86_400
        await audit.add([AuditEntry(at=at, who="lead", role="lead", action="surge_set", about=about)])
    async with database.writing() as connection:
        await connection.execute(sa.text("DELETE FROM audit WHERE about = 'old'"))
    with pytest.raises(sa.exc.DBAPIError, match="deleted after a year"):
        async with database.writing() as connection:
            await connection.execute(sa.text("DELETE FROM audit"))
    assert [one["about"] for one in await kept(audit)] == ["young"]


async def test_the_demos_people_come_where_nobody_is(database: Database) -> None:
    people = People(database, lambda: MONDAY)
    demo = [Person(user="lead", role="lead", demo=True), Person(user="admin", role="admin", demo=True)]
    assert await people.seed(demo)
    assert not await people.seed([*demo, AYSE])
    assert [one.user for one, _ in await people.list()] == ["admin", "lead"]


async def test_a_database_that_is_away_is_told_of(tmp_path: object) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/none.db")
    with pytest.raises(DatabaseError, match="cozum db upgrade"):
        await People(database, lambda: MONDAY).list()
    await database.close()
