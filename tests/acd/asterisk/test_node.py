"""One node against a scripted manager: the posted events and their order, and the results of orders."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acd.asterisk.ami import Timings
from acd.asterisk.holds import BURST
from acd.asterisk.node import AsteriskNode
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import BringBack, CancelOffer, FindCaller
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallerFound,
    CallHeld,
    CallUnheld,
    CommandFailed,
    LegGone,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.asterisk.ami_peer import Link, Peer, peer, running
from tests.waiting import until

NODE = NodeId("ast1")
CALL = CallId("ast1-1.1")
CALLER = "Channel: PJSIP/trunk-1\r\nUniqueid: ast1-1.1\r\nLinkedid: ast1-1.1\r\nChannelStateDesc: Up\r\n"
LEG = "Channel: PJSIP/1001-2\r\nUniqueid: ast1-1.2\r\nLinkedid: ast1-1.1\r\nChannelStateDesc: Ringing\r\n"
QUICK = Timings(ping_s=5.0, dead_s=10.0, first_retry_s=0.01)


@dataclass
class Desk:
    """A node, the peer it talks to, and what it told."""

    there: Peer
    node: AsteriskNode
    posted: list[AnyEvent] = field(default_factory=list)
    keys: list[tuple[CallId, str]] = field(default_factory=list)

    async def link(self) -> Link:
        """Let the node in; it asks for both lists at once."""
        link = await self.there.link()
        await link.greet()
        return link


@asynccontextmanager
async def desk(
    *,
    answer_s: float = 2.0,
    lists_s: float = 5.0,
    agents: Mapping[str, AgentId] | None = None,
    log_file: Path | None = None,
    believed: Callable[[], Collection[CallId]] = tuple,
) -> AsyncIterator[Desk]:
    """A node that runs."""
    posted: list[AnyEvent] = []
    keys: list[tuple[CallId, str]] = []
    async with peer() as there:
        node = AsteriskNode(
            node=NODE,
            host="127.0.0.1",
            port=there.port,
            user="cozum",
            secret="geheim",
            agents=agents or {"PJSIP/1001": AgentId("1001")},
            post=posted.append,
            on_key=lambda call, key: keys.append((call, key)),
            clock=lambda: 7.0,
            timings=QUICK,
            answer_s=answer_s,
            lists_s=lists_s,
            log_file=log_file,
            believed=believed,
        )
        async with running(node.run()):
            yield Desk(there, node, posted, keys)


async def answer_lists(link: Link, channels: list[str], devices: list[str]) -> None:
    link.listing(await link.action(), [f"Event: CoreShowChannel\r\n{entry}" for entry in channels])
    link.listing(await link.action(), [f"Event: DeviceStateChange\r\n{entry}" for entry in devices])


UP = "Device: PJSIP/1001\r\nState: NOT_INUSE\r\n"
TRUTH = NodeReconciled(
    at=7.0,
    node=NODE,
    calls=(SeenCall(call=CALL, channel="PJSIP/trunk-1", leg="PJSIP/1001-2"),),
    available=(AgentId("1001"),),
    agent_channels={AgentId("1001"): ("PJSIP/1001-2",)},
)


async def test_the_truth_comes_first_and_what_came_meanwhile_behind_it() -> None:
    async with desk() as at:
        link = await at.link()
        link.write(f"Event: Newchannel\r\n{LEG}\r\n")  # before the list: it is in the list
        link.write(f"Event: DTMFEnd\r\n{CALLER}Digit: 9\r\nDirection: Received\r\n\r\n")
        first, second = await link.action(), await link.action()
        assert (first["Action"], second["Action"]) == ("CoreShowChannels", "DeviceStateList")
        link.listing(first, [f"Event: CoreShowChannel\r\n{entry}" for entry in (CALLER, LEG)])
        link.write(f"Event: Newchannel\r\n{LEG.replace('-2', '-3')}\r\n")
        link.write("Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: NOT_INUSE\r\n\r\n")
        assert not at.node.connected
        link.listing(second, [f"Event: DeviceStateChange\r\n{UP}"])
        link.write("Event: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: Unreachable\r\n\r\n")
        await asked(link, "DEVICE_STATE(PJSIP/1001)", "UNAVAILABLE")
        await until(lambda: len(at.posted) == 3, "three events")
        assert at.node.connected
        assert at.posted == [
            TRUTH,
            AgentChannelOpened(at=7.0, agent=AgentId("1001"), channel="PJSIP/1001-3"),
            DeviceStateChanged(at=7.0, agent=AgentId("1001"), state="unavailable", endpoint="PJSIP/1001"),
        ]
        assert at.keys == [(CALL, "9")]


QUEUED = CALLER.replace("ChannelStateDesc", "Application: Queue\r\nChannelStateDesc")
TALKS = LEG.replace("Ringing", "Up")


@pytest.mark.parametrize("answer", ["told", "refused", "silent"])
async def test_a_talk_of_the_standbys_queue_is_asked_since_when(answer: str) -> None:
    async with desk(answer_s=0.2) as at:
        link = await at.link()
        await answer_lists(link, [QUEUED, TALKS], [UP])
        asked = await link.action()
        assert (asked["Action"], asked["Channel"], asked["Variable"]) == ("Getvar", "PJSIP/trunk-1", "ANSWERED")
        link.write(f"Event: Newchannel\r\n{LEG.replace('-2', '-3')}\r\n")
        if answer == "told":
            link.answer(asked, extra="Variable: ANSWERED\r\nValue: 1795566540492\r\n")
        elif answer == "refused":
            link.answer(asked, message="No such channel", ok=False)
        await until(lambda: len(at.posted) == 2, "the truth, and what came meanwhile behind it")
        truth = at.posted[0]
        assert isinstance(truth, NodeReconciled)
        (call,) = truth.calls
        assert call.talking
        assert call.answered_at == (1795566540.492 if answer == "told" else None)


async def test_a_phone_that_goes_while_that_is_asked_is_gone() -> None:
    """The list of devices, which is opened later, still has it."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [QUEUED, TALKS], [UP])
        since = await link.action()
        told(link, "Unreachable")
        await asked(link, DEVICE, "UNAVAILABLE")
        await asked(link, DEVICE, "UNAVAILABLE")
        link.answer(since, extra="Variable: ANSWERED\r\nValue: 1795566540492\r\n")
        await until(lambda: len(at.posted) == 2, "the truth, and the phone's end behind it")
        assert isinstance(at.posted[0], NodeReconciled)
        assert at.posted[0].available == (AgentId("1001"),)
        assert states(at) == ["unavailable"]


