"""The journal: shown, explained, checked and counted."""

import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from acd.cli.entries import as_json, as_text, named_in
from acd.cli.parts import settings_of
from acd.cli.unmasking import AGAIN_S, Unmasking
from acd.engine.model.facts import CallEnded, CallEntered, TaskCallRefused
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.journal import FORMAT, Entry, Snapshot
from acd.engine.model.task_events import TaskCallWished
from storage.journal import JournalReader, SqliteJournal
from storage.salvage import open_journal
from tests.acd.cli.conftest import NAME, NUMBER, ROOT, Cozum, Past, Records, a_past, entries_of


def test_show_gives_the_last_entries_the_newest_last(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "show", "--limit", "3")
    numbers = [int(line.split()[0]) for line in said.out.splitlines() if not line.lstrip().startswith("→")]
    assert numbers == [records.last - 2, records.last - 1, records.last]
    assert said.code == 0


def test_show_after_a_number(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "show", "--after", "1", "--limit", "2", "--json")
    assert [json.loads(line)["seq"] for line in said.out.splitlines()] == [2, 3]


def test_show_one_call(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "show", "--call", records.calls[2], "--limit", "1000", "--json")
    entries = [json.loads(line) for line in said.out.splitlines()]
    assert entries[0]["event"]["type"] == "call_attached"
    assert "call_ended" in [fact["type"] for fact in entries[-1]["facts"]]
    assert all(records.calls[2] in json.dumps(entry) for entry in entries)


def test_show_one_kind_of_event_or_fact(cozum: Cozum, records: Records) -> None:
    assert len(cozum("journal", "show", "--type", "call_attached", "--json").out.splitlines()) == 4
    assert len(cozum("journal", "show", "--type", "offer_made", "--json").out.splitlines()) == 4
    said = cozum("journal", "show", "--type", "offer_maed")
    assert said.code == 2
    assert "--type = 'offer_maed'" in said.err
    assert "offer_made" in said.err


def test_nothing_found_is_said(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "show", "--call", "ast1-1.1")
    assert (said.code, said.out, said.err) == (0, "", "cozum: no entry like that\n")


@pytest.mark.parametrize(
    "words",
    [
        ("show", "--limit", "1000"),
        ("show", "--limit", "1000", "--json"),
        ("why", "{}"),
        ("why", "{}", "--lang", "tr"),
        ("why", "{}", "--json"),
        ("stats",),
        ("verify",),
    ],
)
def test_no_numbers_and_no_names_unless_asked_for(cozum: Cozum, records: Records, words: tuple[str, ...]) -> None:
    said = cozum("journal", *(word.format(records.calls[0]) for word in words))
    assert said.code == 0
    assert len(said.out) > 50
    for secret in (NUMBER, NAME, "Agent 100"):
        assert secret not in said.out


def test_numbers_when_asked_for(cozum: Cozum, records: Records) -> None:
    assert f"{NUMBER}0001" in cozum("journal", "show", "--limit", "1000", "--numbers").out
    why = cozum("journal", "why", records.calls[0], "--numbers").out
    assert f"came in on ast1 from {NUMBER}0001 {NAME}" in why


WISH = "26-000123-3.17.1"
WISHED = TaskCallWished(
    at=1000.0, wish=WISH, request="26-000123-3", task=17, agent=AgentId("1001"), number=f"{NUMBER}0009",
    not_after=1004.0, service=ServiceId("request"), node=NodeId("ast1"), callable="05559998877",
)  # fmt: skip


@pytest.mark.parametrize("taken", [False, True])
def test_the_digits_of_a_call_that_the_line_makes_are_hidden_and_audited(taken: bool) -> None:
    """Also where the line refused it, and there is no call."""
    call = CallId(f"ast1-task.{WISH}")
    entered = CallEntered(
        at=1000.0, call=call, node=NodeId("ast1"), channel="", number=f"{NUMBER}0009", name="", dialled="",
        arrived_at=1000.0,
    )  # fmt: skip
    refused = TaskCallRefused(at=1000.0, wish=WISH, agent=AgentId("1001"), why="denied")
    entry = Entry(seq=1, event=WISHED, facts=(entered if taken else refused,))
    for personal in (False, True):
        shown = as_json(entry, personal=personal), as_text(entry, ZoneInfo("Europe/Istanbul"), personal=personal)
        assert [("05559998877" in text, NUMBER in text) for text in shown] == [(personal, personal)] * 2
    assert named_in(entry) == [call if taken else WISH]


