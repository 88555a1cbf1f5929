"""The requests of callers who call again about the same emergency, whose kind is changed to another one and back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from acd.engine.model.facts import AnyFact, KindChanged
from acd.engine.model.ids import CallId, ServiceId
from storage.database import Database
from storage.requests.outbox import Outbox
from tests.storage.projected import content, journal_of, project
from tests.storage.requests.desk import Desk, check_whole
from tests.storage.samples import entry
from tests.storage.test_kinds import calls_of

AT = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
Batches = pytest.mark.parametrize("batch", [1, 100])


class Story:
    """What the line says of one caller's calls, a minute after each other."""

    def __init__(self, database: Database, batch: int = 100) -> None:
        self.desk = Desk(database)
        self.journal = journal_of([])
        self._batch = batch
        self._facts: list[tuple[float, Sequence[AnyFact]]] = []

    @property
    def at(self) -> float:
        return AT + 60.0 * len(self._facts)

    def calls(self, call: str, service: str = "ambulance", *, again: bool, untold: bool = False) -> None:
        """The caller calls, and the kind is known, or that they do not say it."""
        self._facts.append((self.at, calls_of(call, self.at, again=again, service=service, untold=untold)))

    def kinds(self, call: str, *services: str) -> None:
        """One after the other, by keys or by an agent."""
        for service in services:
            fact = KindChanged(at=self.at, call=CallId(call), service=ServiceId(service), priority="urgent")
            self._facts.append((self.at, [fact]))

    async def stored(self) -> tuple[dict[str, str | None], dict[str, dict[str, Any]]]:
        """All of it comes into the database. The request of each call, and the requests by number."""
        seq = self.journal.last_seq()
        self.journal.append([entry(seq + place, at, facts) for place, (at, facts) in enumerate(self._facts[seq:], 1)])
        await project(self.desk.database, self.journal, batch=self._batch)
        held = await content(self.desk.database)
        await check_whole(self.desk, [row["number"] for row in held["tickets"]])
        return {row["id"]: row["ticket"] for row in held["calls"]}, {row["number"]: row for row in held["tickets"]}


def alone(requests: dict[str, dict[str, Any]]) -> list[str]:
    """The kinds of the open requests that are no duplicates, oldest first."""
    return [row["service"] for row in requests.values() if row["is_open"] and row["parent"] is None]


@pytest.fixture
def story(database: Database, batch: int) -> Story:
    return Story(database, batch)


@Batches
async def test_a_kind_that_goes_back_to_that_of_before_leaves_one_request_of_it(story: Story) -> None:
    story.calls("a", "funeral", again=False)
    story.calls("b", "funeral", again=True)
    story.kinds("b", "doctor")
    of_call, requests = await story.stored()
    assert alone(requests) == ["funeral", "doctor"]
    story.kinds("b", "funeral")
    of_call, requests = await story.stored()
    assert alone(requests) == ["funeral"]
    first, second = requests.values()
    assert (second["parent"], second["service"], second["call"]) == (first["number"], "funeral", "b")
    assert (first["version"], first["call"]) == (2, "a"), "opened and assigned, and nothing since"
    assert of_call == {"a": first["number"], "b": first["number"]}


@Batches
async def test_the_other_kind_once_more_is_a_request_of_its_own_again(story: Story) -> None:
    story.calls("a", "funeral", again=False)
    story.calls("b", "funeral", again=True)
    story.kinds("b", "doctor", "funeral", "doctor")
    of_call, requests = await story.stored()
    assert alone(requests) == ["funeral", "doctor"]
    first, second = requests.values()
    assert of_call == {"a": first["number"], "b": second["number"]}
    assert (second["state"], second["call"]) == ("assigned", "b")
    story.kinds("b", "ambulance", "funeral")
    of_call, requests = await story.stored()
    assert (alone(requests), len(requests)) == (["funeral"], 2)
    assert of_call["b"] == first["number"]


@Batches
async def test_a_request_of_its_own_that_gets_the_kind_of_one_from_before_is_its_duplicate(story: Story) -> None:
    """The caller presses a wrong key first as they call again."""
    story.calls("a", "funeral", again=False)
    story.calls("b", "doctor", again=True)
    story.kinds("b", "funeral")
    of_call, requests = await story.stored()
    first, second = requests.values()
    assert (alone(requests), second["parent"]) == (["funeral"], first["number"])
    assert of_call == {"a": first["number"], "b": first["number"]}


@Batches
async def test_an_untold_request_that_gets_the_kind_of_one_from_before_is_its_duplicate(story: Story) -> None:
    """An agent says the kind, perhaps when the call is over."""
    story.calls("a", "funeral", again=False)
    story.calls("b", again=True, untold=True)
    await story.stored()
    story.kinds("b", "funeral")
    of_call, requests = await story.stored()
    first, second = requests.values()
    assert (alone(requests), second["parent"], second["fields"].get("kind")) == (["funeral"], first["number"], None)
    assert of_call == {"a": first["number"], "b": first["number"]}


@Batches
async def test_callers_of_a_number_that_many_share_have_requests_of_their_own(story: Story) -> None:
    """The line says of no call from a switchboard that it is one of a caller who calls again."""
    story.calls("a", "funeral", again=False)
    story.calls("b", "doctor", again=False)
    story.kinds("b", "funeral")
    of_call, requests = await story.stored()
    assert alone(requests) == ["funeral", "funeral"]
    assert len(set(of_call.values())) == 2


@Batches
async def test_a_request_from_before_that_has_its_outcome_has_no_duplicate(story: Story) -> None:
    """It is a new case then."""
    story.calls("a", "funeral", again=False)
    story.calls("b", "funeral", again=True)
    story.kinds("b", "doctor")
    _, requests = await story.stored()
    first, second = requests
    story.desk.now = story.at
    await story.desk.moved(first, "resolved", unit="")
    story.kinds("b", "funeral")
    of_call, requests = await story.stored()
    assert (requests[second]["service"], requests[second]["parent"], of_call["b"]) == ("funeral", None, second)
    assert alone(requests) == ["funeral"]


@Batches
async def test_another_kind_after_the_outcome_of_the_request_from_before_has_a_request(story: Story) -> None:
    """Its duplicate had that outcome, which is no answer to the other kind."""
    story.calls("a", "funeral", again=False)
    story.calls("b", "funeral", again=True)
    story.kinds("b", "doctor", "funeral")
    _, requests = await story.stored()
    story.desk.now = story.at
    first, _ = requests
    await story.desk.moved(first, "resolved", unit="")
    outbox = Outbox(story.desk.database, lambda: story.desk.rules, lambda: story.desk.now)
    for parcel in await outbox.take(("children",)):
        await outbox.follow(parcel)
    story.kinds("b", "doctor")
    of_call, requests = await story.stored()
    assert [row["state"] for row in requests.values()] == ["resolved", "resolved", "assigned"]
    assert (alone(requests), of_call["b"]) == (["doctor"], list(requests)[-1])


@Batches
async def test_a_journal_that_is_read_once_more_leaves_the_same_requests(story: Story) -> None:
    story.calls("a", "funeral", again=False)
    story.calls("b", "funeral", again=True)
    story.kinds("b", "doctor", "funeral", "doctor", "funeral")
    of_call, requests = await story.stored()
    told = {number: (row["service"], row["parent"], row["state"]) for number, row in requests.items()}
    story.journal = journal_of([])
    once_more, requests = await story.stored()
    assert {number: (row["service"], row["parent"], row["state"]) for number, row in requests.items()} == told
    assert once_more == of_call
