"""Whether the times of a record are those of what happened. Pure: the caller brings what the witnesses saw.

A busy machine lets any witness be late, but none is early. So each moment of a record lies between one that was before
it (a phone had sent its answer, Asterisk had logged it) and one that was after it (Asterisk told of it over AMI, by the
same time to all who listen). On an idle machine a few milliseconds are between the two. Where a phone and Asterisk both
noted what was before, the earlier one counts: the other is late.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from bench.stack import CelRow
from phones import Leg

SLACK_S = 0.3
"""A phone notes the time of a message after it has sent it."""
DIALS_S = 3.0
"""The longest time from an offer to the phone that it lets ring, on a busy machine."""
ROUNDED_S = 0.002
"""What the rounding of two times to milliseconds does to their difference."""


@dataclass(frozen=True, slots=True)
class AmiTimes:
    """When Asterisk told over AMI that channels had picked up and that they were gone, by their unique ids."""

    answers: Mapping[str, float]
    ends: Mapping[str, float]


def unix(text: str) -> float:
    """Unix seconds of a time in a record."""
    return datetime.fromisoformat(text).timestamp()


def hold(
    record: dict[str, Any],
    caller: Leg,
    agents: Sequence[Leg],
    cel: Sequence[CelRow],
    ami: AmiTimes,
    offered_at: float | None,
) -> None:
    """Hold the times of an ended call against its witnesses: the caller's phone, the agents' phones, CEL and AMI.
    `offered_at` is when, by the journal, the caller was offered to the agent who answered; None if nobody did."""
    assert caller.answered_at is not None
    assert caller.ended_at is not None
    call, own = record["id"], _logged(cel, record["id"])
    entered, ended = unix(record["entered_at"]), unix(record["ended_at"])
    by_caller = record["hangup_by"] == "caller" and caller.ended_by == "phone"
    left = min(caller.ended_at, own["HANGUP"]) if by_caller else own["HANGUP"]
    _between("ended_at", ended, left, ami.ends[call], record)
    if record["answered_at"] is None:
        assert (record["talk_s"], record["ring_s"], record["answer_delay_s"]) == (None, None, None), record
        arrived, offered = entered, ended
    else:
        answered = unix(record["answered_at"])
        channel = _channel(cel, record, answered)
        _hold_talk(record, caller, _phone(agents, record, answered), cel, channel, ami)
        assert offered_at is not None, record
        rung_s = answered - offered_at
        assert record["ring_s"] == pytest.approx(rung_s, abs=ROUNDED_S), f"the offer was {rung_s:.3f} s ago: {record}"
        arrived, offered = answered - record["answer_delay_s"], _logged(cel, channel)["CHAN_START"]
    if record["queued_at"] is None:
        assert record["wait_s"] is None, record
    else:
        _between("queued_at", entered, min(own["ANSWER"], caller.answered_at), offered, record)
        waited_s = (ended if record["answered_at"] is None else unix(record["answered_at"])) - entered
        assert record["wait_s"] == pytest.approx(waited_s, abs=ROUNDED_S), record
    if record["queued_at"] is None or record["answered_at"] is not None:
        # A caller who left before their session began is known by their end alone.
        answer = min(own["ANSWER"], caller.answered_at) if arrived < ended else ami.ends[call]
        _between("arrival", arrived, min(caller.invited_at, own["CHAN_START"]), answer, record)


def _hold_talk(
    record: dict[str, Any], caller: Leg, agent: Leg, cel: Sequence[CelRow], channel: str, ami: AmiTimes
) -> None:
    """Hold the agent's part against the witnesses. `channel` is the unique id of the agent's channel."""
    assert caller.ended_at is not None
    assert agent.answered_at is not None
    call, own, theirs = record["id"], _logged(cel, record["id"]), _logged(cel, channel)
    answered, over = unix(record["answered_at"]), unix(record["answered_at"]) + record["talk_s"]
    picked_up = min(agent.answered_at, theirs["ANSWER"])
    _between("answered_at", answered, picked_up, ami.answers[channel], record)
    began = theirs["CHAN_START"]
    _between("ring_s", record["ring_s"], picked_up - began, answered - began + DIALS_S, record)
    assert record["ring_s"] <= record["wait_s"] + ROUNDED_S, record
    if record["hangup_by"] == "agent" and agent.ended_by == "phone":
        assert agent.ended_at is not None
        # The caller's channel may hear a good-bye after that.
        hung_up, last = min(agent.ended_at, theirs["HANGUP"]), ami.ends[channel]
    elif record["hangup_by"] == "caller" and caller.ended_by == "phone":
        hung_up, last = min(caller.ended_at, own["HANGUP"]), ami.ends[call]
    else:
        hung_up, last = min(own["HANGUP"], theirs["HANGUP"]), max(ami.ends[call], ami.ends[channel])
    _between("the talk's end", over, hung_up, last, record)
    assert over <= unix(record["ended_at"]) + SLACK_S, record


def _between(what: str, value: float, first: float, last: float, record: dict[str, Any]) -> None:
    assert first - SLACK_S <= value <= last + SLACK_S, (
        f"{what} is {value:.3f}, but the witnesses say {first:.3f} to {last:.3f}: {record}"
    )


def _logged(cel: Sequence[CelRow], channel: str) -> dict[str, float]:
    """When Asterisk logged each event of a channel first."""
    return {row.event: row.at for row in reversed(cel) if row.uniqueid == channel}


def _channel(cel: Sequence[CelRow], record: dict[str, Any], answered: float) -> str:
    """The agent's channel in this call."""
    rows = [
        row
        for row in cel
        if row.event == "ANSWER"
        and row.linkedid == record["id"]
        and row.channel.startswith(f"PJSIP/{record['agent']}-")
    ]
    return min(rows, key=lambda row: abs(row.at - answered)).uniqueid


def _phone(agents: Sequence[Leg], record: dict[str, Any], answered: float) -> Leg:
    """What the agent's phone saw of this call."""
    legs = [leg for leg in agents if leg.user == record["agent"] and leg.answered_at is not None]
    return min(legs, key=lambda leg: abs((leg.answered_at or 0.0) - answered))
