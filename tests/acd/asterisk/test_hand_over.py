"""Hand-overs between engine and Asterisk: the order, the dialplan, and what Asterisk says of the outside telephone."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.ami_actions import AmiRefused, Response
from acd.asterisk.hand_over import ordered
from acd.asterisk.numbers import outside_digits
from acd.asterisk.reconcile import reconciled
from acd.asterisk.translate import translate
from acd.asterisk.whereabouts import found
from acd.asterisk.wire import BadAction
from acd.engine.model.commands import HandOver
from acd.engine.model.events import LegGone, Transferred
from acd.engine.model.handover_events import OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.asterisk.configured import write

AGENTS = {"PJSIP/1001": AgentId("1001")}
NODE = NodeId("ast1")
CALL = "ast1-7.1"
ORDER: dict[str, Any] = {
    "call": CallId(CALL), "node": NODE, "leg": "PJSIP/1001-0000002a", "number": "112", "ring_s": 24.6,
}  # fmt: skip


# --- the order


def sent(**more: Any) -> list[tuple[str, dict[str, str]]]:
    """The manager's actions, in order."""
    actions: list[tuple[str, dict[str, str]]] = []

    def start(name: str, headers: Mapping[str, str]) -> "asyncio.Future[Response]":
        actions.append((name, dict(headers)))
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        answer.set_exception(AmiRefused("no"))  # nobody is told: the dialplan finds no number, and brings them back
        return answer

    headers = ordered(HandOver(**{**ORDER, **more}), start)
    return [*actions, ("BlindTransfer", headers)]


async def test_the_agents_leg_is_transferred_into_a_context_that_no_phone_reaches() -> None:
    assert sent() == [
        ("Setvar", {"Variable": "HANDOVER_42", "Value": "112*25"}),
        ("BlindTransfer", {"Channel": "PJSIP/1001-0000002a", "Context": "handover", "Exten": "42"}),
    ]
    (_, variable), (_, transfer) = sent(leg="PJSIP/1001-ffffffff")
    assert (variable["Variable"], transfer["Exten"]) == ("HANDOVER_295", "295"), "there are a thousand, used in turn"
    (_, variable), _ = sent(number="0" * 15, ring_s=0.2)
    assert variable["Value"] == "0" * 15 + "*1"


@pytest.mark.parametrize(
    "number",
    [
        *("", "11", "0" * 16, "112*1", "112,1", "112\r\nAction: Originate", "+90532", "112@outside", "１１２", "1001-"),
        *("*80", "112 ", "${SHELL(x)}"),
    ],
)
async def test_an_order_with_another_text_than_digits_is_none(number: str) -> None:
    with pytest.raises(BadAction):
        sent(number=number)


@pytest.mark.parametrize(
    "leg",
    [
        *("", "PJSIP/1001", "/.*/", "Local/1001@x-00000001;1", "PJSIP/1001-0000002a\r\nX: y"),
        *("PJSIP/10/01-0000002a", "PJSIP/1001-0000002A", "PJSIP/1001-2a"),
    ],
)
async def test_an_order_about_another_channel_than_a_phones_is_none(leg: str) -> None:
    with pytest.raises(BadAction):
        sent(leg=leg)


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("112", "112"),
        ("7203", "7203"),
        ("123456", "123456"),
        ("+902124440411", "02124440411"),
        ("+905321112233", "05321112233"),
        ("+904440411", "4440411"),
    ],
)
def test_numbers_of_the_town_as_they_are_dialled(number: str, digits: str) -> None:
    assert outside_digits(number) == digits


@pytest.mark.parametrize(
    "number",
    ["", "11", "1234567", "+4930123456", "+909001234567", "112*25", "112@outside", "+90444041", "٢١٢", "112\n"],
)
def test_other_numbers_are_not_dialled(number: str) -> None:
    assert outside_digits(number) == ""


def test_without_a_trunk_there_is_no_way_out(tmp_path: Path) -> None:
    dialplan = (write(tmp_path / "without") / "extensions.conf").read_text("utf-8")
    assert "[handover]: no callback_trunk is set" in dialplan
    assert "@outside" not in dialplan
    etc = write(tmp_path / "with", callbacks=True)
    dialplan, pjsip = ((etc / name).read_text("utf-8") for name in ("extensions.conf", "pjsip.conf"))
    assert dialplan.count("@outside") == 1
    assert sorted(re.findall(r"Dial\(PJSIP/[^,)]*@(\w+)", dialplan)) == ["outgoing", "outgoing", "outgoing", "outside"]
    assert "[outside]\ntype = endpoint" in pjsip
    assert pjsip.count("aors = outgoing") == 2, "one trunk"


# --- what Asterisk says