def audited(cozum: Cozum) -> list[tuple[str, str]]:
    """The people who were shown numbers, each with the call; the oldest first."""
    found = json.loads(cozum("users", "audit", "--json").out)
    return [(one["who"], one["about"]) for one in reversed(found) if one["action"] == "unmasked"]


def test_the_audit_has_each_call_whose_caller_was_shown(cozum: Cozum, filled: Records) -> None:
    first, second, third, fourth = filled.calls
    for words in (("show", "--limit", "1000"), ("why", first)):
        assert cozum("journal", *words).code == 0
    assert audited(cozum) == [], "nobody was named"
    said = cozum("journal", "show", "--call", third, "--numbers", "--limit", "1000")
    assert (f"{NUMBER}0003" in said.out, said.err) == (True, "")
    assert audited(cozum) == [("cozum", third)]
    cozum("journal", "why", "last", "--numbers")
    assert audited(cozum) == [("cozum", third), ("cozum", second)]
    cozum("journal", "show", "--numbers", "--json", "--limit", "1000")
    assert audited(cozum)[2:] == [("cozum", call) for call in (first, second, third, fourth)]


@pytest.mark.parametrize("url", ["", "postgresql+asyncpg://cozum:x@127.0.0.1:1/cozum"], ids=["no database", "away"])
def test_without_a_database_numbers_are_shown_and_it_is_said(
    cozum: Cozum, records: Records, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    if url:
        monkeypatch.setenv("COZUM_DATABASE_URL", url)
    for words in (("show", "--limit", "1000"), ("why", records.calls[0])):
        said = cozum("journal", *words, "--numbers")
        assert (said.code, f"{NUMBER}0001" in said.out) == (0, True)
        assert said.err.startswith("cozum: the audit does not have that numbers were shown: ")
        assert said.err.count("\n") == 1, "once"


def test_what_was_shown_while_the_database_was_away_is_in_the_audit_once_it_is_back(
    cozum: Cozum, filled: Records, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third, _ = filled.calls
    now = 0.0
    unmasking = Unmasking(settings_of(None), lambda: now)
    database, elsewhere = data_dir / "cozum.db", data_dir / "elsewhere.db"
    database.rename(elsewhere)
    unmasking.record([first])
    elsewhere.rename(database)
    unmasking.record([second, first])
    assert audited(cozum) == [], "it is not asked at each batch"
    capsys.readouterr()
    now = AGAIN_S
    unmasking.record([])
    assert capsys.readouterr().err == "cozum: the audit has now that numbers were shown\n"
    assert audited(cozum) == [("cozum", first), ("cozum", second)]
    unmasking.record([first, third])
    assert audited(cozum)[2:] == [("cozum", third)]


# --- why


def test_why_tells_a_call(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "why", records.calls[1])
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == f"{records.calls[1]}  1970-01-01"
    # The first call had 1001, so this one was offered to 1002, who let it pass while 1001 talked.
    assert "  offered to 1002, the only one free (64.0 s idle)" in said.out
    assert "· could not be had: talking: 1001" in said.out
    assert "  1002 did not answer in 15.0 s" in said.out
    assert "· no agent for it: talking: 1001; let this call pass or sent it on: 1002" in said.out
    assert "  offered to 1001, who had just ended after-call work" in said.out
    passed = "got agents who had let this call pass: ast1-"
    assert f"· meanwhile 1 other caller was offered an agent: {passed}" in " ".join(said.out.split())
    assert "· nobody else waited for 1001" in said.out
    assert "ended after 100.0 s of talk; hung up by the caller" in said.out
    assert all(re.match(r"(\d\d:\d\d:\d\d\.\d{3}  | {14}· )", line) for line in lines[1:])


def test_why_of_a_call_that_is_up_goes_as_far_as_it_has_come(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "why", records.calls[3])
    assert said.out.splitlines()[-1].strip() == "· no agent for it: paused (meal): 1001; signed out: 1002"


def test_why_finds_a_call_without_its_node_and_the_last_one(cozum: Cozum, records: Records) -> None:
    whole = cozum("journal", "why", records.calls[1]).out
    assert cozum("journal", "why", records.calls[1].removeprefix("ast1-")).out == whole
    assert cozum("journal", "why", "last").out == whole


def test_why_in_turkish_calls_services_by_their_turkish_names(cozum: Cozum, records: Records) -> None:
    assert "istediği: Cenaze (acil)" in cozum("journal", "why", records.calls[0], "--lang", "tr").out
    assert "wants funeral (urgent)" in cozum("journal", "why", records.calls[0]).out


def test_why_names_the_setting_behind_a_decision(cozum: Cozum, data_dir: Path) -> None:
    line = Past("1001 1002")
    line.ready("1001")
    line.ready("1002")
    call = line.comes(1, "request")
    data_dir.mkdir(parents=True, exist_ok=True)
    journal = SqliteJournal(data_dir / "journal.db")
    journal.append(entries_of(line.events)[0])
    journal.close()
    for lang in ("en", "tr"):
        told = " ".join(cozum("journal", "why", call, "--lang", lang).out.split())
        assert re.search(r"1001.* \[strategy\]", told), told


def test_why_of_no_call(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "why", "ast1-1.7")
    assert said.code == 1
    assert said.err.startswith("cozum: call = 'ast1-1.7': not in the journal, whose entries go from 1 to ")
    assert cozum("journal", "why", records.calls[0], "--lang", "de").code == 2


def test_why_as_json(cozum: Cozum, records: Records) -> None:
    told = json.loads(cozum("journal", "why", records.calls[0], "--json").out)
    assert told["call"] == records.calls[0]
    assert {"at": "1970-01-01T00:18:10.000Z", "kind": "entered", "text": "came in on ast1", "detail": False} in told[
        "told"
    ]


def test_why_where_the_journals_beginning_is_gone(cozum: Cozum, records: Records) -> None:
    journal = SqliteJournal(records.file)
    with JournalReader(records.file) as reader:
        first = next(one.seq for one in reader.read(0, 1000) if getattr(one.event, "call", "") == records.calls[1])
    journal.drop(older_than=1e9, readers_at=[first - 1])
    journal.close()
    said = cozum("journal", "why", records.calls[1])
    assert said.code == 0
    assert "offered to" in said.out
    assert "could not be had" not in said.out
    assert said.err == (f"cozum: the journal begins at entry {first}, so who else there was then is not known\n")
    assert cozum("journal", "verify").code == 0


def test_why_of_a_call_from_days_ago_starts_at_the_snapshot_of_that_day(cozum: Cozum, data_dir: Path) -> None:
    """Three newer ones have come since, and the journal's beginning is gone."""
    line, calls = a_past()
    entries, _ = entries_of(line.events)
    first = next(one.seq for one in entries if getattr(one.event, "call", "") == calls[1])
    _, then = entries_of(line.events[: first - 1])
    journal = SqliteJournal(data_dir / "journal.db")
    journal.append(entries)
    journal.save_snapshot(Snapshot(seq=first - 1, format=FORMAT, state=then.snapshot()))
    for seq in range(len(entries) - 3, len(entries) + 1):
        journal.save_snapshot(Snapshot(seq=seq, format=FORMAT, state=b"of no use for this"))
    journal.drop(older_than=1e9, readers_at=[first - 2])
    journal.close()
    said = cozum("journal", "why", calls[1])
    assert (said.code, said.err) == (0, "")
    assert "is not known" not in said.out


def test_why_takes_an_older_snapshot_where_those_before_the_call_cannot_be_read(cozum: Cozum, data_dir: Path) -> None:
    line, calls = a_past()
    entries, _ = entries_of(line.events)
    first = next(one.seq for one in entries if getattr(one.event, "call", "") == calls[1])
    _, then = entries_of(line.events[: first - 3])
    journal = SqliteJournal(data_dir / "journal.db")
    journal.append(entries)
    journal.save_snapshot(Snapshot(seq=first - 3, format=FORMAT, state=then.snapshot()))
    for seq in (first - 2, first - 1, len(entries)):
        journal.save_snapshot(Snapshot(seq=seq, format=FORMAT, state=b"of another version"))
    journal.drop(older_than=1e9, readers_at=[first - 4])
    journal.close()
    said = cozum("journal", "why", calls[1])
    told = f"cozum: the states at entries {first - 1}, {first - 2} were kept by another version and cannot be read\n"
    assert (said.code, said.err) == (0, told)


# --- verify, stats


def test_verify_a_journal_that_is_whole(cozum: Cozum, records: Records) -> None:
    said = cozum("journal", "verify")
    assert said.code == 0
    assert f"{records.last} entries, whole" in said.out
    assert f"{records.last} replayed from entry 1: 0 come to other facts" in said.out
    assert "the newest snapshot is the same as the replay's state" in said.out
    assert json.loads(cozum("journal", "verify", "--json").out)["ok"] is True


def test_verify_begins_at_the_oldest_state_that_can_be_read(cozum: Cozum, records: Records) -> None:
    journal = SqliteJournal(records.file)
    journal.save_snapshot(Snapshot(seq=5, format=FORMAT, state=b"of another version"))
    journal.drop(older_than=1e9, readers_at=[4])
    journal.close()
    said = cozum("journal", "verify")
    assert (said.code, said.err) == (
        0,
        "cozum: the state at entry 5 was kept by another version and cannot be read\n",
    )
    assert f"0 replayed from entry {records.last + 1}" in said.out


def test_verify_finds_facts_the_engine_does_not_come_to(cozum: Cozum, data_dir: Path) -> None:
    line, _ = a_past()
    entries, engine = entries_of(line.events)
    place = next(n for n, entry in enumerate(entries) if any(isinstance(fact, CallEnded) for fact in entry.facts))
    entries[place] = msgspec.structs.replace(entries[place], facts=())
    journal = SqliteJournal(data_dir / "journal.db")
    journal.append(entries)
    journal.save_snapshot(Snapshot(seq=len(entries) - 1, format=FORMAT, state=engine.snapshot()))
    journal.close()
    said = cozum("journal", "verify")
    assert said.code == 1
    assert "1 come to other facts" in said.out
    assert f"they are {place + 1}\n" in said.out
    assert "the newest snapshot is not the same" in said.out
    figures = json.loads(cozum("journal", "verify", "--json").out)
    assert (figures["ok"], figures["different"], figures["snapshot_same"]) == (False, [place + 1], False)


def test_verify_finds_damage(cozum: Cozum, records: Records) -> None:
    data = bytearray(records.file.read_bytes())
    for place in range(4096 * 2, len(data), 4096):
        data[place : place + 200] = b"\xff" * 200
    records.file.write_bytes(data)
    said = cozum("journal", "verify")
    assert said.code == 1
    assert "is damaged" in said.err
    assert "next start sets it aside" in said.err
    journal, salvage = open_journal(records.file)
    journal.close()
    assert salvage is not None
    assert salvage.kept > 0
    assert said.err.count("\n") == 1


def test_stats(cozum: Cozum, records: Records) -> None:
    figures = json.loads(cozum("journal", "stats", "--json").out)
    assert figures["entries"] == figures["last"] == records.last
    assert figures["outcomes"] == {"answered": 2, "abandoned": 1}
    assert figures["offers"] == {"answered": 2, "no_answer": 1, "caller_gone": 1}
    assert figures["snapshot"] == records.last
    assert f"entries   {records.last} (1 to {records.last})" in cozum("journal", "stats").out


@pytest.mark.parametrize("command", ["show", "stats", "verify", ("why", "last")])
def test_no_journal(cozum: Cozum, command: str | tuple[str, ...]) -> None:
    said = cozum("journal", *([command] if isinstance(command, str) else command))
    assert said.code == 1
    assert "does not exist: start the daemon once, or correct data_dir" in said.err
    assert said.err.count("\n") == 1


def test_an_empty_journal(cozum: Cozum, data_dir: Path) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    assert cozum("journal", "show").err == "cozum: no entry\n"
    assert cozum("journal", "verify").code == 0
    assert cozum("journal", "stats").code == 0
    assert cozum("journal", "why", "last").err == "cozum: call = 'last': no call has ended yet\n"


# --- follow


def test_follow_goes_on_with_what_happens(data_dir: Path) -> None:
    line, _ = a_past()
    entries, _ = entries_of(line.events)
    journal = SqliteJournal(data_dir / "journal.db")
    journal.append(entries[:5])
    follow = subprocess.Popen(
        [sys.executable, "-m", "acd.cli", "journal", "show", "--limit", "1", "--follow", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follow.stdout is not None
    too_late = threading.Timer(60, follow.kill)  # then there is nothing to read, instead of for ever
    too_late.start()
    try:
        assert json.loads(follow.stdout.readline())["seq"] == 5
        journal.append(entries[5:7])
        assert [json.loads(follow.stdout.readline())["seq"] for _ in range(2)] == [6, 7]
    finally:
        too_late.cancel()
        follow.send_signal(signal.SIGINT)
        assert follow.wait(60) == 130
        follow.stdout.close()
        journal.close()