async def test_lists_are_asked_for_again_when_those_before_are_opened() -> None:
    """Otherwise the later could be opened first, and the earlier would take back what it said."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [QUEUED, TALKS], [UP])
        since = await link.action()
        for _ in range(2):
            at.node.set_agents({"PJSIP/1001": AgentId("1001"), "PJSIP/1002": AgentId("1002")})
        at.node.cancel_offer("12.0", OFFER)
        assert (await link.action())["ActionID"] == "12.0", "and no list before it"
        link.answer(since, extra="Variable: ANSWERED\r\nValue: 1795566540492\r\n")
        await answer_lists(link, [], [UP, UP.replace("1001", "1002")])
        await until(lambda: len(at.posted) == 2, "both truths")
        before, after = at.posted
        assert isinstance(before, NodeReconciled)
        assert [call.call for call in before.calls] == [CALL]
        assert after == NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"), AgentId("1002")))


async def test_a_fault_of_ours_in_reading_the_log_does_not_keep_the_line_from_the_truth(tmp_path: Path) -> None:
    def believed() -> Collection[CallId]:
        raise ZeroDivisionError

    log_file = tmp_path / "Master.csv"
    log_file.touch()
    async with desk(log_file=log_file, believed=believed) as at:
        link = await at.link()
        await answer_lists(link, [CALLER, LEG], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.set_agents({"PJSIP/1001": AgentId("1001"), "PJSIP/1002": AgentId("1002")})
        await answer_lists(link, [], [UP, UP.replace("1001", "1002")])
        await until(lambda: len(at.posted) == 2, "the new truth")
        assert at.posted[0] == TRUTH


async def test_a_connection_lost_while_that_is_asked_believes_nothing() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [QUEUED, TALKS], [UP])
        await link.action()
        link.close()
        again = await at.link()
        await answer_lists(again, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        assert [type(event) for event in at.posted] == [NodeLost, NodeReconciled]
        assert at.posted[1] == NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"),))


async def test_after_a_loss_it_is_asked_again_and_says_both() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [CALLER, LEG], [UP])
        await until(lambda: at.node.connected, "reconciled")
        link.close()
        await until(lambda: not at.node.connected, "lost")
        again = await at.link()
        asked = await again.action()
        assert not at.node.connected
        again.listing(asked, [])
        again.listing(await again.action(), [f"Event: DeviceStateChange\r\n{UP}"])
        await until(lambda: at.node.connected, "reconciled again")
        assert at.posted == [
            TRUTH,
            NodeLost(at=7.0, node=NODE),
            NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"),)),
        ]


async def asked(link: Link, question: str, answer: str | None) -> None:
    """Take a question about a phone and answer it; None: Asterisk does not know."""
    action = await link.action()
    assert (action["Action"], action["Variable"]) == ("Getvar", question)
    if answer is None:
        link.answer(action, message="No such variable", ok=False)
    else:
        link.answer(action, extra=f"Variable: {question}\r\nValue: {answer}\r\n")


def told(link: Link, state: str) -> None:
    """That a phone is or is not there, as Asterisk tells it: twice."""
    link.write(f"Event: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: {state}\r\n\r\n")
    device = "NOT_INUSE" if state == "Reachable" else "UNAVAILABLE"
    link.write(f"Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: {device}\r\n\r\n")


def states(at: Desk) -> list[str]:
    return [event.state for event in at.posted if isinstance(event, DeviceStateChanged)]


DEVICE, CONTACTS = "DEVICE_STATE(PJSIP/1001)", "PJSIP_AOR(1001,contact)"


async def test_a_phones_state_told_twice_is_posted_once() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [])
        told(link, "Reachable")
        told(link, "Unreachable")
        await asked(link, DEVICE, "UNAVAILABLE")
        await asked(link, DEVICE, "UNAVAILABLE")
        await until(lambda: len(states(at)) == 2, "it is gone")
        told(link, "Unreachable")
        told(link, "Reachable")
        link.write(f"Event: Newchannel\r\n{LEG}\r\n")
        await until(lambda: len(at.posted) == 5, "five events")
        assert states(at) == ["available", "unavailable", "available"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({DEVICE: "INVALID"}, "unavailable"),
        ({DEVICE: "NOT_INUSE"}, ""),
        ({DEVICE: "RINGING", CONTACTS: ""}, "unavailable"),
        ({DEVICE: "INUSE", CONTACTS: None}, "unavailable"),
        ({DEVICE: "RINGING", CONTACTS: "1001;@a", "PJSIP_CONTACT(1001;@a,status)": "Unreachable"}, "unavailable"),
        ({DEVICE: "RINGING", CONTACTS: "1001;@a", "PJSIP_CONTACT(1001;@a,status)": "Reachable"}, ""),
        (
            {DEVICE: "BUSY", CONTACTS: "1001;@a,1001;@b", "PJSIP_CONTACT(1001;@a,status)": "NonQualified",
             "PJSIP_CONTACT(1001;@b,status)": "Unreachable"},
            "",
        ),
        (
            {DEVICE: "BUSY", CONTACTS: "1001;@a,1001;@b", "PJSIP_CONTACT(1001;@a,status)": "Unreachable",
             "PJSIP_CONTACT(1001;@b,status)": "Unreachable"},
            "unavailable",
        ),
    ],
)  # fmt: skip
async def test_an_agent_is_out_of_service_only_if_asterisk_says_so_when_asked(
    answers: dict[str, str | None], told: str
) -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        link.write("Event: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: Unregistered\r\n\r\n")
        for question, answer in answers.items():
            await asked(link, question, answer)
        link.write(f"Event: Newchannel\r\n{LEG}\r\n")
        await until(lambda: isinstance(at.posted[-1], AgentChannelOpened), "what comes behind the answers")
        assert states(at) == told.split()


@pytest.mark.parametrize(
    ("state", "told"), [("INUSE", "unavailable available"), ("RINGING", "unavailable available"), ("NOT_INUSE", "")]
)
async def test_a_page_with_a_call_that_is_there_when_asked_may_have_replaced_another(state: str, told: str) -> None:
    """Its call may be at a page that is gone."""
    async with desk(agents={"PJSIP/1001-web": AgentId("1001")}) as at:
        link = await at.link()
        await answer_lists(link, [], ["Device: PJSIP/1001-web\r\nState: NOT_INUSE\r\n"])
        link.write("Event: PeerStatus\r\nPeer: PJSIP/1001-web\r\nPeerStatus: Unreachable\r\n\r\n")
        await asked(link, "DEVICE_STATE(PJSIP/1001-web)", state)
        if told:
            await asked(link, "PJSIP_AOR(1001-web,contact)", "1001-web;@a,1001-web;@b")
            await asked(link, "PJSIP_CONTACT(1001-web;@a,status)", "Reachable")
            await asked(link, "PJSIP_CONTACT(1001-web;@b,status)", "Reachable")
        link.write("Event: Newchannel\r\nChannel: PJSIP/1001-web-3\r\nUniqueid: 1.3\r\nLinkedid: 1.3\r\n\r\n")
        await until(lambda: bool(at.posted) and isinstance(at.posted[-1], AgentChannelOpened), "what comes behind")
        assert states(at) == told.split()


async def test_the_answer_keeps_its_place_among_the_events() -> None:
    """All in one read: gone, and there again."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        told(link, "Unreachable")
        first, second = await link.action(), await link.action()
        link.write(
            "".join(
                f"Response: Success\r\nActionID: {one['ActionID']}\r\nVariable: x\r\nValue: UNAVAILABLE\r\n\r\n"
                for one in (first, second)
            )
            + "Event: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: Reachable\r\n\r\n"
        )
        await until(lambda: len(states(at)) == 2, "both")
        assert states(at) == ["unavailable", "available"]


