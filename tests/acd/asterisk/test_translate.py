"""Each story as a real Asterisk reported it (captures.json), and the engine's events for it."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.asterisk.channel_names import endpoint_of
from acd.asterisk.manager_user import NEEDED_EVENTS
from acd.asterisk.translate import key_of, lag_s, told_at, translate
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallerGone,
    CallHeld,
    CallUnheld,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    Transferred,
)
from acd.engine.model.ids import AgentId, CallId

CAPTURES: dict[str, list[dict[str, str]]] = json.loads(Path(__file__).with_name("captures.json").read_text("utf-8"))
AGENTS = {f"PJSIP/{extension}": AgentId(str(extension)) for extension in range(1001, 1021)}
AT = 1764025361.5

OPENED, RINGS = "AgentChannelOpened", "OfferRinging"
FREED, LET_GO = "AgentChannelClosed", ["HangupRequested system", "CallerGone"]
REGISTERED = ["DeviceStateChanged available"] * 2
FREE_AGAIN = "DeviceStateChanged available"

EXPECTED = {
    "agent_hangs_up": [
        *REGISTERED, OPENED, RINGS, "OfferAnswered", "HangupRequested agent", FREED, "LegGone 16", FREE_AGAIN, *LET_GO,
    ],
    "caller_hangs_up": [
        *REGISTERED, OPENED, RINGS, "OfferAnswered", "HangupRequested caller", "HangupRequested system", "CallerGone",
        FREED, "LegGone 16", FREE_AGAIN,
    ],
    "held": [
        *REGISTERED, OPENED, RINGS, "OfferAnswered", "CallHeld", "CallUnheld", "HangupRequested agent", FREED,
        "LegGone 16", FREE_AGAIN, *LET_GO,
    ],
    "busy": [
        *REGISTERED, OPENED, RINGS, "LegGone 17", "OfferFailed BUSY", FREED, "LegGone 17", FREE_AGAIN, *LET_GO,
    ],
    "declined": [
        *REGISTERED, OPENED, RINGS, "LegGone 21", "OfferFailed NOANSWER", FREED, "LegGone 21", FREE_AGAIN, *LET_GO,
    ],
    "unavailable": [
        *REGISTERED, OPENED, RINGS, "LegGone 19", "OfferFailed NOANSWER", FREED, "LegGone 19", FREE_AGAIN, *LET_GO,
    ],
    "failing": [
        *REGISTERED, OPENED, RINGS, "LegGone 38", "OfferFailed NOANSWER", FREED, "LegGone 38", FREE_AGAIN, *LET_GO,
    ],
    "no_answer": [
        *REGISTERED, OPENED, RINGS, "OfferFailed NOANSWER", FREED, "LegGone 0", FREE_AGAIN, *LET_GO,
    ],
    "silent_phone": [
        *REGISTERED, OPENED, RINGS, "OfferFailed NOANSWER", FREED, "LegGone 0", *LET_GO,
    ],
    "not_registered": LET_GO,
    "caller_gone_ringing": [
        *REGISTERED, OPENED, RINGS, "HangupRequested caller", "OfferFailed CANCEL", "HangupRequested system",
        "CallerGone", FREED, "LegGone 16", FREE_AGAIN,
    ],
    "recalled": [
        *REGISTERED, OPENED, RINGS, "OfferFailed NOANSWER", FREED, "LegGone 26", FREE_AGAIN, *LET_GO,
    ],
    "vanished": [
        *REGISTERED, OPENED, RINGS, "DeviceStateChanged unavailable", "OfferFailed NOANSWER", FREED, "LegGone 0",
        "DeviceStateChanged unavailable", *LET_GO,
    ],
    "keys": ["HangupRequested caller", "HangupRequested system", "CallerGone"],
}  # fmt: skip


def brief(event: AnyEvent) -> str:
    """An event's name and what matters in it."""
    match event:
        case HangupRequested(by=told) | OfferFailed(status=told) | DeviceStateChanged(state=told):
            return f"{type(event).__name__} {told}"
        case LegGone(cause_code=cause):
            return f"LegGone {cause}"
    return type(event).__name__


def by_thread(briefs: list[str]) -> list[str]:
    """The phone's state, the leg and the caller live in threads of Asterisk that know no order among them; each has
    its own. What may be said across them is held against a real Asterisk in test_real.py."""
    caller, phone = ("HangupRequested caller", "HangupRequested system", "CallerGone"), "DeviceStateChanged"
    return sorted(briefs, key=lambda one: 2 if one in caller else 0 if one.startswith(phone) else 1)


def told(story: str) -> list[AnyEvent]:
    return [event for captured in CAPTURES[story] for event in translate(captured, AGENTS, AT)]


