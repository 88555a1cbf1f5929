"""`cozum users`: the people who use the desk, and the tokens of programs.

Works on the database, with or without a desk, which learns of a change within seconds."""

import sys
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli import tokens
from acd.cli.parts import Config, Json, local, new_app, note, print_json, print_table, rfc3339, settings_of
from acd.cli.people_changes import SHELL, change, unit_fault, with_stores
from acd.cli.spans import WHEN, ends_of
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from agents.audit_actions import AuditAction
    from agents.people import Person

app = new_app("The people who use the desk, and the tokens of programs.")
app.add_typer(tokens.app, name="token")
User = Annotated[str, typer.Argument(metavar="USER", help="The name they sign in with, such as nermin.")]
Role = Annotated[str, typer.Option("--role", help="agent, lead, unit, inbox, analyst or admin.")]
Unit = Annotated[str, typer.Option("--unit", help="Of the role unit: its id, such as fen_isleri.")]
Own = Annotated[bool, typer.Option("--own", help="They have chosen it themselves: do not ask them for another.")]
Extension = Annotated[
    str, typer.Option("--extension", help="The agent that they are, such as 1001; of an agent by default the user.")
]


@app.command("list")
def list_(config: Config = None, as_json: Json = False) -> None:
    """Everybody who may sign in, or might."""
    settings = settings_of(config)
    found = with_stores(settings, lambda stores: stores.people.list())
    if as_json:
        print_json([_record(person) | {"last_used": rfc3339(used)} for person, used in found])
        return
    zone = ZoneInfo(settings.timezone)
    print_table(
        ("user", "name", "role", "unit", "extension", "state", "last used"),
        [
            (
                person.user,
                person.name or None,
                person.role,
                person.unit or None,
                person.extension or None,
                _state(person),
                local(used, zone)[:16] if used else None,
            )
            for person, used in found
        ],
    )
    if not found:
        note("cozum: nobody yet: `cozum users add USER --role ROLE`")


