"""What other tools rely on, asked of the running system from outside: metrics, API, files."""

import stat
import time
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from acd.engine.model.facts import CallEntered, CallStepped
from bench.stack import Stack, until
from phones import Agent, HangUp, OnWord, Press, Wait
from tests.integration.conftest import Line, choosing
from tests.integration.test_surge import pressed_until
from tests.integration.witnesses import journal_facts

CALL_FIELDS = {
    *("id", "caller", "service", "class", "outcome", "agent", "entered_at", "answered_at", "ended_at", "wait_s"),
    *("answer_delay_s", "ring_s", "talk_s", "wrapup_s", "hangup_by", "node"),
}
BY_CALL = {"service", "class", "outcome"}
METRICS: dict[str, tuple[str, set[str]]] = {
    "cozum_call_wait_seconds": ("histogram", BY_CALL),
    "cozum_call_answer_delay_seconds": ("histogram", BY_CALL),
    "cozum_calls": ("counter", BY_CALL),
    "cozum_calls_waiting": ("gauge", {"service", "class"}),
    "cozum_longest_wait_seconds": ("gauge", {"class"}),
    "cozum_average_speed_of_answer_seconds": ("gauge", {"window", "class"}),
    "cozum_service_level_ratio": ("gauge", {"window", "class", "formula"}),
    "cozum_agents": ("gauge", {"state"}),
    "cozum_offers": ("counter", {"result"}),
    "cozum_ami_connected": ("gauge", {"node"}),
    "cozum_journal_lag_events": ("gauge", {"reader"}),
    "cozum_loop_stall_seconds": ("histogram", set()),
}


class Scrape:
    """`/metrics` as Prometheus reads it."""

    def __init__(self, stack: Stack) -> None:
        self.families = {one.name: one for one in text_string_to_metric_families(stack.metrics())}

    def value(self, name: str, **labels: str) -> float:
        """The sum of a sample's values over all label sets that hold these; `priority` is `class`."""
        wanted = {("class" if key == "priority" else key): value for key, value in labels.items()}
        samples = [sample for family in self.families.values() for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if wanted.items() <= sample.labels.items())