@pytest.mark.parametrize("story", EXPECTED)
def test_a_captured_story_is_told_in_the_engines_words(story: str) -> None:
    assert by_thread([brief(event) for event in told(story)]) == by_thread(EXPECTED[story])


@pytest.mark.parametrize("story", [name for name in EXPECTED if name != "keys"])
def test_every_word_is_about_the_same_call_and_the_same_leg(story: str) -> None:
    (call,) = {
        e["Uniqueid"] for e in CAPTURES[story] if e["Event"] == "Newchannel" and e["Channel"].startswith("PJSIP/trunk")
    }
    legs = {e["Channel"] for e in CAPTURES[story] if e["Event"] == "Newchannel" and "trunk" not in e["Channel"]}
    assert {event.call for event in told(story) if hasattr(event, "call")} == {call}
    named = {event.channel for event in told(story) if hasattr(event, "channel") and not isinstance(event, CallerGone)}
    assert named - {""} == legs  # "" for the caller
    assert {event.at for event in told(story)} == {AT}


@pytest.mark.parametrize(
    ("timestamp", "lag"),
    [("95.000001", 5.0), ("100.5", 0.0), ("", 0.0), ("soon", 0.0), ("-200", 0.0), ("nan", 0.0), ("inf", 0.0)],
)
def test_an_event_lags_by_as_much_as_asterisk_told_it_before(timestamp: str, lag: float) -> None:
    assert lag_s({"Event": "Hangup", "Timestamp": timestamp}, 100.0) == lag
    assert lag_s({"Event": "Hangup"}, 100.0) == 0.0


def test_an_event_is_no_later_because_the_machine_stops_us_between_two_clocks() -> None:
    def stopped() -> float:
        time.sleep(0.3)
        return time.time()

    stamp = round(time.time() - 5, 3)
    at, late_s = told_at({"Event": "Hangup", "Timestamp": str(stamp)}, stopped)
    assert at == pytest.approx(stamp, abs=0.002)
    assert late_s >= 5.3


def test_keys_are_the_callers_and_once_each() -> None:
    (call,) = {e["Linkedid"] for e in CAPTURES["keys"]}
    assert [key for event in CAPTURES["keys"] if (key := key_of(event))] == [(call, "9"), (call, "2")]
    assert not [key for name in EXPECTED if name != "keys" for event in CAPTURES[name] if key_of(event)]


def test_agents_own_calls_open_and_close_their_phone() -> None:
    own = [event for event in told("private") if isinstance(event, AgentChannelOpened | AgentChannelClosed)]
    assert [brief(event) for event in own] == [OPENED, FREED] * 2
    assert {event.agent for event in own} == {"1015"}


def test_a_caller_sent_on_is_told_once_with_the_leg_that_goes() -> None:
    sent = [event for event in told("sent_on") if isinstance(event, Transferred)]
    first = next(event.channel for event in told("sent_on") if isinstance(event, OfferAnswered))
    (call,) = {e["Linkedid"] for e in CAPTURES["sent_on"] if "Linkedid" in e}
    assert sent == [Transferred(at=AT, call=CallId(call), leg=first, kind="blind", dialled="1018")]
    asked = [event.channel for event in told("sent_on") if isinstance(event, HangupRequested) and event.by == "agent"]
    assert first not in asked  # the agent has not hung up


def test_a_caller_handed_over_talks_to_a_leg_of_another_call() -> None:
    events = told("handed_over")
    (over,) = [event for event in events if isinstance(event, Transferred)]
    ours = [event for event in events if getattr(event, "call", None) == over.call]
    assert over.kind == "attended"
    assert over.leg.startswith("PJSIP/1019-")
    assert over.to_leg.startswith("PJSIP/1020-")
    answered = [event.channel for event in ours if isinstance(event, OfferAnswered)]
    assert answered == [over.leg]
    assert [brief(event) for event in ours if isinstance(event, CallHeld | CallUnheld)] == ["CallHeld", "CallUnheld"]
    ended = [event.channel for event in ours if isinstance(event, HangupRequested) and event.by == "agent"]
    assert ended == [over.to_leg]
    assert {event.channel for event in ours if isinstance(event, LegGone)} >= {over.leg, over.to_leg}


def test_an_agent_may_refer_either_call_to_the_other() -> None:
    """Phones differ in which of their two calls they send the REFER."""
    (event_,) = [one for one in CAPTURES["handed_over"] if one["Event"] == "AttendedTransfer"]
    turned = dict(event_)
    for one, other in (("OrigTransferer", "SecondTransferer"), ("Transferee", "TransferTarget")):
        for header in ("Channel", "Uniqueid", "Linkedid"):
            turned[one + header], turned[other + header] = event_[other + header], event_[one + header]
    assert translate(turned, AGENTS, AT) == translate(event_, AGENTS, AT) != ()


