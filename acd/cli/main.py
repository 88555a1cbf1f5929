"""The root of the command line. Each sub-command lives in a module of its own, imported only when it is used, so that
`cozum --help` is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from acd.settings import SettingsError, load_settings

app = typer.Typer(
    name="cozum",
    help="Çözüm: a contact-centre engine for Asterisk.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path | None, typer.Option("--config", "-c", help="cozum.toml; by default the one in this folder")]


@app.command()
def run(config: Config = None) -> None:
    """Serve the line in the foreground. SIGHUP reads services, agents and flow anew."""
    from acd.app import run as serve

    raise typer.Exit(serve(load_settings(config)))


def main() -> None:
    """Entry point; settings that cannot be used end it with a line for each fault."""
    try:
        app()
    except SettingsError as error:
        print("\n".join(f"cozum: {line}" for line in str(error).splitlines()), file=sys.stderr)
        raise SystemExit(2) from None
