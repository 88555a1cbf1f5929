"""`cozum run`: the daemon, alone as systemd would have it, or with an Asterisk of its own as `make run` has it."""

from typing import Annotated

import typer

from acd.cli.parts import WRONG_USE, CliError, Config, new_app, settings_of

app = new_app("Serve the line in the foreground.")


@app.command()
def run(
    config: Config = None,
    supervise: Annotated[
        bool,
        typer.Option(
            "--supervise", help="Bring up a private Asterisk too, and bring back what dies: the same as `make run`."
        ),
    ] = False,
) -> None:
    """Serve the line in the foreground until SIGINT or SIGTERM, with the Asterisk that is at ami_host.

    SIGHUP reads services, agents and flow anew. Every setting is a key of cozum.toml or COZUM_<NAME> in the
    environment; `cozum doctor` says whether they will do.
    """
    if supervise:
        from acd.supervisor import supervise as supervisor

        raise typer.Exit(supervisor.main(["--config", str(config)] if config is not None else []))
    from acd.line.app import run as serve
    from acd.supervisor.identity import become, wanted_identity
    from acd.supervisor.prepare import CannotRun

    settings = settings_of(config)
    try:
        if (identity := wanted_identity(settings)) is not None:
            become(identity, settings, None)
    except CannotRun as error:
        raise CliError(str(error), WRONG_USE) from None
    raise typer.Exit(serve(settings))
