"""Compares what the phones saw with the records. Pure: the caller brings both.

A caller whom the line answered has one row, which is closed; its end, each talk's begin and end and the agent are
those of the phones, to `NEAR_S`. An agent's talks do not overlap. The same is asked of Asterisk's own log (CEL).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bench.stack import CelRow
from phones import Leg
from tests.chaos.crowd import Dialled

NEAR_S = 0.5
"""How far a recorded time may be from the phone's own."""
CROSSED_S = 0.3
"""An agent's phone that was up for less may have crossed the caller's hangup: no talk. It is up once it has Asterisk's
acknowledgement: an Asterisk that reads late lets who answered wait for it, and hear nothing."""
OVERLAP_S = 0.05
BUSY = 486
SETTLE_S = 0.3
"""An urgent caller counts as waiting from so long after entering the queue: messages take their time."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Records:
    """What is stored: rows of `calls`, `talk_segments` and `offers`, times in milliseconds."""

    calls: Sequence[Row]
    segments: Sequence[Row]
    offers: Sequence[Row]


@dataclass(slots=True)
class Verdict:
    """What was found. The lists say of which call, and what is wrong."""

    calls: int = 0
    dropped: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    inversions: list[str] = field(default_factory=list)
    errors_s: list[float] = field(default_factory=list)
    """The differences between recorded times and the phones'."""
    cel_errors_s: list[float] = field(default_factory=list)
    """The same beside Asterisk's own."""

    @property
    def worst_error_s(self) -> float:
        """The largest difference between a recorded time and the phone's."""
        return max(self.errors_s, default=0.0)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.dropped or self.duplicated or self.missing or self.wrong or self.inversions)


@dataclass(slots=True)
class _Talk:
    """One agent's part of a call, as one witness has it."""

    agent: str
    began_at: float
    ended_at: float | None
    by_phone: bool = True
    """The agent's phone hung up."""
    begin_noticed_at: float | None = None
    """When the phone had Asterisk's acknowledgement of its answer."""
    end_noticed_at: float | None = None
    """The same of its hang-up."""
    left_at: float | None = None
    """When the channel left the bridge for good, in Asterisk's log: `ended_at`, its hang-up, may come later there."""
    used: bool = False

    @property
    def up_s(self) -> float:
        """For how long the phone was up; one that never had an acknowledgement, since it answered."""
        since = self.began_at if self.begin_noticed_at is None else self.begin_noticed_at
        return (1e12 if self.ended_at is None else self.ended_at) - since


def judge(
    callers: Iterable[Dialled],
    agent_legs: Iterable[Leg],
    records: Records,
    cel: Sequence[CelRow],
    *,
    cut: bool = False,
    busy_is_fair: bool = False,
    near_s: float = NEAR_S,
    shared: bool = False,
    since: float = 0.0,
) -> Verdict:
    """Hold all against each other. `cut`: the fault itself ends calls, so none counts as dropped; `busy_is_fair`: nor
    does who is told that the line is busy. `near_s`: how far a recorded time may be from the phone's, where Asterisk
    itself is late. `shared`: other programs want the processors too, so that Asterisk or a phone may notice late. What
    a phone did then happened between its message and Asterisk's acknowledgement; what the line did, between Asterisk's
    own time and the phone's. Rows of other callers are held against the agents' phones alone."""
    verdict = Verdict()
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in records.calls:
        rows[row["caller"]].append(row)
    segments: defaultdict[str, list[Row]] = defaultdict(list)
    for segment in records.segments:
        segments[segment["call"]].append(segment)
    talks = _talks_of(agent_legs)
    ends = _ends_in_cel(cel)
    callers = list(callers)
    for caller in callers:
        if caller.leg.final != 200:
            if not cut and not (busy_is_fair and caller.leg.final == BUSY):
                verdict.dropped.append(f"{caller.number}: the line did not answer ({caller.leg.final})")
            continue
        verdict.calls += 1
        mine = rows[caller.number]
        if not mine:
            verdict.missing.append(f"{caller.number}: no row; {_seen(caller.leg)}")
            continue
        if len(mine) > 1:
            verdict.duplicated.append(f"{caller.number}: {len(mine)} rows")
        row = mine[0]
        _judge_call(verdict, caller, row, segments[row["id"]], talks, ends, cut=cut, near_s=near_s, shared=shared)
    ours = {caller.number for caller in callers}
    for row in records.calls:
        if row["caller"] not in ours:
            if row["outcome"] is None:
                verdict.wrong.append(f"{row['id']}: the row of a stranger is open")
            for segment in segments[row["id"]]:
                if (talk := _matching(talks, segment)) is None:
                    verdict.wrong.append(f"{row['id']}: no phone of {segment['agent']} talked to this stranger")
                else:
                    talk.used = True
    for agent_talks in talks.values():
        for talk in agent_talks:
            if not talk.used and talk.began_at >= since and talk.up_s > CROSSED_S:
                verdict.wrong.append(f"agent {talk.agent}: a talk from {talk.began_at:.3f} is in no row")
    verdict.wrong += overlaps(records.segments)
    verdict.inversions = inversions(records)
    return verdict