@pytest.mark.parametrize("turned", [False, True])
def test_the_service_for_which_the_other_was_asked_is_told_whichever_call_is_referred(turned: bool) -> None:
    (event_,) = [one for one in CAPTURES["handed_over"] if one["Event"] == "AttendedTransfer"]
    asked = {**event_, "OrigTransfererAccountCode": "", "SecondTransfererAccountCode": "*83"}
    if turned:
        turned_round = [("OrigTransferer", "SecondTransferer"), ("Transferee", "TransferTarget")]
        swap = dict(turned_round) | {other: one for one, other in turned_round}
        names = {header: next((part for part in swap if header.startswith(part)), "") for header in asked}
        asked = {
            swap[part] + header.removeprefix(part) if part else header: asked[header] for header, part in names.items()
        }
    (told,) = translate(asked, AGENTS, AT)
    (plain,) = translate(event_, AGENTS, AT)
    assert isinstance(plain, Transferred)
    assert (plain.dialled, told) == ("", msgspec.structs.replace(plain, dialled="*83"))


def test_a_transfer_that_failed_or_is_between_agents_is_passed_over() -> None:
    for name in ("BlindTransfer", "AttendedTransfer"):
        (event_,) = [one for story in CAPTURES.values() for one in story if one["Event"] == name]
        assert translate({**event_, "Result": "Fail"}, AGENTS, AT) == ()
        assert translate(event_, {}, AT) == ()


def test_captures_hold_all_that_is_needed_and_no_number_of_anybody() -> None:
    names = {event["Event"] for events in CAPTURES.values() for event in events}
    elsewhere = {"FullyBooted", "Shutdown", "OriginateResponse", "UserEvent", "ChannelTalkingStart"}
    assert names == set(NEEDED_EVENTS) - elsewhere
    headers = {header for events in CAPTURES.values() for event in events for header in event}
    assert not [header for header in headers if "Caller" in header or "Line" in header]


def event(name: str, **headers: str) -> dict[str, str]:
    """A made-up event of a leg that talks; for what cannot be provoked at will."""
    base = {"Channel": "PJSIP/1001-00000002", "Uniqueid": "ast1-2.2", "Linkedid": "ast1-2.1", "ChannelStateDesc": "Up"}
    return {"Event": name, **base, **headers}


CALLER = {"Channel": "PJSIP/trunk-00000001", "Uniqueid": "ast1-2.1"}
DIALLED = {**CALLER, "DestChannel": "PJSIP/1001-00000002", "DestUniqueid": "ast1-2.2", "DestLinkedid": "ast1-2.1"}
CALL = CallId("ast1-2.1")


