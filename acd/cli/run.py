"""`cozum run`, `cozum line`, `cozum desk` and `cozum relay`: serving, together under a supervisor or each alone."""

from typing import Annotated

import typer

from acd.cli.parts import Config, new_app, settings_of
from acd.config.settings import Settings
from acd.lib.cli_error import WRONG_USE, CliError

app = new_app("Serve the line in the foreground.")
line_app = new_app("Serve the line alone, without a desk.")
desk_app = new_app("Serve the desk alone.")
relay_app = new_app("Serve the WebSockets of browsers' telephones alone.")


@app.command()
def run(
    config: Config = None,
    supervise: Annotated[
        bool, typer.Option("--supervise", help="Bring up a private Asterisk too: the same as `make run`.")
    ] = False,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM: line, desk, relay and standby, each restarted when it dies or
    hangs, with the Asterisk that is at ami_host.

    SIGHUP reloads services, agents and flow. Every setting is a key of cozum.toml or COZUM_<NAME> in the
    environment; `cozum doctor` checks them.
    """
    from acd.supervisor import supervise as supervisor

    arguments = ["--config", str(config)] if config is not None else []
    raise typer.Exit(supervisor.main(arguments, private_asterisk=supervise))


@line_app.command()
def line(config: Config = None) -> None:
    """Serve the line alone, in the foreground until SIGINT or SIGTERM: engine, journal, AMI and FastAGI. For a service
    manager that runs line, desk and relay as separate services. SIGHUP reloads services, agents and flow.
    """
    from acd.line.app import run as serve

    settings = _as_its_own_user(config)
    if settings.line_elsewhere:
        raise CliError(settings.line_elsewhere, WRONG_USE)
    raise typer.Exit(serve(settings))


@desk_app.command()
def desk(config: Config = None) -> None:
    """Serve the desk alone, in the foreground until SIGINT or SIGTERM: HTTP, metrics and the database. It follows the
    line through a socket in data_dir, and connects again whenever the line was away.

    With follow = redis it follows the line of another machine: it shows the live view and serves requests from the
    common database, and changes nothing on the line.
    """
    from acd.desk.app import run as serve

    raise typer.Exit(serve(_as_its_own_user(config)))


@relay_app.command()
def relay(config: Config = None) -> None:
    """Serve the relay alone, in the foreground until SIGINT or SIGTERM: it holds the WebSockets of telephones in
    browsers, which the desk admits and hands over, and forwards them to the Asterisk of this machine. With https_cert
    it speaks TLS for the desk.
    """
    from acd.relay.app import run as serve

    settings = _as_its_own_user(config)
    if settings.line_elsewhere:
        raise CliError(settings.line_elsewhere, WRONG_USE)
    raise typer.Exit(serve(settings))


def _as_its_own_user(config: Config) -> Settings:
    """The settings; root has become the user of `run_as`."""
    from acd.supervisor.identity import become, wanted_identity
    from acd.supervisor.prepare import CannotRun

    settings = settings_of(config)
    try:
        if (identity := wanted_identity(settings)) is not None:
            become(identity, settings, None)
    except CannotRun as error:
        raise CliError(str(error), WRONG_USE) from None
    return settings
