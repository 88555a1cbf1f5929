"""Asterisk's own log of its channels: the rows that are read, and the events made from them."""

import re
from pathlib import Path

import pytest

from acd.asterisk import channel_log
from acd.asterisk.channel_log import COLUMNS, died, read_since, told, without_end
from acd.asterisk.conf import TEMPLATES
from acd.engine.model.events import CalleeAnswered, CallerGone, HangupRequested, LegGone, OfferAnswered
from acd.engine.model.ids import AgentId, CallId

AGENTS = {"PJSIP/1001": AgentId("1001"), "PJSIP/1002": AgentId("1002")}
CALLER, LEG = "PJSIP/trunk-00000001", "PJSIP/1001-00000002"
CALL = CallId("ast1-100.1")


def line(event: str, at: float, own: str, linked: str, channel: str, extra: str = "") -> str:
    """As cel_custom.conf has it."""
    return f'"{event}","{at:.6f}","{own}","{linked}","{channel}","hotline","4440411","AGI","","{extra}"\n'


def hangup(at: float, own: str, linked: str, channel: str, source: str, cause: int = 16) -> str:
    extra = f'{{""hangupcause"":{cause},""hangupsource"":""{source}"",""dialstatus"":""""}}'
    return line("HANGUP", at, own, linked, channel, extra)


