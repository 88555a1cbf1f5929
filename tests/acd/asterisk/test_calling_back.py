"""Call backs between us and Asterisk: what is asked for, what its events mean, and what the channels there are tell."""

from typing import Any

import pytest

from acd.asterisk.node import AsteriskNode
from acd.asterisk.reconcile import reconciled
from acd.asterisk.translate import key_of, translate
from acd.engine.commands import CallBack
from acd.engine.events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AnyEvent,
    CitizenAnswered,
    CitizenFailed,
    CommandFailed,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    SeenCall,
)
from acd.engine.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from tests.acd.asterisk.ami_peer import until
from tests.acd.asterisk.test_node import UP, answer_lists, desk

AGENTS = {"PJSIP/1001": AgentId("1001")}
CALL, ID = CallId("ast1-1.1"), "ast1-1.1~2"
LEG, CITIZEN = "PJSIP/1001-5", "PJSIP/outgoing-6"
ORDER = CallBack(
    call=CALL, offer=OfferId("ast1-1.1#2"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=14.25, answer_s=30,
    service=ServiceId("request"), klass="routine", number="05321234567",
)  # fmt: skip


def told(name: str, channel: str = LEG, own: str = ID, **more: str) -> tuple[AnyEvent, ...]:
    event = {"Event": name, "Channel": channel, "Uniqueid": own, "Linkedid": ID, "ChannelStateDesc": "Up", **more}
    return translate(event, AGENTS, 7.0)


def dial(name: str, *, by_agent: bool, **more: str) -> tuple[AnyEvent, ...]:
    """A DialBegin or DialEnd: of the agent, whom nobody dials, or of the citizen by the agent's channel."""
    to = (CITIZEN, "ast1-9") if by_agent else (LEG, ID)
    event = {"Event": name, "DestChannel": to[0], "DestUniqueid": to[1], "DestLinkedid": ID, **more}
    if by_agent:
        event |= {"Channel": LEG, "Uniqueid": ID, "Linkedid": ID}
    return translate(event, AGENTS, 7.0)


# --- what events mean


def test_the_agents_ring_is_an_offers() -> None:
    assert dial("DialBegin", by_agent=False) == (OfferRinging(at=7.0, call=CALL, channel=LEG),)
    assert dial("DialEnd", by_agent=False, DialStatus="ANSWER") == (OfferAnswered(at=7.0, call=CALL, channel=LEG),)
    assert dial("DialEnd", by_agent=False, DialStatus="BUSY") == (
        OfferFailed(at=7.0, call=CALL, channel=LEG, status="BUSY"),
    )
    assert told("Newchannel") == (AgentChannelOpened(at=7.0, agent=AgentId("1001"), channel=LEG),)


def test_a_private_originate_is_none_of_ours() -> None:
    event = {"Event": "DialBegin", "DestChannel": LEG, "DestUniqueid": "ast1-5", "DestLinkedid": "ast1-5"}
    assert translate(event, AGENTS, 7.0) == ()


def test_the_citizens_ring_is_told_apart() -> None:
    assert dial("DialBegin", by_agent=True) == ()
    assert dial("DialEnd", by_agent=True, DialStatus="ANSWER") == (CitizenAnswered(at=7.0, call=CALL, channel=LEG),)
    for given, status in (("NOANSWER", "NOANSWER"), ("CANCEL", "CANCEL"), ("DONTCALL", "CONGESTION")):
        assert dial("DialEnd", by_agent=True, DialStatus=given) == (
            CitizenFailed(at=7.0, call=CALL, channel=LEG, status=status),  # type: ignore[arg-type]
        )


def test_who_hung_up_and_that_it_is_over() -> None:
    assert told("HangupRequest") == (HangupRequested(at=7.0, call=CALL, by="agent", channel=LEG),)
    assert told("HangupRequest", CITIZEN, "ast1-9") == (HangupRequested(at=7.0, call=CALL, by="caller"),)
    assert told("HangupRequest", CITIZEN, "ast1-9", ChannelStateDesc="Ringing") == ()
    assert told("Hangup", CITIZEN, "ast1-9", Cause="16") == ()
    assert told("Hangup", Cause="16") == (
        AgentChannelClosed(at=7.0, agent=AgentId("1001"), channel=LEG),
        LegGone(at=7.0, call=CALL, channel=LEG, cause_code=16),
    )


def test_keys_in_a_call_back_are_nobodys_business() -> None:
    event = {"Event": "DTMFEnd", "Direction": "Received", "Digit": "2", "Channel": LEG, "Uniqueid": ID, "Linkedid": ID}
    assert key_of(event) is None


# --- what is there


def channel(name: str, own: str, linked: str, state: str = "Up") -> dict[str, str]:
    return {"Channel": name, "Uniqueid": own, "Linkedid": linked, "ChannelStateDesc": state}


@pytest.mark.parametrize(("state", "talking"), [("Up", True), ("Ringing", False)])
def test_a_call_back_is_seen_by_the_id_we_gave_it(state: str, talking: bool) -> None:
    truth = reconciled(
        NodeId("ast1"),
        [channel(LEG, ID, ID), channel(CITIZEN, "ast1-9", ID, state), channel("PJSIP/trunk-1", CALL, CALL)],
        [],
        AGENTS,
        7.0,
    )
    assert truth.calls == (
        SeenCall(call=CALL, channel=CITIZEN, leg=LEG, talking=talking, callback=True),
        SeenCall(call=CALL, channel="PJSIP/trunk-1"),
    )
    assert truth.agent_channels == {AgentId("1001"): (LEG,)}


# --- what we ask for


async def test_the_agent_is_originated_into_the_one_context_that_dials_out() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.call_back("12.0", ORDER)
        action = await link.action()
        assert action == {
            "Action": "Originate",
            "ActionID": "12.0",
            "Channel": "PJSIP/1001",
            "Context": "callback",
            "Exten": "05321234567",
            "Priority": "1",
            "Timeout": "14250",
            "CallerID": "request <05321234567>",
            "ChannelId": ID,
            "Variable": "ANSWER_S=30,TRANSFER_CONTEXT=no-transfers",
            "Async": "true",
        }
        link.answer(action, message="Originate successfully queued")
        link.write("Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: Failure\r\nReason: 0\r\n\r\n")
        await until(lambda: len(at.posted) == 2, "the answer")
        assert at.posted[1] == OfferReturned(at=7.0, call=CALL, offer=ORDER.offer, status="CHANUNAVAIL")
        link.write("Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: Failure\r\nReason: 5\r\n\r\n")
        link.write("Event: OriginateResponse\r\nActionID: other\r\nResponse: Success\r\nReason: 4\r\n\r\n")
        at.node.call_back("12.1", ORDER)
        link.answer(await link.action(), message="Permission denied", ok=False)
        await until(lambda: len(at.posted) == 3, "the refusal")
        assert at.posted[2] == CommandFailed(
            at=7.0, cause="12.1", call=CALL, command="call_back", error="Permission denied"
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "0532,1"}, {"number": ""}, {"number": "٠٥٣٢١٢٣٤٥٦٧"}, {"number": "112"}, {"number": "0" * 16},
        {"number": "0532@evil"}, {"endpoint": "Local/1@x"}, {"endpoint": "PJSIP/1001&PJSIP/trunk"},
        {"endpoint": "PJSIP/0532@outgoing"},
    ],
)  # fmt: skip
async def test_nothing_else_is_ever_written(wrong: dict[str, Any]) -> None:
    posted: list[AnyEvent] = []
    node = AsteriskNode(
        node=NodeId("ast1"), host="127.0.0.1", port=1, user="cozum", secret="x", agents={}, post=posted.append,
        on_key=lambda call, key: None, clock=lambda: 7.0,
    )  # fmt: skip
    fields = {name: getattr(ORDER, name) for name in ORDER.__struct_fields__} | wrong
    node.call_back("1.0", CallBack(**fields))
    (failed,) = posted
    assert isinstance(failed, CommandFailed)
    assert "must be" in failed.error or "is allowed" in failed.error
