"""What callers hear: flows, offers that cut them off, the number at the end, notices and the surge message."""

import dataclasses

import pytest

from acd.engine.model.commands import HoldCaller, PlaySurge, ReleaseCall
from acd.engine.model.events import CallDetached, FlowStepped, OfferReturned, ServiceChosen, SurgeHeard
from acd.engine.model.ids import CallId
from acd.engine.model.monitor_events import NoticeHeard
from ivr import flow as f
from tests.acd.asterisk.caller_sessions import CALL, Desk
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
