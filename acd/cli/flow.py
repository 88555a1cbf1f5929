"""`cozum flow`: what callers hear, and how long each way through it takes."""

from pathlib import Path
from typing import Annotated

import typer

from acd.cli.parts import Config, Json, new_app, note, print_json, print_table, settings_of
from acd.lib.cli_error import WRONG_USE, CliError

app = new_app("What callers hear, and how long each way through it takes.")


@app.command("menus")
def menus_(
    folder: Annotated[Path, typer.Argument(help="Where Asterisk may read them; a folder for each is made here.")],
    config: Config = None,
) -> None:
    """Make the menus that urgent callers hear while a phone rings, for an Asterisk of your own.

    Writes one file for each class of music, and prints the sections of musiconhold.conf. Do it again when a prompt has
    changed; the private Asterisk needs it never."""
    from acd.config.rules import menus_of, prompts_dir
    from ivr.menu_file import music_section, write_menu

    settings = settings_of(config)
    menus = menus_of(settings)
    if not menus:
        note("cozum: the flow has no menu that is heard while a phone rings: nothing to make")
    for menu in menus:
        try:
            write_menu(folder.absolute(), menu, prompts_dir(settings))
        except OSError as error:
            raise CliError(f"{error.filename or folder}: {error.strerror or error}; choose a folder of yours") from None
        print(f"{music_section(folder.absolute(), menu)}\n")
    if menus:
        note("cozum: put these into musiconhold.conf, then `asterisk -rx 'module reload res_musiconhold.so'`")


@app.command("time")
def time_(
    language: Annotated[str | None, typer.Option("--language", help="Only this one, tr or en.")] = None,
    menu_first: Annotated[
        bool, typer.Option("--menu-first", help="As if no phone rang before an urgent caller has pressed the kind.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show each way through the flow with its seconds from the line's answer, computed from the audio.

    Says when the urgent key has been said, beside the target of 1.8 s, and whom each studio recording that is longer
    than the spoken prompt costs how much. A caller presses a key 0.2 s after the prompt that names it. Needs no running
    system."""
    from acd.cli import flow_times as times
    from acd.config.rules import flow_of

    settings = settings_of(config)
    flow = flow_of(settings)
    if language is not None and language not in flow.languages:
        allowed = ", ".join(flow.languages)
        raise CliError(f"--language: {language}: the flow is spoken in {allowed}", code=WRONG_USE)
    found = [
        times.timed(settings, flow, one, early=settings.early_ring and not menu_first)
        for one in ([language] if language else flow.languages)
    ]
    if as_json:
        print_json([times.record(one) for one in found])
        return
    for place, one in enumerate(found):
        if place:
            print()
        print("\n".join(times.lines(one)))
        print_table(times.HEADS, times.rows(one), right=("seconds", "longer"))
