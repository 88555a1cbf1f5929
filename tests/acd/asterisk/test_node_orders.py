"""One node against a scripted manager: the results of orders, and callers whom nobody holds."""

import pytest

from acd.engine.model.commands import BringBack, CancelOffer, FindCaller, MuteRecording
from acd.engine.model.events import CallerFound, CommandFailed, NodeLost
from acd.engine.model.ids import CallId
from acd.engine.model.recording_events import RecordingMuted
from tests.acd.asterisk.scripted_node import CALL, CALLER, LEG, NODE, OFFER, UP, answer_lists, desk
from tests.waiting import until


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
    async with desk() as at:
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
        at.node.cancel_offer("12.4", OFFER)
        link.close()
        await until(lambda: isinstance(at.posted[-1], CommandFailed) and at.posted[-1].cause == "12.4", "the loss")
        lost, first, _ = at.posted[-3:]
        assert isinstance(lost, NodeLost)
        assert isinstance(first, CommandFailed)
        assert (first.cause, first.error.partition(":")[0]) == ("12.3", "Hangup")


async def test_what_asterisk_says_late_to_have_done_is_told() -> None:
    """A recording that is silent, and of which nobody knows, stays silent for the next agent."""
    async with desk(answer_s=0.05, lists_s=0.2) as at:
        link = await at.link()
        await answer_lists(link, [CALLER, LEG], [UP])
        await until(lambda: at.node.connected, "reconciled")
        order = MuteRecording(call=CALL, node=NODE, channel="PJSIP/trunk-1", paused=True, by="key")
        at.node.mute_recording("12.0", order)
        asked = await link.action()
        at.node.find_caller("12.1", FIND)
        await until(lambda: isinstance(at.posted[-1], CommandFailed), "a list that is waited for no longer")
        link.answer(asked)
        await until(lambda: isinstance(at.posted[-1], RecordingMuted), "that it is paused")
        muted, failures = at.posted[-1], [one.cause for one in at.posted if isinstance(one, CommandFailed)]
        assert (muted, failures) == (RecordingMuted(at=7.0, cause="12.0", call=CALL, paused=True, by="key"), ["12.1"])


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
