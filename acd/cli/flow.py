"""`cozum flow`: what callers hear, and how long each way through it takes."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, new_app, note, print_json, print_table, settings_of, wrapped
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.config.notices import NoticeSpan, NoticeVersion
    from acd.config.settings import Settings

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


@app.command("notices")
def notices_(
    version: Annotated[
        str | None,
        typer.Argument(metavar="VERSION", help="Only this one, as a call's row has it: tr-7a3fd0d1c94e2b18."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show every version of the notices that callers have heard: what it said, in which language, from when to when.

    The line keeps each of them, with its sound, from the day on which it first runs with this release. Where the sound
    is not known to be made of the text, the sound says what was heard. Needs no running system."""
    from acd.config.notices import spans

    settings = settings_of(config)
    found = [one for one in spans(kept_notices(settings)) if version in (None, one.notice.version)]
    if version is not None and not found:
        raise CliError(f"VERSION = {version!r}: is not kept in {settings.notices_dir}; without VERSION all are shown")
    if as_json:
        print_json([_notice_record(settings, one) for one in found])
        return
    for place, one in enumerate(found):
        told = _notice_record(settings, one)
        if place:
            print()
        print(f"{told['version']}  {told['prompt']}  {told['since']} – {told['until'] or 'now'}")
        print(wrapped(one.notice.text or "the text is not known", "  "))
        if not one.notice.of_text:
            print("  the sound is not known to be made of this text: listen to it")
        print(f"  {told['sound']}")
    if not found:
        note(f"cozum: no version is kept in {settings.notices_dir} yet: the line does that at its start")


def kept_notices(settings: "Settings") -> "list[NoticeVersion]":
    """The versions of notices that the line has kept."""
    from acd.config.notices import KeptNotices

    try:
        return KeptNotices(settings.notices_dir).read()
    except OSError as error:
        raise CliError(f"{settings.notices_dir}: {error.strerror or error}; correct data_dir, or its rights") from None


def _notice_record(settings: "Settings", span: "NoticeSpan") -> dict[str, str | bool | None]:
    from acd.config.notices import KeptNotices

    def told(at: float) -> str:
        return datetime.fromtimestamp(at, ZoneInfo(settings.timezone)).isoformat(timespec="seconds")

    one = span.notice
    return {
        "version": one.version,
        "prompt": one.prompt,
        "language": one.language,
        "since": told(one.since),
        "until": None if span.until is None else told(span.until),
        "text": one.text,
        "of_text": one.of_text,
        "sound": str(KeptNotices(settings.notices_dir).sound(one.version)),
    }
