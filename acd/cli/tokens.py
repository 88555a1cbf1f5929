"""`cozum users token`: what programs use the API with."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, local, new_app, note, print_json, print_table, rfc3339, settings_of
from acd.cli.people_changes import change, unit_fault, with_stores
from acd.lib.cli_error import WRONG_USE, CliError

if TYPE_CHECKING:
    from storage.people.stores import PeopleStores

app = new_app("Tokens of programs: each is good for some things only.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="What the token is for, such as crm.")]


@app.command()
def add(
    name: Name,
    scopes: Annotated[list[str], typer.Option("--scope", help="What it is good for; may be given several times.")],
    role: Annotated[
        str, typer.Option("--role", help="In which it changes requests, and how it sees citizens.")
    ] = "inbox",
    unit: Annotated[str, typer.Option("--unit", help="Of the role unit: whose requests it sees and moves.")] = "",
    days: Annotated[int, typer.Option("--days", min=0, max=3650, help="It ends after so many; 0: not by itself.")] = 0,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it, this once: only its hash is kept.

    \b
    Scopes: live, calls, agents, agents:write, tickets, tickets:write, numbers, surge:write, callbacks:write.
    """
    import secrets

    from agents.people import ROLES, SCOPES, USER, USER_ALLOWED, Token
    from storage.people.sessions import digest_of

    settings = settings_of(config)
    faults = [] if USER.fullmatch(name) else [f"name = {name!r}: {USER_ALLOWED} are allowed"]
    faults += [f"--scope = {one!r}: {', '.join(SCOPES)} are allowed" for one in scopes if one not in SCOPES]
    if role not in ROLES:
        faults.append(f"--role = {role!r}: {', '.join(ROLES)} are allowed")
    if (role == "unit") != bool(unit):
        faults.append("--unit: goes with --role unit, and is needed with it")
    elif unit and (fault := unit_fault(settings, unit)):
        faults.append(f"--{fault}")
    if faults:
        raise CliError("\n".join(faults), WRONG_USE)
    ends = datetime.now(UTC) + timedelta(days=days) if days else None
    token = Token(
        name=name,
        scopes=tuple(one for one in SCOPES if one in scopes),
        role=role,  # type: ignore[arg-type]  # checked by the token itself
        unit=unit,
        ends_at=ends.timestamp() if ends else None,
    )
    secret = secrets.token_urlsafe(32)
    change(
        settings,
        lambda stores: stores.tokens.add(token, digest_of(secret)),
        "token_added",
        f"token:{name}",
        {"scopes": list(token.scopes), "role": role, "unit": unit},
    )
    if as_json:
        print_json(_record(token) | {"token": secret})
        return
    print(secret)
    note(f"cozum: this is the token {name}, for {', '.join(token.scopes)}; it is not shown again")


@app.command("list")
def list_(config: Config = None, as_json: Json = False) -> None:
    """The tokens there are, without their secrets."""
    settings = settings_of(config)
    found = with_stores(settings, lambda stores: stores.tokens.list())
    if as_json:
        print_json(
            [_record(one.token) | {"made_at": rfc3339(one.made_at), "last_used": rfc3339(one.used_at)} for one in found]
        )
        return
    zone = ZoneInfo(settings.timezone)
    rows = [
        (
            one.token.name,
            " ".join(one.token.scopes),
            one.token.role,
            one.token.unit or None,
            local(one.token.ends_at, zone)[:16] if one.token.ends_at else None,
            local(one.used_at, zone)[:16] if one.used_at else None,
        )
        for one in found
    ]
    print_table(("name", "scopes", "role", "unit", "ends", "last used"), rows)
    if not found:
        note("cozum: no token; the machine's own and the wallboard's are files in data_dir")


@app.command()
def revoke(name: Name, config: Config = None) -> None:
    """Take a token back."""

    async def revoked(stores: "PeopleStores") -> None:
        if not await stores.tokens.revoke(name):
            raise CliError(f"name = {name!r}: there is no such token; `cozum users token list` names all")

    change(settings_of(config), revoked, "token_revoked", f"token:{name}")
    print(f"{name}: revoked")


def _record(token: Any) -> dict[str, Any]:
    return {
        "name": token.name,
        "scopes": list(token.scopes),
        "role": token.role,
        "unit": token.unit,
        "ends_at": rfc3339(token.ends_at),
    }
