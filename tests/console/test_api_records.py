"""The API as its users see it: calls, agents, the queue and tickets."""

from dataclasses import replace
from typing import Any

import pytest

from console.ports import CallQuery
from console.request_ports import TicketQuery
from console.views import CALL_FIELDS
from tests.console.asking import CONTRACT, desk, first, get, post
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, token_for
from tests.console.test_access import of_role
from tickets.states import STATES

__all__ = ["desk"]


# --- calls


async def test_a_call_has_every_promised_field_with_times_to_the_millisecond(desk: Desk) -> None:
    desk.add_call("ast1-1.1")
    (call,) = (await get(desk, "/api/v1/calls")).json()
    assert set(call) >= CONTRACT
    assert call["class"] == "routine"
    assert call["entered_at"] == "2025-11-25T08:58:20.000Z"
    assert call["answered_at"] == "2025-11-25T08:58:40.000Z"
    assert (call["wait_s"], call["within_target"]) == (5.812, True)
    assert call["wrapup_s"] is None


def test_the_fields_that_storage_must_give_are_listed() -> None:
    assert set(CALL_FIELDS) >= CONTRACT


async def test_filters_reach_the_database(desk: Desk) -> None:
    answer = await get(
        desk, "/api/v1/calls?limit=7&since=2025-11-25T12:00:00.250%2B03:00&class=urgent&outcome=abandoned"
    )
    assert answer.json() == []
    assert desk.queries == [CallQuery(limit=7, since=desk.now + 0.25, priority="urgent", outcome="abandoned")]


@pytest.mark.parametrize("text", ["2025-11-25T09:00:00Z", "2025-11-25T12:00:00+03:00", "2025-11-25t09:00:00.000z"])
async def test_since_takes_any_offset_and_a_plus_left_bare(desk: Desk, text: str) -> None:
    await get(desk, f"/api/v1/calls?since={text}")
    assert desk.queries == [CallQuery(since=desk.now)]


@pytest.mark.parametrize(
    ("query", "key", "value"),
    [
        ("limit=0", "limit", 0),
        ("limit=1001", "limit", 1001),
        ("limit=ten", "limit", "ten"),
        ("limit=1_0", "limit", "1_0"),
        ("limit=", "limit", ""),
        ("since=1764061200", "since", "1764061200"),
        ("since=2025-11-25T09:00:00", "since", "2025-11-25T09:00:00"),
        ("since=2025-13-25T09:00:00Z", "since", "2025-13-25T09:00:00Z"),
        ("since=today", "since", "today"),
        ("class=acil", "class", "acil"),
        ("outcome=Answered", "outcome", "Answered"),
        ("priority=urgent", "priority", "urgent"),
        ("limit=5&limit=6", "limit", "6"),
    ],
)
async def test_a_bad_filter_names_key_value_and_what_is_allowed(
    desk: Desk, query: str, key: str, value: object
) -> None:
    status, *rest = first(await get(desk, f"/api/v1/calls?{query}"))
    assert status == 422
    assert rest[0] == key
    assert str(rest[1]) == str(value)
    assert rest[2]
    assert not desk.queries


async def test_every_bad_filter_is_listed_at_once(desk: Desk) -> None:
    body = (await get(desk, "/api/v1/calls?limit=0&class=acil")).json()
    assert [error["key"] for error in body["errors"]] == ["limit", "class"]


async def test_a_call_comes_with_its_history(desk: Desk) -> None:
    desk.add_call("ast1-1.1")
    call = (await get(desk, "/api/v1/calls/ast1-1.1")).json()
    assert call["history"] == [
        {"at": "2025-11-25T08:58:20.000Z", "type": "call_entered", "data": {}},
        {"at": "2025-11-25T08:58:25.000Z", "type": "call_stepped", "data": {"step": "menu", "key": "2"}},
    ]


async def test_a_call_that_is_still_up_has_no_end(desk: Desk) -> None:
    desk.add_call("ast1-1.1", outcome=None, ended_at=None, hangup_by=None, talk_s=None, ticket="2025-000001")
    call = (await get(desk, "/api/v1/calls/ast1-1.1")).json()
    assert (call["outcome"], call["ended_at"], call["ticket"]) == (None, None, "2025-000001")


async def test_a_thousand_calls_are_one_answer_in_order(desk: Desk) -> None:
    for number in range(1000):
        desk.add_call(f"ast1-{number}.1", entered_at=desk.now - 2000 + number)
    calls = (await get(desk, "/api/v1/calls?limit=1000")).json()
    assert [call["id"] for call in calls] == [f"ast1-{number}.1" for number in range(999, -1, -1)]


async def test_text_of_callers_comes_back_whole(desk: Desk) -> None:
    hostile = 'Şükrü"</script>\r\n\x00İğdır'
    desk.add_call("ast1-1.1", caller=hostile)
    answer = await get(desk, "/api/v1/calls")
    assert answer.json()[0]["caller"] == hostile
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


