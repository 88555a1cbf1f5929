"""`cozum journal`: the entries, one call explained in words, and a check of the journal."""

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import (
    Config,
    Json,
    Numbers,
    dim,
    local,
    new_app,
    note,
    print_json,
    print_table,
    progress,
    quiet_logs,
    rfc3339,
    settings_of,
    strong,
    wrapped,
)
from acd.lib.cli_error import NOT_WELL, WRONG_USE, CliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.config.settings import Settings
    from acd.engine.model.journal import Entry
    from storage.journal import JournalReader

app = new_app("All that happened; why a caller got an agent when they did.")
FOLLOW_S = 0.2
BATCH = 1000
STRONG = ("offer_", "answered", "ended_")
"""Kinds of sentences that are emphasised when a call is explained."""


@app.command()
def show(
    after: Annotated[
        int | None, typer.Option("--after", min=0, help="Only entries behind this number; by default the last ones.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many entries.")] = 50,
    call: Annotated[str | None, typer.Option("--call", help="Only those of this call.")] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="Only with this event or fact, such as offer_made.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with new entries until Ctrl-C.")] = False,
    numbers: Numbers = False,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one entry per line.")] = False,
) -> None:
    """Show entries, the newest last.

    With --numbers the audit has each call whose caller is named (`unmasked`). Without a database they are shown all the
    same, and a line says that the audit does not have it.
    """
    from acd.cli import entries as texts
    from acd.cli.unmasking import Unmasking

    if kind is not None and kind not in (known := texts.kinds()):
        raise CliError(f"--type = {kind!r}: {', '.join(sorted(known))} are allowed", WRONG_USE)
    settings = settings_of(config)
    zone = ZoneInfo(settings.timezone)

    def wanted(entry: "Entry") -> bool:
        return (call is None or texts.is_about(entry, call)) and (kind is None or texts.has(entry, kind))

    audit = Unmasking(settings)

    def out(found: "list[Entry]") -> None:
        if numbers:
            audit.record(call for entry in found for call in texts.named_in(entry))
        for entry in found:
            text = texts.as_json(entry, personal=numbers) if as_json else texts.as_text(entry, zone, personal=numbers)
            print(text, flush=follow)

    with _reader(settings) as reader:
        # --follow shows what is written from now on, so that no entry is lost between the two.
        end = reader.last_seq()
        shown, seq = 0, end if after is None else after
        for found in _in_batches(_picked(reader, after, end, limit, wanted, of_call=call)):
            out(found)
            shown, seq = shown + len(found), max(seq, found[-1].seq)
        if not follow:
            if not shown:
                note("cozum: no entry" + (" like that" if call or kind else ""))
            return
        seq = max(seq, _beginning(reader))
        while True:
            new = reader.read(seq, BATCH)
            seq = new[-1].seq if new else seq
            out([entry for entry in new if wanted(entry)])
            time.sleep(FOLLOW_S)


def _in_batches(entries: "Iterator[Entry]") -> "Iterator[list[Entry]]":
    while found := list(islice(entries, BATCH)):
        yield found


def _picked(
    reader: "JournalReader", after: int | None, end: int, limit: int, wanted: Any, *, of_call: str | None
) -> "Iterator[Entry]":
    """The first `limit` wanted entries behind `after`; without it the last `limit` up to `end`."""
    first = _beginning(reader)
    if after is not None:
        given = 0
        for entry in _entries(reader, max(after, first)):
            if wanted(entry):
                yield entry
                given += 1
                if given == limit:
                    return
        return
    found: list[Entry] = []
    lowest = max(first, reader.seq_before(_born(of_call))) if of_call else first
    while end > lowest and len(found) < limit:
        begin = max(lowest, end - BATCH)
        found = [entry for entry in reader.read(begin, end - begin) if wanted(entry)] + found
        end = begin
    yield from found[-limit:]