def bridge(context: str, extension: str, **more: str) -> dict[str, str]:
    return {
        "Event": "BlindTransfer", "Result": "Success", "Context": context, "Extension": extension,
        "TransfererChannel": "PJSIP/1001-0000002a", "TransfererUniqueid": "ast1-7.2", "TransfererLinkedid": CALL,
        "TransfereeChannel": "PJSIP/trunk-00000029", "TransfereeUniqueid": CALL, "TransfereeLinkedid": CALL, **more,
    }  # fmt: skip


def dial(status: str, **more: str) -> dict[str, str]:
    return {
        "Event": "DialEnd", "Channel": "PJSIP/trunk-00000029", "Uniqueid": CALL, "Linkedid": CALL,
        "DestChannel": "PJSIP/outside-0000002b", "DestUniqueid": "ast1-7.3", "DestLinkedid": CALL,
        "DialStatus": status, **more,
    }  # fmt: skip


def told(event: dict[str, str]) -> tuple[object, ...]:
    return translate(event, AGENTS, 5.0)


def test_a_transfer_into_our_context_is_a_hand_over_and_any_other_is_not() -> None:
    (event,) = told(bridge("handover", "42"))
    assert event == Transferred(at=5.0, call=CallId(CALL), leg="PJSIP/1001-0000002a", kind="blind", dialled=HANDOVER)
    (event,) = told(bridge("transfers", "1002"))
    assert isinstance(event, Transferred)
    assert event.dialled == "1002"
    assert told(bridge("handover", "42", Result="Fail")) == ()


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER", "CHANUNAVAIL", "CONGESTION", "CANCEL"])
def test_what_became_of_the_outside_telephone(status: Any) -> None:
    assert told(dial("ANSWER")) == (OutsideAnswered(at=5.0, call=CallId(CALL)),)
    assert told(dial(status)) == (OutsideFailed(at=5.0, call=CallId(CALL), status=status),)
    assert told(dial("TORTURE")) == (OutsideFailed(at=5.0, call=CallId(CALL), status=""),)
    assert told(dial("", Forward="sip:x")) == (), "the DialEnd that follows has the result"


def test_a_callback_that_is_handed_over_is_the_same_call() -> None:
    linked = f"{CALL}~1"
    event = dial("ANSWER", Channel="PJSIP/outgoing-00000007", Uniqueid="ast1-9.4", Linkedid=linked)
    assert told(event) == (OutsideAnswered(at=5.0, call=CallId(CALL)),)
    gone = {
        "Event": "Hangup", "Channel": "PJSIP/outside-0000002b", "Uniqueid": "ast1-9.5", "Linkedid": linked,
        "ChannelStateDesc": "Up", "Cause": "16",
    }  # fmt: skip
    assert told(gone) == (LegGone(at=5.0, call=CallId(CALL), channel="PJSIP/outside-0000002b", cause_code=16),), (
        "it is not the end of the caller"
    )


def test_an_outside_telephone_that_nobody_dialled_for_a_caller_says_nothing() -> None:
    assert told(dial("ANSWER", Channel="PJSIP/1001-0000002a", Uniqueid="ast1-7.2")) == ()
    assert told(dial("ANSWER", Channel="Local/x@y-00000001;2")) == ()
    orphan = dial("ANSWER")
    del orphan["Channel"]
    assert told(orphan) == ()


# --- its lists


def entry(name: str, own: str, linked: str, state: str = "Up", **more: str) -> dict[str, str]:
    return {"Channel": name, "Uniqueid": own, "Linkedid": linked, "ChannelStateDesc": state, **more}


@pytest.mark.parametrize(("state", "outside"), [("Up", True), ("Ringing", False), ("Down", False)])
def test_a_list_shows_that_the_outside_telephone_has_answered(state: str, outside: bool) -> None:
    ours = (entry("PJSIP/trunk-1", CALL, CALL), entry("PJSIP/outside-2", "ast1-7.3", CALL, state))
    (seen,) = reconciled(NODE, ours, (), AGENTS, 1.0).calls
    assert (seen.call, seen.leg, seen.talking, seen.outside) == (CALL, "", False, outside)
    linked = f"{CALL}~1"
    back = (entry("PJSIP/outgoing-1", "x.1", linked), entry("PJSIP/outside-2", "x.2", linked, state))
    (seen,) = reconciled(NODE, back, (), AGENTS, 1.0).calls
    assert (seen.call, seen.callback, seen.channel, seen.outside) == (CALL, True, "PJSIP/outgoing-1", outside)


def test_a_caller_whose_target_rings_is_not_stranded() -> None:
    for more in ({"Application": "Dial"}, {"Application": "Set"}):
        rings = entry("PJSIP/trunk-1", CALL, CALL, Context="handover", **more)
        (one,) = found(NODE, [rings], [CallId(CALL)], AGENTS, 1.0)
        assert one.place == "dialplan"
    lost = entry("PJSIP/trunk-1", CALL, CALL, Context="somewhere", Application="Wait")
    assert found(NODE, [lost], [CallId(CALL)], AGENTS, 1.0)[0].place == "nowhere"
