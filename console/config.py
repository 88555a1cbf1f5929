"""`/api/v1/config`: the configuration files, changed with the checks of the start; every version is kept.

A change needs `If-Match` with the `ETag` of what its author has read: a file that an editor or git has changed
meanwhile is not overwritten."""

from typing import Annotated, Any, ClassVar, Literal, Self

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import Field, JsonValue, WithJsonSchema, model_validator

from console import answers, views
from console.access import identity_of, note_about
from console.admin_ports import Author, Change, FaultyChange, FileName, Record, StaleFile, UnknownItem
from console.answers import documented
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError, problem_with
from console.request_bodies import Body
from console.routing import api_router
from console.within import Within

SLOW_S = 20.0
"""Seconds for a change: the line reads its files anew, and Asterisk its phones."""
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description="the ETag of what was read")]
Extension = Annotated[str, Path(pattern=r"^[1-9][0-9]{2,5}$", description="three to six digits")]
AnyJson = Annotated[JsonValue, WithJsonSchema({})]
"""The description says no more than that: generators of requests lose themselves in a schema that names itself."""
Key = Annotated[str, Field(min_length=1, max_length=100)]
Choice = Literal[
    "", "position", "wait", "position+wait", "agent", "automatic", "off", "none", "urgent", "all", "socket", "redis",
    "longest_idle", "least_calls", "linear", "quickest", "file", "http", "smtp", "starttls", "tls", "process", "power",
    "debug", "info", "warning", "error",
]  # fmt: skip
"""What settings that have a list can be: /admin has words for each, and the build fails where it has none."""
Why = Annotated[str, Field(max_length=500, description="why; kept with the version")]


class EditBody(Body):
    """A key and its new value."""

    path: list[Key] = Field(
        min_length=1,
        max_length=6,
        description="from the top of the file; an agent by extension, a topic or unit by id",
    )
    value: AnyJson = Field(None, description="null removes the key")


class ChangeBody(Body):
    """A change, by exactly one of: edits of keys, a whole text, an earlier version."""

    allowed: ClassVar[dict[str, Any]] = {
        "edits": "a list of keys and values", "text": "the file's text", "version": "a number from 1",
    }  # fmt: skip

    edits: list[EditBody] | None = Field(None, min_length=1, max_length=200)
    text: str | None = Field(None, description="the whole file")
    version: int | None = Field(None, ge=1, le=10_000_000)

    @model_validator(mode="after")
    def _just_one(self) -> Self:
        if sum(one is not None for one in (self.edits, self.text, self.version)) != 1:
            raise ValueError("exactly one of edits, text and version is needed")
        return self

    def wish(self) -> Change:
        """As the port takes it."""
        edits = None if self.edits is None else [(one.path, one.value) for one in self.edits]
        return Change(edits=edits, text=self.text, version=self.version)


class SaveBody(ChangeBody):
    """A change that is made."""

    why: Why = ""


class TelephoneBody(Body):
    """An agent's telephone."""

    allowed: ClassVar[dict[str, Any]] = {"name": "1 to 60 characters", "why": "at most 500 characters"}

    name: str = Field("", max_length=60, description="needed for an agent who is not in the list yet")
    why: Why = ""


class Reload(views.View):
    """How the line took its files the last time it read them."""

    state: Literal["none", "taken", "refused", "pending"] = Field(
        description="none: not since it started; pending: the line is away or still reads"
    )
    refused: list[str] = Field(description="faults; the rules before are then in force")
    waiting: list[str] = Field(description="settings that changed and need a restart")


class FileLine(views.View):
    """A file in the list."""

    name: FileName
    path: str
    own: bool = Field(description="false: the shipped one holds, and the first change writes one")
    changed_at: views.Time | None = None
    has_text: bool = Field(description="false: it has secrets, and is changed key by key")
    versions: int = Field(description="how many are kept")


class Overview(views.View):
    """Every file, and the line's last reload."""

    files: list[FileLine]
    reload: Reload


class File(FileLine):
    """A file as it is now."""

    text: str | None = None
    values: dict[str, Any] = Field(description="its tables, without secrets")


class Fault(views.View):
    """What the start would refuse."""

    text: str
    key: str = ""
    value: str = ""
    allowed: str = ""


class Proposal(views.View):
    """What a change would come to."""

    difference: str = Field(description="the unified difference; secrets are ***")
    faults: list[Fault]
    waiting: list[str] = Field(description="settings in it that need a restart")


class Saved(views.View):
    """A change that was made."""

    version: int
    difference: str
    waiting: list[str]
    reload: Reload


class Telephone(Saved):
    """What a telephone's sheet has; the secrets are told this once."""

    extension: str
    name: str
    server: str
    port: int
    account: str
    password: str
    pin: str


class Version(views.View):
    """A kept version."""

    number: int
    at: views.Time
    who: str = Field(description="empty: it was found in the file, written by an editor or git")
    why: str
    difference: str = Field(description="from the version before")
    holds: bool = Field(description="the file has this text now")


class Setting(views.View):
    """A setting."""

    name: str
    description: str
    kind: Literal["switch", "whole", "number", "list", "text"]
    choices: list[Choice]
    least: float | None = None
    most: float | None = None
    live: bool = Field(description="a reload takes it; if not, it needs a restart")
    secret: bool
    source: Literal["default", "file", "environment"] = Field(description="the environment wins over the file")
    value: Any = None
    default: Any = None


