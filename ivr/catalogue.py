"""Loads flows and prompt texts from files. The line needs no other part of `ivr` with I/O."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from acd.engine.model.recording_facts import WhichRecorded
from acd.lib.file_checks import BadFile, Checker, Problem
from ivr.flow import Flow, without
from ivr.parse_flow import parse_flow

HERE = Path(__file__).parent
FLOW_FILE = HERE / "flows" / "hotline.toml"
PROMPTS_DIR = HERE / "prompts"
LANGUAGES = ("tr", "en")

PRIVACY_PROMPT = "privacy"
"""Says where the notice of the data protection law is."""
RECORDING_SHORT = "recording_short"
RECORDING_PROMPTS = frozenset({"recording", RECORDING_SHORT})
"""Prompts that are played only if calls are recorded."""
MONITORING_PROMPTS = frozenset({"monitoring", "monitoring_short"})
"""The same if shift leads may monitor talks. A caller who has heard one of them whole may be monitored."""
_UNSAID: Mapping[WhichRecorded, frozenset[str]] = {
    "none": RECORDING_PROMPTS,
    "urgent": RECORDING_PROMPTS - {RECORDING_SHORT},
    "all": frozenset(),
}
QUEUE_PROMPTS = (
    "queue_all_busy",
    "queue_goodbye_timed_out",
    "queue_goodbye_closed",
    "queue_goodbye_no_agents",
    "queue_goodbye_full",
    "queue_goodbye_blocked",
    "surge_keys",
    "connecting",
    "queue_position",
    "queue_position_many",
    "queue_wait",
    "queue_minutes",
    "queue_wait_short",
    "queue_wait_long",
    "reconnecting",
    "callback_offer",
    "callback_confirmed",
    "callback_impossible",
    *(f"number_{number}" for number in (*range(10, 20), *range(20, 100, 10))),
)
"""Prompts outside the flow: for waiting callers."""

MESSAGE_PROMPTS = (
    "message_offer",
    "message_instead",
    "message_how",
    "message_short",
    "message_kept",
    "message_added",
    "message_number_later",
    "message_number_withheld",
    "message_impossible",
    "message_enough",
)
"""Prompts for callers who may leave a message. The number of their request is said by `ticket_number` and digits."""

OUTCOME_PROMPTS = (
    "outcome_who",
    "outcome_keys",
    "outcome_number",
    "outcome_resolved",
    "outcome_refused",
    "outcome_not_ours",
    "outcome_later",
    "outcome_score",
    "outcome_remark",
    "outcome_goodbye",
    "outcome_sorry",
    "outcome_no_calls",
    "outcome_interrupted",
)
"""Prompts of automatic calls about outcomes."""

AGENT_PROMPTS = (
    "agent_enter_pin",
    "agent_wrong_pin",
    "agent_locked",
    "agent_unknown",
    "agent_signed_in",
    "agent_signed_out",
    "agent_pause_reason",
    "agent_paused",
    "agent_ready",
    "monitor_refused",
)
"""Prompts for phones that dial *45 to *49."""

DUTY_PROMPTS = ("duty_call", "duty_number", "duty_keys", "duty_accepted", "duty_declined", "duty_over")
"""Prompts for people on duty who are rung. What the request is about and where has prompts of the town's, which may be
missing: `duty_<service>`, `topic_<group>`, `place_<mahalle>`."""

STANDBY_PROMPTS = ("standby_question", "standby_connecting")
"""Prompts of the standby, when no engine runs."""


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """How espeak-ng speaks: its voice, words a minute, pitch (0 to 99), and extra gap between words in 10 ms."""

    voice: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9+-]{2,20}\Z")]
    speed: Annotated[int, msgspec.Meta(ge=80, le=300)] = 165
    pitch: Annotated[int, msgspec.Meta(ge=0, le=99)] = 50
    gap: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A text and the voice it is spoken with."""

    text: str
    voice: Voice