# --- agents and queue


async def test_agents_and_what_they_do(desk: Desk) -> None:
    more = {"class": "urgent", "pending": "paused", "pending_reason": "meal"}
    desk.add_agent("1002", "talking", call="ast1-1.1", service="ambulance", **more)
    desk.add_agent("1001", "paused", reason="öğle yemeği")
    one, two = (await get(desk, "/api/v1/agents")).json()
    assert (one["extension"], one["state"], one["reason"], one["call"]) == ("1001", "paused", "öğle yemeği", None)
    assert (two["call"], two["class"]) == ("ast1-1.1", "urgent")
    assert [(agent["pending"], agent["pending_reason"]) for agent in (one, two)] == [("", ""), ("paused", "meal")]
    assert two["since"] == "2025-11-25T08:59:30.000Z"


async def test_an_agents_wish_answers_with_the_agent_as_they_are_then(desk: Desk) -> None:
    desk.add_agent("1001")
    answer = await post(desk, "/api/v1/agents/1001/state", json={"state": "paused", "reason": "break"})
    assert answer.status_code == 200
    assert answer.json()["state"] == "paused"
    assert desk.wishes == [("1001", "paused", "break")]
    assert (await post(desk, "/api/v1/agents/1001/state", json={"state": "ready", "reason": None})).status_code == 200
    assert desk.wishes[-1] == ("1001", "ready", "")


async def test_the_reasons_of_a_pause_are_those_of_the_list(desk: Desk) -> None:
    desk.add_agent("1001")
    for reason in ("break", "meal", "prayer", "training", "other", ""):
        wish = {"state": "paused", "reason": reason}
        assert (await post(desk, "/api/v1/agents/1001/state", json=wish)).status_code == 200
    answer = await post(desk, "/api/v1/agents/1001/state", json={"state": "paused", "reason": "missed_calls"})
    assert first(answer) == (422, "reason", "missed_calls", ["break", "meal", "prayer", "training", "other"])
    assert "missed_calls is given by the line itself" in answer.json()["detail"]


async def test_an_unknown_agent_is_told_who_is_known(desk: Desk) -> None:
    desk.add_agent("1001")
    answer = await post(desk, "/api/v1/agents/9999/state", json={"state": "ready"})
    assert first(answer) == (404, "extension", "9999", ["1001"])


@pytest.mark.parametrize(
    ("content", "status", "key"),
    [
        ({"json": {"state": "busy"}}, 422, "state"),
        ({"json": {"state": None}}, 422, "state"),
        ({"json": {}}, 422, "state"),
        ({"json": {"state": "ready", "Reason": "x"}}, 422, "Reason"),
        ({"json": {"state": "paused", "reason": "lunch"}}, 422, "reason"),
        ({"json": {"state": "paused", "reason": "missed_calls"}}, 422, "reason"),
        ({"json": {"state": "paused", "reason": 7}}, 422, "reason"),
        ({"json": {"state": "paused", "reason": "x" * 65}}, 422, "reason"),
        ({"json": {"state": "paused", "reason": "a\r\nb"}}, 422, "reason"),
        ({"json": ["ready"]}, 422, "body"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "body"),
        ({"content": b"", "headers": {"content-type": "application/json"}}, 422, "body"),
        ({"content": b"[" * 60_000, "headers": {"content-type": "application/json"}}, 400, None),
        ({"content": b'{"state": "\xff"}', "headers": {"content-type": "application/json"}}, 400, None),
        ({"data": {"state": "ready"}}, 415, "content-type"),
        ({"content": b'{"state": "ready"}'}, 415, "content-type"),
    ],
)
async def test_a_bad_wish_is_refused_with_its_reason(desk: Desk, content: Any, status: int, key: str | None) -> None:
    desk.add_agent("1001")
    assert first(await post(desk, "/api/v1/agents/1001/state", **content))[:2] == (status, key)
    assert not desk.wishes


async def test_an_unknown_state_names_those_that_are(desk: Desk) -> None:
    answer = await post(desk, "/api/v1/agents/1001/state", json={"state": "busy"})
    assert first(answer) == (422, "state", "busy", ["ready", "paused", "offline"])


async def test_who_is_to_be_called_back_can_be_seen_and_spared(desk: Desk) -> None:
    back: dict[str, Any] = {"caller": "+905321112233", "service": "request", "class": "routine", "tries": 1}
    desk.callback_records = [
        {"id": f"ast1-{n}.1", "reason": "asked", "asked_at": desk.now - 50, "queued_at": desk.now - 60,
         "again_at": None if n else desk.now + 60, "state": "waiting", "agent": None, **back}
        for n in range(2)
    ]  # fmt: skip
    first_one, other = (await get(desk, "/api/v1/callbacks")).json()
    assert (first_one["reason"], first_one["tries"], first_one["wait_s"], other["again_at"]) == ("asked", 1, 60.0, None)
    assert first_one["again_at"].endswith("Z") or "+" in first_one["again_at"]
    async with desk.client() as client:
        assert (await client.delete("/api/v1/callbacks/ast1-0.1")).status_code == 204
        again = await client.delete("/api/v1/callbacks/ast1-0.1")
    assert first(again)[:3] == (404, "call", "ast1-0.1")
    assert [one["id"] for one in (await get(desk, "/api/v1/callbacks")).json()] == ["ast1-1.1"]


