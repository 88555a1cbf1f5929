"""`cozum doctor`: checks whether this machine can serve. One line for each check; a fault names the way out."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acd.cli.finding import Finding, Verdict, bad
from acd.cli.parts import Config, Json, new_app, print_json, quiet_logs, settings_of, wrapped
from acd.lib.cli_error import NOT_WELL, WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.attack.attack import Outcome

app = new_app("Is this machine fit to serve?")

MARKS: dict[Verdict, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "bad": ("✗", "red"),
    "warning": ("!", "yellow"),
    "unknown": ("–", "bright_black"),
}
NAME_WIDTH, ATTACK_WIDTH = 11, 12


@app.command()
def doctor(
    config: Config = None,
    asterisk_etc: Annotated[
        Path | None,
        typer.Option("--asterisk-etc", help="Check the files of this Asterisk instead of the private one."),
    ] = None,
    attack: Annotated[
        bool,
        typer.Option(
            "--attack",
            help="Attack a private line with these settings' rules instead: own folder, own ports, under a minute.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Is this machine fit to serve? Check everything that the line depends on, change nothing, name the way out.

    ✓ good, ✗ must be repaired, ! should be known, – not there (yet). Exit status 0 if nothing is ✗, else 1.
    """
    quiet_logs()
    if attack:
        if asterisk_etc is not None:
            raise CliError("--attack plays on a private line, --asterisk-etc looks at another's files", WRONG_USE)
        raise typer.Exit(_attack(config, as_json=as_json))
    findings: list[Finding] = []
    for finding in _readable(_all(config, asterisk_etc)):
        findings.append(finding)
        if not as_json:
            print(_line(finding), flush=True)
    wrong = sum(one.verdict == "bad" for one in findings)
    if as_json:
        checks = [{"name": one.name, "verdict": one.verdict, "text": one.text} for one in findings]
        print_json({"fit": wrong == 0, "checks": checks})
    else:
        print(_verdict(wrong, sum(one.verdict == "warning" for one in findings)))
    raise typer.Exit(NOT_WELL if wrong else 0)


def _attack(config: Path | None, *, as_json: bool) -> int:
    """Play the attacks; the exit status."""
    from acd.attack.line import CannotAttack
    from acd.cli import attack as attacks

    checks: list[dict[str, object]] = []

    def told(found: Finding, outcome: "Outcome") -> None:
        checks.append(attacks.as_check(found, outcome))
        if not as_json:
            print(_line(found, ATTACK_WIDTH), flush=True)

    try:
        attacks.attack(settings_of(config), told)
    except CannotAttack as error:
        raise CliError(f"no attack was played: {error}") from None
    wrong = sum(check["verdict"] == "bad" for check in checks)
    if as_json:
        print_json({"fit": wrong == 0, "checks": checks})
    else:
        print(attacks.verdict(wrong, len(checks)))
    return NOT_WELL if wrong else 0


def _all(config: Path | None, etc: Path | None) -> Iterator[Finding]:
    """All findings, one after the other."""
    from acd.cli import check_machine as machine

    yield from machine.check_python()
    yield from machine.check_limits()
    from acd.config.settings import SettingsError

    try:
        settings = settings_of(config)
    except SettingsError as error:
        for line in str(error).splitlines():
            yield bad("settings", line)
        return
    file = config or Path("cozum.toml")
    given = sum(name.startswith("COZUM_") for name in os.environ)
    source = str(file.absolute()) if file.exists() else "defaults (no cozum.toml here)"
    yield Finding("settings", "ok", f"{source}, {given} COZUM_* in the environment")
    from acd.cli import check_asterisk as asterisk
    from acd.cli import check_storage as storage
    from acd.cli.check_duty import check_duty
    from acd.cli.check_erasures import check_erasures
    from acd.cli.check_openid import check_openid

    yield from machine.check_user(settings)
    yield from machine.check_folder(settings)
    yield from machine.check_desk_files(settings)
    yield from machine.check_certificate(settings, time.time())
    if settings.line_elsewhere:
        yield from storage.check_database(settings)
        yield from check_erasures(settings, time.time())
        yield from storage.check_live_store(settings)
        yield from check_openid(settings)
        yield from machine.check_desk_alone(settings)
        return
    yield from machine.check_clock(storage.newest_entry_at(settings))
    yield from machine.check_secrets(settings)
    yield from machine.check_rules(settings)
    yield from check_duty(settings)
    yield from machine.check_ports(settings)
    yield from asterisk.check_asterisk(settings)
    yield from asterisk.check_channel_log(settings)
    yield from asterisk.check_release(time.time())
    yield from asterisk.check_configuration(settings, etc)
    yield from storage.check_journal(settings)
    yield from storage.check_spool(settings)
    yield from storage.check_database(settings)
    yield from storage.check_backup(settings)
    yield from storage.check_folders(settings)
    yield from check_erasures(settings, time.time())
    yield from storage.check_live_store(settings)
    yield from check_openid(settings)
    yield from machine.check_line_and_desk(settings)


def _readable(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings, up to a file or folder that our user may not read: what depends on it cannot be looked at."""
    try:
        yield from findings
    except PermissionError as error:
        text = f"{error.filename}: {error.strerror}; the rest is not looked at: run as the user that the line runs as"
        yield bad("files", text)


def _line(finding: Finding, width: int = NAME_WIDTH) -> str:
    mark, colour = MARKS[finding.verdict]
    lead = f"{mark} {finding.name:{width}} "
    text = wrapped(finding.text, lead)
    if not sys.stdout.isatty():
        return text
    name, rest = text[2 : len(lead)], text[len(lead) :]
    told = finding.verdict in ("bad", "warning")
    head = typer.style(mark, fg=colour, bold=True) + " " + typer.style(name, bold=told)
    return head + (rest if told else typer.style(rest, dim=True))


def _verdict(wrong: int, warnings: int) -> str:
    told = f"; {warnings} to know" if warnings else ""
    if not wrong:
        return f"fit to serve{told}"
    return f"not fit to serve: {wrong} {'thing is' if wrong == 1 else 'things are'} wrong{told}"