def on_line(cel: Sequence[CelRow]) -> set[str]:
    """The calls that Asterisk answered and whose callers it has not let go, by its own log."""
    return _answered(cel) - {row.uniqueid for row in cel if row.event == "HANGUP"}


def _answered(cel: Sequence[CelRow]) -> set[str]:
    return {row.uniqueid for row in cel if row.event == "ANSWER" and row.uniqueid == row.linkedid}


def settled(callers: Iterable[Dialled], agent_legs: Iterable[Leg], calls: Sequence[Row], cel: Sequence[CelRow]) -> bool:
    """Whether all that has happened is over and stored, so that it can be judged: nobody is on the line, no agent's
    phone is up, and each call that a caller's phone or Asterisk took for answered, a stranger's too, has a row that is
    closed."""
    closed = [row for row in calls if row["outcome"] is not None]
    return (
        not on_line(cel)
        and not any(leg.answered_at is not None and leg.ended_at is None for leg in agent_legs)
        and _answered(cel) <= {row["id"] for row in closed}
        and {caller.number for caller in callers if caller.leg.final == 200} <= {row["caller"] for row in closed}
    )


def _seen(leg: Leg) -> str:
    return f"up from {leg.answered_at or 0:.3f} to {leg.ended_at or 0:.3f}, ended by {leg.ended_by}"


def _talks_of(legs: Iterable[Leg]) -> dict[str, list[_Talk]]:
    talks: defaultdict[str, list[_Talk]] = defaultdict(list)
    for leg in legs:
        if leg.answered_at is not None:
            talk = _Talk(leg.user, leg.answered_at, leg.ended_at, leg.ended_by == "phone")
            talk.begin_noticed_at = _received(leg, "ACK", None, leg.answered_at)
            talk.end_noticed_at = _noticed_end(leg)
            talks[leg.user].append(talk)
    return talks


def _noticed_end(leg: Leg) -> float | None:
    """When a phone that hung up had Asterisk's answer."""
    return None if leg.ended_at is None else _received(leg, "BYE", 200, leg.ended_at)


def _received(leg: Leg, method: str, status: int | None, since: float) -> float | None:
    told = ((one.at, one.sent, one.method, one.status) for one in leg.messages)
    return next((at for at, *what in told if what == [False, method, status] and at >= since), None)


@dataclass(slots=True)
class _End:
    """A call in Asterisk's own log."""

    ended_at: float | None = None
    agents: list[_Talk] = field(default_factory=list)


