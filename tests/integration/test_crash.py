"""`kill -9` of the line during calls: nobody is lost, and everybody keeps their place and their waiting time."""

from datetime import datetime

import pytest

from acd.engine.model.facts import CallRejoined, OfferMade
from bench.stack import until
from phones import Agent
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import Observer, journal_facts


def test_kill_9_with_30_calls_up(line: Line, observer: Observer) -> None:
    # Four talk, two hear the menu, twenty-four wait: six of them urgent.
    first = ("1001", "1002", "1003", "1004")
    phones = line.sign_in(*first, phone=Agent(answer_after_s=0.0, talk_s=None))
    talking = line.dial(*choosing("request"), count=4, rate=20)
    for extension in first:
        line.await_state(extension, "talking")
        line.stack.set_state(extension, "paused", "break")  # from the end of this talk on
    routine = line.dial(*choosing("request"), count=18, rate=20)
    line.await_waiting(18)
    urgent = line.dial(*choosing("funeral"), count=6, rate=20)
    waiting = line.await_waiting(24)
    expected = [*line.came(urgent), *line.came(routine)]
    assert waiting == expected
    in_menu = line.dial(count=2, rate=20)
    queued_at = {row["caller"]: row["queued_at"] for row in line.stack.queue()}
    until("thirty calls are up", lambda: len([c for c in observer.channels() if c["Context"] == "hotline"]) == 30, 60)

    mark = len(observer.answered_order())
    rejoined = len(journal_facts(line.stack, CallRejoined))
    killed = line.stack.kill_daemon()
    line.stack.await_another_daemon(killed)

    until("those who waited are back", lambda: len(line.stack.queue()) >= 24, 60)
    assert [row["caller"] for row in line.stack.queue()][:24] == expected
    assert {row["caller"]: row["queued_at"] for row in line.stack.queue() if row["caller"] in queued_at} == queued_at
    # Two more help, so that it does not take all day.
    more = ("1005", "1006", "1007", "1008")
    line.sign_in(*more, phone=Agent(answer_after_s=0.0, talk_s=0.3), ready=False)
    for extension in more:  # none of them is seen idle: each is offered a caller at once
        line.stack.set_state(extension, "ready")
        # One alone has all that are urgent: of several phones one may be late with its answer.
        until("the urgent are served", lambda: not _urgent(line), 60, say=line.stack.queue)
    phones.hang_up()
    accounts = line.finish()

    assert {account.outcome for account in accounts.values()} == {"answered"}
    assert len(accounts) == 30
    # The journal knows in which order they were offered to the agents; Asterisk saw the urgent ones answered first.
    offered = line.numbers_of(list(dict.fromkeys(fact.call for fact in journal_facts(line.stack, OfferMade))))
    assert [number for number in offered if number in queued_at] == expected
    served = [number for number in line.numbers_of(observer.answered_order()[mark:]) if number in queued_at]
    assert set(served[:6]) == set(urgent)
    for number in queued_at:
        record = accounts[number].record
        waited = (_time(record["answered_at"]) - _time(queued_at[number])).total_seconds()
        assert record["wait_s"] == pytest.approx(waited, abs=0.002)
    assert {accounts[number].record["agent"] for number in talking} == set(first)
    assert set(in_menu) <= set(accounts)
    back = {fact.call for fact in journal_facts(line.stack, CallRejoined)[rejoined:]}
    assert set(line.numbers_of(sorted(back))) >= set(queued_at)


def _urgent(line: Line) -> list[str]:
    """The urgent callers who wait, or whose agent's phone rings."""
    return [row["caller"] for row in line.stack.queue() if row["class"] == "urgent"]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
