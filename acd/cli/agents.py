"""`cozum agents`: the agents, their states, their PINs and their file."""

import secrets
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, new_app, note, print_json, print_table, settings_of
from acd.lib.cli_error import WRONG_USE, CliError
from acd.lib.durations import duration

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from agents.directory import Agent

app = new_app("The agents: their states, PINs and file.")
STATES = ("ready", "paused", "offline")
Extension = Annotated[str, typer.Argument(metavar="EXTENSION", help="The agent's extension, such as 1001.")]


# --- list


@app.command("list")
def list_(
    config: Config = None,
    by_name: Annotated[bool, typer.Option("--by-name", help="Order by name, as a Turkish dictionary does.")] = False,
    as_json: Json = False,
) -> None:
    """List all agents and their present states.

    Without a running line: the agents of the file.
    """
    from acd.client import Api, Unreachable

    settings = settings_of(config)
    try:
        records = Api(settings).get("agents")
        source = "daemon"
    except Unreachable as error:
        records = [_of_file(agent) for agent in agents_of(settings, settings.agents_path)]
        source = "file"
        note(f"cozum: {error}; shown is {settings.agents_path}")
    if by_name:
        from acd.lib.turkish import tr_sort_key

        records = sorted(records, key=lambda record: (tr_sort_key(record["name"]), record["extension"]))
    if as_json:
        print_json(records)
    elif source == "file":
        rows = [
            (one["extension"], one["name"], _services(one), ", ".join(one["languages"]), _auto_answer(one))
            for one in records
        ]
        print_table(("extension", "name", "services", "languages", "answers by itself"), rows)
    else:
        now, zone = time.time(), ZoneInfo(settings.timezone)
        columns = ("extension", "name", "state", "for", "since", "answers by itself", "with")
        print_table(columns, [_row(one, now, zone) for one in records])


def _row(record: dict[str, Any], now: float, zone: ZoneInfo) -> tuple[object, ...]:
    from agents.presence import pause_label, state_label

    state = state_label(record["state"], "en")
    if record.get("reason"):
        state += f" ({pause_label(record['reason'], 'en')})"
    since = record.get("since")
    at = datetime.fromisoformat(since) if since else None
    lasted = duration(max(0.0, now - at.timestamp())) if at else None
    with_ = None
    if record.get("call"):
        with_ = f"{record['call']} {record.get('service') or ''} {'URGENT' if record.get('class') == 'urgent' else ''}"
    return (
        record["extension"],
        record["name"],
        state,
        lasted,
        at.astimezone(zone).strftime("%H:%M:%S") if at else None,
        _auto_answer(record),
        with_.strip() if with_ else None,
    )


def _auto_answer(record: dict[str, Any]) -> str | None:
    """To which calls an agent's phone is asked to answer by itself; None: to none."""
    wish = record.get("auto_answer", "no")
    return None if wish == "no" else str(wish)


def _services(record: dict[str, Any]) -> str:
    return ", ".join(record["services"]) or "all"


def _of_file(agent: "Agent") -> dict[str, Any]:
    return {
        "extension": agent.extension,
        "name": agent.name,
        "services": list(agent.services),
        "languages": list(agent.languages),
        "auto_answer": agent.auto_answer,
    }


# --- state


@app.command()
def state(
    extension: Extension,
    wanted: Annotated[str, typer.Argument(metavar="ready|paused|offline", help="What they are from now.")],
    reason: Annotated[str, typer.Option("--reason", help="Why: break, meal, prayer, training or other.")] = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Sign an agent in or out, or let them pause.

    During a call it takes effect after the call.
    """
    from acd.client import Api
    from agents.presence import reason_fault

    if wanted not in STATES:
        raise CliError(f"state = {wanted!r}: {', '.join(STATES)} are allowed", WRONG_USE)
    if reason and wanted != "paused":
        raise CliError(f"--reason = {reason!r}: goes with paused only", WRONG_USE)
    if fault := reason_fault(reason):
        raise CliError(f"--reason = {reason!r}: {fault}", WRONG_USE)
    if not (extension.isascii() and extension.isalnum()):
        raise CliError(f"extension = {extension!r}: digits are allowed, such as 1001", WRONG_USE)
    body = {"state": wanted, "reason": reason} if reason else {"state": wanted}
    record = Api(settings_of(config)).post(f"agents/{extension}/state", body)
    if as_json:
        print_json(record)
        return
    print(f"{record['extension']} {record['name']}: {_outcome(record['state'], wanted)}")


def _outcome(state: str, wanted: str) -> str:
    """Explain the result if the agent's state is not (yet) the wanted one."""
    from agents.presence import state_label

    now = state_label(state, "en").lower()  # type: ignore[arg-type]  # a state that the API gave
    if state == wanted:
        return now
    if state == "unavailable":
        return "signed in, but their phone is not registered: calls come when it is"
    if wanted == "ready":
        return f"signed in; {now} now"
    return f"{now}; {wanted} when the call is over"


# --- pin


@app.command()
def pin(
    extension: Annotated[
        str, typer.Option("--extension", help="The agent's extension; the PIN must not equal it.")
    ] = "",
) -> None:
    """Ask for a PIN and print its hash.

    The PIN is not shown; in a pipe it is read from standard input. Put the hash into agents.toml as pin_hash.
    """
    from agents.pins import MAX_DIGITS, MIN_DIGITS, SALT_BYTES, BadPin, check_pin, hash_pin

    if sys.stdin.isatty():
        note(f"A PIN has {MIN_DIGITS} to {MAX_DIGITS} digits. It is not shown.")
        given = typer.prompt("PIN", hide_input=True, err=True)
        if typer.prompt("Once more", hide_input=True, err=True) != given:
            raise CliError("the two are not the same; nothing was hashed")
    else:
        given = sys.stdin.readline().strip()
    try:
        check_pin(given, extension=extension)
    except BadPin as error:
        raise CliError(str(error)) from None
    print(hash_pin(given, secrets.token_bytes(SALT_BYTES)))


# --- check


@app.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An agents.toml; by default the one that the line uses.")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Check a list of agents and name every problem in it."""
    from acd.lib.file_checks import BadFile
    from agents.demo import with_demo_password

    settings = settings_of(config)
    path = file or settings.agents_path
    try:
        agents = agents_of(settings, path)
    except BadFile as error:
        if as_json:
            problems = [{"key": one.key, "value": one.value, "text": one.allowed} for one in error.problems]
            print_json({"file": str(path), "ok": False, "problems": problems})
            raise typer.Exit(1) from None
        raise CliError(str(error)) from None
    demo = with_demo_password(agents)
    if as_json:
        print_json({"file": str(path), "ok": True, "agents": len(agents), "demo_password": demo})
        return
    print(f"{path}: {len(agents)} agents, well")
    if demo:
        print(f"{', '.join(demo)} have the demo password, which everybody knows: served on loopback only")


def agents_of(settings: "Settings", path: Path) -> "tuple[Agent, ...]":
    """The agents of a file. Raises `BadConfig`."""
    from acd.config.rules import parse_services, services_text
    from agents.directory import parse_agents
    from ivr.catalogue import read_text

    source, text = services_text(settings.services_path)
    services = parse_services(text, source)[1]
    return parse_agents(read_text(path), file=str(path), services=[service.id for service in services])
