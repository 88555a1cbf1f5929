"""Callers' sessions over a real socket: attach, flow, keys, music, offers, release, and every way to go."""

import time

import pytest

from acd.asterisk.agi_codec import Environment, PeerError
from acd.asterisk.caller_channel import call_id
from acd.engine.model.commands import Announce, CancelOffer, HoldCaller, ReleaseCall
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    OfferReturned,
    ServiceChosen,
)
from acd.engine.model.ids import CallId, OfferId
from tests.acd.asterisk.caller_sessions import CALL, Desk
from tests.waiting import until


async def test_where_the_dialplan_missed_an_engine_it_is_told_that_one_is_here(desk: Desk) -> None:
    """A port alone takes callers too, while nobody serves them."""
    missed = await desk.caller(arg_4="1795566540492")
    await until(lambda: missed.variables.get("COZUM_HERE") == "1", "the word that we are here")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="flow_finished"), "8.1")
    await missed.ends()
    first = await desk.caller()
    desk.directory.deliver(ReleaseCall(call=CALL, reason="flow_finished"), "8.2")
    await first.ends()
    assert "COZUM_HERE" not in first.variables  # and costs nobody else a moment


async def test_a_caller_attaches_with_what_asterisk_tells(desk: Desk) -> None:
    await desk.caller(calleridname="Şükrü Iğdır")
    event = desk.of(CallAttached)[0]
    assert event.call == CALL
    assert event.node == "ast1"
    assert event.channel == "PJSIP/trunk-00000001"
    assert event.number == "05321234567"
    assert event.name == "Şükrü Iğdır"
    assert event.dialled == "4440411"
    assert event.arrived_at == 1764025361.25
    assert abs(event.at - time.time()) < 60
    assert len(desk.directory) == 1


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("unknown", ""),
        ("", ""),
        ("+905321234567", "+905321234567"),
        ("+90-532-123-45-67", "+905321234567"),
        ("0532.123.4567", "05321234567"),
        ("ali.veli-1", "ali.veli-1"),
        ("10-01", "10-01"),
        ("0532 123", ""),
        ("1" * 65, ""),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("numara-gizli", ""),
        ("053\r", ""),
        ("sip:x@y", ""),
    ],
)
async def test_numbers_are_whole_or_refused(desk: Desk, given: str, number: str) -> None:
    await desk.caller(callerid=given)
    assert desk.of(CallAttached)[0].number == number


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("unknown", ""),
        ("A\x07B", ""),
        ("x" * 4096, ""),
        ("Ömer 'O' \"x\"", "Ömer 'O' \"x\""),
        ("\x1b[31m", ""),
        ("Ç\ufffd", ""),
    ],
)
async def test_names_are_whole_or_refused(desk: Desk, given: str, name: str) -> None:
    await desk.caller(calleridname=given)
    assert desk.of(CallAttached)[0].name == name


@pytest.mark.parametrize("given", ["", "soon", "-5", "1.5", "9" * 30, "١٢"])
async def test_an_arrival_that_is_none_is_unknown(desk: Desk, given: str) -> None:
    await desk.caller(arg_1=given)
    assert desk.of(CallAttached)[0].arrived_at is None


@pytest.mark.parametrize("uniqueid", ["", "a b", "x" * 200, "ast1-1.2/../x", "çağrı"])
def test_a_channel_without_a_usable_id_is_refused(uniqueid: str) -> None:
    with pytest.raises(PeerError):
        call_id(Environment({"agi_uniqueid": uniqueid}))


@pytest.mark.parametrize("how", ["hangup", "eof"])
@pytest.mark.parametrize("when", ["idle", "music", "prompt", "gather", "dial"])
async def test_a_caller_who_goes_is_told_of_once(desk: Desk, how: str, when: str) -> None:
    channel = await desk.caller()
    match when:
        case "music":
            desk.directory.deliver(HoldCaller(call=CALL))
            await until(lambda: channel.music)
        case "prompt":
            desk.run_flow()
            await channel.plays("greeting")
        case "gather":
            desk.run_flow(step="urgent")
            await channel.plays("urgent_menu")
            channel.prompt_ends()
            await until(lambda: channel.waiting)
        case "dial":
            desk.offer()
            await until(lambda: channel.dialling != "")
    await (channel.hang_up() if how == "hangup" else channel.vanish())
    await desk.event(CallDetached)
    await until(lambda: desk.server.sessions == 0)
    assert len(desk.of(CallDetached)) == 1
    assert isinstance(desk.events[-1], CallDetached)
    assert len(desk.directory) == 0
    assert not desk.directory.deliver(HoldCaller(call=CALL))
    returned = desk.of(OfferReturned)
    if when == "dial" and how == "hangup":
        assert [(event.status, event.unsure) for event in returned] == [("CANCEL", True)]
    else:
        assert not returned
    assert not desk.of(ServiceChosen)