SNAPSHOT = (
    "Channel: PJSIP/trunk-1\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\nCallerIDNum: {number}\r\n"
    "CallerIDName: x\r\nConnectedLineNum: <unknown>\r\nConnectedLineName: <unknown>\r\nLanguage: tr\r\n"
    "AccountCode: \r\nContext: hotline\r\nExten: 4440411\r\nPriority: 1\r\n"
    "Uniqueid: ast1-1.1\r\nLinkedid: ast1-1.1\r\n"
)
FORGED = "5\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: INVALID\r\n\r\n"


async def test_what_a_number_forges_is_dropped_and_the_truth_is_asked_for() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        for _ in range(3):
            link.write(f"Event: Newchannel\r\n{SNAPSHOT.format(number=FORGED)}\r\n")
        link.write(f"Event: Newchannel\r\n{LEG}\r\n")
        await answer_lists(link, [LEG], [UP])
        await until(lambda: len(at.posted) == 3, "the truth once more")
        assert [type(event) for event in at.posted] == [NodeReconciled, AgentChannelOpened, NodeReconciled]


async def test_new_agents_are_asked_about() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.set_agents({"PJSIP/1001": AgentId("1001"), "PJSIP/1002": AgentId("1002")})
        await answer_lists(link, [], [UP, UP.replace("1001", "1002")])
        await until(lambda: len(at.posted) == 2, "the new truth")
        assert at.posted[1] == NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"), AgentId("1002")))


