"""`cozum person`: all that is kept of one person, to give it to them or to erase it (law 6698, articles 11 and 7).

Works on the database, with or without a desk. The audit says that it was done, and not to whom."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from acd.cli.keyboard import login
from acd.cli.parts import Config, Json, new_app, note, print_json, settings_of
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acd.config.settings import Settings
    from agents.audit_actions import AuditAction
    from storage.privacy.person import Erased, PersonRecords

app = new_app("All that is kept of one person: export it, erase it.")
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The person's telephone number, in any spelling.")]


@app.command()
def export(number: Number, config: Config = None) -> None:
    """Print all calls and requests of a person, each with its history, as JSON.

    Beside each version of a notice that the person heard stands what it said."""
    from acd.cli.flow import kept_notices
    from acd.config.notices import with_texts

    settings = settings_of(config)
    found = _work(settings, lambda records: records.export(_checked(number)), "person_exported", _export_detail)
    print_json(found | {"calls": with_texts(found["calls"], kept_notices(settings))})
    note(f"cozum: {_many(len(found['calls']), 'call')} and {_many(len(found['requests']), 'request')}")
    if kept := [one["call"] for one in found["recordings"] if one["state"] == "kept"]:
        note(f"cozum: {_many(len(kept), 'recording')}: GET /api/v1/calls/{kept[0]}/recording gives the sound")


@app.command()
def erase(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why, such as the petition's number; kept in the record.")],
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
    wanted = _checked(number)
    if not reason.strip():
        raise CliError("--reason = '': say why the person is erased; the record of it needs that", WRONG_USE)
    if not yes and not typer.confirm("What is erased cannot be brought back. Erase this person?", err=True):
        raise CliError("nothing was erased")
    actor = Actor(role="admin", who="cozum")
    done = _work(settings, lambda records: records.erase(wanted, actor, reason.strip()), "person_erased", _erase_detail)
    if as_json:
        print_json(_erase_detail(done) | {"waiting": list(done.waiting)})
        return
    print(f"erased from {_many(done.calls, 'call')}, {_many(done.requests, 'request')} and {_many(done.files, 'file')}")
    if done.recordings:
        print(f"{_many(done.recordings, 'recording')}: the running desk removes the files within seconds")
    if done.outgoing:
        print(f"{_many(done.outgoing, 'file')} of mails and text messages, of {settings.outgoing_dir}")
    for one in done.waiting:
        print(f"{one}: open; is erased when it is closed")
    if done.up:
        note(f"cozum: {_many(done.up, 'call')} not over yet: ask again when the caller has hung up")
    note(f"cozum: the journal names the number for {settings.journal_days} days at most")


# --- what they share


def _work(
    settings: "Settings",
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
        found = await work(PersonRecords(database, lambda: rules, clock, *files))
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
    return {"calls": len(found["calls"]), "requests": len(found["requests"]), "recordings": len(found["recordings"])}


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
