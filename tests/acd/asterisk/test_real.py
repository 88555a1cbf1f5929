"""The node on a real Asterisk with sipp phones: what is posted of every way a call can go, beside what pyst2 saw; and
that a connection that breaks again and again under load leaves no wrong belief behind."""

import asyncio
import shutil
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest

from acd.asterisk.manager_user import NEEDED_EVENTS
from acd.asterisk.node import AsteriskNode
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.event_base import Event
from acd.engine.model.events import (
    AnyEvent,
    CallerGone,
    CallHeld,
    CallUnheld,
    CommandFailed,
    HangupRequested,
    LegGone,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
)
from acd.engine.model.ids import AgentId, CallId, NodeId
from phones import Agent, Caller, Login, Phones, may_send_keys
from phones.ports import free_tcp_port
from tests.acd.asterisk.ami_peer import running
from tests.acd.asterisk.real import AGENTS, SECRET, STORIES, Channel, Sessions, Told, dial, private_asterisk, tell
from tests.services import missing
from tests.waiting import until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:asterisk"),  # pyst2 on a newer Python
]


@pytest.fixture(scope="module", autouse=True)
def sipp() -> None:
    if shutil.which("sipp") is None:
        missing("sipp")
    if not may_send_keys():
        missing("sipp's right to a raw socket (root, or setcap cap_net_raw+ep)")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """All stories, told once."""
    return asyncio.run(tell(tmp_path_factory.mktemp("real")))


E = TypeVar("E", bound=Event)


def only(events: list[AnyEvent], kind: type[E]) -> list[E]:
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def in_order(events: list[AnyEvent], *kinds: type[Event]) -> bool:
    """Whether the first of each kind stand in this order."""
    places = [next(place for place, event in enumerate(events) if isinstance(event, kind)) for kind in kinds]
    return places == sorted(places)


def leg_of(events: list[AnyEvent]) -> str:
    """The one leg that was rung."""
    (ringing,) = only(events, OfferRinging)
    return ringing.channel


@pytest.mark.parametrize("story", STORIES)
def test_every_call_ends_once_and_every_phone_is_free_again(told: Told, story: str) -> None:
    events = told.of(story)
    assert len(only(events, CallerGone)) == 1
    opened = [event.channel for event in only(events, AgentChannelOpened)]
    assert [event.channel for event in only(events, AgentChannelClosed)] == opened
    rung = STORIES[story].phone is not None
    assert len(opened) == len(only(events, OfferRinging)) == rung
    assert len(only(events, OfferAnswered)) + len(only(events, OfferFailed)) == rung
    if rung:
        assert leg_of(events) == opened[0]
        assert {event.channel for event in only(events, LegGone)} == {opened[0]}
        assert in_order(events, AgentChannelOpened, OfferRinging, AgentChannelClosed)


@pytest.mark.parametrize(
    ("story", "status", "cause"),
    [
        ("busy", "BUSY", 17),
        ("declined", "NOANSWER", 21),
        ("unavailable", "NOANSWER", 19),
        ("failing", "NOANSWER", 38),
    ],
)
def test_a_refusals_cause_is_known_before_its_end(told: Told, story: str, status: str, cause: int) -> None:
    events = told.of(story)
    assert [event.status for event in only(events, OfferFailed)] == [status]
    assert {event.cause_code for event in only(events, LegGone)} == {cause}
    assert in_order(events, OfferRinging, LegGone, OfferFailed)
    assert "agent" not in [event.by for event in only(events, HangupRequested)]  # an offer's end, not the call's


@pytest.mark.parametrize("story", ["no_answer", "silent_phone", "vanished"])
def test_a_ring_without_an_answer(told: Told, story: str) -> None:
    events = told.of(story)
    assert [event.status for event in only(events, OfferFailed)] == ["NOANSWER"]
    assert {event.cause_code for event in only(events, LegGone)} == {0}
    assert told.statuses[story] == "NOANSWER"


def test_dialstatus_as_agi_gives_it(told: Told) -> None:
    assert {story: status for story, status in told.statuses.items() if status} == {
        "agent_hangs_up": "ANSWER",
        "held": "ANSWER",
        "busy": "BUSY",
        "declined": "CHANUNAVAIL",
        "unavailable": "NOANSWER",
        "failing": "CHANUNAVAIL",
        "no_answer": "NOANSWER",
        "not_registered": "CHANUNAVAIL",
        "silent_phone": "NOANSWER",
        "recalled": "CHANUNAVAIL",
        "vanished": "NOANSWER",
    } | ({"both_hang_up": "ANSWER"} if told.statuses["both_hang_up"] else {})