@pytest.mark.parametrize("answer", ["refused", "broken", "silent"])
async def test_lists_that_cannot_be_had_cost_the_connection(answer: str) -> None:
    async with desk(lists_s=0.1) as at:
        link = await at.link()
        action = await link.action()
        if answer == "refused":
            link.answer(action, message="Permission denied", ok=False)
        elif answer == "broken":
            link.listing(action, ["Event: CoreShowChannel\r\nUniqueid: 1\r\n"])
            link.listing(await link.action(), [])
        again = await at.link()
        await answer_lists(again, [], [UP])
        await until(lambda: at.node.connected, "reconciled in the end")
        assert [type(event) for event in at.posted] == [NodeLost, NodeReconciled]


async def test_events_without_their_headers_are_dropped_alone() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [])
        link.write("Event: Newchannel\r\n\r\nEvent: DTMFEnd\r\nDirection: Received\r\n\r\n")
        link.write(f"Event: Newchannel\r\n{LEG}\r\n")
        await until(lambda: len(at.posted) == 2, "two events")
        assert at.node.connected


OFFER = CancelOffer(call=CALL, offer=OfferId("ast1-1.1#1"), channel="PJSIP/1001-2")


def failed(error: str, cause: str = "12.0") -> CommandFailed:
    return CommandFailed(at=7.0, cause=cause, call=CALL, command="cancel_offer", error=error)