@pytest.mark.parametrize(
    ("status", "known"),
    [
        ("BUSY", "BUSY"), ("NOANSWER", "NOANSWER"), ("CANCEL", "CANCEL"), ("CONGESTION", "CONGESTION"),
        ("CHANUNAVAIL", "CHANUNAVAIL"), ("DONTCALL", ""), ("TORTURE", ""), ("INVALIDARGS", ""), ("GOTO:x", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_every_end_of_a_dial_is_an_end(status: str, known: Any) -> None:
    ended = translate(event("DialEnd", **DIALLED, DialStatus=status), AGENTS, AT)
    assert ended == (OfferFailed(at=AT, call=CALL, channel="PJSIP/1001-00000002", status=known),)


def test_a_phone_that_forwards_is_told_apart_from_a_caller_who_gave_up() -> None:
    ended = translate(event("DialEnd", **DIALLED, DialStatus="CANCEL", Forward="PJSIP/trunk/sip:0900@x"), AGENTS, AT)
    leg = "PJSIP/1001-00000002"
    assert ended == (OfferFailed(at=AT, call=CALL, channel=leg, status="CANCEL", forwarded=True),)


@pytest.mark.parametrize(
    "irrelevant",
    [
        event("VarSet"),
        event("FullyBooted"),
        event("DialBegin", **DIALLED | {"DestChannel": "PJSIP/trunk-00000003"}),
        event("DialEnd", **DIALLED | {"DestChannel": "Local/1001@x-00000003;1"}, DialStatus="ANSWER"),
        event("DialBegin", **DIALLED | {"Uniqueid": "ast1-2.9"}),
        {k: v for k, v in event("DialBegin", **DIALLED).items() if k not in ("Channel", "Uniqueid", "Linkedid")},
        event("ChannelTalkingStart", **CALLER),
        event("ChannelTalkingStart", Channel="PJSIP/9999-00000001"),
        event("DTMFEnd", **CALLER, Digit="5", Direction="Received"),
        event("DTMFEnd", Digit="5", Direction="Sent"),
        event("Hold", **CALLER),
        event("Unhold", **CALLER),
        event("Hold", Channel="PJSIP/9999-00000001"),
        event("SoftHangupRequest"),
        event("Hangup", Channel="Local/1001@x-00000003;1", Uniqueid="ast1-2.1", Cause="16"),
        event("Hangup", Channel="Local/1001@x-00000003;2", Cause="16"),
        event("HangupRequest", Channel="Local/1001@x-00000003;2", Cause="16"),
        event("Newchannel", Channel="PJSIP/1001x-00000003"),
        event("DeviceStateChange", Device="PJSIP/1001", State="INUSE"),
        event("DeviceStateChange", Device="PJSIP/1001", State="RINGING"),
        event("DeviceStateChange", Device="PJSIP/1001", State="UNKNOWN"),
        event("DeviceStateChange", Device="PJSIP/trunk", State="UNAVAILABLE"),
        event("PeerStatus", Peer="PJSIP/1001", PeerStatus="Registered"),
        event("PeerStatus", Peer="PJSIP/trunk", PeerStatus="Unreachable"),
    ],
)
def test_what_is_not_ours_or_says_nothing_is_passed_over(irrelevant: dict[str, str]) -> None:
    assert translate(irrelevant, AGENTS, AT) == ()


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (event("DialBegin", **DIALLED), OfferRinging(at=AT, call=CALL, channel="PJSIP/1001-00000002")),
        (
            event("DialEnd", **DIALLED, DialStatus="ANSWER"),
            OfferAnswered(at=AT, call=CALL, channel="PJSIP/1001-00000002"),
        ),
        (event("ChannelTalkingStart"), AgentHeard(at=AT, call=CALL, channel="PJSIP/1001-00000002")),
        (
            event("DTMFEnd", Digit="5", Direction="Received"),
            AgentHeard(at=AT, call=CALL, channel="PJSIP/1001-00000002"),
        ),
        (event("Hold"), CallHeld(at=AT, call=CALL, channel="PJSIP/1001-00000002")),
        (event("Unhold"), CallUnheld(at=AT, call=CALL, channel="PJSIP/1001-00000002")),
        (
            event("HangupRequest", Channel="PJSIP/9999-00000001"),
            HangupRequested(at=AT, call=CALL, by="unknown", channel="PJSIP/9999-00000001"),
        ),
        (
            event("Hangup", **CALLER, Cause="rubbish"),
            CallerGone(at=AT, call=CALL, cause_code=0, channel=CALLER["Channel"]),
        ),
        (event("Hangup", Channel="PJSIP/9999-00000001"), LegGone(at=AT, call=CALL, channel="PJSIP/9999-00000001")),
        # The phone lives on under its own name in another channel; only this shell of it is gone.
        (
            event("Hangup", Channel="PJSIP/1001-00000002<ZOMBIE>"),
            LegGone(at=AT, call=CALL, channel="PJSIP/1001-00000002<ZOMBIE>"),
        ),
        (
            event("DeviceStateChange", Device="PJSIP/1002", State="INVALID"),
            DeviceStateChanged(at=AT, agent=AgentId("1002"), state="unavailable", endpoint="PJSIP/1002"),
        ),
    ],
)
def test_single_words(told: dict[str, str], expected: AnyEvent) -> None:
    assert translate(told, AGENTS, AT) == (expected,)


@pytest.mark.parametrize(
    ("name", "missing"),
    [("Hangup", "Linkedid"), ("Newchannel", "Channel"), ("DialEnd", "DialStatus"), ("DeviceStateChange", "State")],
)
def test_a_header_that_is_not_there_is_the_peers_fault_and_named(name: str, missing: str) -> None:
    whole = event(name, **DIALLED, DialStatus="BUSY", Device="PJSIP/1001", State="BUSY")
    del whole[missing]
    with pytest.raises(AmiProtocolError, match=f"{name} without its header {missing}"):
        translate(whole, AGENTS, AT)


@pytest.mark.parametrize(
    "key",
    [
        event("DTMFEnd", **CALLER, Digit="5", Direction="Sent"),
        event("DTMFEnd", Digit="5", Direction="Received"),
        event("DTMFEnd", **CALLER, Digit="", Direction="Received"),
        event("DTMFBegin", **CALLER, Digit="5", Direction="Received"),
    ],
)
def test_only_keys_that_the_caller_pressed_are_keys(key: dict[str, str]) -> None:
    assert key_of(key) is None


def test_endpoints_with_hyphens_are_whole() -> None:
    assert endpoint_of("PJSIP/desk-1-0000002a") == "PJSIP/desk-1"
    assert endpoint_of("PJSIP/1001-0000002a<ZOMBIE>") == ""