@app.command()
def why(
    call: Annotated[str, typer.Argument(metavar="CALL", help="A call's id; `last` is the newest that ended.")],
    lang: Annotated[str, typer.Option("--lang", help="en or tr.")] = "en",
    numbers: Numbers = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Explain what happened to a call, and why this agent got it at that time.

    Uses the journal only: runs the engine again up to each decision and shows what it knew then. The setting behind a
    decision stands in brackets. With --numbers the audit has the call, as for `show`.
    """
    from acd.cli.retell import retold
    from acd.cli.unmasking import Unmasking

    if lang not in ("en", "tr"):
        raise CliError(f"--lang = {lang!r}: en, tr are allowed", WRONG_USE)
    quiet_logs()
    settings = settings_of(config)
    with _reader(settings) as reader:
        call_id, sentences = retold(
            reader,
            call,
            "tr" if lang == "tr" else "en",
            personal=numbers,
            begin=_beginning(reader),
            born=_born(call),
            label=_labels(settings) if lang == "tr" else str,
            target_s=settings.target_wait_s,
        )
    if numbers:
        Unmasking(settings).record([call_id])
    if as_json:
        told = [{"at": rfc3339(one.at), "kind": one.kind, "text": one.text, "detail": one.detail} for one in sentences]
        print_json({"call": call_id, "told": told})
        return
    zone = ZoneInfo(settings.timezone)
    print(call_id + dim(f"  {local(sentences[0].at, zone)[:10]}"))
    for one in sentences:
        if one.detail:
            print(dim(wrapped(one.text, f"{'':14}· ")))
        else:
            line = wrapped(one.text, f"{local(one.at, zone)[11:]}  ")
            print(strong(line) if one.kind.startswith(STRONG) else line)


def _labels(settings: "Settings") -> "Callable[[str], str]":
    """Turkish names of services; an id if the file cannot be read or no longer has the service."""
    from acd.config.services import parse_services, services_text
    from acd.engine.model.errors import BadConfig
    from acd.engine.model.ids import ServiceId

    try:
        source, text = services_text(settings.services_path)
        labels = parse_services(text, source).labels
    except BadConfig:
        return str
    return lambda service: labels.get(ServiceId(service), service)


@app.command()
def verify(config: Config = None, as_json: Json = False) -> None:
    """Check that the journal is whole, and that the engine decides the same again.

    Reads every page and every entry, runs the engine from the first entry (or from the oldest snapshot if the first
    entries are gone), and compares facts and snapshots. Exit status 1 if anything differs.
    """
    from acd.cli.retell import replayed
    from acd.engine.model.journal import JournalError

    quiet_logs()
    settings = settings_of(config)
    with _reader(settings) as reader:
        try:
            count = reader.verify()
            begin = _beginning(reader)
            with progress("replaying", reader.last_seq()) as done:
                result = replayed(reader, begin, done)
        except JournalError as error:
            if as_json:
                print_json({"ok": False, "error": str(error)})
                raise typer.Exit(NOT_WELL) from None
            raise
    ok = not result.different and result.snapshot_same is not False
    if as_json:
        print_json(
            {
                "ok": ok,
                "entries": count,
                "replayed": result.count,
                "replayed_from": result.first,
                "different": result.different,
                "engine_errors": result.errors,
                "snapshot_same": result.snapshot_same,
            }
        )
        raise typer.Exit(0 if ok else NOT_WELL)
    print(f"{count:,} entries, whole")
    print(f"{result.count:,} replayed from entry {result.first:,}: {len(result.different):,} come to other facts")
    if result.different:
        shown = ", ".join(str(seq) for seq in result.different[:10])
        print(f"they are {shown}{' …' if len(result.different) > 10 else ''}")
        note("cozum: another version of the engine wrote them; `cozum journal why` may tell these calls wrongly")
    if result.snapshot_same is not None:
        print(f"the newest snapshot is {'the same' if result.snapshot_same else 'not the same'} as the replay's state")
    if result.errors:
        print(f"at {len(result.errors):,} entries the engine failed, as it had: {result.errors[0]}")
    raise typer.Exit(0 if ok else NOT_WELL)


@app.command()
def stats(config: Config = None, as_json: Json = False) -> None:
    """Count the journal's entries by type, and show since when they go."""
    from acd.cli.retell import counted

    quiet_logs()
    settings = settings_of(config)
    file = settings.journal_file
    with _reader(settings) as reader:
        begin = _beginning(reader)
        with progress("reading", reader.last_seq() - begin) as done:
            found = counted(reader, begin, done)
        snapshot = reader.latest_snapshot()
        opened = reader.opening()
    size = _size(file)
    figures = {
        "entries": found.entries,
        "first": found.first_seq,
        "last": found.last_seq,
        "first_at": rfc3339(found.first_at),
        "last_at": rfc3339(found.last_at),
        "bytes": size,
        "opened": opened,
        "snapshot": None if snapshot is None else snapshot.seq,
        "snapshot_bytes": None if snapshot is None else len(snapshot.state),
        "errors": found.errors,
        "events": found.events,
        "facts": found.facts,
        "outcomes": found.outcomes,
        "offers": found.offers,
    }
    if as_json:
        print_json(figures)
        return
    zone = ZoneInfo(settings.timezone)
    each = f", {size / found.entries:,.0f} bytes each" if found.entries else ""
    for name, value in (
        ("entries", f"{found.entries:,} ({found.first_seq:,} to {found.last_seq:,})"),
        ("from", local(found.first_at, zone)),
        ("to", local(found.last_at, zone)),
        ("size", f"{size / 2**20:,.1f} MiB{each}"),
        ("snapshot", "none" if snapshot is None else f"at {snapshot.seq:,}, {len(snapshot.state) / 1024:,.0f} KiB"),
        ("opened", "once" if opened == 1 else f"{opened:,} times"),
        ("failures", f"{found.errors:,} events at which the engine failed"),
    ):
        print(f"{name:9} {value}")
    for title, counts in (
        ("calls by outcome", found.outcomes),
        ("offers by result", found.offers),
        ("events", found.events),
        ("facts", found.facts),
    ):
        if counts:
            print()
            rows = sorted(counts.items(), key=lambda one: -one[1])
            print_table((title, "count"), rows, right=("count",))


def _reader(settings: "Settings") -> "JournalReader":
    from storage.journal import JournalReader

    return JournalReader(settings.journal_file)


def _beginning(reader: "JournalReader") -> int:
    """The number before the first entry that is there."""
    return reader.seq_before(0.0)


def _entries(reader: "JournalReader", after: int) -> "Iterator[Entry]":
    while entries := reader.read(after, BATCH):
        yield from entries
        after = entries[-1].seq


def _born(call: str | None) -> float:
    """The time at which a call's channel was created, from its id (`ast1-1764025361.42`); 0 if the id has none."""
    seconds = (call or "").rpartition("-")[2].partition(".")[0]
    return float(seconds) - 2.0 if seconds.isascii() and seconds.isdigit() else 0.0


def _size(file: Path) -> int:
    return sum(one.stat().st_size for one in file.parent.glob(file.name + "*") if one.is_file())