def test_metrics_tell_what_happened(line: Line) -> None:
    """An urgent caller is answered, a routine one waits and gives up: every promised figure says so."""
    before = Scrape(line.stack)
    line.sign_in("1001", phone=Agent(answer_after_s=3.0, talk_s=None))  # the caller has said what for by then
    (urgent,) = line.dial(*choosing("funeral"))
    line.await_state("1001", "talking")
    dialled_at = time.monotonic()
    (routine,) = line.dial(*choosing("request"))
    assert line.await_waiting(1) == [routine]
    during = Scrape(line.stack)
    since_dialled_s = time.monotonic() - dialled_at
    assert during.value("cozum_calls_waiting", service="request", priority="routine") == 1
    assert during.value("cozum_calls_waiting") == 1
    assert 0 < during.value("cozum_longest_wait_seconds", priority="routine") < since_dialled_s
    assert during.value("cozum_longest_wait_seconds", priority="urgent") == 0
    assert during.value("cozum_agents", state="talking") == 1
    assert during.value("cozum_agents") == 40
    assert during.value("cozum_ami_connected", node="ast1") == 1
    for callers, _ in reversed(line.callers):  # the routine caller gives up first
        callers.hang_up()
        line.await_waiting(0)
    accounts = line.finish()

    after = Scrape(line.stack)
    for name, (kind, labels) in METRICS.items():
        family = after.families[name]
        assert family.type == kind, name
        assert {frozenset(set(sample.labels) - {"le"}) for sample in family.samples} == {frozenset(labels)}, name
    for number, values in (
        (urgent, {"service": "funeral", "priority": "urgent", "outcome": "answered"}),
        (routine, {"service": "request", "priority": "routine", "outcome": "abandoned"}),
    ):
        record = accounts[number].record

        def grew(name: str, labels: dict[str, str] = values) -> float:
            return after.value(name, **labels) - before.value(name, **labels)

        assert grew("cozum_calls_total") == grew("cozum_call_wait_seconds_count") == 1
        assert grew("cozum_call_wait_seconds_sum") == pytest.approx(record["wait_s"], abs=0.002)
        answered = record["answer_delay_s"]
        assert grew("cozum_call_answer_delay_seconds_count") == (answered is not None)
        assert grew("cozum_call_answer_delay_seconds_sum") == pytest.approx(answered or 0.0, abs=0.002)
    assert accounts[urgent].record["wait_s"] >= 3.0, "the ring is part of the wait"
    offers = {"result": "answered"}
    assert after.value("cozum_offers_total", **offers) - before.value("cozum_offers_total", **offers) == 1
    for window in ("5m", "1h", "day"):
        assert after.value("cozum_average_speed_of_answer_seconds", window=window, priority="urgent") > 0
        for formula in ("answered", "answered_or_abandoned", "offered"):
            ratio = after.value("cozum_service_level_ratio", window=window, priority="all", formula=formula)
            assert 0 < ratio <= 1
    waits = [row["wait_s"] for row in line.stack.calls(**{"class": "urgent", "outcome": "answered"})]
    assert after.value("cozum_average_speed_of_answer_seconds", window="day", priority="urgent") == pytest.approx(
        sum(waits) / len(waits), abs=0.001
    )
    edges = {
        float(sample.labels["le"])
        for sample in after.families["cozum_call_wait_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert len([edge for edge in edges if 4 <= edge <= 8]) >= 7, "fine around 6 s"
    text = line.stack.metrics()
    assert urgent not in text
    assert routine not in text


def test_a_call_s_record_and_history(line: Line) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=0.3))
    (number,) = line.dial(*choosing("ambulance"))
    line.finish()

    def whole() -> list[dict[str, Any]]:
        """The row changes once more, when the agent's work after the call is over."""
        return [one for one in line.stack.calls() if one["caller"] == number and one["wrapup_s"] is not None]

    (record,) = until("the after-call work is in the row", whole, 60)
    assert set(record) >= CALL_FIELDS
    assert (record["caller"], record["node"], record["class"]) == (number, "ast1", "urgent")
    for key in ("entered_at", "answered_at", "ended_at"):
        assert len(record[key]) == len("2026-11-25T00:13:33.887Z"), record[key]
    history = line.stack.get(f"calls/{record['id']}")["history"]
    types = [step["type"] for step in history]
    for earlier, later in (
        ("call_entered", "service_named"),
        ("service_named", "call_queued"),
        ("call_queued", "offer_made"),
        ("offer_made", "call_answered"),
        ("call_answered", "call_ended"),
    ):
        assert types.index(earlier) < types.index(later)
    ticket = line.stack.get(f"tickets/{record['ticket']}")
    assert (ticket["service"], ticket["caller"], ticket["call"]) == ("ambulance", number, record["id"])
    assert (ticket["state"], ticket["class"], "district" in ticket) == ("assigned", "urgent", True)
    assert line.stack.calls(**{"class": "urgent", "outcome": "answered", "limit": 1}) == [record]
    assert record not in line.stack.calls(**{"class": "routine"})
    assert line.stack.get("calls", since=record["ended_at"], limit=1) == []


@pytest.mark.alone
def test_an_urgent_caller_has_their_ticket_before_an_agent_has_them(line: Line) -> None:
    """The moment its kind is known, and the offer does not wait for it."""
    (number,) = line.dial(*choosing("doctor"))
    assert line.await_waiting(1) == [number]
    tickets = until("a ticket", lambda: [one for one in line.stack.get("tickets") if one["caller"] == number], 2)
    assert [one["service"] for one in tickets] == ["doctor"]
    line.callers[-1][0].hang_up()
    assert line.finish()[number].record["ticket"] == tickets[0]["number"]