@app.command()
def add(
    user: User,
    role: Role,
    name: Annotated[str, typer.Option("--name", help="As others see them.")] = "",
    unit: Unit = "",
    extension: Extension = "",
    own: Own = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Let somebody use the desk.

    Asks for a password, which is not shown; in a pipe it is taken from standard input. When they sign in with it, the
    desk asks them for one of their own.
    """
    from agents.people import Person, user_of

    settings = settings_of(config)
    wanted = user_of(user)
    if role == "agent" and not extension and wanted.isdigit():
        extension = wanted
    # A role that there is not is told by `_check`, with those there are.
    person = Person(user=wanted, name=name.strip(), role=role, unit=unit, extension=extension)  # type: ignore[arg-type]  # checked by the person itself
    _check(settings, person)
    person = _with_password(person, own=own)
    change(settings, lambda stores: stores.people.add(person), "person_added", person.user, {"role": role})
    _told(person, as_json=as_json, what="added")


@app.command()
def password(user: User, own: Own = False, config: Config = None) -> None:
    """Give somebody another password, and sign them out everywhere.

    It is asked for and not shown; in a pipe it is taken from standard input. When they sign in with it, the desk asks
    them for one of their own. They can also change it themselves, on any page of the desk.
    """
    settings = settings_of(config)
    person = _with_password(_person(settings, user), own=own)
    values = {"password_hash": person.password_hash, "demo": False, "password_due": person.password_due}
    _set(settings, person.user, "password_set", **values)
    asked = "" if own else "; they are asked for one of their own when they sign in"
    print(f"{person.user}: has a new password, and is signed out everywhere{asked}")


@app.command()
def role(
    user: User,
    wanted: Annotated[str, typer.Argument(metavar="ROLE", help="agent, lead, unit, inbox, analyst or admin.")],
    unit: Unit = "",
    extension: Extension = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give somebody another role, and sign them out everywhere."""
    import msgspec

    settings = settings_of(config)
    before = _person(settings, user)
    extension = extension or before.extension or (before.user if wanted == "agent" and before.user.isdigit() else "")
    after = msgspec.structs.replace(before, role=wanted, unit=unit, extension=extension)
    _check(settings, after)
    person = _set(settings, before.user, "role_set", role=wanted, unit=unit, extension=extension)
    _told(person, as_json=as_json, what="changed, and signed out everywhere")


@app.command()
def disable(user: User, config: Config = None, as_json: Json = False) -> None:
    """Let somebody sign in no more, and sign them out everywhere. `enable` undoes it."""
    person = _set(settings_of(config), _known(user), "person_disabled", enabled=False)
    _told(person, as_json=as_json, what="disabled, and signed out everywhere")


@app.command()
def enable(user: User, config: Config = None, as_json: Json = False) -> None:
    """Let somebody who was disabled sign in again."""
    person = _set(settings_of(config), _known(user), "person_enabled", enabled=True)
    _told(person, as_json=as_json, what="enabled")


@app.command()
def unbind(user: User, config: Config = None) -> None:
    """Forget somebody's account at the OpenID Connect provider.

    Their next sign-in there binds the account that it is made with. It ends no session; `disable` does.
    """
    wanted = _person(settings_of(config), user).user
    count = change(settings_of(config), lambda stores: stores.identities.unbind(wanted), "identity_unbound", wanted)
    print(f"{wanted}: {'the account is forgotten' if count else 'had no account there'}")


@app.command()
def remove(user: User, config: Config = None) -> None:
    """Remove somebody for good. Histories and the audit keep their user name.

    Give the name to nobody else, or the two are one in them; `disable` keeps it taken.
    """
    from storage.people.people import NoSuchPerson

    wanted = _known(user)
    try:
        change(settings_of(config), lambda stores: stores.people.remove(wanted), "person_removed", wanted)
    except NoSuchPerson:
        raise _nobody(wanted) from None
    print(f"{wanted}: removed")


@app.command()
def audit(
    who: Annotated[str, typer.Option("--who", help="Only what this user did, or token:NAME.")] = "",
    about: Annotated[str, typer.Option("--about", help="Only about this id: a ticket, a call, a user.")] = "",
    what: Annotated[str, typer.Option("--what", help="Only this, such as unmasked.")] = "",
    sought: Annotated[
        str, typer.Option("--sought", help="Only who looked for this telephone number, or for these words.")
    ] = "",
    since: Annotated[str | None, typer.Option("--since", help=f"Done from here: {WHEN}.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Done before this; a day is taken whole.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many, the newest.")] = 50,
    language: Annotated[str, typer.Option("--language", help="Language in which a search is told: en or tr.")] = "en",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """The audit: the people and programs that saw or did something, the newest first."""
    from agents.audit_actions import AUDIT_ACTIONS
    from agents.audit_words import look_in_words
    from storage.people.audit import WantedEntries

    settings = settings_of(config)
    zone = ZoneInfo(settings.timezone)
    action = next((one for one in AUDIT_ACTIONS if one == what), None)
    if what and action is None:
        raise CliError(f"--what = {what!r}: {', '.join(AUDIT_ACTIONS)} are allowed", WRONG_USE)
    begin, end = ends_of(since, until, zone)
    if sought:
        about = _sought(settings, sought, about)
    spoken = next((one for one in ("en", "tr") if one == language), None)
    if spoken is None:
        raise CliError(f"--language = {language!r}: en, tr are allowed", WRONG_USE)
    wanted = WantedEntries(limit=limit, who=who, about=about, what=action, since=begin, until=end)
    page = with_stores(settings, lambda stores: stores.audit.page(wanted))
    if as_json:
        names = ("who", "role", "action", "about", "detail")
        print_json([{"at": rfc3339(one["at"]), **{name: one[name] for name in names}} for one in page.records])
        return
    rows = [
        (
            local(one["at"], zone)[:19],
            _who(one),
            one["role"],
            one["action"],
            one["about"] or None,
            look_in_words(one["detail"], spoken) or None,
        )
        for one in page.records
    ]
    print_table(("at", "who", "role", "did", "about", "more"), rows)
    if page.next:
        note(f"cozum: the newest {limit}; --limit shows more")


# --- what they share


def _sought(settings: "Settings", typed: str, about: str) -> str:
    """The citizen who is typed, as the audit has them."""
    from acd.lib.secret_file import read_secret
    from tickets.privacy.sought import Sought, sought_key

    if about:
        raise CliError("--sought: give it or --about", WRONG_USE)
    path = settings.browsers_secret_file
    try:
        secret = read_secret(path)  # with a key made here nobody would have looked for anybody
    except OSError as error:
        raise CliError(f"--sought: {path}: {error.strerror or error}; ask where the desk runs, as its user") from None
    found = Sought(sought_key(secret.encode())).by_text(typed)
    if not found:
        raise CliError("--sought: a telephone number, or words, are allowed", WRONG_USE)
    return found


def _who(entry: dict[str, Any]) -> str:
    """The person who acted: the program's own name, and the login of the person at the keyboard."""
    login = entry["detail"].get("user") if entry["who"] == SHELL else None
    return f"{entry['who']} ({login})" if login else str(entry["who"])


def _set(settings: "Settings", user: str, action: "AuditAction", **values: Any) -> "Person":
    from storage.people.people import NoSuchPerson

    detail = {name: value for name, value in values.items() if name in ("role", "unit", "extension")}
    try:
        return change(settings, lambda stores: stores.people.change(user, **values), action, user, detail)
    except NoSuchPerson:
        raise _nobody(user) from None


def _person(settings: "Settings", user: str) -> "Person":
    wanted = _known(user)
    found = with_stores(settings, lambda stores: stores.people.get(wanted))
    if found is None:
        raise _nobody(wanted)
    return found


def _known(user: str) -> str:
    from agents.people import user_of

    return user_of(user)


def _nobody(user: str) -> CliError:
    return CliError(f"user = {user!r}: there is nobody of this name; `cozum users list` names all")


def _check(settings: "Settings", person: "Person") -> None:
    """Raises `CliError` with every fault."""
    from agents.people import faults

    found = faults(person)
    if person.role == "unit" and person.unit and (fault := unit_fault(settings, person.unit)):
        found.append(fault)
    if found:
        raise CliError("\n".join(found), WRONG_USE)


def _with_password(person: "Person", *, own: bool) -> "Person":
    import msgspec

    from acd.lib.passwords import LONGEST, SHORTEST, BadPassword, check_password, hash_password

    if sys.stdin.isatty():
        note(f"A password has {SHORTEST} to {LONGEST} characters. It is not shown.")
        given = typer.prompt("Password", hide_input=True, err=True)
        if typer.prompt("Once more", hide_input=True, err=True) != given:
            raise CliError("the two are not the same; nothing has changed")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    try:
        check_password(given, user=person.user)
    except BadPassword as error:
        raise CliError(f"password: {error}", WRONG_USE) from None
    return msgspec.structs.replace(person, password_hash=hash_password(given), demo=False, password_due=not own)


def _state(person: "Person") -> str:
    more = (", demo" if person.demo else "") + (", own password due" if person.password_due else "")
    return ("enabled" if person.enabled else "disabled") + more


def _record(person: "Person") -> dict[str, Any]:
    names = ("user", "name", "role", "unit", "extension", "enabled", "demo", "password_due")
    return {name: getattr(person, name) for name in names}


def _told(person: "Person", *, as_json: bool, what: str) -> None:
    if as_json:
        print_json(_record(person))
        return
    rest = f", unit {person.unit}" if person.unit else f", extension {person.extension}" if person.extension else ""
    print(f"{person.user}: {what}; {person.role}{rest}")
