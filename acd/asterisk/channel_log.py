"""Reads Asterisk's own log of its channels (CEL) for the time in which no engine received events.

`asterisk-conf/cel_custom.conf` defines a line: ids and channels' names, and no caller's number. Here it is only read;
`channel_log_age` destroys what is too old.
The supervisor rotates the file (`logfiles`); with an Asterisk of your own, logrotate does.
"""

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from acd.asterisk.channel_names import Channel, channel_of, endpoint_of
from acd.asterisk.logfiles import numbered
from acd.asterisk.translate import Agents
from acd.engine.model.events import CalleeAnswered, CallerGone, HangupRequested, LegGone, OfferAnswered, Told
from acd.engine.model.ids import CallId

BLOCK_BYTES = 256 * 1024
MOST_BYTES = 64 * 1024 * 1024
"""The most that is read, from the log's end."""
EARLIER_FILES = 1
COLUMNS = 10


class Row(NamedTuple):
    """One line of the log that is of interest here."""

    event: str
    """`ANSWER` or `HANGUP`."""
    at: float
    channel: Channel
    cause_code: int = 0
    source: str = ""
    """For `HANGUP`, the channel that hung up first; empty if Asterisk itself did or does not know."""


def read_since(path: Path, since: float) -> list[Row] | None:
    """Each answer and end since then, in the order of time; None if there is no log. Raises `OSError`."""
    lines: list[bytes] = []
    there = False
    for number in range(EARLIER_FILES + 1):
        try:
            with numbered(path, number).open("rb") as file:
                reached, found = _lines_since(file, since)
        except FileNotFoundError:  # the file may have been rotated, with nothing written since
            continue
        there, lines = True, found + lines
        if reached:
            break
    rows = [row for row in _rows(lines) if row.at >= since]
    rows.sort(key=lambda row: row.at)
    return rows if there else None


def _lines_since(file: BinaryIO, since: float) -> tuple[bool, list[bytes]]:
    """The whole lines of a file from before `since` on, and whether it reaches so far back. It is read from its end,
    since an outage is short and the file long."""
    end = file.seek(0, 2)
    start, text = end, b""
    while start > 0 and end - start < MOST_BYTES:
        begin = max(0, start - BLOCK_BYTES)
        file.seek(begin)
        text = file.read(start - begin) + text
        start = begin
        first = time_in(text if start == 0 else text.partition(b"\n")[2])
        if first is not None and first < since:
            break
    whole = text if start == 0 else text.partition(b"\n")[2]
    lines = whole[: whole.rfind(b"\n") + 1].splitlines()
    first = time_in(whole)
    return first is not None and first < since, lines


def time_in(text: bytes) -> float | None:
    """The time of the first line."""
    fields = text[:400].partition(b"\n")[0].split(b'"', 4)
    try:
        return float(fields[3])
    except (IndexError, ValueError):
        return None


def _rows(lines: Iterable[bytes]) -> Iterator[Row]:
    for line in lines:
        if line.startswith((b'"ANSWER"', b'"HANGUP"')) and (row := _row(line.decode("utf-8", "replace"))) is not None:
            yield row


def _row(line: str) -> Row | None:
    """The row of a line; None for a line in another form: another program may have written to the file. Each line is
    read by itself: a quote that is never closed costs its own line alone."""
    try:
        (fields,) = csv.reader((line,))
    except (csv.Error, ValueError):
        return None
    if len(fields) != COLUMNS:
        return None
    event, at, own, linked, name, *_, extra = fields
    try:
        channel = channel_of({"Channel": name, "Uniqueid": own, "Linkedid": linked})
        told = json.loads(extra) if extra else {}
        return Row(event, float(at), channel, int(told.get("hangupcause") or 0), str(told.get("hangupsource") or ""))
    except (ValueError, TypeError, AttributeError):
        return None


def told(rows: Iterable[Row], agents: Agents, at: float, now: float) -> tuple[Told, ...]:
    """The rows as events at `at`. Each event is late by its distance from `now`, a time of the machine's clock, which
    Asterisk uses. A hang-up comes before the ends that it caused, as in AMI."""
    out: list[Told] = []
    answered: dict[CallId, float] = {}
    """When the line answered each caller."""
    legs: dict[CallId, str] = {}
    """For each callback the agent's channel that was answered last: it dials the caller."""
    for row in rows:
        channel, call = row.channel, row.channel.call
        late_s = max(0.0, round(now - row.at, 3))
        agents_phone = endpoint_of(channel.name) in agents
        if row.event == "ANSWER":
            if channel.is_leg and agents_phone:
                legs[call] = channel.name
                out.append(OfferAnswered(at=at, late_s=late_s, call=call, channel=channel.name))
            elif channel.is_caller and channel.calls_back and call in legs:
                out.append(CalleeAnswered(at=at, late_s=late_s, call=call, channel=legs[call], callee=channel.name))
            elif channel.is_caller:
                answered[call] = row.at
        elif channel.is_leg and agents_phone:
            out += _by(row, at, late_s, agents)
            out.append(LegGone(at=at, late_s=late_s, call=call, channel=channel.name, cause_code=row.cause_code))
        elif channel.is_caller:
            out += _by(row, at, late_s, agents)
            out.append(
                CallerGone(
                    at=at,
                    late_s=late_s,
                    call=call,
                    cause_code=row.cause_code,
                    arrived_at=None if (began := answered.get(call)) is None else round(at - (now - began), 3),
                    called_back=channel.calls_back,
                )
            )
    return tuple(out)


def _by(row: Row, at: float, late_s: float, agents: Agents) -> list[HangupRequested]:
    """The party that hung up: a phone or, if no phone did, the line. A leg's end alone does not show that it was the
    line."""
    endpoint, call = endpoint_of(row.source), row.channel.call
    if endpoint in agents:
        return [HangupRequested(at=at, late_s=late_s, call=call, by="agent", channel=row.source)]
    if row.source.startswith("PJSIP/"):
        return [HangupRequested(at=at, late_s=late_s, call=call, by="caller")]
    return [HangupRequested(at=at, late_s=late_s, call=call, by="system")] if row.channel.is_caller else []


def answered_at(rows: Iterable[Row], call: str, endpoint: str) -> float | None:
    """When this phone last answered a call; None if the rows do not say."""
    found = None
    for row in rows:
        channel = row.channel
        if row.event == "ANSWER" and channel.is_leg and channel.call == call and endpoint_of(channel.name) == endpoint:
            found = row.at
    return found


def without_end(rows: Iterable[Row], believed: Collection[CallId], up: Collection[CallId]) -> set[CallId]:
    """The calls that the engine believes in, that are not up, and that have no end in the log."""
    ended = {row.channel.call for row in rows if row.event == "HANGUP" and row.channel.is_caller}
    return set(believed) - set(up) - ended


def died(calls: Iterable[CallId], died_at: float, at: float) -> tuple[Told, ...]:
    """The ends of calls that ended when Asterisk itself died, and that it therefore did not log."""
    late_s = max(0.0, round(at - died_at, 3))
    return tuple(
        event
        for call in sorted(calls)
        for event in (
            HangupRequested(at=at, late_s=late_s, call=call, by="unknown"),
            CallerGone(at=at, late_s=late_s, call=call),
        )
    )