@pytest.mark.parametrize(
    ("story", "by"), [("agent_hangs_up", "agent"), ("caller_hangs_up", "caller"), ("held", "agent"), ("keys", "caller")]
)
def test_who_hung_up_is_who_is_told_first(told: Told, story: str, by: str) -> None:
    assert only(told.of(story), HangupRequested)[0].by == by


def test_both_at_once_is_one_talk_and_one_end(told: Told) -> None:
    events = told.of("both_hang_up")
    assert only(events, HangupRequested)[0].by in ("caller", "agent")
    assert in_order(events, OfferAnswered, HangupRequested, LegGone)
    assert in_order(events, HangupRequested, CallerGone)


def test_a_caller_who_goes_while_it_rings(told: Told) -> None:
    events = told.of("caller_gone_ringing")
    assert only(events, HangupRequested)[0].by == "caller"
    assert [event.status for event in only(events, OfferFailed)] == ["CANCEL"]
    assert in_order(events, OfferRinging, HangupRequested, OfferFailed, CallerGone)


def test_a_recalled_offer_is_told_by_its_cause(told: Told) -> None:
    events = told.of("recalled")
    assert {event.cause_code for event in only(events, LegGone)} == {26}
    assert [event.status for event in only(events, OfferFailed)] == ["NOANSWER"]
    assert not only(told.posted, CommandFailed)
    assert [event.by for event in only(events, HangupRequested)] == ["system"]  # when the line let the caller go


def test_a_phone_that_vanishes_is_missed_while_it_still_rings(told: Told) -> None:
    about = [
        event
        for event in told.posted
        if getattr(event, "call", None) == told.calls["vanished"] or getattr(event, "agent", None) == "1014"
    ]
    assert [event.state for event in only(about, DeviceStateChanged)] == ["available", "unavailable"]
    gone = next(event for event in only(about, DeviceStateChanged) if event.state == "unavailable")
    assert about.index(only(about, OfferRinging)[0]) < about.index(gone) < about.index(only(about, OfferFailed)[0])


def test_hold_is_the_agents(told: Told) -> None:
    assert in_order(told.of("held"), OfferAnswered, CallHeld, CallUnheld, HangupRequested)
    assert len(only(told.of("held"), CallHeld)) == len(only(told.of("held"), CallUnheld)) == 1
    # A phone that sends its caller on takes them off hold first, whether they were on hold or not.
    assert {event.call for event in only(told.posted, CallHeld)} == {told.calls["held"], told.calls["handed_over"]}


def test_keys_reach_us_while_agi_is_silent(told: Told) -> None:
    assert told.keys == [(told.calls["keys"], "9"), (told.calls["keys"], "2")]


def test_private_calls_open_and_close_phones_only_as_often_as_there_are_calls(told: Told) -> None:
    for agent, calls in (("1015", 2), ("1016", 1)):
        for kind in (AgentChannelOpened, AgentChannelClosed):
            assert len([event for event in only(told.posted, kind) if getattr(event, "agent", "") == agent]) == calls


def test_pyst2_saw_the_very_same_events_in_the_same_order(told: Told) -> None:
    def brief(events: list[dict[str, str]]) -> list[tuple[str, ...]]:
        """From the first channel on: before it, the two may have logged in at different moments."""
        channels = ("Newchannel", "DialBegin", "DialEnd", "Hangup", "HangupRequest", "SoftHangupRequest", "Hold")
        keys = ("Event", "Channel", "Uniqueid", "Linkedid", "DestChannel", "DialStatus", "Cause", "CallerIDNum")
        return [tuple(event.get(key, "") for key in keys) for event in events if event["Event"] in channels]

    assert brief(told.witness) == brief(told.raw)
    assert {event["Event"] for event in told.raw} <= set(NEEDED_EVENTS)  # Asterisk's filter does its work


def test_what_is_posted_is_in_the_order_of_time(told: Told) -> None:
    """As far as Asterisk's threads are at one. What says that a phone is gone waits for Asterisk to confirm it."""
    times = [event.at for event in told.posted]
    assert all(after >= before - 0.25 for before, after in pairwise(times))
    assert isinstance(told.posted[0], NodeReconciled)
    assert only(told.posted, NodeLost) == told.posted[-1:]  # when we stopped


# --- a connection that breaks under load


