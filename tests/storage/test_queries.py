"""What the desk asks: answers checked against the story they were told from, on both databases."""

import pytest
import sqlalchemy as sa

from acd.engine.model.facts import AgentStateChanged, CallEnded, CallEntered
from acd.engine.model.journal import Entry
from phones.ports import free_tcp_port
from storage.database import Database, DatabaseError
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from storage.queries import Queries, as_record, calls
from storage.requests.listing import Wanted
from storage.requests.reading import RequestQueries
from tests.storage.requests.desk import Desk
from tests.storage.samples import START, Story, rules


class Told:
    """A story, and the same in a database."""

    def __init__(self, database: Database, steps: int = 400) -> None:
        self.story = Story(77)
        self.entries: list[Entry] = self.story.tell(steps)
        self.entered = [fact.call for one in self.entries for fact in one.facts if isinstance(fact, CallEntered)]
        self.ended = [fact for one in self.entries for fact in one.facts if isinstance(fact, CallEnded)]
        self.queries = Queries(database)
        self.requests = RequestQueries(database, rules, lambda: START)
        self.database = database

    def first_seen(self, agent: str) -> float:
        """When the first state of an agent began."""
        return next(
            fact.at
            for one in self.entries
            for fact in one.facts
            if isinstance(fact, AgentStateChanged) and fact.agent == agent
        )

    async def project(self) -> "Told":
        journal = MemoryJournal()
        journal.append(self.entries)
        await Projector(journal, self.database, rules=rules).catch_up()
        return self


@pytest.fixture
async def told(database: Database) -> Told:
    return await Told(database).project()


async def test_a_call_has_its_times_once_it_is_over(told: Told) -> None:
    assert len(told.entered) == told.story.came
    over = {fact.call: fact for fact in told.ended}
    assert 0 < len(over) < len(told.entered)
    for entered in told.entered:
        call, ended = await told.queries.get_call(entered), over.get(entered)
        assert call is not None
        if ended is None:
            assert (call.outcome, call.ended_at) == (None, None)
        else:
            assert (call.outcome, call.priority) == (ended.outcome, ended.priority)
            assert call.ended_at == round(ended.ended_at * 1000) / 1000
            assert call.entered_at == round((ended.queued_at or ended.arrived_at) * 1000) / 1000


@pytest.mark.parametrize("limit", [0, -1, 10_001])
async def test_a_limit_has_limits(told: Told, limit: int) -> None:
    with pytest.raises(ValueError, match=rf"limit = {limit}: 1 to 10000 is allowed"):
        await told.requests.page(Wanted(limit=limit))


async def test_who_knows_a_caller(told: Told) -> None:
    """By the newest open ticket whose call was answered, or else by the last call that was."""
    async with told.database.reading() as connection:
        newest_first = sa.select(calls).order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        everything = (await connection.execute(newest_first)).all()
    page = await told.requests.page(Wanted(limit=1000))
    open_tickets = [one for one in page.records if one["closed_at"] is None]
    agents = {call.id: call.agent for call in everything}
    callers = {call.caller for call in everything if call.caller}
    known = 0
    for caller in sorted(callers):
        theirs = [one["call"] for one in open_tickets if one["caller"] == caller]
        owners = [agents[call] for call in theirs if call and agents[call]]
        spoke = [call.agent for call in everything if call.caller == caller and call.agent]
        expected = next(iter([*owners, *spoke]), None)
        known += expected is not None
        assert await told.queries.preferred_agent(caller, 0.0) == expected
        assert await told.queries.preferred_agent(caller, None) == next(iter(owners), None), (
            "a talk alone does not count"
        )
    assert known
    assert await told.queries.preferred_agent("nobody", 0.0) is None
    assert await told.queries.preferred_agent("", 0.0) is None, "callers who hide their number are not one"


async def test_who_knows_a_caller_whichever_way_their_number_is_written(told: Told) -> None:
    agent = await told.queries.preferred_agent("05321112233", 0.0)
    assert agent is not None
    for written in ("5321112233", "+905321112233", "00905321112233"):
        assert await told.queries.preferred_agent(written, 0.0) == agent


async def test_a_call_has_its_history(told: Told) -> None:
    answered = next(fact for fact in told.ended if fact.outcome == "answered" and fact.hold_s)
    call = await told.queries.get_call(answered.call)
    assert call is not None
    types = [step.type for step in call.history]
    assert types[0] == "call_entered"
    assert "call_ended" in types
    assert [step.at for step in call.history] == sorted(step.at for step in call.history)
    facts = [fact for one in told.entries for fact in one.facts if getattr(fact, "call", None) == answered.call]
    assert len(types) == len([fact for fact in facts if type(fact).__name__ != "AgentStateChanged"])
    made = next(step for step in call.history if step.type == "offer_made")
    assert made.data["class"] == answered.priority
    assert as_record(call)["history"][0]["type"] == "call_entered"
    assert await told.queries.get_call("nobody") is None


async def test_intervals_of_agents_join_without_gaps(told: Told) -> None:
    end = told.story.at + 1
    found = await told.queries.agent_intervals(START - 10, end)
    for agent in {one.agent for one in found}:
        own = [one for one in found if one.agent == agent]
        assert own == await told.queries.agent_intervals(START - 10, end, agent)
        assert [one.ended_at for one in own[:-1]] == [one.began_at for one in own[1:]]
        assert own[-1].ended_at is None
    middle = found[len(found) // 2]
    assert middle in await told.queries.agent_intervals(middle.began_at, middle.began_at + 0.001, middle.agent)
    assert await told.queries.agent_intervals(0, START - 10) == []


async def test_a_database_that_is_away_says_so() -> None:
    database = Database(f"postgresql://cozum@127.0.0.1:{free_tcp_port()}/n")
    with pytest.raises(DatabaseError, match="up and reachable"):
        await Queries(database).opened_in("ast1-1.1")
    await database.close()


async def test_the_owner_of_a_request_whose_number_was_typed_is_known(database: Database) -> None:
    desk, queries = Desk(database), Queries(database)
    await desk.add_call("first", caller="", agent="1001")
    await desk.open(caller="0212 555 12 34", call="first")
    assert await queries.preferred_agent("+902125551234", None) == "1001"
    assert await queries.preferred_agent("+12125551234", 0.0) is None
    await desk.add_call("second", caller="+12125551234", agent="1002")
    assert await queries.preferred_agent("+12125551234", 0.0) == "1002"


async def test_a_call_about_an_outcome_is_none_whose_wait_is_untold(database: Database) -> None:
    """It keeps its time in the queue as its wait, and has no causes: no caller waited."""
    desk = Desk(database)
    for call, priority in (("old", "routine"), ("outcome", "outcome"), ("unnamed", None)):
        waited = {"wait_s": 40.0, "outcome": "answered", "entered_at": round(START * 1000)}
        await desk.add_call(call, **{"class": priority}, **waited)
    assert await Queries(database).waits_untold(START - 1, START + 1) == 2