async def test_a_stopping_server_detaches_its_callers(desk: Desk) -> None:
    channels = [await desk.caller(uniqueid=f"ast1-1.{number}") for number in range(3)]
    await desk.server.stop()
    assert {event.call for event in desk.of(CallDetached)} == {f"ast1-1.{number}" for number in range(3)}
    for channel in channels:
        await channel.ends()
        assert "COZUM_DONE" not in channel.variables


async def test_a_caller_who_comes_back_takes_the_place_of_the_dead_session(desk: Desk) -> None:
    old = await desk.caller()
    new = await desk.caller()
    await old.ends()
    assert [type(event) for event in desk.events] == [CallAttached, CallDetached, CallAttached]
    desk.run_flow()
    await new.plays("greeting")
    await until(lambda: desk.server.sessions == 1)
    assert len(desk.directory) == 1


async def test_commands_for_calls_that_are_not_here(desk: Desk) -> None:
    assert not desk.directory.deliver(HoldCaller(call=CallId("ast1-9.9")))
    desk.directory.answered(CallId("ast1-9.9"), OfferId("ast1-9.9#1"))
    desk.directory.key("ast1-9.9", "1")


async def test_holding_plays_music_once_in_the_callers_language(desk: Desk) -> None:
    channel = await desk.caller()
    for _ in range(2):
        desk.directory.deliver(HoldCaller(call=CALL, language="en"))
    await until(lambda: channel.music)
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.commands[:-1] == ['SET VARIABLE "CHANNEL(language)" en', "SET MUSIC on default"]