async def test_what_an_urgent_call_is_about_is_said_by_an_agent(desk: Desk) -> None:
    desk.add_call("ast1-1.1")
    async with desk.client() as client:
        said = await client.post("/api/v1/calls/ast1-1.1/kind", json={"service": "funeral"})
        assert (said.status_code, said.json()) == (
            200,
            {"id": "ast1-1.1", "service": "funeral", "class": "urgent"},
        )
        wrong = await client.post("/api/v1/calls/ast1-1.1/kind", json={"service": "request"})
        assert first(wrong) == (409, "service", "request", ["funeral"])
        assert first(await client.post("/api/v1/calls/gone/kind", json={"service": "funeral"}))[:2] == (404, "call")
        assert (await client.post("/api/v1/calls/ast1-1.1/kind", json={})).status_code == 422


@pytest.mark.parametrize(("role", "agent"), [("agent", "1001"), ("lead", None), ("inbox", None), ("admin", None)])
async def test_an_agent_says_what_their_own_call_is_about(desk: Desk, role: str, agent: str | None) -> None:
    desk.people = KnownPeople()
    desk.add_call("ast1-1.1")
    async with desk.client(headers=of_role(role)) as client:
        said = await client.post("/api/v1/calls/ast1-1.1/kind", json={"service": "funeral"})
        assert said.status_code == 200
    assert desk.kinds_set == [("ast1-1.1", agent)]


async def test_a_program_says_it_for_any_agent(desk: Desk) -> None:
    desk.people = people = KnownPeople()
    token = token_for("tickets:write")
    people.tokens[token] = replace(people.tokens[token], role="agent")
    desk.add_call("ast1-1.1")
    async with desk.client(headers={"Authorization": f"Bearer {token}"}) as client:
        said = await client.post("/api/v1/calls/ast1-1.1/kind", json={"service": "funeral"})
        assert said.status_code == 200
    assert desk.kinds_set == [("ast1-1.1", None)]


async def test_who_waits_and_how_long(desk: Desk) -> None:
    desk.add_waiting("ast1-2.1", "urgent", waited_s=2.5, state="ringing", agent="1001")
    desk.add_waiting("ast1-1.1", waited_s=40, target_at=desk.now - 34)
    one, two = (await get(desk, "/api/v1/queue")).json()
    assert (one["id"], one["class"], one["wait_s"], one["state"], one["agent"]) == (
        "ast1-2.1",
        "urgent",
        2.5,
        "ringing",
        "1001",
    )
    assert (two["position"], two["wait_s"], two["queued_at"]) == (2, 40, "2025-11-25T08:59:20.000Z")
    assert (one["target_at"], two["target_at"]) == (None, "2025-11-25T08:59:26.000Z")


async def test_figures_are_those_of_the_metrics(desk: Desk) -> None:
    figures = (await get(desk, "/api/v1/figures")).json()
    assert (figures["service_level_s"], figures["target_wait_s"]) == (15, 6)
    assert figures["windows"]["5m"]["urgent"]["within_target"] is None
    assert figures["windows"]["5m"]["urgent"]["asa_s"] is None
    assert set(figures["windows"]) == {"5m", "1h", "day"}


# --- tickets


async def test_tickets(desk: Desk) -> None:
    desk.ticket_records = [
        {"number": "2025-000001", "service": "ambulance", "state": "new", "call": "ast1-1.1", "opened_at": desk.now}
    ]
    assert (await get(desk, "/api/v1/tickets?state=new&service=ambulance&limit=3")).json()[0]["number"] == "2025-000001"
    assert desk.queries == [TicketQuery(limit=3, service="ambulance", state="new")]
    assert (await get(desk, "/api/v1/tickets/2025-000001")).json()["opened_at"] == "2025-11-25T09:00:00.000Z"
    assert first(await get(desk, "/api/v1/tickets/7"))[:3] == (404, "number", "7")
    assert first(await get(desk, "/api/v1/tickets?class=urgent"))[:2] == (422, "class")


async def test_an_unknown_state_of_a_ticket_is_refused_with_those_there_are(desk: Desk) -> None:
    for state in ("open", "waiting", "NEW", ""):
        answer = await get(desk, f"/api/v1/tickets?state={state}")
        assert first(answer) == (422, "state", state, list(STATES))
    assert desk.queries == []
