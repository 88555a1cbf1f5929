"""What callers hear and press: flows, keys, notices, look-ups and the surge message."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from acd.engine.model.commands import Announce, HoldCaller, PlaySurge, ReleaseCall
from acd.engine.model.events import (
    CallDetached,
    FlowFinished,
    FlowStepped,
    KeyPressed,
    OfferReturned,
    ServiceChosen,
    SurgeHeard,
)
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.request_events import RequestTold
from ivr import flow as f
from ivr.interpreter import OWN_WAIT_S
from ivr.own import OwnWords
from tests.acd.asterisk.caller_sessions import CALL, FLOW, Desk
from tests.acd.asterisk.peer import Channel
from tests.waiting import until


async def test_a_caller_is_led_to_a_service(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("menu")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    desk.press(channel, "1")
    await channel.plays("connecting")
    channel.prompt_ends()
    chosen = await desk.event(ServiceChosen)
    assert (chosen.service, chosen.language, chosen.cause) == ("funeral", "tr", "7.1")
    steps = [(event.step, event.key) for event in desk.of(FlowStepped)]
    assert steps == [("main", ""), ("urgent", "1"), ("funeral", "1")]
    assert channel.played == ["greeting", "menu", "urgent_menu", "connecting"]
    assert "CHANNEL(language)" not in channel.variables


async def test_silence_ends_at_an_agent(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    for prompt in ("greeting", "menu"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_a_flow_resumes_at_a_step_in_a_language(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent", language="en")
    await channel.plays("urgent_menu")
    assert channel.variables["CHANNEL(language)"] == "en"


async def test_the_language_can_be_changed(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "8")
    await until(lambda: channel.variables.get("CHANNEL(language)") == "en")
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).language == "en"


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
    await desk.caller(callerid="05321234567")
    desk.run_flow(flow="nothing")
    assert (await desk.event(ServiceChosen)).preferred == "1002"
    assert asked == ["05321234567"]


@pytest.mark.parametrize("fails", [True, False])
async def test_nobody_waits_for_word_of_who_knows_them(desk: Desk, fails: bool) -> None:
    async def preferred(number: str) -> AgentId:
        if fails:
            raise RuntimeError("the database is gone")
        await asyncio.Event().wait()
        raise AssertionError("never comes here")

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    await desk.caller(callerid="05321234567")
    desk.run_flow(flow="nothing")
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


@pytest.mark.parametrize(("key", "answered"), [("1", True), ("5", False)])
async def test_a_surge_message_can_be_all_a_caller_needs(desk: Desk, key: str, answered: bool) -> None:
    channel = await desk.caller()
    desk.directory.deliver(PlaySurge(call=CALL, prompt="/surge/tr/1", language="tr"), "7.2")
    await channel.plays("/surge/tr/1")
    desk.press(channel, key)
    heard = await desk.event(SurgeHeard)
    assert (heard.answered, heard.cause) == (answered, "7.2")


async def test_keys_from_the_menu_do_not_answer_a_surge_message(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.key(CALL, "1")
    desk.directory.deliver(PlaySurge(call=CALL, prompt="/surge/tr/1", language="tr"), "7.2")
    await channel.plays("/surge/tr/1")
    desk.press(channel, "0")
    assert not (await desk.event(SurgeHeard)).answered


async def test_a_flow_that_is_not_there_ends_at_the_default_service(desk: Desk) -> None:
    await desk.caller()
    desk.run_flow(flow="nothing")
    assert (await desk.event(ServiceChosen)).service == ""


async def test_a_flow_that_fails_ends_at_its_fallback(desk: Desk) -> None:
    desk.flows["hotline"] = f.Flow(
        name="x", start="main", fallback="agent", languages=("tr",), max_turns=3,
        steps={"main": f.Play(prompts=(), next="nowhere"), "agent": f.Choose(service="agent")},
    )  # fmt: skip
    await desk.caller()
    desk.run_flow()
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_a_prompt_without_a_file_is_skipped(desk: Desk) -> None:
    channel = await desk.caller()
    channel.missing = {"greeting"}
    desk.run_flow()
    await channel.plays("menu")


async def test_a_key_pressed_before_the_session_counts(desk: Desk) -> None:
    desk.directory.key(CALL, "1")
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("urgent_menu")
    assert channel.played == ["urgent_menu"]  # no prompt is begun that a key would cut off at once


async def test_keys_pressed_ahead_lead_through_without_a_word(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "12":
        desk.press(channel, key)
    desk.run_flow()
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert channel.played == []


@pytest.mark.parametrize("ami_first", [True, False])
async def test_a_key_told_by_both_counts_once(desk: Desk, ami_first: bool) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    if ami_first:
        desk.directory.key(CALL, "1")
        channel.key("1")
    else:
        channel.key("1")
        desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    await asyncio.sleep(0.05)
    assert channel.playing == "urgent_menu"


@pytest.mark.alone
async def test_a_key_that_fell_between_two_commands_stops_the_prompt(desk: Desk) -> None:
    """AGI dropped it; AMI tells of it when the next prompt has begun."""
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    loop = asyncio.get_running_loop()
    started = loop.time()
    desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    assert loop.time() - started < 0.2
    assert "NOOP" in channel.commands


async def test_a_key_that_fell_before_a_wait_ends_the_wait(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.directory.key(CALL, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_without_ami_the_keys_of_agi_do(desk: Desk) -> None:
    desk.ami = False
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_a_key_before_the_last_words_does_not_swallow_them(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "33":
        desk.press(channel, key)
    desk.run_flow()
    await channel.plays("info")
    channel.prompt_ends()
    await desk.event(FlowFinished)


async def test_keys_while_waiting_and_ringing_are_told(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.press(channel, "9")
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.press(channel, "2")
    assert [event.key for event in desk.of(KeyPressed)] == ["9", "2"]


async def test_keys_pressed_in_talk_are_nobodys_business(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.answered(CALL)
    for key in "4539":
        desk.press(channel, key)
    assert not desk.of(KeyPressed)


async def test_a_key_left_over_from_the_menu_is_told_when_waiting(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "129":
        desk.press(channel, key)
    desk.run_flow()
    await desk.event(ServiceChosen)
    desk.directory.deliver(HoldCaller(call=CALL))
    assert (await desk.event(KeyPressed)).key == "9"


@pytest.mark.parametrize("ami", [True, False])
async def test_a_key_ends_an_announcement_and_is_told(desk: Desk, ami: bool) -> None:
    desk.ami = ami
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3")))
    await channel.plays("queue_position")
    channel.music = False
    desk.press(channel, "9")
    assert (await desk.event(KeyPressed)).key == "9"
    await until(lambda: channel.music)
    assert channel.played == ["queue_position"]
    assert len(desk.of(KeyPressed)) == 1


async def test_an_offer_cuts_a_prompt_off(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends("ANSWER")
    await desk.event(OfferReturned)
    assert channel.played == ["greeting"]
    assert not desk.of(ServiceChosen)


async def test_holding_ends_a_flow(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert not channel.waiting


@pytest.mark.parametrize(
    ("found", "caller", "said"),
    [
        (
            {"number": "26-000123-3"},
            "05321112233",
            ["ticket_number", *(f"digit_{one}" for one in "260001233"), "outcome_goodbye"],
        ),
        ({}, "05321112233", []),
        (None, "05321112233", ["message_number_later", "outcome_goodbye"]),
        (None, "+905321112233", ["message_number_later", "outcome_goodbye"]),
        (None, "anonymous", ["message_number_withheld", "outcome_goodbye"]),
        (None, "ahmet", ["message_number_withheld", "outcome_goodbye"]),
    ],
)
async def test_the_number_is_said_when_the_agent_has_hung_up(
    desk: Desk, found: dict[str, str] | None, caller: str, said: list[str]
) -> None:
    """After the Dial, when the agent is free; a call without a new request ends at once."""
    asked: list[str] = []

    async def opened(call: CallId) -> dict[str, str] | None:
        asked.append(call)
        return found

    desk.directory.ports = dataclasses.replace(
        desk.directory.ports, opened=opened, opens_ticket=lambda service: service == "funeral"
    )
    channel = await desk.caller(callerid=caller)
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    assert asked == []
    channel.dial_ends("ANSWER")
    for prompt in said:
        await channel.plays(prompt)
        assert desk.of(CallDetached) == []
        channel.prompt_ends()
    await channel.ends()
    assert asked == [CALL]
    assert [one.lost for one in desk.of(CallDetached)] == [False]
    assert "COZUM_DONE" not in channel.variables, "a talk is the dialplan's own mark"


async def test_nobody_hears_of_a_number_who_may_have_opened_nothing(desk: Desk) -> None:
    async def opened(call: CallId) -> None:
        return None

    desk.directory.ports = dataclasses.replace(desk.directory.ports, opened=opened)
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.ends()
    assert channel.played == []


async def test_a_caller_who_hangs_up_during_the_number_is_not_lost(desk: Desk) -> None:
    async def opened(call: CallId) -> dict[str, str]:
        return {"number": "26-000123-3"}

    desk.directory.ports = dataclasses.replace(desk.directory.ports, opened=opened)
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.plays("ticket_number")
    await channel.hang_up()
    assert not (await desk.event(CallDetached)).lost


async def test_release_waits_for_the_dial_and_cuts_a_flow(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.ends()
    assert [type(event) for event in desk.events[1:]] == [OfferReturned, CallDetached]
    assert "COZUM_DONE" not in channel.variables, "a talk is the dialplan's own mark"

    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="rejected"))
    await channel.ends()
    assert channel.variables["COZUM_DONE"] == "1"


NOTICES = f.Flow(
    name="hotline",
    start="main",
    fallback="agent",
    languages=("tr",),
    max_turns=9,
    steps={
        "main": f.Menu(
            prompts=("greeting", "monitoring", "menu"), keys={"1": "urgent"}, no_key="agent", wrong_key="agent"
        ),
        "urgent": f.Menu(
            notice=("monitoring_short",), prompts=("urgent_menu",), keys={"1": "agent"}, no_key="agent",
            wrong_key="agent",
        ),
        "agent": f.Choose(service="agent"),
    },
)  # fmt: skip


async def test_a_notice_counts_as_soon_as_it_was_heard_whatever_is_said_after_it(desk: Desk) -> None:
    """The caller may hang up in the menu that follows."""
    menu = f.Menu(prompts=("greeting", "privacy", "menu"), keys={"1": "agent"}, no_key="agent", wrong_key="agent")
    steps = {**NOTICES.steps, "main": menu}
    desk.flows["hotline"] = f.Flow(
        name="hotline", start="main", fallback="agent", languages=("tr",), max_turns=9, steps=steps
    )
    desk.directory.ports = dataclasses.replace(
        desk.directory.ports, notice_version=lambda prompt, language: f"{language}-of-{prompt}"
    )
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("privacy")
    assert desk.of(NoticeHeard) == []
    channel.prompt_ends()
    await channel.plays("menu")
    heard = await desk.event(NoticeHeard)
    assert (heard.notice, heard.prompt, heard.call) == ("privacy", "privacy", CALL)
    assert heard.version == "tr-of-privacy"


async def test_a_notice_of_monitoring_counts_only_if_it_is_heard_whole(desk: Desk) -> None:
    desk.flows["hotline"] = NOTICES
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("monitoring")
    desk.press(channel, "1")  # cuts it short
    await channel.plays("monitoring_short")
    assert desk.of(NoticeHeard) == []
    channel.prompt_ends()
    await channel.plays("urgent_menu")
    desk.press(channel, "1")  # what was said before it was heard
    await until(lambda: bool(desk.of(NoticeHeard)), "the notice")
    assert [one.call for one in desk.of(NoticeHeard)] == [CALL]


async def test_a_notice_without_sound_is_none(desk: Desk) -> None:
    desk.flows["hotline"] = NOTICES
    channel = await desk.caller()
    channel.missing = {"monitoring"}
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("menu")
    assert desk.of(NoticeHeard) == []
