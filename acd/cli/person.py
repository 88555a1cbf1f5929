"""`cozum person`: all that is kept of one person, to give it to them or to erase it (law 6698, articles 11 and 7).

Works on the database, with or without a desk. The audit says that it was done, and not to whom."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acd.cli.keyboard import login
from acd.cli.parts import Config, Json, json_text, new_app, note, print_json, settings_of
from acd.lib.cli_error import NOT_WELL, WRONG_USE, CliError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acd.config.settings import Settings
    from agents.audit_actions import AuditAction
    from storage.privacy.person import Erased, PersonRecords, Whom

app = new_app("All that is kept of one person: export it, erase it.")
Number = Annotated[str | None, typer.Argument(metavar="NUMBER", help="The person's telephone number, in any spelling.")]
Request = Annotated[
    str | None, typer.Option("--request", help="Instead of NUMBER: a request of somebody who gave no number.")
]


@app.command()
def export(
    number: Number = None,
    request: Request = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="A new or empty folder for the JSON, recordings, messages, photos and other files."),
    ] = None,
    config: Config = None,
) -> None:
    """Print all calls and requests of a person, each with its history, as JSON.

    Beside each version of a notice that the person heard stands what it said. With --to nothing is printed: person.json
    and the files are in the folder, each named there by `saved_as`."""
    from acd.cli.flow import kept_notices
    from acd.cli.person_files import NAME, PersonFiles, make_folder, write_private
    from acd.config.notices import with_texts

    settings = settings_of(config)
    whom = _whom(number, request)
    if to is not None:
        make_folder(to)
    found = _work(settings, whom, lambda records: records.export(whom), "person_exported", _export_detail)
    found |= {"calls": with_texts(found["calls"], kept_notices(settings))}
    note(f"cozum: {_many(len(found['calls']), 'call')} and {_many(len(found['requests']), 'request')}")
    if to is None:
        print_json(found)
        if any(one["state"] == "kept" for one in found["recordings"]) or any(one["files"] for one in found["requests"]):
            note("cozum: there are recordings or files: --to FOLDER writes them, too")
        return
    files = PersonFiles(settings, to)
    write_private(to / NAME, iter([json_text(files.save(found)).encode()]))
    note(f"cozum: {_many(files.count, 'file')} beside {to / NAME}")
    if files.faults:
        raise CliError("not written:\n" + "\n".join(files.faults), NOT_WELL)


@app.command()
def erase(
    reason: Annotated[str, typer.Option("--reason", help="Why, such as the petition's number; kept in the record.")],
    number: Number = None,
    request: Request = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take a person out of all calls that are over and all requests that are closed.

    Number, name, words, files, recordings, codes and files of mails and text messages go;
    the figures stay. An open request is erased when it is closed, since the citizen must
    still be told its outcome.
    """
    from tickets.ticket import Actor

    settings = settings_of(config)
    whom = _whom(number, request)
    if not reason.strip():
        raise CliError("--reason = '': say why the person is erased; the record of it needs that", WRONG_USE)
    if not yes and not typer.confirm("What is erased cannot be brought back. Erase this person?", err=True):
        raise CliError("nothing was erased")
    actor = Actor(role="admin", who="cozum")
    done = _work(
        settings, whom, lambda records: records.erase(whom, actor, reason.strip()), "person_erased", _erase_detail
    )
    if as_json:
        print_json(_erase_detail(done) | {"waiting": list(done.waiting)})
        return
    print(f"erased from {_many(done.calls, 'call')}, {_many(done.requests, 'request')} and {_many(done.files, 'file')}")
    if done.recordings:
        print(f"{_many(done.recordings, 'recording')}: the running desk removes the files within seconds")
    if done.outgoing:
        print(f"{_many(done.outgoing, 'file')} of mails and text messages, of {settings.outgoing_dir}")
    for one in done.waiting:
        print(f"{one}: waits; is erased in the night after it is closed and its duplicates have its outcome")
    if done.up:
        note(f"cozum: {_many(done.up, 'call')} not over yet: ask again when the caller has hung up")
    note(f"cozum: the journal names the number for {settings.journal_days} days at most")


# --- what they share


def _whom(number: str | None, request: str | None) -> "Whom":
    """The person of a number, or of a request; exactly one of the two is given."""
    from storage.privacy.person import OfRequest
    from tickets.number import BadNumber, TicketNumber

    if (number is None) == (request is None):
        raise CliError("name the person by NUMBER, or by --request if they gave no number", WRONG_USE)
    if request is None:
        return _checked(str(number))
    try:
        return OfRequest(str(TicketNumber.parse(request)))
    except BadNumber as error:
        raise CliError(f"--request = {request!r}: {error}", WRONG_USE) from None


async def _check(records: "PersonRecords", whom: "Whom") -> None:
    """Raises `CliError` if a request is not there, or has a number by which more is found."""
    if isinstance(whom, str):
        return
    gave = await records.gave_a_number(whom.number)
    if gave is None:
        raise CliError(f"there is no request {whom.number}", NOT_WELL)
    if gave:
        raise CliError(
            f"--request = {whom.number}: its person gave a telephone number; name them by that, so that all of theirs "
            f"is found (`cozum tickets show {whom.number} --numbers`)",
            WRONG_USE,
        )


def _work(
    settings: "Settings",
    whom: "Whom",
    work: "Callable[[PersonRecords], Awaitable[Any]]",
    action: "AuditAction",
    detail: "Callable[[Any], dict[str, Any]]",
) -> Any:
    """Do it, and have the audit say so."""
    from acd.cli.asking import ask
    from acd.desk.town_files import ticket_rules, town_of
    from acd.lib.clock import clock
    from storage.outgoing_files import OutgoingFiles
    from storage.people.audit import Audit, AuditEntry
    from storage.privacy.person import PersonRecords
    from storage.spoken_words import SpokenWords

    rules = ticket_rules(settings, town_of(settings))

    async def done(database: Any) -> Any:
        files = OutgoingFiles(settings.outgoing_dir), SpokenWords(settings.outcome_words_dir)
        records = PersonRecords(database, lambda: rules, clock, *files)
        await _check(records, whom)
        found = await work(records)
        entry = AuditEntry(
            at=clock(), who="cozum", role="admin", action=action, detail=detail(found) | {"user": login()}
        )
        await Audit(database, clock).add([entry])
        return found

    try:
        return ask(settings, lambda _, database: done(database))
    except OSError as error:
        raise CliError(f"{settings.outgoing_dir}: {error}: mend its rights, and erase again") from None


def _export_detail(found: dict[str, Any]) -> dict[str, Any]:
    counts = {name: len(found[name]) for name in ("calls", "requests", "recordings")}
    return counts | {"files": sum(len(one["files"]) for one in found["requests"])}


def _erase_detail(done: "Erased") -> dict[str, Any]:
    counts = {name: getattr(done, name) for name in ("calls", "requests", "files", "recordings", "outgoing")}
    return {**counts, "waiting": len(done.waiting)}


def _checked(number: str) -> str:
    """The number, if it can be a person's."""
    from acd.engine.model.phone_numbers import bare

    plain = bare(number)
    if len(plain.removeprefix("+")) < 7:
        raise CliError(f"NUMBER = {number!r}: a telephone number of 7 digits or more is allowed", WRONG_USE)
    return plain


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