ETAG: dict[str, Any] = {"ETag": {"description": "the version", "schema": {"type": "string"}}}
_CHANGE = documented(404, 409, 412, 428) | answers.BODY


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    _reads(routes, ports, within, timeout_s)
    _changes(routes, ports, within)
    return routes


def _reads(routes: APIRouter, ports: ConsolePorts, within: Within, timeout_s: float) -> None:
    config = ports.configuration

    @routes.get("/config", response_model=Overview, responses=documented(409), dependencies=[Depends(only())])
    async def list_config_files() -> Response:
        """The files, and how the line's last reload went."""
        return _json(views.one(Overview, await within(timeout_s, "files", config.overview())))

    @routes.get("/settings", response_model=list[Setting], responses=documented(409), dependencies=[Depends(only())])
    async def list_settings() -> Response:
        """Every setting with its value, and whether a change needs a restart. Change them in the file `settings`."""
        return _json(await views.to_json(Setting, await within(timeout_s, "files", config.settings())))

    @routes.get(
        "/config/{file}",
        response_model=File,
        responses={200: {"headers": ETAG}, **documented(404, 409)},
        dependencies=[Depends(only())],
    )
    async def get_config_file(file: FileName) -> Response:
        """A file as it is now."""
        record = await answered(within(timeout_s, "files", config.file(file)))
        return _json(views.one(File, record), record["etag"])

    @routes.get(
        "/config/{file}/versions",
        response_model=list[Version],
        responses=documented(404, 409),
        dependencies=[Depends(only())],
    )
    async def list_versions(file: FileName) -> Response:
        """The kept versions, newest first. To go back, save with `version`."""
        return _json(await views.to_json(Version, await answered(within(timeout_s, "files", config.versions(file)))))


def _changes(routes: APIRouter, ports: ConsolePorts, within: Within) -> None:
    config = ports.configuration
    checks = [Depends(only()), Depends(json_only)]

    @routes.post("/config/{file}/check", response_model=Proposal, responses=_CHANGE, dependencies=checks)
    async def check_config_file(file: FileName, body: ChangeBody, if_match: IfMatch = None) -> Response:
        """What a change would come to: the difference, and what the start would refuse. Nothing is written."""
        asked = within(SLOW_S, "files", config.check(file, body.wish(), etag_in(if_match)))
        return _json(views.one(Proposal, await answered(asked)))

    @routes.put(
        "/config/{file}",
        response_model=Saved,
        responses={200: {"headers": ETAG}, **_CHANGE},
        dependencies=checks,
    )
    async def save_config_file(request: Request, file: FileName, body: SaveBody, if_match: IfMatch = None) -> Response:
        """Make a change, keep the version, and have the line read it. A fault changes nothing (422): the answer names
        each with key, value and what is allowed."""
        author = author_in(request, body.why, if_match)
        record = await answered(within(SLOW_S, "files", config.save(file, body.wish(), author)))
        note_about(request, file, version=record["version"])
        return _json(views.one(Saved, record), record["etag"])

    @routes.post(
        "/config/agents/{extension}/telephone",
        response_model=Telephone,
        responses={200: {"headers": ETAG}, **_CHANGE},
        dependencies=checks,
    )
    async def renew_telephone(
        request: Request, extension: Extension, body: TelephoneBody, if_match: IfMatch = None
    ) -> Response:
        """Give an agent's telephone a new password, and the agent a new PIN; a new agent is added. The secrets are in
        this answer only."""
        author = author_in(request, body.why, if_match)
        record = await answered(within(SLOW_S, "files", config.telephone(extension, body.name.strip(), author)))
        return _json(views.one(Telephone, record), record["etag"])


async def answered(answer: Any) -> Any:
    """The answer of the port. Raises `ProblemError`."""
    try:
        return await answer
    except UnknownItem as error:
        raise ProblemError(404, str(error), key=error.key, value=error.value) from None
    except StaleFile as error:
        etag = f'"{error.etag}"'
        raise ProblemError(412, str(error), key="if-match", allowed=etag, headers={"etag": etag}) from None
    except FaultyChange as error:
        raise problem_with(422, str(error), [_item(one) for one in error.faults]) from None


def _item(fault: Record) -> dict[str, Any]:
    return {
        "key": fault["key"] or "text",
        "value": fault["value"] or None,
        "allowed": fault["allowed"] or None,
        "detail": fault["text"],
    }


def author_in(request: Request, why: str, if_match: str | None) -> Author:
    """The person who changes something, and what they have read. Raises `ProblemError`."""
    return Author(who=identity_of(request).who, why=why.strip(), etag=etag_in(if_match))


def etag_in(if_match: str | None) -> str:
    """The ETag that was sent. Raises `ProblemError`."""
    if if_match is None:
        detail = "If-Match: missing; send the ETag of what was read"
        raise ProblemError(428, detail, key="if-match", allowed="the ETag of what was read")
    return if_match.strip().strip('"')


def _json(body: bytes, etag: str = "") -> Response:
    return Response(body, media_type="application/json", headers={"etag": f'"{etag}"'} if etag else None)
