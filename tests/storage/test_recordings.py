"""Rows of recordings: made from the line's facts, and destroyed by age or for a person, on both databases."""

import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from acd.engine.model.ids import CallId
from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingBegan,
    RecordingFact,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
    RecordingResumed,
)
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.privacy.destruction import Destruction
from storage.privacy.person import PersonRecords
from storage.queries import Queries
from storage.recordings import RecordingFacts, RecordingRow, Recordings, sealed_path
from storage.requests.tables import DestructionRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import DAY, MACHINE
from tickets.privacy.retention import rule_of

NUMBER = "05321112233"
"""The number of `Desk.add_call`, as another trunk writes it."""


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


async def told(desk: Desk, *facts: RecordingFact) -> None:
    """What the projector makes of facts."""
    writes = RecordingFacts()
    for fact in facts:
        writes.take(fact)
    async with desk.database.writing() as connection:
        await writes.write(connection)


def kept(desk: Desk, call: str, sha256: str = "ab", missing_s: float = 0.0) -> RecordingKept:
    return RecordingKept(at=desk.now, call=CallId(call), sha256=sha256, size=8058, seconds=1.0, missing_s=missing_s)


async def recorded(desk: Desk, call: str, **values: Any) -> None:
    """A call that is over and whose recording is kept."""
    over = {"ended_at": milliseconds(desk.now), "answered_at": milliseconds(desk.now), "outcome": "answered"}
    await desk.add_call(call, **(over | values))
    await told(desk, RecordingBegan(at=desk.now, call=CallId(call)), kept(desk, call))


async def states(desk: Desk) -> dict[str, str]:
    return {row["call"]: row["state"] for row in await desk.rows(RecordingRow)}


async def test_plain_files_of_no_use_are_those_of_recordings_that_have_an_end(desk: Desk) -> None:
    await recorded(desk, "kept")
    for call in ("goes on", "lost", "none", "old none"):
        await desk.add_call(call)
    on, lost = CallId("goes on"), CallId("lost")
    await told(desk, RecordingBegan(at=desk.now, call=on), RecordingBegan(at=desk.now, call=lost))
    await told(desk, RecordingLost(at=desk.now, call=lost, why="no_file"))
    await told(desk, *(NotRecorded(at=desk.now, call=CallId(one), why="no_notice") for one in ("none", "old none")))
    old = desk.now - DAY - 1
    times = dict.fromkeys(("kept", "goes on", "lost", "none", "never heard of"), desk.now)
    times |= {"old none": old, "old and unknown": old}
    found = await Recordings(desk.database).of_no_use(times)
    assert found == {"kept": "kept", "lost": "lost", "old none": "none", "old and unknown": None}
    assert await Recordings(desk.database).of_no_use({}) == {}


async def test_a_recording_has_one_row_with_what_became_of_it(desk: Desk) -> None:
    await desk.add_call("c1")
    c1 = CallId("c1")
    await told(
        desk,
        RecordingBegan(at=desk.now, call=c1),
        RecordingPaused(at=desk.now, call=c1, by="desk"),
        RecordingResumed(at=desk.now, call=c1, by="line"),
        RecordingPaused(at=desk.now, call=c1, by="key"),
    )
    await told(desk, kept(desk, "c1", missing_s=2.5), kept(desk, "c1", sha256="other"))
    await told(desk, RecordingLost(at=desk.now, call=c1, why="no_file"), RecordingBegan(at=desk.now + 9, call=c1))
    found = await Recordings(desk.database).get("c1")
    assert found is not None
    assert (found.state, found.sha256, found.size, found.seconds) == ("kept", "ab", 8058, 1.0), "the first word counts"
    assert (found.pauses, found.missing_s, found.began_at) == (2, 2.5, desk.now)
    assert await Recordings(desk.database).get("c2") is None
    history = await Queries(desk.database).get_call("c1")
    assert history is not None
    assert history.recording == found


async def test_a_talk_that_is_not_recorded_says_why(desk: Desk) -> None:
    await told(desk, NotRecorded(at=desk.now, call=CallId("c1"), why="no_notice"))
    await told(desk, RecordingLost(at=desk.now, call=CallId("c1"), why="no_file"), kept(desk, "c1"))
    found = await Recordings(desk.database).get("c1")
    assert found is not None
    assert (found.state, found.why) == ("none", "no_notice")


