"""What callers are told of their requests, and the look-ups behind it."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from acd.engine.model.events import FlowFinished, ServiceChosen
from acd.engine.model.ids import AgentId
from acd.engine.model.request_events import RequestTold
from ivr import flow as f
from ivr.interpreter import OWN_WAIT_S
from ivr.own import OwnWords
from tests.acd.asterisk.caller_sessions import CALL, FLOW, Desk
from tests.acd.asterisk.peer import Channel
from tests.waiting import until


@pytest.mark.parametrize("hash_key", ["", "#"])
async def test_a_ticket_is_asked_for_looked_up_and_told(desk: Desk, hash_key: str) -> None:
    """Also for those who press the hash after a full entry: it does not cut off what is said next."""
    desk.found = {"state": "new"}
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "1234" + hash_key:
        desk.press(channel, key)
    for prompt in ("ticket_new", "digit_1", "digit_2", "digit_3", "digit_4"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert (await desk.event(FlowFinished)).reason == "told"
    assert desk.looked_up == [("ticket", "1234")]


async def test_the_hash_ends_an_entry(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    await desk.event(ServiceChosen)
    assert desk.looked_up == [("ticket", "12")]


async def test_who_looks_a_request_up_and_hears_its_state_is_linked_with_it(desk: Desk) -> None:
    desk.found = {"state": "new", "number": "26-000001-9"}
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    for prompt in ("ticket_new", "digit_1", "digit_2"):
        assert desk.of(RequestTold) == [], "nothing was heard yet"
        await channel.plays(prompt)
        channel.prompt_ends()
    told = await desk.event(RequestTold)
    assert (told.call, told.ticket, told.how, told.cause) == (CALL, "26-000001-9", "number", "7.1")


async def test_who_types_ahead_past_what_is_said_has_heard_nothing(desk: Desk) -> None:
    desk.found = {"state": "done", "number": "26-000001-9"}
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#0":
        desk.press(channel, key)
    await desk.event(ServiceChosen)
    assert desk.of(RequestTold) == []


@pytest.mark.parametrize("whole", [True, False])
async def test_who_hears_of_their_request_whole_is_linked_with_it(desk: Desk, whole: bool) -> None:
    async def own(number: str) -> dict[str, str]:
        return {"count": "1", "number1": "26-000001-9"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    await channel.plays("own_about")
    if whole:
        channel.prompt_ends()
        await channel.plays("own_unit")
        channel.prompt_ends()
        await channel.plays("options")
    desk.press(channel, "1")
    await desk.event(ServiceChosen)
    assert [(one.ticket, one.how) for one in desk.of(RequestTold)] == ([("26-000001-9", "unasked")] if whole else [])


async def test_a_look_up_that_fails_has_found_nothing(desk: Desk) -> None:
    desk.found = RuntimeError("the database is gone")
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_the_engine_is_told_which_agent_knows_the_caller(desk: Desk) -> None:
    asked: list[str] = []

    async def preferred(number: str) -> AgentId:
        asked.append(number)
        return AgentId("1002")

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    channel = await desk.caller(callerid="05321234567")
    desk.run_flow(step="funeral")
    await channel.plays("connecting")
    channel.prompt_ends()
    assert (await desk.event(ServiceChosen)).preferred == "1002"
    assert asked == ["05321234567"]


async def test_nobody_looks_up_who_knows_a_caller_whose_flow_is_over_at_once(desk: Desk) -> None:
    """The answer would come too late, and the question before the ring costs time."""
    asked: list[str] = []

    async def preferred(number: str) -> None:
        asked.append(number)

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    channel = await desk.caller(callerid="05321234567")
    desk.run_flow(step="agent")
    await desk.event(ServiceChosen)
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert asked == []


@pytest.mark.parametrize("fails", [True, False])
async def test_nobody_waits_for_word_of_who_knows_them(desk: Desk, fails: bool) -> None:
    async def preferred(number: str) -> AgentId:
        if fails:
            raise RuntimeError("the database is gone")
        await asyncio.Event().wait()
        raise AssertionError("never comes here")

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    channel = await desk.caller(callerid="05321234567")
    desk.run_flow(step="funeral")
    await channel.plays("connecting")
    channel.prompt_ends()
    assert (await desk.event(ServiceChosen)).preferred is None


OWN_FLOW = msgspec.structs.replace(
    FLOW,
    own=OwnWords(about_other="own_about", unit_other="own_unit", due="own_due"),
    steps={
        **FLOW.steps,
        "main": f.Menu(
            prompts=("greeting", "{own}", "options"),
            keys={"1": "agent", "4": "mine"},
            no_key="agent",
            wrong_key="agent",
        ),
        "mine": f.LookUp(kind="own", otherwise="said", not_found="ticket"),
        "said": f.Play(prompts=("{own_all}",), next="agent"),
    },
)


async def caller_of(desk: Desk, own: Callable[[str], Awaitable[dict[str, str] | None] | None], **known: str) -> Channel:
    desk.flows["hotline"] = OWN_FLOW
    desk.directory.ports = dataclasses.replace(desk.directory.ports, own=own)
    channel = await desk.caller(**known)
    desk.run_flow()
    await channel.plays("greeting")
    return channel


async def test_a_caller_hears_of_their_request_if_the_desk_has_answered_by_then(desk: Desk) -> None:
    asked: list[str] = []

    async def own(number: str) -> dict[str, str]:
        asked.append(number)
        return {"count": "1"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    for prompt in ("own_about", "own_unit", "options"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert asked == ["05321234567"]


async def test_nobody_is_looked_up_for_a_flow_that_does_not_say_it(desk: Desk) -> None:
    asked: list[str] = []

    async def own(number: str) -> None:
        asked.append(number)

    desk.directory.ports = dataclasses.replace(desk.directory.ports, own=own)
    channel = await desk.caller(callerid="05321234567")
    desk.run_flow()
    await channel.plays("greeting")
    assert asked == []


@pytest.mark.parametrize("how", ["hangs", "fails", "is off", "withheld"])
async def test_nobody_waits_for_word_of_their_request(desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own_wait_s, look_up_s = OWN_WAIT_S if how == "hangs" else 20.0, 40.0  # longer than a stall of this process
    monkeypatch.setattr("ivr.interpreter.OWN_WAIT_S", own_wait_s)
    monkeypatch.setattr("acd.asterisk.flow_runner.LOOK_UP_S", look_up_s)

    async def own(number: str) -> dict[str, str]:
        assert how != "withheld", "nobody is looked up"
        if how == "hangs":
            await asyncio.Event().wait()
        raise RuntimeError("the database is gone")

    port = (lambda number: None) if how == "is off" else own
    channel = await caller_of(desk, port, callerid="anonymous" if how == "withheld" else "05321234567")
    channel.prompt_ends()
    await channel.plays("options")
    desk.press(channel, "4")
    begun = time.monotonic()
    await channel.plays("ticket_ask")
    waited_s = time.monotonic() - begun
    assert (waited_s >= own_wait_s - 0.05) == (how == "hangs"), "only where the answer may still come"
    assert waited_s < look_up_s / 2


async def test_a_key_in_the_midst_of_it_counts_at_once(desk: Desk) -> None:
    async def own(number: str) -> dict[str, str]:
        return {"count": "1"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    await channel.plays("own_about")
    desk.press(channel, "1")
    assert (await desk.event(ServiceChosen)).service == "agent"
