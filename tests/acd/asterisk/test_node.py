"""One node against a scripted manager: the posted events and their order."""

from collections.abc import Collection
from pathlib import Path

import pytest

from acd.asterisk.holds import BURST
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.events import (
    AgentHeard,
    CallHeld,
    CallUnheld,
    LegGone,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
)
from acd.engine.model.ids import AgentId, CallId
from tests.acd.asterisk.scripted_node import (
    CALL,
    CALLER,
    DEVICE,
    LEG,
    NODE,
    OFFER,
    UP,
    answer_lists,
    asked,
    desk,
    states,
    told,
)
from tests.waiting import until

TRUTH = NodeReconciled(
    at=7.0,
    node=NODE,
    calls=(SeenCall(call=CALL, channel="PJSIP/trunk-1", leg="PJSIP/1001-2"),),
    available=(AgentId("1001"),),
    pages=(),
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
        assert after == NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"), AgentId("1002")), pages=())


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
        assert at.posted[1] == NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"),), pages=())


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
            NodeReconciled(at=7.0, node=NODE, available=(AgentId("1001"),), pages=()),
        ]


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
        both = (AgentId("1001"), AgentId("1002"))
        kept = NodeReconciled(at=7.0, node=NODE, available=both, gap=False, pages=())
        assert at.posted[1] == kept, "the connection has lasted"


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


# --- callers whom nobody holds


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