async def test_what_is_over_is_found_until_it_is_stored(desk: Desk) -> None:
    recordings = Recordings(desk.database)
    ended = {"ended_at": milliseconds(desk.now - 10), "outcome": "answered"}
    await desk.add_call("a", **ended, answered_at=milliseconds(desk.now - 40), talk_s=30.0, hold_s=4.0)
    await desk.add_call("b", **ended)
    await desk.add_call("c")
    for call in "abc":
        await told(desk, RecordingBegan(at=desk.now - 50, call=CallId(call)))
    assert [(one.call, one.talk_s) for one in await recordings.over(desk.now)] == [("a", 26.0), ("b", 0.0)]
    assert await recordings.over(desk.now - 20) == [], "it is not over for so long"
    await recordings.forget("b")
    await told(desk, kept(desk, "a"))
    assert await recordings.over(desk.now) == []
    assert await states(desk) == {"a": "kept", "c": "recording"}


async def test_recordings_are_destroyed_by_age_and_a_record_of_it_is_kept(desk: Desk) -> None:
    await recorded(desk, "old")
    desk.now += 100 * DAY
    await recorded(desk, "new")
    await told(desk, NotRecorded(at=desk.now, call=CallId("none"), why="callback"))
    desk.now += 81 * DAY
    night = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now)
    done = [(one.what, one.count) for one in await night.run()]
    assert ("recording", 1) in done
    assert await states(desk) == {"old": "destroyed", "new": "kept", "none": "none"}
    assert [row["count"] for row in await desk.rows(DestructionRow, what="recording")] == [1]
    recordings = Recordings(desk.database)
    assert await recordings.to_remove() == ["old"]
    await recordings.removed("old", desk.now)
    assert await recordings.to_remove() == []
    assert [one.what for one in await night.run() if one.what == "recording"] == [], "once"


async def test_a_person_is_given_their_recordings_and_they_are_erased(desk: Desk) -> None:
    await recorded(desk, "mine")
    await recorded(desk, "theirs", caller="+905330000000")
    people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now)
    found = await people.export(NUMBER)
    assert [(one["call"], one["sha256"]) for one in found["recordings"]] == [("mine", "ab")]
    assert (await people.erase(NUMBER, MACHINE, "dilekçe 17")).recordings == 1
    assert await states(desk) == {"mine": "destroyed", "theirs": "kept"}
    await told(desk, kept(desk, "mine"))
    assert (await states(desk))["mine"] == "destroyed", "a late fact does not bring it back"
    counts = {row["what"]: row["count"] for row in await desk.rows(DestructionRow)}
    assert counts == {"call_person": 1, "recording": 1}


def sealed(folder: Path, call: str, written_at: float) -> Path:
    """The encrypted file of a call."""
    path = sealed_path(folder, call)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"COZSEAL1")
    os.utime(path, (written_at, written_at))
    return path


async def test_a_recording_that_only_the_disk_has_goes_when_its_time_is_over(desk: Desk, tmp_path: Path) -> None:
    """A database that was rebuilt, or brought back from a copy, has no row of it, or one that says that it is gone."""
    destruction = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, None, tmp_path)
    await recorded(desk, "kept")
    await recorded(desk, "erased")
    erased = sa.update(table_of(RecordingRow)).where(table_of(RecordingRow).c.call == "erased")
    async with desk.database.writing() as connection:
        await connection.execute(erased.values(state="destroyed", gone_at=milliseconds(desk.now)))
    days = rule_of(desk.rules.town.retention, "recording").days
    rowed = sealed(tmp_path, "kept", desk.now - (days + 1) * DAY)
    back = sealed(tmp_path, "erased", desk.now)
    young, old = (
        sealed(tmp_path, call, desk.now - age * DAY) for call, age in (("young", days - 1), ("old", days + 1))
    )
    (record,) = await destruction.run()
    assert (record.what, record.count, record.older_than) == ("recording", 2, desk.now - days * DAY)
    assert [path.exists() for path in (rowed, young, back, old)] == [True, True, False, False]
    assert [row["count"] for row in await desk.rows(DestructionRow)] == [2]
    assert await destruction.run() == []


async def test_a_database_that_knows_no_recording_takes_none(desk: Desk, tmp_path: Path) -> None:
    destruction = Destruction(desk.database, desk.store, lambda: desk.rules, lambda: desk.now, None, tmp_path)
    old = sealed(tmp_path, "old", 0.0)
    with structlog.testing.capture_logs() as logs:
        assert await destruction.run() == []
    assert old.exists()
    assert [(one["event"], one["expired"]) for one in logs] == [("recordings_without_rows", 1)]