def _ends_in_cel(cel: Sequence[CelRow]) -> dict[str, _End]:
    """By call: when the caller's channel ended, and each agent's channel that was answered."""
    found: defaultdict[str, _End] = defaultdict(_End)
    legs: dict[str, _Talk] = {}
    for row in cel:
        if row.uniqueid == row.linkedid:
            if row.event == "HANGUP":
                found[row.linkedid].ended_at = row.at
        elif row.event == "ANSWER":
            talk = _Talk(row.channel.removeprefix("PJSIP/").rpartition("-")[0], row.at, None)
            legs[row.uniqueid] = talk
            found[row.linkedid].agents.append(talk)
        elif row.uniqueid in legs:
            leg = legs[row.uniqueid]
            if row.event == "HANGUP":
                leg.ended_at = row.at
            elif row.event in ("BRIDGE_ENTER", "BRIDGE_EXIT"):
                leg.left_at = row.at if row.event == "BRIDGE_EXIT" else None
    return found


def _judge_call(
    verdict: Verdict, caller: Dialled, row: Row, segments: Sequence[Row], talks: Mapping[str, list[_Talk]],
    ends: Mapping[str, _End], *, cut: bool, near_s: float, shared: bool,
) -> None:  # fmt: skip
    leg, faults = caller.leg, list[str]()
    end = ends.get(row["id"])
    logged = None if end is None else end.ended_at

    def compare(what: str, recorded_ms: int | None, seen: float | None, by_asterisk: float | None) -> None:
        if recorded_ms is None or seen is None:
            faults.append(f"{what}: {recorded_ms} recorded, {seen} seen")
            return
        recorded, other = recorded_ms / 1000, seen if by_asterisk is None or not shared else by_asterisk
        nearest = min(max(recorded, min(seen, other)), max(seen, other))
        error = abs(recorded - nearest)
        verdict.errors_s.append(error)
        if error > near_s:
            faults.append(f"{what}: {recorded - nearest:+.3f} s")

    if row["outcome"] is None:
        verdict.wrong.append(f"{caller.number} {row['id']}: the row is open; {_seen(leg)}")
        return
    compare("end", row["ended_at"], leg.ended_at, _noticed_end(leg) if leg.ended_by == "phone" else logged)
    parts = [_matching(talks, segment) for segment in segments]
    for segment, talk in zip(segments, parts, strict=True):
        if talk is None:
            faults.append(f"no phone of {segment['agent']} talked at {segment['began_at'] / 1000:.3f}")
            continue
        talk.used = True
        channel = _channel_of(segment, end)
        gone = None if channel is None else channel.ended_at
        compare("talk's begin", segment["began_at"], talk.began_at, talk.begin_noticed_at)
        compare("talk's end", segment["ended_at"], talk.ended_at, talk.end_noticed_at if talk.by_phone else gone)
    if (row["outcome"] == "answered") != bool(segments):
        faults.append(f"outcome {row['outcome']} with {len(segments)} talks")
    if segments and row["agent"] != segments[0]["agent"]:
        faults.append(f"agent {row['agent']}, but {segments[0]['agent']} talked")
    faults += _against_cel(verdict, row, segments, end)
    if faults:
        verdict.wrong.append(f"{caller.number} {row['id']} ({row['outcome']}): {'; '.join(faults)}; {_seen(leg)}")
    talked = any(talk is not None and talk.by_phone for talk in parts)
    if not cut and (leg.ended_at is None or (leg.ended_by == "line" and not talked)):
        verdict.dropped.append(f"{caller.number} {row['id']}: {_seen(leg)}, row {row['outcome']} {row['hangup_by']}")


def _matching(talks: Mapping[str, list[_Talk]], segment: Row) -> _Talk | None:
    """The talk on the agent's phone that this segment is about: the nearest one that no other segment has."""
    began = segment["began_at"] / 1000
    free = [talk for talk in talks.get(segment["agent"], ()) if not talk.used]
    nearest = min(free, key=lambda talk: abs(talk.began_at - began), default=None)
    return nearest if nearest is not None and abs(nearest.began_at - began) <= 60 else None


