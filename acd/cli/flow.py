"""`cozum flow`: what callers hear, and how long each way through it takes."""

from typing import Annotated

import msgspec
import typer

from acd.cli.parts import Config, Json, new_app, print_json, print_table, settings_of

app = new_app("What callers hear, and how long each way through it takes.")


@app.callback()
def _group() -> None:
    """A group, although it has one command."""


@app.command("time")
def time_(
    language: Annotated[str, typer.Option("--language", help="tr or en.")] = "tr",
    menu_first: Annotated[
        bool, typer.Option("--menu-first", help="As if no phone rang before an urgent caller has pressed the kind.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show each way through the flow with its seconds from the line's answer, computed from the audio.

    A caller presses a key 0.2 s after the prompt that names it. Needs no running system."""
    from acd.config.rules import flow_of, prompts_dir
    from acd.lib.cli_error import WRONG_USE, CliError
    from ivr.catalogue import load_catalogues
    from ivr.paths import Walk
    from ivr.sound import measure

    settings = settings_of(config)
    flow = flow_of(settings)
    if language not in flow.languages:
        allowed = ", ".join(flow.languages)
        raise CliError(f"--language: {language}: the flow is spoken in {allowed}", code=WRONG_USE)
    sounds, texts = prompts_dir(settings) / language, load_catalogues(settings.prompts_dir)[language]
    walk = Walk(
        flow,
        lambda prompt: measure(sounds / f"{prompt}.wav").duration_s,
        lambda prompt: texts[prompt].text,
        early=settings.early_ring and not menu_first,
    )
    ways = walk.ways()
    if as_json:
        print_json([msgspec.to_builtins(way) for way in ways])
        return
    rows = [
        [f"{way.seconds:.1f}", " ".join(way.did), way.end, way.service or "—", "rings" if way.rings else ""]
        for way in ways
    ]
    print_table(["seconds", "pressed", "step", "service", "phone"], rows, right=("seconds",))