async def test_an_offer_is_cancelled_by_its_legs_name_under_the_commands_id() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [CALLER, LEG], [UP])
        await until(lambda: at.node.connected, "reconciled")
        at.node.cancel_offer("12.0", OFFER)
        at.node.cancel_offer("12.1", OFFER)
        first, second = await link.action(), await link.action()
        assert first == {"Action": "Hangup", "ActionID": "12.0", "Channel": "PJSIP/1001-2", "Cause": "26"}
        link.answer(first, message="Channel Hungup")
        link.answer(second, message="No such channel", ok=False)
        await until(lambda: len(at.posted) == 2, "the refusal")
        assert at.posted[1] == failed("No such channel", cause="12.1")


async def test_orders_that_cannot_be_carried_out_are_told() -> None:
    async with desk(answer_s=0.05) as at:
        at.node.cancel_offer("12.0", OFFER)
        assert at.posted == [failed("Hangup: not connected yet")]
        link = await at.link()
        await answer_lists(link, [], [])
        await until(lambda: at.node.connected, "reconciled")
        for channel in ("", "/^PJSIP/", "PJSIP/1001-2\r\nAction: Originate"):
            at.node.cancel_offer("12.0", CancelOffer(call=CALL, offer=OFFER.offer, channel=channel))
        errors = [event.error for event in at.posted if isinstance(event, CommandFailed)][1:]
        assert "is not a channel's name" in errors[0]
        assert "is not a channel's name" in errors[1]
        assert "CR" in errors[2]
        at.node.cancel_offer("12.3", OFFER)
        assert (await link.action())["ActionID"] == "12.3"
        await until(lambda: at.posted[-1] == failed("not answered in 0.05 s", cause="12.3"), "the time-out")
        at.node.cancel_offer("12.4", OFFER)
        link.close()
        await until(lambda: isinstance(at.posted[-1], CommandFailed) and at.posted[-1].cause == "12.4", "the loss")
        assert isinstance(at.posted[-2], NodeLost)


# --- callers whom nobody holds


FIND = FindCaller(call=CALL, node=NODE)
BRING = BringBack(call=CALL, node=NODE, channel="PJSIP/trunk-1")
LIMBO = f"Event: CoreShowChannel\r\n{CALLER}Context: limbo\r\nApplication: Wait\r\n"


async def test_callers_who_are_sought_at_once_share_a_list() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [CALLER], [UP])
        await until(lambda: len(at.posted) == 1, "the truth")
        other = CallId("ast1-9.9")
        at.node.find_caller("5.1", FIND)
        at.node.find_caller("5.2", FindCaller(call=other, node=NODE))
        at.node.find_caller("5.3", FIND)
        link.listing(await link.action(), [LIMBO])
        await until(lambda: len(at.posted) == 2, "the first who was sought")
        link.listing(await link.action(), [LIMBO])
        await until(lambda: len(at.posted) == 4, "the others, by one list more")
        here = CallerFound(at=7.0, call=CALL, node=NODE, place="nowhere", channel="PJSIP/trunk-1")
        assert at.posted[1:] == [here, CallerFound(at=7.0, call=other, node=NODE, place="gone"), here]


async def test_a_caller_is_brought_back_by_a_redirect() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [CALLER], [UP])
        await until(lambda: len(at.posted) == 1, "the truth")
        at.node.bring_back("5.1", BRING)
        asked = await link.action()
        assert {key: asked[key] for key in ("Action", "Channel", "Context", "Exten", "Priority")} == {
            "Action": "Redirect",
            "Channel": "PJSIP/trunk-1",
            "Context": "back",
            "Exten": "s",
            "Priority": "1",
        }
        link.answer(asked, message="Channel does not exist", ok=False)
        await until(lambda: len(at.posted) == 2, "what came of it")
        assert at.posted[1] == CommandFailed(
            at=7.0, cause="5.1", call=CALL, command="bring_back", error="Channel does not exist"
        )