async def test_an_offer_is_one_line(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    before = len(channel.commands)
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert len(channel.commands) == before + 1
    assert channel.dialling == "PJSIP/1001,15,giImf(urgent: funeral  ğ   x <05321234567>)"


async def test_an_offer_excludes_the_legs_of_asterisks_own_queue_while_a_caller_may_be_there(desk: Desk) -> None:
    desk.queue_possible = True
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.dialling == "PJSIP/1001,15,giImb(reserve^dial^1)f(urgent: funeral  ğ   x <05321234567>)"


@pytest.mark.parametrize(("away", "times"), [("", 0), ("1764025361250", 1)])
async def test_a_caller_who_had_been_without_an_engine_is_told_of(desk: Desk, away: str, times: int) -> None:
    await desk.caller(arg_2="", arg_3="", arg_4=away)
    assert desk.came_back == times


async def test_a_phone_is_asked_to_answer_by_itself_and_its_agent_to_hear_a_beep(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer(auto_answer=True)
    await until(lambda: channel.dialling != "")
    assert "b(reserve^auto^1)A(cozum_beep)f(" in channel.dialling


async def test_a_caller_who_waits_on_after_an_answer_is_no_call_that_is_over(desk: Desk) -> None:
    """The agent was not heard and hung up. If the engine dies now, the dialplan must bring the caller back."""
    channel = await desk.caller()
    desk.offer(auto_answer=True)
    await until(lambda: channel.dialling != "")
    channel.dial_ends("ANSWER")
    await desk.event(OfferReturned)
    assert channel.variables["DIALSTATUS"] == "ANSWER"
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert channel.variables["DIALSTATUS"] == ""
    desk.directory.deliver(ReleaseCall(call=CALL, reason="timed_out"))
    await until(lambda: channel.variables.get("COZUM_DONE") == "1")


@pytest.mark.parametrize("number", ["", "anonymous", "asterisk"])
async def test_an_agent_sees_that_a_number_is_withheld(desk: Desk, number: str) -> None:
    """An empty one Asterisk would show as "asterisk"."""
    channel = await desk.caller(callerid=number)
    desk.offer(number=number)
    await until(lambda: channel.dialling != "")
    shown = channel.dialling.partition("f(")[2]
    assert shown == "urgent: funeral  ğ   x: numara gizli <numara-gizli>)"


async def test_to_a_caller_who_only_waits_the_dial_is_written_at_once(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music and not desk.expecting)  # the answer to it is here too
    desk.offer()
    assert desk.expecting  # before anything else had a turn
    desk.offer(2)  # AMI told of the failure before AGI did
    await until(lambda: channel.dialling != "")
    channel.dial_ends("BUSY")
    await until(lambda: channel.dialling != "")
    channel.dial_ends("NOANSWER")
    await until(lambda: len(desk.of(OfferReturned)) == 2)
    assert [event.offer for event in desk.of(OfferReturned)] == [f"{CALL}#1", f"{CALL}#2"]


async def test_a_server_that_stops_on_a_dial_just_written_ends_in_good_order(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.offer()
    await desk.server.stop()
    assert (await desk.event(CallDetached)).lost


@pytest.mark.parametrize("status", ["ANSWER", "NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION"])
async def test_an_offers_end_is_told_with_its_status(desk: Desk, status: str) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends(status)
    returned = await desk.event(OfferReturned)
    assert (returned.call, returned.offer, returned.status, returned.cause) == (CALL, f"{CALL}#1", status, "9.1")
    assert not returned.unsure


@pytest.mark.parametrize(
    ("answered", "result", "asked"), [("#2", 0, False), ("#2", -1, True), ("#1", 0, True), ("", 0, True)]
)
async def test_asterisk_is_asked_how_a_dial_ended_unless_ami_has_told_of_its_answer(
    desk: Desk, answered: str, result: int, asked: bool
) -> None:
    """Result -1: the caller is gone, or the Dial was cut. The answer of an earlier offer says nothing of this one."""
    channel = await desk.caller()
    desk.offer(1)
    await until(lambda: channel.dialling != "")
    channel.dial_ends("NOANSWER")
    desk.offer(2)
    await until(lambda: channel.dialling != "")
    before = len(channel.commands)
    if answered:
        desk.directory.answered(CALL, OfferId(f"{CALL}{answered}"))
    channel.dial_ends("ANSWER", result)
    assert (await desk.event(OfferReturned, 2)).status == "ANSWER"
    assert channel.commands[before:] == (["GET VARIABLE DIALSTATUS"] if asked else [])


@pytest.mark.parametrize(("cause", "forwarded"), [("17", False), ("0", True), ("16", True), ("", True)])
async def test_busy_without_its_cause_is_a_phone_that_forwarded(desk: Desk, cause: str, forwarded: bool) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.variables["HANGUPCAUSE"] = cause
    channel.dial_ends("BUSY")
    assert (await desk.event(OfferReturned)).forwarded == forwarded


async def test_an_announcement_is_said_and_music_goes_on(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3"), language="en"))
    for prompt in ("queue_position", "digit_3"):
        await channel.plays(prompt)
        channel.music = False
        channel.prompt_ends()
    await until(lambda: channel.music)
    assert channel.commands[-1] == 'SET MUSIC "on" "default"' or channel.commands[-1].startswith("SET MUSIC")
    assert channel.variables["CHANNEL(language)"] == "en"


async def test_an_offer_cuts_an_announcement_and_none_of_it_is_said_later(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3")))
    await channel.plays("queue_position")
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.played == ["queue_position"]
    desk.directory.deliver(Announce(call=CALL, prompts=("no_such_prompt",)))
    channel.missing.add("no_such_prompt")
    channel.dial_ends("NOANSWER")
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert len(desk.directory) == 1


async def test_after_an_offer_the_next_one_follows_and_music_comes_back(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.offer(1)
    await until(lambda: channel.dialling != "")
    desk.offer(2)  # AMI told of the failure before AGI did
    desk.directory.deliver(HoldCaller(call=CALL))
    channel.dial_ends("BUSY")
    await until(lambda: channel.dialling != "")
    assert len(desk.of(OfferReturned)) == 1
    channel.dial_ends("NOANSWER")
    await until(lambda: channel.music)
    assert [event.offer for event in desk.of(OfferReturned)] == [f"{CALL}#1", f"{CALL}#2"]


async def test_an_offer_that_is_withdrawn_before_it_rings_never_does_and_its_release_is_taken(desk: Desk) -> None:
    """The agent of the ring that we had given up answered after all, and has talked."""
    channel = await desk.caller()
    desk.offer(1)
    await until(lambda: channel.dialling != "")
    desk.offer(2)
    second = OfferId(f"{CALL}#2")
    desk.directory.withdraw(CancelOffer(call=CALL, offer=second, channel=""))
    channel.dial_ends("ANSWER")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended", offer=second))
    await until(lambda: CALL not in desk.directory, "the session's end")
    assert [event.offer for event in desk.of(OfferReturned)] == [f"{CALL}#1"]


async def test_a_status_we_do_not_know_is_a_failure(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends("INVALIDARGS")
    assert (await desk.event(OfferReturned)).status == "CONGESTION"


@pytest.mark.parametrize("endpoint", ["PJSIP/1001&PJSIP/1002", "PJSIP/1001,300", "1001", "PJSIP/${X}", "PJSIP/1 2"])
async def test_an_endpoint_that_is_none_is_out_of_reach(desk: Desk, endpoint: str) -> None:
    channel = await desk.caller()
    desk.offer(endpoint=endpoint)
    assert (await desk.event(OfferReturned)).status == "CHANUNAVAIL"
    assert not any(line.startswith("EXEC") for line in channel.commands)


async def test_release_says_goodbye_marks_the_call_and_closes(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(
        ReleaseCall(call=CALL, reason="timed_out", announce="queue_goodbye_timed_out", language="en")
    )
    await channel.plays("queue_goodbye_timed_out")
    assert not channel.key("1")  # its words are said to their end
    assert channel.variables["CHANNEL(language)"] == "en"
    channel.prompt_ends()
    await channel.ends()
    assert channel.variables["COZUM_DONE"] == "1"
    assert len(desk.of(CallDetached)) == 1
