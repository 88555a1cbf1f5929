"""Callbacks between the line and Asterisk: the orders, the meaning of events, and the list of channels."""

from typing import Any

import msgspec
import pytest

from acd.asterisk.agi_codec import Environment, PeerError
from acd.asterisk.callback_order import originate
from acd.asterisk.caller_channel import call_id
from acd.asterisk.node import AsteriskNode
from acd.asterisk.reconcile import reconciled
from acd.asterisk.translate import key_of, translate
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened
from acd.engine.model.commands import CallBack, FindCaller, RingCitizen
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import (
    AnyEvent,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CommandFailed,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    SeenCall,
    Transferred,
)
from acd.engine.model.ids import TASK_MARK, AgentId, CallId, NodeId, OfferId, ServiceId
from tests.acd.asterisk.scripted_node import UP, answer_lists, desk
from tests.waiting import until

AGENTS = {"PJSIP/1001": AgentId("1001")}
CALL, ID = CallId("ast1-1.1"), "ast1-1.1~2"
OWN = "ast1-5"
RINGS = "Local/agent@callback-00000003;2"
LEG, CITIZEN = "PJSIP/1001-5", "PJSIP/outgoing-6"
ORDER = CallBack(
    call=CALL, offer=OfferId("ast1-1.1#2"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=14.25, answer_s=30,
    service=ServiceId("request"), priority="routine", number="05321234567",
)  # fmt: skip


def told(name: str, channel: str = LEG, own: str = OWN, **more: str) -> tuple[AnyEvent, ...]:
    event = {"Event": name, "Channel": channel, "Uniqueid": own, "Linkedid": ID, "ChannelStateDesc": "Up", **more}
    return translate(event, AGENTS, 7.0)


def dial(name: str, *, by_agent: bool, **more: str) -> tuple[AnyEvent, ...]:
    """A DialBegin or DialEnd: of the agent by what we originated, or of the citizen by the agent's channel."""
    by, to = ((LEG, OWN), (CITIZEN, "ast1-9")) if by_agent else ((RINGS, f"{ID};2"), (LEG, OWN))
    event = {"Event": name, "Channel": by[0], "Uniqueid": by[1], "Linkedid": ID}
    event |= {"DestChannel": to[0], "DestUniqueid": to[1], "DestLinkedid": ID, **more}
    return translate(event, AGENTS, 7.0)


# --- what events mean


def test_the_agents_ring_is_an_offers() -> None:
    assert dial("DialBegin", by_agent=False) == (OfferRinging(at=7.0, call=CALL, channel=LEG),)
    assert dial("DialEnd", by_agent=False, DialStatus="ANSWER") == (OfferAnswered(at=7.0, call=CALL, channel=LEG),)
    assert dial("DialEnd", by_agent=False, DialStatus="CANCEL", Forward="1003") == (
        OfferFailed(at=7.0, call=CALL, channel=LEG, status="CANCEL", forwarded=True),
    )
    assert dial("DialEnd", by_agent=False, DialStatus="BUSY") == (
        OfferFailed(at=7.0, call=CALL, channel=LEG, status="BUSY"),
    )
    assert told("Newchannel") == (AgentChannelOpened(at=7.0, agent=AgentId("1001"), channel=LEG),)


def test_other_originates_are_none_of_ours() -> None:
    event = {"Event": "DialBegin", "DestChannel": LEG, "DestUniqueid": "ast1-5", "DestLinkedid": "ast1-5"}
    assert translate(event, AGENTS, 7.0) == ()
    assert translate(event | {"Channel": "Local/x@y-1;2", "Uniqueid": "1", "Linkedid": "1"}, AGENTS, 7.0) == ()
    assert translate(event | {"DestChannel": "Local/agent@callback-00000003;1", "DestLinkedid": ID}, AGENTS, 7.0) == ()


@pytest.mark.parametrize("half", ["1", "2"])
def test_what_we_originate_is_nobody(half: str) -> None:
    for name in ("Newchannel", "HangupRequest", "SoftHangupRequest", "Hangup"):
        assert told(name, f"Local/agent@callback-00000003;{half}", f"{ID};2" if half == "2" else ID) == ()


def test_the_citizens_ring_is_told_apart() -> None:
    assert dial("DialBegin", by_agent=True) == ()
    assert dial("DialEnd", by_agent=True, DialStatus="ANSWER") == (
        CalleeAnswered(at=7.0, call=CALL, channel=LEG, callee=CITIZEN),
    )
    cases: tuple[tuple[str, DialStatus], ...] = (
        ("NOANSWER", "NOANSWER"),
        ("CANCEL", "CANCEL"),
        ("DONTCALL", "CONGESTION"),
    )
    for given, status in cases:
        assert dial("DialEnd", by_agent=True, DialStatus=given) == (
            CalleeFailed(at=7.0, call=CALL, channel=LEG, status=status),
        )


def test_who_hung_up_and_that_it_is_over() -> None:
    assert told("HangupRequest") == (HangupRequested(at=7.0, call=CALL, by="agent", channel=LEG),)
    assert told("HangupRequest", CITIZEN, "ast1-9") == (HangupRequested(at=7.0, call=CALL, by="caller"),)
    assert told("HangupRequest", CITIZEN, "ast1-9", ChannelStateDesc="Ringing") == ()
    assert told("Hangup", CITIZEN, "ast1-9", Cause="16") == (
        CallerGone(at=7.0, call=CALL, cause_code=16, called_back=True),
    )
    assert told("Hangup", Cause="16") == (
        AgentChannelClosed(at=7.0, agent=AgentId("1001"), channel=LEG),
        LegGone(at=7.0, call=CALL, channel=LEG, cause_code=16),
    )


def test_keys_in_a_call_back_are_nobodys_business() -> None:
    event = {"Event": "DTMFEnd", "Direction": "Received", "Digit": "2", "Channel": LEG, "Uniqueid": ID, "Linkedid": ID}
    assert key_of(event) is None


# --- once an agent has sent the caller on


SECOND = "PJSIP/1002-8"
BOTH = {**AGENTS, "PJSIP/1002": AgentId("1002")}


def part(place: str, name: str, own: str, linked: str = ID) -> dict[str, str]:
    return {f"{place}Channel": name, f"{place}Uniqueid": own, f"{place}Linkedid": linked}


def test_sent_on_by_the_agent_who_called_back() -> None:
    event = {
        "Event": "BlindTransfer", "Result": "Success", "Extension": "*82",
        **part("Transferer", LEG, OWN), **part("Transferee", CITIZEN, "ast1-9"),
    }  # fmt: skip
    assert translate(event, AGENTS, 7.0) == (Transferred(at=7.0, call=CALL, leg=LEG, kind="blind", dialled="*82"),)
    private = {**event, **part("Transferer", LEG, "ast1-20", "ast1-20"), **part("Transferee", SECOND, "ast1-21")}
    assert translate(private, BOTH, 7.0) == ()


@pytest.mark.parametrize("turned", [False, True])
def test_handed_over_by_the_agent_who_called_back(turned: bool) -> None:
    first, second = ("Second", "Orig") if turned else ("Orig", "Second")
    near, far = ("TransferTarget", "Transferee") if turned else ("Transferee", "TransferTarget")
    event = {
        "Event": "AttendedTransfer", "Result": "Success",
        **part(f"{first}Transferer", LEG, OWN), **part(near, CITIZEN, "ast1-9"),
        **part(f"{second}Transferer", "PJSIP/1001-7", "ast1-30", "ast1-30"), **part(far, SECOND, "ast1-31", "ast1-30"),
    }  # fmt: skip
    assert translate(event, BOTH, 7.0) == (Transferred(at=7.0, call=CALL, leg=LEG, kind="attended", to_leg=SECOND),)


def test_the_next_agent_is_dialled_by_the_callers_channel() -> None:
    event = {
        "Event": "DialBegin", "Channel": CITIZEN, "Uniqueid": "ast1-9", "Linkedid": ID, "DestChannel": SECOND,
        "DestUniqueid": "ast1-10", "DestLinkedid": ID,
    }  # fmt: skip
    assert translate(event, BOTH, 7.0) == (OfferRinging(at=7.0, call=CALL, channel=SECOND),)
    event |= {"Event": "DialEnd", "DialStatus": "ANSWER"}
    assert translate(event, BOTH, 7.0) == (OfferAnswered(at=7.0, call=CALL, channel=SECOND),)
    event |= {"Event": "Hangup", "Channel": SECOND, "Uniqueid": "ast1-10", "ChannelStateDesc": "Up", "Cause": "16"}
    assert translate(event, BOTH, 7.0)[-1] == LegGone(at=7.0, call=CALL, channel=SECOND, cause_code=16)


def test_their_keys_are_theirs_while_they_wait() -> None:
    event = {"Event": "DTMFEnd", "Direction": "Received", "Digit": "9"}
    assert key_of({**event, "Channel": CITIZEN, "Uniqueid": "ast1-9", "Linkedid": ID}) == (CALL, "9")


def test_their_session_is_their_calls() -> None:
    own = {"agi_uniqueid": "ast1-9", "agi_arg_1": "1795566540492", "agi_arg_2": "*82", "agi_arg_3": LEG}
    assert call_id(Environment({**own, "agi_arg_5": CALL})) == CALL
    assert call_id(Environment({**own, "agi_arg_5": ""})) == "ast1-9"
    with pytest.raises(PeerError):
        call_id(Environment({**own, "agi_arg_5": "ast1 1\r\nX"}))


# --- what is there


def channel(name: str, own: str, linked: str, state: str = "Up") -> dict[str, str]:
    return {"Channel": name, "Uniqueid": own, "Linkedid": linked, "ChannelStateDesc": state}


@pytest.mark.parametrize(("state", "talking"), [("Up", True), ("Ringing", False)])
def test_a_call_back_is_seen_by_the_id_we_gave_it(state: str, talking: bool) -> None:
    truth = reconciled(
        NodeId("ast1"),
        [channel(LEG, OWN, ID), channel(CITIZEN, "ast1-9", ID, state), channel("PJSIP/trunk-1", CALL, CALL)],
        [],
        AGENTS,
        7.0,
    )
    assert truth.calls == (
        SeenCall(call=CALL, channel=CITIZEN, leg=LEG, talking=talking, callback=True),
        SeenCall(call=CALL, channel="PJSIP/trunk-1"),
    )
    assert truth.agent_channels == {AgentId("1001"): (LEG,)}


def test_a_call_back_whose_agent_still_rings_is_seen_by_the_agents_channel() -> None:
    rings = [channel(f"Local/agent@callback-3;{half}", own, ID) for half, own in (("1", ID), ("2", f"{ID};2"))]
    truth = reconciled(NodeId("ast1"), [*rings, channel(LEG, OWN, ID, "Ringing")], [], AGENTS, 7.0)
    assert truth.calls == (SeenCall(call=CALL, channel="", leg=LEG, callback=True),)


@pytest.mark.parametrize("state", ["", "Ringing", "Up"])
def test_one_who_was_sent_on_is_seen_with_the_agent_they_talk_to(state: str) -> None:
    legs = [channel(SECOND, "ast1-10", ID, state)] if state else []
    truth = reconciled(NodeId("ast1"), [channel(CITIZEN, "ast1-9", ID), *legs], [], BOTH, 7.0)
    assert truth.calls == (
        SeenCall(call=CALL, channel=CITIZEN, leg=SECOND if state else "", talking=state == "Up", callback=True),
    )


# --- what we ask for


async def test_the_agent_is_rung_by_the_one_context_that_dials_out() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.call_back("12.0", ORDER)
        action = await link.action()
        assert action == {
            "Action": "Originate",
            "ActionID": "12.0",
            "Channel": "Local/agent@callback/n",
            "Context": "callback",
            "Exten": "over",
            "Priority": "1",
            "Timeout": "19250",
            "CallerID": "request <05321234567>",
            "ChannelId": ID,
            "Variable": "_AGENT=1001,_RING_S=14.25,_NUMBER=05321234567,_ANSWER_S=30,_CALLED_BACK=ast1-1.1",
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


@pytest.mark.parametrize(("number", "shown"), [("05321234567", "xxx67"), ("12345", "xxx")])
def test_the_telephone_of_whoever_works_on_a_task_shows_no_more_of_the_number_than_the_page(
    number: str, shown: str
) -> None:
    of_task = msgspec.structs.replace(ORDER, call=CallId(f"ast1{TASK_MARK}26-000123-3.17.1"), number=number)
    headers = originate(of_task, "PJSIP/1001", "Görev araması: Talep")
    assert headers["CallerID"] == f"Görev araması: Talep <{shown}>"
    assert f"_NUMBER={number}" in headers["Variable"], "it is dialled"


async def test_what_becomes_of_a_phone_that_rings_is_told_by_its_channel_alone() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.call_back("12.0", ORDER)
        link.answer(await link.action(), message="Originate successfully queued")
        link.write(
            f"Event: DialBegin\r\nChannel: {RINGS}\r\nUniqueid: {ID};2\r\nLinkedid: {ID}\r\nDestChannel: {LEG}\r\n\r\n"
            "Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: Failure\r\nReason: 0\r\n\r\n"
            f"Event: Newchannel\r\nChannel: {LEG}\r\n\r\n"
        )
        await until(lambda: len(at.posted) == 3, "both")
        assert [type(event) for event in at.posted[1:]] == [OfferRinging, AgentChannelOpened]


async def test_a_phone_that_rings_late_is_not_taken_for_the_next_one_of_the_same_call() -> None:
    """The first offer was taken back before its phone rang. That the next agent has no phone was lost then, and the
    caller waited for the end of a ring that nobody heard."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        following = msgspec.structs.replace(ORDER, offer=OfferId("ast1-1.1#3"), agent=AgentId("1002"))
        for action_id, order in (("12.0", ORDER), ("12.1", following)):
            at.node.call_back(action_id, order)
            link.answer(await link.action(), message="Originate successfully queued")
        link.write(
            f"Event: DialBegin\r\nChannel: {RINGS}\r\nUniqueid: {ID};2\r\nLinkedid: {ID}\r\nDestChannel: {LEG}\r\n\r\n"
            "Event: OriginateResponse\r\nActionID: 12.1\r\nResponse: Failure\r\nReason: 0\r\n\r\n"
            "Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: Failure\r\nReason: 0\r\n\r\n"
            f"Event: Newchannel\r\nChannel: {LEG}\r\n\r\n"
        )
        await until(lambda: isinstance(at.posted[-1], AgentChannelOpened), "the next event")
        assert at.posted[1:-1] == [
            OfferRinging(at=7.0, call=CALL, channel=LEG),
            OfferReturned(at=7.0, call=CALL, offer=following.offer, status="CHANUNAVAIL"),
        ]


@pytest.mark.parametrize("order", ["call_back", "ring_citizen"])
async def test_an_order_that_is_answered_late_has_not_failed(order: str) -> None:
    """AMI is seconds behind. Taken for failed, the order would be given again while the first phone rings, and the talk
    that it leads to would be cut."""
    async with desk(answer_s=0.05, lists_s=0.2) as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        if order == "call_back":
            at.node.call_back("12.0", ORDER)
        else:
            at.node.ring_citizen("12.0", RING)
        asked = await link.action()
        at.node.find_caller("12.1", FindCaller(call=CALL, node=NodeId("ast1")))
        await until(lambda: isinstance(at.posted[-1], CommandFailed), "a list that is waited for no longer")
        link.answer(asked, message="Originate successfully queued")
        link.write(f"Event: Newchannel\r\nChannel: {LEG}\r\n\r\n")
        await until(lambda: isinstance(at.posted[-1], AgentChannelOpened), "the next event")
        assert [one.cause for one in at.posted if isinstance(one, CommandFailed)] == ["12.1"]


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
        on_key=lambda call, key, late_s: None, clock=lambda: 7.0,
    )  # fmt: skip
    fields = {name: getattr(ORDER, name) for name in ORDER.__struct_fields__} | wrong
    node.call_back("1.0", CallBack(**fields))
    (failed,) = posted
    assert isinstance(failed, CommandFailed)
    assert "must be" in failed.error or "is allowed" in failed.error


# --- automatic calls: the citizen is rung without an agent

ALONE = "Local/citizen@callback-00000004;2"
RING = RingCitizen(call=CALL, node=NodeId("ast1"), number="05321234567", answer_s=29.6)


def alone(name: str, **more: str) -> tuple[AnyEvent, ...]:
    """A DialBegin or DialEnd of the citizen by what we originated."""
    event = {"Event": name, "Channel": ALONE, "Uniqueid": f"{ID};2", "Linkedid": ID, "DestChannel": CITIZEN}
    return translate({**event, **more}, AGENTS, 7.0)


def test_the_ring_of_a_citizen_without_an_agent() -> None:
    assert alone("DialBegin") == ()
    assert alone("DialEnd", DialStatus="ANSWER") == (CalleeAnswered(at=7.0, call=CALL, channel=CITIZEN),)
    cases: tuple[tuple[str, DialStatus], ...] = (
        ("BUSY", "BUSY"),
        ("NOANSWER", "NOANSWER"),
        ("DONTCALL", "CONGESTION"),
    )
    for given, status in cases:
        assert alone("DialEnd", DialStatus=given) == (CalleeFailed(at=7.0, call=CALL, channel=CITIZEN, status=status),)
    assert alone("DialEnd", DialStatus="CANCEL", Forward="05550000000") == (), "the next DialEnd has the result"


def test_who_else_dials_the_trunk_rings_no_citizen_of_ours() -> None:
    assert alone("DialEnd", DialStatus="ANSWER", Channel="Local/other@callback-1;2") == ()
    assert alone("DialEnd", DialStatus="ANSWER", DestChannel="PJSIP/trunk-1") == ()
    assert alone("DialEnd", DialStatus="ANSWER", Linkedid="ast1-9") == ()


async def test_the_order_to_ring_a_citizen() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.ring_citizen("12.0", RING)
        assert await link.action() == {
            "Action": "Originate",
            "ActionID": "12.0",
            "Channel": "Local/citizen@callback/n",
            "Context": "callback",
            "Exten": "over",
            "Priority": "1",
            "Timeout": "34600",
            "ChannelId": "ast1-1.1~0",
            "Variable": "_NUMBER=05321234567,_ANSWER_S=30,_CALLED_BACK=ast1-1.1",
            "Async": "true",
        }


@pytest.mark.parametrize("number", ["", "1234", "0532123456712345", "0532x", "05321234567,X=1", "٠٥٣٢١٢٣٤٥٦٧"])
async def test_a_number_that_is_none_is_not_dialled(number: str) -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.ring_citizen("12.0", msgspec.structs.replace(RING, number=number))
        assert isinstance(at.posted[-1], CommandFailed)
        assert at.posted[-1].command == "ring_citizen"


async def test_a_citizen_whose_phone_rang_is_told_of_by_its_channel_alone() -> None:
    """Asterisk tells that nobody was reached twice, in either order: as a failed order, the busy phone was no try, and
    rung once more than the town allows."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.ring_citizen("12.0", RING)
        link.answer(await link.action(), message="Originate successfully queued")
        link.write(
            "Event: DialBegin\r\nChannel: Local/citizen@callback-00000001;2\r\nUniqueid: ast1-4\r\n"
            f"Linkedid: {RING.call}~0\r\nDestChannel: {CITIZEN}\r\nDestUniqueid: ast1-5\r\n"
            f"DestLinkedid: {RING.call}~0\r\n\r\n"
            "Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: Failure\r\nReason: 5\r\n\r\n"
            f"Event: Newchannel\r\nChannel: {LEG}\r\n\r\n"
        )
        await until(lambda: isinstance(at.posted[-1], AgentChannelOpened), "the next event")
        assert not [one for one in at.posted if isinstance(one, CommandFailed)]


@pytest.mark.parametrize("answered", [True, False])
async def test_a_citizen_for_whom_no_channel_could_be_made(answered: bool) -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.ring_citizen("12.0", RING)
        link.answer(await link.action(), message="Originate successfully queued")
        response = "Success" if answered else "Failure"
        link.write(
            f"Event: OriginateResponse\r\nActionID: 12.0\r\nResponse: {response}\r\nReason: 0\r\n\r\n"
            f"Event: Newchannel\r\nChannel: {LEG}\r\n\r\n"
        )
        await until(lambda: isinstance(at.posted[-1], AgentChannelOpened), "the next event")
        failed = [one for one in at.posted if isinstance(one, CommandFailed)]
        assert [one.command for one in failed] == ([] if answered else ["ring_citizen"])