Catalogue = dict[str, Prompt]
"""Prompts of one language by name."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    text: _Text
    voice: str | None = None
    speed: int | None = None
    pitch: int | None = None
    gap: int | None = None


def parse_catalogue(text: str, *, file: str) -> Catalogue:
    """The prompts of a catalogue's text. Raises `BadFile` with every problem found."""
    check = Checker(file)
    table = check.toml(text)
    check.finish()
    for key, value in table.items():
        if key not in ("voice", "prompts"):
            check.unknown(key, value, "key", ("voice", "prompts"))
    voice = check.struct(Voice, table.get("voice", {}), "voice")
    entries = table.get("prompts", {})
    if not isinstance(entries, Mapping):
        check.add("prompts", entries, "must be a table")
        entries = {}
    catalogue: Catalogue = {}
    for name, value in entries.items():
        key = f"prompts.{name}"
        try:
            msgspec.convert(name, _Name)
        except msgspec.ValidationError:
            check.add(key, value, "a prompt's name is small letters, digits and _, beginning with a letter")
            continue
        entry = check.struct(_Entry, {"text": value} if isinstance(value, str) else value, key)
        if entry is None or voice is None:
            continue
        given = {
            one: value for one, value in msgspec.structs.asdict(entry).items() if one != "text" and value is not None
        }
        spoken = check.struct(Voice, {**msgspec.structs.asdict(voice), **given}, key)
        if spoken is not None:
            catalogue[name] = Prompt(text=entry.text, voice=spoken)
    check.finish()
    return catalogue


def load_catalogues(folder: Path | None = None) -> dict[str, Catalogue]:
    """The catalogues of all languages: `<folder>/<language>.toml` where there is one (a town's own texts, beside its
    `tr/` and `en/`), else the shipped one. Raises `BadFile` with the problems of all."""
    problems: list[Problem] = []
    catalogues: dict[str, Catalogue] = {}
    for language in LANGUAGES:
        own = folder / f"{language}.toml" if folder is not None else None
        path = own if own is not None and own.exists() else PROMPTS_DIR / f"{language}.toml"
        try:
            catalogues[language] = parse_catalogue(read_text(path), file=str(path))
        except BadFile as error:
            problems += error.problems
    if problems:
        raise BadFile(problems)
    return catalogues


def load_flow(
    path: Path | None = None,
    *,
    services: Collection[str],
    prompts_dir: Path | None = None,
    recording: WhichRecorded = "none",
    monitoring: bool = False,
) -> Flow:
    """The checked flow of a file, named after it; the shipped one by default. Where only urgent calls are recorded
    (`recording`), the menu for all callers does not say that calls are; where none is, no menu does. Prompts about
    `monitoring` are left out where there is none.

    Raises `acd.lib.file_checks.BadFile` with every problem of the flow, or of the catalogues of its prompts."""
    path = path or FLOW_FILE
    prompts = load_catalogues(prompts_dir)
    flow = parse_flow(read_text(path), name=path.stem, file=str(path), prompts=prompts, services=services)
    return without(flow, _UNSAID[recording] | (frozenset() if monitoring else MONITORING_PROMPTS))


def missing_sounds(flow: Flow, sounds: Path, more: Collection[str] = ()) -> list[Path]:
    """Audio files that callers of this flow, or agents, would miss in a folder with `tr/` and `en/`; `more` are further
    prompts that are said."""
    names = flow.prompts() | set(more) | {f"digit_{digit}" for digit in range(10)}
    names |= {*QUEUE_PROMPTS, *MESSAGE_PROMPTS, *OUTCOME_PROMPTS, *AGENT_PROMPTS, *DUTY_PROMPTS, *STANDBY_PROMPTS}
    return [
        path
        for language in flow.languages
        for name in sorted(names)
        if not (path := sounds / language / f"{name}.wav").is_file()
    ]


def read_text(path: Path) -> str:
    """A configuration file's text. Raises `BadFile` if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadFile([Problem(str(path), "", "", f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise BadFile([Problem(str(path), "", "", f"is not UTF-8: {error}")]) from error
