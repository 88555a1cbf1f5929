"""The order of callers. Callers, agents, Asterisk and the line are all real."""

from bench.stack import until
from phones import Agent
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import Observer


def test_twelve_routine_callers_wait_and_an_urgent_one_who_comes_last_is_next(line: Line, observer: Observer) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.1, talk_s=None))
    line.dial(*choosing("request"))
    (talking, _) = line.callers[-1]
    line.await_state("1001", "talking")

    dialled = line.dial(*choosing("request"), count=12, rate=20)
    waiting = line.await_waiting(12)
    routine = line.came(dialled)
    assert waiting == routine
    (urgent,) = line.dial(*choosing("funeral"))
    (urgent_process, _) = line.callers[-1]
    assert line.await_waiting(13) == [urgent, *routine]

    mark = len(observer.answered_order())
    talking.hang_up()  # frees 1001
    assert line.await_waiting(12) == routine
    line.await_state("1001", "talking")
    # A second agent takes the twelve, one after the other, in the order of their coming.
    line.sign_in("1002", phone=Agent(answer_after_s=0.05, talk_s=0.1), ready=False)
    line.stack.set_state("1002", "ready")  # they have a caller at once, and are not seen idle before all are served
    line.await_waiting(0, within_s=120)
    urgent_process.hang_up()
    accounts = line.finish()

    assert line.numbers_of(observer.answered_order()[mark:]) == [urgent, *routine]
    assert accounts[urgent].record["agent"] == "1001"
    assert {accounts[number].record["agent"] for number in routine} == {"1002"}


def test_no_routine_caller_is_ever_before_an_urgent_one(line: Line, observer: Observer) -> None:
    mark = len(observer.answered_order())
    urgent: list[str] = []
    routine: list[str] = []
    for service, count, group in (("request", 4, routine), ("doctor", 2, urgent), ("agent", 3, routine),
                                  ("ambulance", 3, urgent)):  # fmt: skip
        group += line.dial(*choosing(service), count=count, rate=20)
        waiting = line.await_waiting(len(urgent) + len(routine))
        assert waiting == [*line.came(urgent), *line.came(routine)]
    agents = ("1001", "1002", "1003")
    line.sign_in(*agents, phone=Agent(answer_after_s=0.05, talk_s=0.2), ready=False)
    for extension in agents:
        line.stack.set_state(extension, "ready")
        # One alone has all that are urgent: of several phones one may be late with its answer.
        until("the urgent are served", lambda: len(line.stack.queue()) <= len(routine), 120, say=line.stack.queue)
    accounts = line.finish()

    assert {account.outcome for account in accounts.values()} == {"answered"}
    order = line.numbers_of(observer.answered_order()[mark:])
    assert set(order[:5]) == set(urgent)
    assert set(order[5:]) == set(routine)