def _against_cel(verdict: Verdict, row: Row, segments: Sequence[Row], end: _End | None) -> list[str]:
    """The same call in Asterisk's log. A part of a talk that was handed on has a channel of its own there."""
    if end is None:
        return ["not in CEL"]
    faults = ["no end in CEL"] if end.ended_at is None else []
    # Asterisk logs a caller's end once the hangup handler is through, and that may wait for the standby.
    times = [] if end.ended_at is None else [("end", max(0.0, row["ended_at"] / 1000 - end.ended_at))]
    for segment in segments:
        times += _talk_beside_cel(segment, _channel_of(segment, end))
    verdict.cel_errors_s += [abs(by_s) for _, by_s in times]
    faults += [f"{what} {by_s:+.3f} s beside CEL" for what, by_s in times if abs(by_s) > NEAR_S]
    told = [talk.agent for talk in end.agents if (talk.ended_at or 1e12) - talk.began_at > CROSSED_S]
    recorded = [segment["agent"] for segment in segments]
    if Counter(told) - Counter(recorded):
        faults.append(f"agents {recorded}, CEL has {told}")
    return faults


def _channel_of(segment: Row, end: _End | None) -> _Talk | None:
    """The channel, in Asterisk's log, of the agent who had this part of a talk. One handed over was answered before, so
    it has none."""
    begin = segment["began_at"] / 1000
    theirs = [talk for talk in end.agents if talk.agent == segment["agent"]] if end else []
    nearest = min(theirs, key=lambda talk: abs(talk.began_at - begin), default=None)
    return None if segment["how"] == "attended" else nearest


def _talk_beside_cel(segment: Row, channel: _Talk | None) -> list[tuple[str, float]]:
    """How far a part of a talk is from the channel of the agent who had it. It ended when the channel left the bridge;
    a line that was away then knows of the channel's hang-up alone, which a busy Asterisk logs a second later."""
    if channel is None or channel.ended_at is None:
        return []
    begin, end = segment["began_at"] / 1000, segment["ended_at"] / 1000
    left_at = channel.ended_at if channel.left_at is None else channel.left_at
    nearest = min(left_at, channel.ended_at, key=lambda at: abs(end - at))
    return [("talk's begin", begin - channel.began_at), ("talk's end", end - nearest)]


def overlaps(segments: Sequence[Row]) -> list[str]:
    """Talks of one agent that were going on at the same time."""
    by_agent: defaultdict[str, list[Row]] = defaultdict(list)
    for segment in segments:
        by_agent[segment["agent"]].append(segment)
    found = []
    for agent, parts in by_agent.items():
        parts.sort(key=lambda part: part["began_at"])
        for before, after in pairwise(parts):
            by_s = (before["ended_at"] - after["began_at"]) / 1000
            if by_s > OVERLAP_S:
                found.append(f"agent {agent}: talks of {before['call']} and {after['call']} overlap by {by_s:.3f} s")
    return found


def inversions(records: Records) -> list[str]:
    """Offers of routine callers made while an urgent one waited who had no offer, and whom the agent had not missed."""
    offers: defaultdict[str, list[Row]] = defaultdict(list)
    for offer in records.offers:
        offers[offer["call"]].append(offer)
    urgent = [row for row in records.calls if row["class"] == "urgent" and row["queued_at"] is not None]
    found = []
    for offer in records.offers:
        if offer["class"] != "routine":
            continue
        at = offer["made_at"]
        for row in urgent:
            over = min(one for one in (row["answered_at"], row["ended_at"], 1 << 62) if one is not None)
            if not row["queued_at"] + SETTLE_S * 1000 < at < over:
                continue
            mine = offers[row["id"]]
            offered = any(one["made_at"] <= at and (one["ended_at"] is None or one["ended_at"] >= at) for one in mine)
            missed = any(one["agent"] == offer["agent"] and one["made_at"] < at for one in mine)
            if not offered and not missed:
                waited_s = (at - row["queued_at"]) / 1000
                found.append(
                    f"{offer['call']} (routine) was offered to {offer['agent']} while {row['id']} (urgent) had waited "
                    f"{waited_s:.3f} s"
                )
                break
    return found
