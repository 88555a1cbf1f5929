"""One node against a scripted manager: the states of phones, and what Asterisk says when asked."""

import pytest

from acd.engine.model.agent_events import AgentChannelOpened
from acd.engine.model.ids import AgentId
from tests.acd.asterisk.scripted_node import CONTACTS, DEVICE, LEG, UP, answer_lists, asked, desk, states, told
from tests.waiting import until


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
