"""Whole days at random while AMI is seconds behind FastAGI: each talk is recorded once, as it was."""

import heapq
import itertools
import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from acd.engine.model.commands import CancelOffer, FindCaller, OfferCall, ReleaseCall
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    CallerGone,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallEnded, OfferEnded, OfferMade, TalkEnded
from acd.engine.model.ids import CallId, OfferId, ServiceId
from tests.acd.engine.line import Line
from tests.acd.engine.test_late_answers import AST1, RING_S, connected


@dataclass
class Dialled:
    """One Dial of a caller's, as it really goes."""

    offer: OfferId
    agent: str
    leg: str
    answers_at: float | None
    over: bool = False


@dataclass
class World:
    """Callers, agents' phones and an Asterisk whose AMI is seconds late; AGI is not."""

    rng: random.Random
    line: Line
    lag_s: float
    behind_s: float = 0.0
    """Asterisk's clock is so far behind the line's."""
    sends: float = 0.0
    """The part of the talks that end when the agent sends the caller on."""
    queue: list[tuple[float, int, Any]] = field(default_factory=list)
    dials: dict[str, Dialled] = field(default_factory=dict)
    talks: list[tuple[str, str, float, float]] = field(default_factory=list)
    up: set[str] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _read_at: float = 0.0

    def at(self, when: float, what: Any) -> None:
        heapq.heappush(self.queue, (when, next(self._numbers), what))

    def ami(self, happened: float, make: Any) -> None:
        """AMI tells of this as late as it is then, in order."""
        self._read_at = max(self._read_at, round(happened + self.lag_s * self.rng.random(), 3))
        read_at = self._read_at
        late_s = round(read_at - happened + self.behind_s, 3)
        self.at(read_at, lambda: self.say(make(at=read_at, late_s=late_s)))

    def some(self, most: float) -> float:
        """Some seconds, no two the same: in one moment nothing else happens."""
        return round(self.rng.uniform(0.0, most), 3) + next(self._numbers) * 1e-6

    def say(self, event: AnyEvent) -> None:
        for item in self.line.do(event):
            if isinstance(item, OfferCall):
                self.dial(item)
            elif isinstance(item, ReleaseCall) and item.call in self.up:
                self.at(self.line.at + 0.2, lambda call=item.call: self.hangs_up(call, "system"))
            elif isinstance(item, CancelOffer):
                self.is_cut(item)
            elif isinstance(item, FindCaller):
                raise AssertionError("no word is ever lost here")

    def is_cut(self, item: CancelOffer) -> None:
        talking = [dial for dial in self.dials.values() if not dial.over and (dial.answers_at or 1e9) <= self.line.at]
        assert item.channel not in [dial.leg for dial in talking], f"{item} cuts a talk"

    def dial(self, offer: OfferCall) -> None:
        now, call = self.line.at, offer.call
        engaged = {dial.agent: call for call, dial in self.dials.items() if not dial.over}
        assert offer.agent not in engaged, f"{offer.agent} is rung, and has {engaged[offer.agent]}"
        picks_up_s = self.rng.choice((None, self.some(1.0), self.some(5.0), self.some(RING_S)))
        dial = Dialled(offer.offer, offer.agent, f"{offer.endpoint}-{offer.offer}", picks_up_s and now + picks_up_s)
        self.dials[call] = dial
        leg = dial.leg
        self.ami(now, lambda **t: OfferRinging(call=call, channel=leg, **t))
        if dial.answers_at is None:
            self.at(now + RING_S, lambda: self.rings_out(call, dial))
            return
        self.at(dial.answers_at, lambda: self.picks_up(call, dial))

    def rings_out(self, call: CallId, dial: Dialled) -> None:
        if dial.over:
            return
        dial.over, now, leg = True, self.line.at, dial.leg
        self.ami(now, lambda **t: OfferFailed(call=call, status="NOANSWER", channel=leg, **t))
        self.ami(now, lambda **t: LegGone(call=call, channel=leg, **t))
        self.say(OfferReturned(at=now, call=call, offer=dial.offer, status="NOANSWER"))

    def picks_up(self, call: CallId, dial: Dialled) -> None:
        if dial.over:
            return
        now, leg = self.line.at, dial.leg
        self.ami(now, lambda **t: OfferAnswered(call=call, channel=leg, **t))
        self.at(now + self.some(self.rng.choice((0.5, 3.0, 10.0, 40.0))), lambda: self.agent_ends(call, dial))

    def agent_ends(self, call: CallId, dial: Dialled) -> None:
        if dial.over:
            return
        self.over(call, dial)
        now, leg = self.line.at, dial.leg
        if self.sends and self.rng.random() < self.sends:
            self.sends_on(call, dial, self.rng.choice(("1001", "1002", "1003", dial.agent, "")))
            return
        self.ami(now, lambda **t: HangupRequested(call=call, by="agent", channel=leg, **t))
        self.ami(now, lambda **t: LegGone(call=call, channel=leg, **t))
        self.say(OfferReturned(at=now, call=call, offer=dial.offer, status="ANSWER"))

    def sends_on(self, call: CallId, dial: Dialled, to: str) -> None:
        """The agent sends the caller on to a colleague, to themselves or back to the queue."""
        now, leg = self.line.at, dial.leg
        self.ami(now, lambda **t: Transferred(call=call, leg=leg, kind="blind", dialled=to, **t))
        self.ami(now, lambda **t: LegGone(call=call, channel=leg, **t))
        self.say(OfferReturned(at=now, call=call, offer=dial.offer, status="", unsure=True))
        self.say(CallDetached(at=now, call=call))
        self.at(now + 0.05, lambda: self.attaches(call, leg, to))

    def attaches(self, call: CallId, leg: str = "", to: str = "") -> None:
        now, channel = self.line.at, f"PJSIP/trunk-{call}"
        if call in self.up:
            self.say(CallAttached(at=now, call=call, node=AST1, channel=channel, transfer_leg=leg, transfer_to=to))

    def over(self, call: CallId, dial: Dialled) -> None:
        dial.over, now = True, self.line.at
        if dial.answers_at is not None and dial.answers_at <= now:
            self.talks.append((call, dial.agent, dial.answers_at, now))

    def hangs_up(self, call: CallId, by: str) -> None:
        if call not in self.up:
            return
        self.up.discard(call)
        now, dial = self.line.at, self.dials.get(call)
        if by == "caller":
            self.ami(now, lambda **t: HangupRequested(call=call, by="caller", **t))
        if dial is not None and not dial.over:
            self.over(call, dial)
            leg, talked = dial.leg, (dial.answers_at or 1e9) <= now
            if not talked:
                self.ami(now, lambda **t: OfferFailed(call=call, status="CANCEL", channel=leg, **t))
            self.ami(now, lambda **t: LegGone(call=call, channel=leg, **t))
            self.say(OfferReturned(at=now, call=call, offer=dial.offer, status="CANCEL", unsure=True))
        self.ami(now, lambda **t: CallerGone(call=call, **t))
        self.say(CallDetached(at=now, call=call))

    def arrives(self, call: CallId) -> None:
        self.up.add(call)
        self.attaches(call)
        self.say(ServiceChosen(at=self.line.at, call=call, service=ServiceId("request")))
        self.at(
            self.line.at + self.some(self.rng.choice((2.0, 6.0, 15.0, 80.0))), lambda: self.hangs_up(call, "caller")
        )

    def run(self) -> None:
        while self.queue or self.line.engine.state.calls:
            timer = min(self.line.timers, key=self.line.timers.__getitem__, default=None)
            due = self.line.timers[timer] if timer is not None else 1e12
            if self.queue and self.queue[0][0] <= due:
                when, _, what = heapq.heappop(self.queue)
                self.line.at = max(self.line.at, when)
                what()
            else:
                assert timer is not None
                before = len(self.line.history)
                self.line.passes(max(0.0, due - self.line.at))
                for item in self.line.history[before:]:
                    if isinstance(item, OfferCall):
                        self.dial(item)
                    elif isinstance(item, CancelOffer):
                        self.is_cut(item)