def a_call(at: float, source: str = LEG) -> str:
    """Answered by the line at `at`, by 1001 two seconds later, and over after five."""
    return (
        line("CHAN_START", at, CALL, CALL, CALLER)
        + line("ANSWER", at, CALL, CALL, CALLER)
        + line("ANSWER", at + 2, "ast1-100.2", CALL, LEG)
        + line("BRIDGE_ENTER", at + 2, "ast1-100.2", CALL, LEG, '{""bridge_id"":""x""}')
        + hangup(at + 5, "ast1-100.2", CALL, LEG, source)
        + hangup(at + 5.5, CALL, CALL, CALLER, source)
        + line("CHAN_END", at + 5.5, CALL, CALL, CALLER)
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "Master.csv"


def test_a_call_is_told_with_its_times_and_by_whom_it_was_ended(log: Path) -> None:
    log.write_text(a_call(100.0))
    rows = read_since(log, 0.0)
    assert rows is not None
    assert told(rows, AGENTS, 507.0, 107.0) == (  # our clock is 400 s before the machine's
        OfferAnswered(at=507.0, late_s=5.0, call=CALL, channel=LEG),
        HangupRequested(at=507.0, late_s=2.0, call=CALL, by="agent", channel=LEG),
        LegGone(at=507.0, late_s=2.0, call=CALL, channel=LEG, cause_code=16),
        HangupRequested(at=507.0, late_s=1.5, call=CALL, by="agent", channel=LEG),
        CallerGone(at=507.0, late_s=1.5, call=CALL, cause_code=16, arrived_at=500.0),
    )


@pytest.mark.parametrize(
    ("source", "by"), [(CALLER, "caller"), (LEG, "agent"), ("", "system"), ("dialplan/builtin", "system")]
)
def test_who_hung_up_is_the_phone_that_did_or_else_the_line(log: Path, source: str, by: str) -> None:
    log.write_text(a_call(100.0, source))
    events = told(read_since(log, 0.0) or (), AGENTS, 107.0, 107.0)
    assert next(one.by for one in events if isinstance(one, HangupRequested)) == by


def test_a_call_back_is_told_by_both_its_channels(log: Path) -> None:
    linked = f"{CALL}~1"
    log.write_text(
        line("ANSWER", 100, linked, linked, "Local/agent@callback-00000001;1")
        + line("ANSWER", 101, "ast1-101.5", linked, LEG)
        + line("ANSWER", 104, "ast1-102.6", linked, "PJSIP/outgoing-00000009")
        + hangup(109, "ast1-102.6", linked, "PJSIP/outgoing-00000009", "PJSIP/outgoing-00000009")
    )
    assert told(read_since(log, 0.0) or (), AGENTS, 110.0, 110.0) == (
        OfferAnswered(at=110.0, late_s=9.0, call=CALL, channel=LEG),
        CalleeAnswered(at=110.0, late_s=6.0, call=CALL, channel=LEG, callee="PJSIP/outgoing-00000009"),
        HangupRequested(at=110.0, late_s=1.0, call=CALL, by="caller"),
        CallerGone(at=110.0, late_s=1.0, call=CALL, cause_code=16, called_back=True),
    )


def test_only_what_is_new_is_read_from_a_long_file(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_log, "BLOCK_BYTES", 700)
    log.write_text("".join(a_call(at) for at in range(100, 1100, 10)))
    rows = read_since(log, 1072.0)
    assert rows is not None
    assert [row.at for row in rows] == [1072, 1075, 1075.5, 1080, 1082, 1085, 1085.5, 1090, 1092, 1095, 1095.5]
    assert len(read_since(log, 0.0) or ()) == 400


def test_a_file_that_was_turned_over_in_between_is_read_too(log: Path) -> None:
    log.with_name("Master.csv.1").write_text(a_call(100.0))
    log.write_text(a_call(200.0))
    assert len(read_since(log, 103.0) or ()) == 2 + 4
    assert len(read_since(log, 203.0) or ()) == 2
    log.unlink()  # turned over, and nothing has been written since
    assert len(read_since(log, 103.0) or ()) == 2


def test_what_is_no_whole_line_of_ours_is_left_out(log: Path) -> None:
    log.write_text(
        '"ANSWER","x","a"\n'
        + '"HANGUP","nan?","a","b","c","d","e","f","g","h"\n'
        + '"HANGUP","101","ast1-1.1","ast1-1.1","PJSIP/trunk-1","","","","","[1]"\n'
        + "\x00\xff garbage\n"
        + a_call(100.0)
        + '"HANGUP","107.0","ast1-100.9","ast1-100.9","PJSIP/tru'
    )
    assert [row.at for row in read_since(log, 0.0) or ()] == [100, 102, 105, 105.5]


@pytest.mark.parametrize("quoted", ["x", "x" * 200_000], ids=["never closed", "longer than a field may be"])
def test_a_broken_quote_costs_its_own_line_alone(log: Path, quoted: str) -> None:
    log.write_text(
        f'"ANSWER","101.0","{CALL}","{CALL}","{CALLER}","","","","","{quoted}\n'
        + "".join(map(a_call, range(102, 2000, 10)))
    )
    assert [row.at for row in read_since(log, 0.0) or ()][:4] == [102, 104, 107, 107.5]


def test_no_file_is_no_log_and_an_empty_one_tells_of_nothing(log: Path) -> None:
    assert read_since(log, 0.0) is None
    log.touch()
    assert read_since(log, 0.0) == []


def test_a_call_without_an_end_that_is_not_up_died_with_asterisk(log: Path) -> None:
    log.write_text(a_call(100.0))
    rows = read_since(log, 0.0)
    assert rows is not None
    up, dead = CallId("ast1-1.1"), CallId("ast1-2.2")
    assert without_end(rows, {CALL, up, dead}, {up}) == {dead}
    assert died({dead}, 103.0, 110.0) == (
        HangupRequested(at=110.0, late_s=7.0, call=dead, by="unknown"),
        CallerGone(at=110.0, late_s=7.0, call=dead),
    )


def test_asterisk_writes_the_rows_without_its_dialplan() -> None:
    """res_cdrel_custom knows these functions (its sample of cel_custom.conf says which). With any other it has the
    dialplan evaluate the mapping for each row."""
    (mapping,) = re.findall(r"^Master\.csv => (.+)$", (TEMPLATES / "cel_custom.conf").read_text("utf-8"), re.MULTILINE)
    known = r"\$\{CSV_QUOTE\(\$\{(CHANNEL\([a-z]+\)|eventtype|eventtime|eventextra|BRIDGEPEER)\}\)\}"
    fields = mapping.split(",")
    assert len(fields) == COLUMNS
    assert [field for field in fields if not re.fullmatch(known, field)] == []
