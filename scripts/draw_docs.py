"""Draws documents from the program: `docs/states.md` from the transition tables, `docs/settings.md`
from the settings and from the two files that go with them, `docs/access.md` from the table of roles and routes.

`make docs` writes them, `--check` only names those that are out of date.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import acd.config.hours
import acd.config.number_lists
import agents.directory
from acd.config.reload import LIVE
from acd.config.settings import PREFIX, Settings
from acd.engine.core import offerable, shown_state
from acd.engine.handlers.ending import ENDS_AS
from acd.engine.model.config import AgentProfile
from acd.engine.model.facts import Outcome
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.state import Agent
from acd.engine.model.transitions import AGENT_ACTIVITIES, AGENT_MOVES, CALL_MOVES, CALL_PHASES
from agents.presence import PAUSE_REASONS, STATE_LABELS
from scripts import draw_access
from scripts.draw_cli import sections
from scripts.draw_requests import drawn_tables, with_drawn
from scripts.meanings import HOURS_KEYS, NUMBERS_KEYS, OUTCOMES
from tickets.states import FINAL, MOVES, STATES, Move

ROOT = Path(__file__).resolve().parent.parent
DRAWN = "<!-- Drawn by `make docs`; do not edit. -->"

Moves = Mapping[tuple[str, str], str]

NOTES = {
    "bind_host": "AGI and AMI stay on 127.0.0.1",
}
"""Added to the meaning, in parentheses."""


def main(arguments: Sequence[str]) -> int:
    """Write what differs, or with `--check` only name it; the exit status."""
    old = stale()
    for name in old:
        if "--check" in arguments:
            print(f"{name} is not what the program says: run `make docs`", file=sys.stderr)
        else:
            (ROOT / name).write_text(documents()[name], encoding="utf-8")
            print(f"drawn: {name}")
    return int(bool(old) and "--check" in arguments)


def stale() -> list[str]:
    """The documents on disk that are not what the program says."""
    return [
        name
        for name, text in documents().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]


def documents() -> dict[str, str]:
    """The drawn documents' texts by name."""
    return {
        "docs/states.md": states(),
        "docs/settings.md": settings(),
        "docs/requests.md": requests(),
        "docs/cli.md": cli(),
        "docs/access.md": access(),
    }


def access() -> str:
    """`docs/access.md`."""
    return document(
        "Rights",
        "The roles of people, the scopes of programs' tokens, and the rights of both for each route of the API; drawn "
        "from `console/access.py`, which enforces them. A route that is not listed is for the machine's own token "
        "only.",
        "`cozum users` adds and removes people ([cli.md](cli.md#cozum-users)). [api.md](api.md#rights) describes how "
        "they sign in, and [security.md](security.md#people-and-programs) lists the defences against misuse.",
        "## Roles",
        table(*draw_access.roles()),
        "## Tokens",
        "A token has one or more scopes. Its role decides how it sees citizens and as which role it changes requests; "
        "of requests, a unit's has no more than the unit's people. "
        "The token in `data_dir/token` may do everything and sees whole numbers; the one in `data_dir/wall_token` has "
        "the scope `live`.",
        table(*draw_access.scopes()),
        "## Routes",
        "`own`: for their own extension only. An agent says the kind and the result of calls alone that they have or "
        "had a part in, also where the table says `yes`. A unit sees and changes only its own requests, also where the "
        "table says yes. [states.md](states.md) lists what each role may do to a request in each state. What the "
        "machine's own token reads is not in the audit, but for `recording_played` and `file_seen`.",
        table(*draw_access.routes()),
    )


def cli() -> str:
    """`docs/cli.md`."""
    return document(
        "The command line",
        "Every command of `cozum`, drawn from the program; `cozum COMMAND --help` says the same.",
        "Each command that needs settings reads them from `cozum.toml` in the present folder, or from the file after "
        "`-c`, `--config` ([settings.md](settings.md)). The exit status is 0 for success, 1 for a failure, and 2 for "
        "wrong use (an option, a setting); one line on standard error names the fault and the way out. `person export` "
        "shows all that is kept of one person; no other command shows callers' numbers and names without `--numbers`. "
        "`journal` and `report` need no running system; `agents state`, `surge`, `articles import` and every change of "
        "a ticket need the running desk.",
        *sections(),
    )