def test_a_ticket_s_state_is_told_by_its_number(line: Line) -> None:
    (number,) = line.dial(*choosing("doctor", HangUp()))
    (ticket,) = until("a ticket", lambda: [one for one in line.stack.get("tickets") if one["caller"] == number], 60)
    typed = ticket["number"].replace("-", "")
    wrong = typed[:-1] + str((int(typed[-1]) + 1) % 10)
    led = {}
    for digits, step in ((typed, "ticket_more"), (wrong, "ticket_not_found")):
        (caller,) = line.dial(Wait(0.3), Press("4"), Wait(0.3), Press(f"{digits}#"), OnWord(("0",)))
        phone, _ = line.callers[-1]
        pressed_until(phone, partial(_has_come_to, line, caller, step))
        phone.hang_up()
        led[caller] = digits
    for caller, account in line.finish().items():
        if caller in led:
            history = line.stack.get(f"calls/{account.record['id']}")["history"]
            steps = [step["data"]["step"] for step in history if step["type"] == "call_stepped"]
            # The menu behind the state, which the key has cut short, is come to from a ticket that was found alone.
            assert ("ticket_more" in steps) == (led[caller] == typed), (led[caller], steps)
            assert "ticket" in steps


def _has_come_to(line: Line, number: str, step: str) -> bool:
    """Whether the call of this number has come to a step of the flow."""
    calls = {fact.call for fact in journal_facts(line.stack, CallEntered) if fact.number == number}
    return any(fact.call in calls and fact.step == step for fact in journal_facts(line.stack, CallStepped))


def test_english_is_one_key_away_and_stays_with_the_call(line: Line) -> None:
    line.sign_in("1001", phone=Agent(answer_after_s=0.0, talk_s=None))  # their phone rings before the last key
    (number,) = line.dial(Wait(0.3), Press("8"), Wait(0.3), Press("1"), Wait(0.3), Press("1"), Wait(2.0), HangUp())
    record = line.finish()[number].record
    assert (record["language"], record["service"]) == ("en", "funeral")


def test_no_key_and_wrong_keys_end_at_an_agent_and_any_key_at_any_moment_is_heard(line: Line) -> None:
    # A phone rings from the urgent key on, so that the talk is to last until the key that says what for.
    line.sign_in(*(str(1001 + n) for n in range(6)), phone=Agent(answer_after_s=0.0, talk_s=8.0))
    wanted: dict[str, tuple[str, str]] = {}
    for steps, service, key in (
        ((), "agent", "silence"),
        ((Wait(0.5), Press("7"), Wait(0.5), Press("#"), Wait(0.5), Press("*")), "agent", "wrong keys"),
        ((Press("1"), Wait(0.02), Press("5")), "injured_animal", "at once"),
        ((Wait(3.0), Press("1"), Wait(1.5), Press("2")), "doctor", "amid the prompts"),
        ((Wait(0.3), Press("1")), "ambulance", "urgent, and no more"),
        ((Wait(0.3), Press("1"), Wait(0.5), Press("8"), Wait(0.5), Press("9")), "ambulance", "urgent, and wrong keys"),
    ):
        (number,) = line.dial(*steps)
        wanted[number] = (service, key)
    menu_s: dict[str, float] = {}
    for number, account in line.finish().items():
        record = account.record
        service, key = wanted[number]
        assert (record["outcome"], record["service"]) == ("answered", service), key
        assert record["wait_s"] == pytest.approx(record["ring_s"], abs=0.002), "the menu is no wait"
        menu_s[key] = record["answer_delay_s"] - record["ring_s"]
    assert max(menu_s.values()) < 25, menu_s
    for key in ("at once", "amid the prompts"):  # the same machine says all of it to whoever is silent
        assert menu_s[key] < menu_s["silence"] / 3, f"{key}: a key cuts short what is being said"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/agents/1001/state", None, 405),
        ("POST", "/api/v1/agents", {}, 405),
        ("DELETE", "/api/v1/calls", None, 405),
        ("POST", "/api/v1/queue", {}, 405),
        ("POST", "/api/v1/agents/1001/state", None, 415),
        ("POST", "/api/v1/agents/1001/state", {}, 422),
        ("POST", "/api/v1/agents/1001/state", [], 422),
        ("POST", "/api/v1/agents/1001/state", {"state": "READY"}, 422),
        ("POST", "/api/v1/agents/1001/state", {"state": ["ready"]}, 422),
        ("POST", "/api/v1/agents/1001/state", {"state": "ready", "extension": "1002"}, 422),
        ("POST", "/api/v1/agents/1001/state", {"state": "paused", "reason": "r" * 4096}, 422),
        ("POST", "/api/v1/agents/1001/state", {"state": "paused", "reason": "a\r\nAction: Originate"}, 422),
        ("POST", "/api/v1/agents/1001%0d%0aX/state", {"state": "ready"}, 404),
        ("POST", "/api/v1/agents/../agents/9999/state", {"state": "ready"}, 404),
        ("GET", "/api/v1/calls?limit=0", None, 422),
        ("GET", "/api/v1/calls?limit=x", None, 422),
        ("GET", "/api/v1/calls?class=routine%27%20OR%201=1", None, 422),
        ("GET", "/api/v1/calls?outcome=lost", None, 422),
        ("GET", "/api/v1/calls?since=yesterday", None, 422),
        ("GET", "/api/v1/calls?sort=asc", None, 422),
        ("GET", "/api/v1/calls/nobody", None, 404),
        ("GET", "/api/v1/tickets/26-999999-9", None, 404),
        ("GET", "/api/v2/calls", None, 404),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(
    stack: Stack, method: str, path: str, body: object, status: int
) -> None:
    before = stack.agents()
    path, _, query = path.partition("?")
    answer = stack.request(method, path, body=body, **dict(parse_qsl(query)))
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
    if status == 405:
        assert answer.headers["allow"]
    assert stack.agents() == before