@pytest.mark.parametrize("channel", ["", "/.*/", "trunk"])
async def test_what_is_no_channels_name_is_not_redirected(channel: str) -> None:
    async with desk() as at:
        await answer_lists(await at.link(), [CALLER], [UP])
        await until(lambda: len(at.posted) == 1, "the truth")
        at.node.bring_back("5.1", BringBack(call=CALL, node=NODE, channel=channel))
        assert isinstance(at.posted[-1], CommandFailed)


async def test_without_a_connection_nobody_is_looked_for() -> None:
    async with desk() as at:
        at.node.find_caller("5.1", FIND)
        at.node.bring_back("5.2", BRING)
        assert [event.command for event in at.posted if isinstance(event, CommandFailed)] == [
            "find_caller",
            "bring_back",
        ]


async def test_a_list_that_does_not_come_is_told_and_the_next_is_asked_for() -> None:
    async with desk(lists_s=0.2) as at:
        link = await at.link()
        await answer_lists(link, [CALLER], [UP])
        await until(lambda: len(at.posted) == 1, "the truth")
        at.node.find_caller("5.1", FIND)
        await link.action()
        await until(lambda: len(at.posted) == 2, "that there is no list")
        assert isinstance(at.posted[1], CommandFailed)
        at.node.find_caller("5.2", FIND)
        link.listing(await link.action(), [LIMBO])
        await until(lambda: len(at.posted) == 3, "the caller")
        assert isinstance(at.posted[2], CallerFound)


LISTENS = f"Event: UserEvent\r\nUserEvent: CozumListens\r\n{LEG}\r\n"
DIALLED = CALLER + "DestChannel: PJSIP/1001-2\r\nDestUniqueid: ast1-1.2\r\nDestLinkedid: ast1-1.1\r\n"
ANSWERED = f"Event: DialEnd\r\nDialStatus: ANSWER\r\n{DIALLED}\r\n"
SPEAKS = f"Event: ChannelTalkingStart\r\n{LEG}\r\n"


async def test_an_agent_is_heard_once_where_the_dialplan_listens() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        for text in (SPEAKS, LISTENS, ANSWERED, SPEAKS, SPEAKS):
            link.write(text)
        await until(lambda: len(at.posted) == 3, "the truth, the answer, and one sign")
        assert at.posted[1:] == [
            OfferAnswered(at=7.0, call=CALL, channel="PJSIP/1001-2", listens=True),
            AgentHeard(at=7.0, call=CALL, channel="PJSIP/1001-2"),
        ]


async def test_after_a_lost_connection_an_answer_is_an_answer() -> None:
    """Nobody knows what was heard meanwhile."""
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        link.write(LISTENS)
        link.write(ANSWERED)
        await until(lambda: len(at.posted) == 2, "the answer")
        link.close()
        again = await at.link()
        await answer_lists(again, [], [UP])
        again.write(ANSWERED)
        await until(lambda: len(at.posted) == 5, "lost, the truth, the answer again")
        told = at.posted[-1]
        assert isinstance(told, OfferAnswered)
        assert not told.listens


async def test_a_storm_of_holds_is_posted_in_part_and_to_its_end() -> None:
    async with desk() as at:
        link = await at.link()
        await answer_lists(link, [], [UP])
        for n in range(1001):
            link.write(f"Event: {'Unhold' if n % 2 else 'Hold'}\r\n{LEG}\r\n")
        await until(lambda: len(at.posted) > BURST and isinstance(at.posted[-1], CallHeld), "the last one")
        assert len(at.posted) < 1 + BURST + 60, "one a second, for a minute at most"
        link.write(f"Event: Unhold\r\n{LEG}\r\n")
        link.write(f"Event: Hangup\r\nCause: 16\r\n{LEG}\r\n")
        await until(lambda: isinstance(at.posted[-1], LegGone), "the end")
        kinds = [type(one) for one in at.posted[-3:]]
        assert kinds == [CallUnheld, AgentChannelClosed, LegGone]