def requests() -> str:
    """`docs/requests.md`: written by hand, with drawn tables between marks."""
    text = (ROOT / "docs" / "requests.md").read_text(encoding="utf-8")
    return with_drawn(text, {name: table(*drawn) for name, drawn in drawn_tables().items()})


# --- states


def states() -> str:
    """`docs/states.md`."""
    ticket_moves: dict[tuple[str, str], str] = {ends: move.name for ends, move in MOVES.items()}
    return document(
        "States",
        "All states and the moves between them, drawn from `acd/engine/model/transitions.py` and `tickets/states.py`. "
        "The engine makes only the moves of these tables. Any other move is a bug of ours and raises `EngineBug`; no "
        "caller, agent or Asterisk can cause one.",
        "## A call",
        "From the line's answer to its one outcome. The caller may hang up in every phase; the call is then over. A "
        "call gets its place in the queue (`order`) once, when it enters the queue. The place never changes: not when "
        "an offer fails, not at an overflow, not at a restart.",
        diagram("flow", CALL_PHASES, CALL_MOVES, ends=CALL_PHASES),
        table(("phase", "what it is"), ((f"`{name}`", text) for name, text in CALL_PHASES.items())),
        moves(CALL_MOVES),
        "### How a call ends",
        "Each call has one outcome, here and in the API, the report and the metrics:",
        table(("outcome", "what it is"), ((f"`{name}`", text) for name, text in outcomes())),
        "If the line releases a call, the release sets the outcome. Any other call gets its outcome by the phase in "
        "which the caller's channel ended:",
        table(("phase at the end", "outcome"), ((f"`{phase}`", f"`{outcome}`") for phase, outcome in ENDS_AS.items())),
        "`hangup_by` says who hung up: `caller`, `agent`, `system`, or `unknown` if the channel ended while no engine "
        "ran.",
        "## An agent",
        "The activity says what an agent does with our calls. The engine keeps apart whether they are signed in and "
        "whether their phone can be reached. Both may change at any time; a change during a call takes effect after "
        "it.",
        diagram("idle", AGENT_ACTIVITIES, AGENT_MOVES),
        table(("activity", "what it is"), ((f"`{name}`", text) for name, text in AGENT_ACTIVITIES.items())),
        moves(AGENT_MOVES),
        "### What people see of an agent",
        "The wallboard, the API and the metrics show one word, computed from sign-in, activity and phone. Only an "
        "agent in the row marked *yes* is offered a routine caller.",
        table(("signed in as", "activity", "phone", "shown as", "on the wall", "offered"), shown()),
        "### Why agents pause",
        table(
            ("reason", "key after `*47`", "Turkish", "English"),
            ((f"`{one.id}`", one.key or "–", one.tr, one.en) for one in PAUSE_REASONS),
        ),
        "The engine sets `missed_calls` for an agent who did not answer `max_misses` offers in a row, and "
        "`empty_chair` for one whose phone answered by itself while nobody spoke; `*48` makes them ready again.",
        "## A ticket",
        "A ticket is opened as `new`. `tickets.moves` applies the table below, and nothing else changes a state; "
        "[requests.md](requests.md) describes the life of a request. The role `admin`, which the machine's own token "
        "has, may make every move. `parent` is a move that follows from the parent of a duplicate; `system` is a move "
        "by a rule of the program.",
        diagram("new", STATES, ticket_moves, ends=FINAL),
        table(("state", "what it is"), ((f"`{name}`", text) for name, text in STATES.items())),
        table(
            ("move", "from", "to", "why", "by", "needs"),
            (
                (f"`{move.name}`", f"`{before}`", f"`{after}`", move.why, ", ".join(move.who), needs(move))
                for (before, after), move in MOVES.items()
            ),
        ),
        "*words*: the text for the citizen. *reason*: the reason, for the history. *photo*: a photo of the work, if "
        "the topic asks for one.",
    )


def needs(move: Move) -> str:
    """What must come with a move."""
    return ", ".join(move.needs)


def diagram(start: str, names: Iterable[str], moves: Moves, ends: Iterable[str] = ()) -> str:
    """A mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    lines += [f"    {before} --> {after}: {_label(why)}" for (before, after), why in moves.items()]
    lines += [f"    {name} --> [*]" for name in names if name in set(ends)]
    return "\n".join([*lines, "```"])


def _label(text: str) -> str:
    """A transition's text as mermaid takes it: a colon or semicolon would end it."""
    return text.replace(":", ",").replace(";", ",")