PATHS = ("calls", "calls/x", "agents", "queue", "tickets", "live", "surge", "figures", "nothing")


@pytest.mark.parametrize(("place", "path"), enumerate(PATHS), ids=PATHS)
def test_nothing_of_the_api_is_had_without_the_token(stack: Stack, place: int, path: str) -> None:
    """Each path from an address of its own: wrong tokens are limited by address."""
    url = f"http://127.0.0.1:{stack.settings['http_port']}/api/v1/{path}"
    token = (stack.data_dir / "token").read_text().strip()
    wrong: tuple[dict[str, str], ...] = ({}, {"authorization": "Bearer"}, {"authorization": f"Bearer {token}x"},
             {"authorization": f"Basic {token}"}, {"x-token": token})  # fmt: skip
    with httpx.Client(transport=httpx.HTTPTransport(local_address=f"127.0.1.{place + 1}"), timeout=60) as client:
        for headers in wrong:
            answer = client.get(url, headers=headers)
            assert answer.status_code == 401
            assert "bearer" in answer.headers["www-authenticate"].lower()
        assert client.get(f"{url}?token={token}").status_code == 401
        state = client.post(url.replace(path, "agents/1001/state"), json={"state": "ready"})
        assert state.status_code == 401


def test_what_is_there_for_everybody(stack: Stack) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.settings['http_port']}", timeout=60) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").json()["ready"] is True
        assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "<html" in client.get("/").text
        described = client.get("/api/openapi.json").json()
    paths = {"calls", "calls/{call}", "agents", "agents/{extension}/state", "queue", "tickets"}
    assert {f"/api/v1/{path}" for path in paths} <= set(described["paths"])


@pytest.mark.alone
def test_killed_it_is_back_within_a_second_with_its_files(stack: Stack) -> None:
    token = stack.data_dir / "token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    before = token.read_text()
    began, killed = time.monotonic(), stack.kill_daemon()
    until("another pid", lambda: (stack.data_dir / "cozum.pid").read_text().strip() not in ("", str(killed)), 5, 0.005)
    until("the API answers", lambda: _answers(stack), 5, 0.005)
    took = time.monotonic() - began
    assert took < 1.0, took
    assert token.read_text() == before, "whoever holds the token goes on holding it"
    stack.wait_ready(10)


def _answers(stack: Stack) -> bool:
    try:
        return bool(stack.request("GET", "/api/v1/agents").status_code == 200)
    except httpx.TransportError:
        return False
