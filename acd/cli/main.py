"""The root of the command line. Each sub-command lives in a module of its own, imported only when it is used, so that
`cozum --help` is quick.

A failure ends in one line on standard error: status 2 for wrong use (of options, of settings), 1 for another failure.
A fault of our own keeps its traceback.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from acd.cli.parts import markup
from acd.lib.cli_error import NOT_WELL, WRONG_USE, CliError

COMMANDS = {
    "run": ("acd.cli.run", "Serve the line in the foreground."),
    "line": ("acd.cli.run", "Serve the line alone, without a desk."),
    "desk": ("acd.cli.run", "Serve the desk alone."),
    "relay": ("acd.cli.run", "Serve the WebSockets of browsers' telephones alone."),
    "doctor": ("acd.cli.doctor", "Is this machine fit to serve? What is not, and the way out."),
    "asterisk": ("acd.cli.asterisk", "The Asterisk that serves: its age, a newer one, a way back."),
    "agents": ("acd.cli.agents", "The agents: their states, PINs and file."),
    "users": ("acd.cli.users", "The people who use the desk, and the tokens of programs."),
    "person": ("acd.cli.person", "All that is kept of one person: export it, erase it."),
    "destructions": ("acd.cli.destructions", "What personal data was destroyed, when and by which rule."),
    "tickets": ("acd.cli.tickets", "What callers asked for."),
    "articles": ("acd.cli.articles", "What agents tell citizens at once: the knowledge base."),
    "surge": ("acd.cli.surge", "A message that callers hear before they queue."),
    "report": ("acd.cli.report", "Figures of a day or a longer time."),
    "journal": ("acd.cli.journal", "All that happened; why a caller got an agent when they did."),
    "flow": ("acd.cli.flow", "What callers hear, and how long each way through it takes."),
    "db": ("acd.cli.db", "The database's tables: check, upgrade, fill again."),
    "backup": ("acd.cli.backup", "Copy all that must not be lost to a folder."),
    "simulate": ("acd.simulate.cli", "Let the real engine answer made-up calls."),
    "plan": ("acd.simulate.cli", "How many agents a day needs, by hour."),
}
"""Module and one line of help, in the order of `cozum --help`."""

# Typer has its own copy of click since 0.20, and click itself before: this is UsageError in both.
_UsageError: type[Any] = typer.BadParameter.__bases__[0]


class _Commands(TyperGroup):
    """Has the name and help of each command; imports only the command that is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (_, text) in COMMANDS.items():
            self.add_command(TyperCommand(name, help=text), name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, _loaded(name) if name else command, rest

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _SeenEnough from None


class _SeenEnough(Exception):
    """The reader of our output has gone: `cozum journal show | head`. Typer would take it for a failure."""


def _loaded(name: str) -> Any:
    module = importlib.import_module(COMMANDS[name][0])
    if hasattr(module, "mount"):  # adds its commands to a line that it does not know
        app = typer.Typer(rich_markup_mode=markup(), add_completion=False)
        module.mount(app)
        app.command("_")(lambda: None)  # one command alone would not be a group
        return get_command(app).commands[name]  # type: ignore[attr-defined]  # a group, with what `mount` added
    return get_command(getattr(module, f"{name}_app", module.app))


app = typer.Typer(
    cls=_Commands,
    name="cozum",
    help="Çözüm: a contact-centre engine for Asterisk.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=markup(),
    no_args_is_help=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("cozum"))
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Çözüm: a contact-centre engine for Asterisk."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `cozum`. Always ends in `SystemExit`."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a ✓ must not break an old terminal
    try:
        code = get_command(app).main(args=arguments, prog_name="cozum", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, _SeenEnough):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except Exception as error:
        raise SystemExit(_told(error, sys.argv[1:] if arguments is None else arguments)) from None
    raise SystemExit(code or 0)


def _told(error: Exception, words: Sequence[str]) -> int:
    """Print what is wrong and return the exit status. Raises the error again if it is a fault of ours."""
    if isinstance(error, CliError):
        _say(str(error))
        return error.code
    if isinstance(error, _UsageError):
        where = error.ctx.command_path if error.ctx else "cozum"
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message(), end="\n" * bool(error.format_message()))  # with frames it has been printed
        else:
            print(f"{where}: {_mistake(error, words)}; see `{where} --help`", file=sys.stderr)
        return WRONG_USE
    if isinstance(error, PermissionError) and error.filename is not None:
        _say(f"{error.filename}: {error.strerror}; run as the user that the line runs as")
        return NOT_WELL
    if not any(one.__module__.partition(".")[0] in ("acd", "storage", "agents", "ivr") for one in _expected(error)):
        raise error
    _say(str(error))
    return WRONG_USE if type(error).__name__ == "SettingsError" else NOT_WELL


def _mistake(error: Any, words: Sequence[str]) -> str:
    """The wrong use in words: key, value and what is allowed, if it is about a value."""
    message = str(error.format_message()).rstrip(".")
    names = getattr(getattr(error, "param", None), "opts", ())
    if not isinstance(error, typer.BadParameter) or type(error) is not typer.BadParameter:
        return message
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        if name in names and name.startswith("-"):
            return f"{name} = {value if equals else following!r}: {error.message.rstrip('.')}"
    return message


def _expected(error: Exception) -> list[type]:
    """The classes of an error whose text is for the operator, by name: importing them all would be slow."""
    names = {"SettingsError", "BadConfig", "JournalError", "DatabaseError"}
    return [one for one in type(error).__mro__ if one.__name__ in names]


def _say(text: str) -> None:
    for line in text.splitlines():
        print(f"cozum: {line}", file=sys.stderr)