def moves(moves: Moves) -> str:
    """A table of moves."""
    rows = ((f"`{before}`", f"`{after}`", why) for (before, after), why in moves.items())
    return table(("from", "to", "why"), rows)


def shown() -> Iterator[Sequence[str]]:
    """What the engine shows of agents, asked of the engine."""
    profile = AgentProfile(id=AgentId("1001"), name="", endpoint="PJSIP/1001", node=NodeId("ast1"))
    call = CallId("1")
    cases: tuple[tuple[str, str, str, Agent], ...] = (
        ("ready", "`idle`", "free", Agent(profile=profile, login="ready", reachable=True)),
        ("ready", "`idle`", "in a call of their own", Agent(profile=profile, login="ready", channels=["c"])),
        ("ready", "`idle`", "not there", Agent(profile=profile, login="ready")),
        ("paused", "`idle`", "any", Agent(profile=profile, login="paused", reachable=True)),
        ("offline", "`idle`", "any", Agent(profile=profile, reachable=True)),
        ("any", "`reserved`", "rings", Agent(profile=profile, activity="reserved", call=call)),
        ("any", "`talking`", "in our call", Agent(profile=profile, activity="talking", call=call)),
        ("any", "`wrapup`", "free", Agent(profile=profile, activity="wrapup", call=call, reachable=True)),
    )
    for login, activity, phone, agent in cases:
        state = shown_state(agent)
        yield login, activity, phone, f"`{state}`", " / ".join(STATE_LABELS[state]), "yes" if offerable(agent) else ""


def outcomes() -> Iterator[tuple[Outcome, str]]:
    """Every outcome there is and what it means."""
    for name in get_args(Outcome):
        if name not in OUTCOMES:
            raise SystemExit(f"acd/engine/model/fact_base.py: outcome {name} has no words in scripts/draw_docs.py")
        yield name, OUTCOMES[name]


# --- settings


def settings() -> str:
    """`docs/settings.md`."""
    return document(
        "Settings",
        "Drawn from `acd/config/settings.py`, `acd/config/services.toml` and `agents/directory.py`. Each setting is a "
        "key of one `cozum.toml` (in the folder the program is started in, or named by `--config`) and "
        f"`{PREFIX}<NAME>` "
        "in the environment, which wins. Durations are seconds. A wrong setting stops the start; the message names its "
        "source, key, value and what is allowed. `cozum doctor` checks all settings without starting anything.",
        '```toml\n# cozum.toml\nhttp_port = 8090\nwrapup_s = 15.0\nservices_file = "services.toml"\n```',
        "On SIGHUP (see [operations](operations.md#reload)) the line reads `cozum.toml` and its files again. A setting "
        "with *reload* in the table changes at once, also while calls go on. A setting with *restart* changes at the "
        "next restart; the log and `make run` name it. Environment variables keep the values of the start.",
        table(
            ("name", "environment", "default", "allowed", "taken on", "meaning"),
            (setting(name, field) for name, field in Settings.model_fields.items()),
        ),
        "## services.toml",
        "The services that callers can ask for. `services_file` names the file; without it the line uses "
        "`data_dir/services.toml`, which the administrator's page makes with its first change, or else the shipped "
        "one, [acd/config/services.toml](../acd/config/services.toml). Each service is a table `[service.NAME]` with "
        "the keys below, all optional. A caller who made no choice in the flow goes to `default_service`.",
        table(("key", "meaning"), service_keys()),
        '```toml\ndefault_service = "agent"\n\n[service.funeral]\nlabel = "Cenaze"\nclass = "urgent"\n'
        'opens_ticket = true\n\n[service.request]\nlabel = "İstek ve şikâyet"\nmax_wait_s = 600\n'
        'overflow_to = "agent"\n\n[service.agent]\nlabel = "Görevliyle görüşme"\n```',
        "### [hours.NAME]",
        'When services with `hours = "NAME"` are open; times are those of `timezone`.',
        f"```toml\n{hours_example()}\n```",
        table(("key", "meaning"), HOURS_KEYS),
        "A wrong day, time or country stops the start and names its key. An urgent service is never closed.",
        "Every service that the flow chooses must be listed. An urgent service may only overflow to an urgent one, and "
        "overflows may not form a circle.",
        "## agents.toml",
        "The agents. `agents_file` names the file; without it `data_dir/agents.toml`, which a first `make run` with "
        "`demo` fills with ten demo agents. The file has secrets: mode 600.",
        f"```toml\n{agents_example()}\n```",
        table(("key", "allowed"), ((f"`{key}`", text) for key, text in agents.directory._HINTS.items())),
        "`cozum agents pin` asks for a PIN and prints its hash; `cozum agents check FILE` names every problem of a "
        "file. An agent with the password `demo<extension>` is served on loopback only.",
        "## numbers.toml",
        "Special rules for callers by their number. `numbers_file` names the file; without it the line uses "
        "`data_dir/numbers.toml`, and without that there are none. The file "
        "has numbers of people: mode 600. A number may be written in any way (0532 …, "
        "+90 532 …, 00 90 532 …) and is the same; a number of another country is written with its code.",
        f"```toml\n{numbers_example()}\n```",
        table(("key", "meaning"), NUMBERS_KEYS),
    )