def lived(seed: int, lag_s: float, behind_s: float = 0.0, sends: float = 0.0) -> tuple[Line, World]:
    line = connected("1001 1002 1003", max_misses=99, retry_s=1, skip_s=2)
    world = World(random.Random(seed), line, lag_s, behind_s, sends)
    for nth in range(25):
        world.at(1000.0 + nth * 2.5, partial(world.arrives, CallId(f"c{nth}")))
    world.run()
    return line, world


@pytest.mark.parametrize("lag_s", [0.0, 1.0, 4.0, 12.0])
@pytest.mark.parametrize("seed", range(12))
def test_every_talk_is_recorded_once_as_it_was_however_late_ami_is(lag_s: float, seed: int) -> None:
    line, world = lived(seed, lag_s)
    recorded = [(one.call, one.agent, round(one.began_at, 3), round(one.at, 3)) for one in line.facts(TalkEnded)]
    assert sorted(recorded) == sorted((call, agent, round(a, 3), round(e, 3)) for call, agent, a, e in world.talks)
    ends = line.facts(CallEnded)
    assert len(ends) == 25
    had = {call for call, *_ in world.talks}
    assert {end.call for end in ends if end.outcome == "answered"} == had
    assert len(line.facts(OfferEnded)) == len(line.facts(OfferMade))
    assert len(line.facts(CallAnswered)) == len(had)


@pytest.mark.parametrize("behind_s", [0.0, 0.2, 4.0])
@pytest.mark.parametrize("lag_s", [0.0, 4.0, 12.0])
@pytest.mark.parametrize("seed", range(5))
def test_every_talk_is_recorded_once_where_callers_are_sent_on_and_clocks_differ(
    seed: int, lag_s: float, behind_s: float
) -> None:
    """A talk that is sent on before AMI tells of its answer has no length: who had it is right, and that nothing is
    cut."""
    line, world = lived(seed, lag_s, behind_s, sends=0.4)
    recorded = [(one.call, one.agent) for one in line.facts(TalkEnded)]
    assert sorted(recorded) == sorted((call, agent) for call, agent, *_ in world.talks)
    assert len(line.facts(CallEnded)) == 25
    assert len(line.facts(OfferEnded)) == len(line.facts(OfferMade))
