"""`cozum surge`: the message that callers of some services hear before they queue."""

import time
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, local, new_app, note, print_json, print_table, rfc3339, settings_of
from acd.lib.cli_error import WRONG_USE, CliError

MOST_MINUTES: Final = 60.0 * 24 * 366
"""A year. A message for longer is withdrawn by hand."""

app = new_app("The message that callers of some services hear before they queue.")


@app.command("show")
def show(config: Config = None, as_json: Json = False) -> None:
    """Show the present message, and how many callers it reached."""
    from acd.client import Api

    settings = settings_of(config)
    _print(Api(settings).get("surge"), settings.timezone, as_json=as_json)


@app.command("set")
def set_(
    services: Annotated[str, typer.Option("--services", help="Routine services, such as request,information.")],
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What is spoken, in Turkish.")] = None,
    english: Annotated[str | None, typer.Option("--english", help="The same in English.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="Instead of texts: the name of a prompt.")] = None,
    ticket: Annotated[
        str | None, typer.Option("--ticket", help="The ticket that stands for all these callers.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", min=1, max=MOST_MINUTES, help="Ends after so many minutes; else when cleared."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Set a message; it replaces the present one."""
    from acd.client import Api

    texts = {language: said for language, said in (("tr", text), ("en", english)) if said}
    if bool(texts) == (prompt is not None):
        raise CliError("either TEXT or --prompt is needed, and not both", code=WRONG_USE)
    settings = settings_of(config)
    wish: dict[str, Any] = {"services": [name.strip() for name in services.split(",") if name.strip()]}
    wish |= {"text": texts} if texts else {"prompt": prompt}
    wish |= {} if ticket is None else {"ticket": ticket}
    wish |= {} if minutes is None else {"until": rfc3339(time.time() + 60 * minutes)}
    _print(Api(settings, timeout_s=60.0).put("surge", wish), settings.timezone, as_json=as_json)


@app.command("clear")
def clear(config: Config = None, as_json: Json = False) -> None:
    """Withdraw the message and show its counts."""
    from acd.client import Api

    settings = settings_of(config)
    _print(Api(settings).delete("surge"), settings.timezone, as_json=as_json)


def _print(record: dict[str, Any] | None, timezone: str, *, as_json: bool) -> None:
    if as_json:
        print_json(record)
    elif record is None:
        note("there is no message")
    else:
        zone = ZoneInfo(timezone)
        row = (
            ", ".join(record["services"]),
            _local(record["since"], zone),
            _local(record["until"], zone),
            record["ticket"] or "",
            record["played"],
            record["answered"],
        )
        print_table(("services", "since", "until", "ticket", "heard", "answered"), [row])


def _local(at: str | None, zone: ZoneInfo) -> str:
    from datetime import datetime

    return local(datetime.fromisoformat(at).timestamp(), zone) if at else ""