@dataclass
class Belief:
    """What somebody believes who knows nothing but the posted events."""

    calls: set[CallId] = field(default_factory=set)
    channels: dict[AgentId, set[str]] = field(default_factory=dict)
    talking: set[str] = field(default_factory=set)
    phones: set[AgentId] = field(default_factory=set)
    truths: int = 0

    def take(self, event: AnyEvent) -> None:
        match event:
            case NodeReconciled():
                self.truths += 1
                self.calls &= {call.call for call in event.calls}
                self.channels = {agent: set(names) for agent, names in event.agent_channels.items()}
                self.talking = {call.leg for call in event.calls if call.talking}
                self.phones = set(event.available)
            case AgentChannelOpened(agent=agent, channel=channel):
                self.channels.setdefault(agent, set()).add(channel)
            case AgentChannelClosed(agent=agent, channel=channel):
                self.channels.setdefault(agent, set()).discard(channel)
            case OfferAnswered(call=call, channel=channel):
                self.calls.add(call)
                self.talking.add(channel)
            case LegGone(channel=channel):
                self.talking.discard(channel)
            case CallerGone(call=call):
                self.calls.discard(call)
            case DeviceStateChanged(agent=agent, state=state):
                (self.phones.add if state == "available" else self.phones.discard)(agent)


async def test_a_connection_that_breaks_under_load_leaves_no_wrong_belief(tmp_path: Path) -> None:
    """Calls come and go ten a second while the connection is cut every 0.15 s. In the end eight talk, and all
    that is believed is what Asterisk says."""
    belief, sessions, agi_port = Belief(), Sessions(), free_tcp_port()
    quick = [str(extension) for extension in range(1001, 1009)]
    lasting = [str(extension) for extension in range(1009, 1017)]
    free = asyncio.Queue[str]()
    for extension in quick:
        free.put_nowait(extension)

    async def next_free(caller: Channel) -> None:
        extension = await free.get()
        try:
            await dial(extension, 3.0)(caller)
        finally:
            free.put_nowait(extension)

    with (
        private_asterisk(tmp_path / "asterisk", agi_port) as instance,
        Phones("127.0.0.1", instance.spec.sip_port, tmp_path / "phones") as phones,
    ):
        node = AsteriskNode(
            node=NodeId("ast1"),
            host="127.0.0.1",
            port=instance.spec.ami_port,
            user="cozum",
            secret=SECRET,
            agents=AGENTS,
            post=belief.take,
            on_key=lambda call, key, late_s: None,
            clock=time.time,
        )
        async with sessions.serving(agi_port), running(node.run()):
            for number in range(40):
                sessions.plans[f"0001{number:07d}"] = next_free
            for number, extension in enumerate(lasting):
                sessions.plans[f"0002{number:07d}"] = dial(extension, 10.0)
            await asyncio.gather(
                asyncio.to_thread(phones.staff, logins_of(quick), Agent(answer_after_s=0.05, talk_s=0.1)),
                asyncio.to_thread(phones.staff, logins_of(lasting), Agent(answer_after_s=0.05, talk_s=None)),
            )
            passing = phones.call(Caller(), count=40, rate=10, numbers=[f"0001{n:07d}" for n in range(40)])
            staying = phones.call(Caller(), count=8, rate=4, numbers=[f"0002{n:07d}" for n in range(8)])
            while passing.running:
                await until(lambda: node.connected, "reconciled")
                await asyncio.sleep(0.15)
                node._ami.drop("cut by the test")
            assert passing.wait(30).failed == 0
            await until(lambda: node.connected and len(belief.talking) == 8, "eight talk")
            await until(lambda: truth_of(instance.rx("core show channels concise")) == said_by(belief), "the truth")
            assert belief.truths >= 5
            assert belief.phones == {*quick, *lasting}
            assert all(leg.split("-")[0].removeprefix("PJSIP/") in lasting for leg in belief.talking)
            instance.rx("channel request hangup all")
            assert (await asyncio.to_thread(staying.wait, 60)).failed == 0
            await until(lambda: not belief.talking and not any(belief.channels.values()), "all have gone")


def logins_of(extensions: list[str]) -> list[Login]:
    return [Login(extension, f"demo{extension}") for extension in extensions]


def truth_of(listing: str) -> set[str]:
    """Agents' channels that Asterisk's own console shows."""
    return {line.split("!")[0] for line in listing.splitlines() if line.startswith("PJSIP/1")}


def said_by(belief: Belief) -> set[str]:
    return {channel for channels in belief.channels.values() for channel in channels}
