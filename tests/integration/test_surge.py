"""A surge message on real calls: heard before the queue, and all that some need."""

from collections.abc import Callable, Iterator

import pytest

from bench.stack import until
from phones import Agent, Callers, HangUp, OnWord, Talk, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.test_transfers import call_of

WISH = {"services": ["request"], "text": {"tr": "Esenkent'te su kesintisi var. Saat on beşte su verilecek."}}


@pytest.fixture
def message(line: Line) -> Iterator[Line]:
    answer = line.stack.request("PUT", "/api/v1/surge", body=WISH)
    assert answer.status_code == 200, answer.text
    yield line
    line.stack.request("DELETE", "/api/v1/surge")


def played(line: Line) -> int:
    return int(line.stack.get("surge")["played"])


def hears_it(line: Line) -> Callers:
    """The phone of the caller who dialled last, once they hear the message."""
    until("the caller hears it", lambda: played(line) == 1, 60)
    return line.callers[-1][0]


def says(line: Line, what: str) -> None:
    """Have the caller who dialled last press their key until it counts: a phone that still presses the one before does
    not hear our word, and presses no key twice."""
    pressed_until(hears_it(line), lambda: line.stack.get("surge")[what])


def pressed_until(phone: Callers, is_heard: Callable[[], object]) -> None:
    def pressed() -> object:
        if not (heard := is_heard()):
            phone.press(1)
        return heard

    until("the key is heard", pressed, 60, every_s=0.5)


def test_whom_it_answers_presses_one_and_needs_no_agent(message: Line) -> None:
    (number,) = message.dial(*choosing("request", OnWord(("1",))))
    says(message, "answered")
    account = message.finish()[number]
    assert (account.outcome, account.record["service"]) == ("self_served", "request")
    assert account.record["wait_s"] is None
    surge = message.stack.get("surge")
    assert (surge["played"], surge["answered"]) == (1, 1)


def test_who_needs_more_is_connected_and_the_urgent_hear_nothing_of_it(message: Line) -> None:
    message.sign_in("1001", "1002", phone=Agent(answer_after_s=0.2, talk_s=Talk(1.0)))
    (routine,) = message.dial(*choosing("request", OnWord(("0",))))
    phone = hears_it(message)
    (urgent,) = message.dial(*choosing("funeral", Wait(60.0)))
    message.await_talk("1001")
    pressed_until(phone, lambda: call_of(message, routine))
    accounts = message.finish()
    assert accounts[urgent].outcome == accounts[routine].outcome == "answered"
    waited = accounts[routine].record
    assert waited["wait_s"] == pytest.approx(waited["ring_s"], abs=0.002), "the message is no wait"
    assert waited["answer_delay_s"] > accounts[urgent].record["answer_delay_s"]
    assert played(message) == 1


def test_it_stands_for_one_ticket_and_is_counted(line: Line) -> None:
    (first,) = line.dial(*choosing("funeral", Wait(60.0), HangUp()))
    ticket = until(
        "a ticket is opened", lambda: [row for row in line.stack.get("tickets") if row["caller"] == first], 60
    )
    line.callers[-1][0].hang_up()
    nowhere = line.stack.request("PUT", "/api/v1/surge", body={**WISH, "ticket": ticket[0]["number"]})
    assert (nowhere.status_code, nowhere.json()["key"]) == (409, "ticket"), "an urgent call has no place yet"
    asked = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "yol"}
    number = line.stack.request("POST", "/api/v1/tickets", body=asked).json()["number"]
    unknown = line.stack.request("PUT", "/api/v1/surge", body={**WISH, "ticket": "26-999999-9"})
    assert (unknown.status_code, unknown.json()["key"]) == (409, "ticket")
    try:
        assert line.stack.request("PUT", "/api/v1/surge", body={**WISH, "ticket": number}).json()["ticket"] == number
        told = counted(line, "answered")
        (answered,) = line.dial(*choosing("request", OnWord(("1",))))
        says(line, "answered")
        record = line.finish()[answered].record
    finally:
        over = line.stack.request("DELETE", "/api/v1/surge").json()
    assert record["ticket"] == number
    assert (over["ticket"], over["played"], over["answered"]) == (number, 1, 1)
    assert counted(line, "answered") == told + 1
    history = line.stack.get(f"calls/{record['id']}")["history"]
    assert [step["data"]["ticket"] for step in history if step["type"] == "surge_played"] == [number]


def counted(line: Line, result: str) -> float:
    """What the metrics say of surge messages."""
    name = f'cozum_surge_messages_total{{result="{result}"}} '
    (value,) = (row.removeprefix(name) for row in line.stack.metrics().splitlines() if row.startswith(name))
    return float(value)


def test_who_hangs_up_during_it_had_the_menu_only(message: Line) -> None:
    (number,) = message.dial(*choosing("request", Wait(60.0), HangUp()))
    hears_it(message).hang_up()
    assert message.finish()[number].outcome == "abandoned_in_menu"