def setting(name: str, field: FieldInfo) -> Sequence[str]:
    """A row of the table of settings."""
    meaning = field.description
    if not meaning:
        raise SystemExit(f"acd/config/settings.py: {name} has no description")
    if name in NOTES:
        meaning = f"{meaning} ({NOTES[name]})"
    taken = "reload" if name in LIVE else "restart"
    return f"`{name}`", f"`{PREFIX}{name.upper()}`", default(field.default), allowed(name, field), taken, meaning


def default(value: object) -> str:
    """A default as it stands in TOML."""
    if value is PydanticUndefined:
        return "needed"
    if value is None or value == "":
        return "none" if value is None else "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{one}"' for one in value) + "]`"
    return f"`{value}`" if isinstance(value, int | float) else f'`"{value}"`'


def allowed(name: str, field: FieldInfo) -> str:
    """What a setting may be."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" if one else "empty" for one in get_args(kind))
    if kind is bool:
        return "`true`, `false`"
    if get_origin(kind) is tuple:
        return "a list of texts; in the environment as JSON"
    if kind is Path or Path in get_args(kind):
        return "a path"
    checked = _refusal(name, -1.0 if kind in (int, float) else "?")
    if checked:
        return checked
    bounds = {type(one).__name__: one for one in field.metadata}
    if "Ge" in bounds:
        what = "whole number" if kind is int else "number"
        return f"{what}, {bounds['Ge'].ge} to {bounds['Le'].le}"
    pattern = next((one.pattern for one in field.metadata if getattr(one, "pattern", None)), "")
    return f"`{pattern}`" if pattern else "text"


def _refusal(name: str, wrong: object) -> str:
    """What the setting's own check says is allowed, given something wrong; empty where it has none."""
    for decorator in Settings.__pydantic_decorators__.field_validators.values():
        if name in decorator.info.fields:
            try:
                decorator.func(wrong)
            except ValueError as error:
                return str(error).removesuffix(" is allowed").replace(" is allowed, such as", ", such as")
    return ""


def service_keys() -> Iterator[Sequence[str]]:
    """The keys of a service, from the comments at the shipped file's head."""
    text = files("acd.config").joinpath("services.toml").read_text(encoding="utf-8")
    # A line that is indented as far as the meanings goes on with the one before.
    for found in re.finditer(r"^# (\w+) {2,}(.+(?:\n# {10,}.+)*)", text, re.MULTILINE):
        yield f"`{found[1]}`", re.sub(r"\n# +", " ", found[2])


def agents_example() -> str:
    """The example in the docstring of `agents/directory.py`."""
    text = cleandoc(agents.directory.__doc__ or "")
    return text[text.index("[[agent]]") :]


def hours_example() -> str:
    """The example in the docstring of `acd/config/hours.py`."""
    text = cleandoc(acd.config.hours.__doc__ or "")
    return text[text.index("[hours.office]") : text.index("\n\nA span")]


def numbers_example() -> str:
    """The example in the docstring of `acd/config/number_lists.py`."""
    text = cleandoc(acd.config.number_lists.__doc__ or "")
    return text[text.index("switchboards =") : text.index("\n\nThe numbers are")]


# --- writing


def document(title: str, *parts: str) -> str:
    """A document's whole text."""
    return "\n\n".join([f"# {title}", DRAWN, *parts]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
