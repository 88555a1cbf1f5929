"""`/api/v1/tickets`: requests, followed until they are resolved.

A change needs `If-Match` with the `ETag` of the version that its author has read, so that two people do not undo each
other's changes. With an `Idempotency-Key` a change that is sent again after a lost answer is made once."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from console import views
from console.access import identity_of
from console.answers import BODY, documented
from console.callers import call_of
from console.looks import Looks
from console.parameters import Limit, Since, json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_bodies import (
    AmendmentBody,
    DuplicateBody,
    ExtensionBody,
    MoveBody,
    NewTicketBody,
    NoteBody,
    ScoreBody,
    WrittenBody,
)
from console.request_ports import BadCursor, By, Record, Seer, TicketQuery, Upload
from console.request_views import Citizen, DistrictCount, Ticket, WholeTicket
from console.routing import api_router
from console.within import within
from tickets.citizen_number import of_call
from tickets.failures import ChangedMeanwhile, KeyReused, NoSuch, NotGranted
from tickets.files import LONGEST_NAME, MEDIA, saved_as
from tickets.kinds import Kind
from tickets.privacy.masking import SIGHT
from tickets.refusals import RefusalCode
from tickets.states import TicketState

T = TypeVar("T")
Number = Annotated[str, Path(max_length=64, description="as written or typed: 26-000123-3 or 260001233")]
Word = Annotated[str | None, Query(max_length=64, pattern=r"^[a-z0-9_]+$")]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=255, description="the same write sent again is made once"),
]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200, description="the ETag of what was read")]

STATUSES: Final[dict[RefusalCode, int]] = {
    "not_your_role": 403,
    "not_your_unit": 403,
    "no_such_move": 409,
    "too_late": 409,
    "already_done": 409,
    "follows_parent": 409,
    "stale": 409,
}
"""HTTP status by code of the refusal; any other is 422: the wish itself is at fault."""

_ETAG: Final = re.compile(r'"([0-9]{1,9})"')


_CHANGE: Final = documented(403, 404, 409, 412, 428) | BODY
LINK_HEADER: Final = {"Link": {"description": "the next page", "schema": {"type": "string"}}}
ETAG_HEADER: Final = {"ETag": {"description": "the version", "schema": {"type": "string"}}}


class Within:
    """Waits for an answer so long, and turns what the store raises into problems."""

    def __init__(self, within: Callable[[float, str, Awaitable[Any]], Awaitable[Any]], timeout_s: float) -> None:
        self._within = within
        self._timeout_s = timeout_s

    async def __call__(self, part: str, answer: Awaitable[T]) -> T:
        """The answer. Raises `ProblemError`."""
        try:
            done: T = await self._within(self._timeout_s, part, answer)
        except NotGranted as error:
            refusal = error.refusal
            raise ProblemError(
                STATUSES.get(refusal.code, 422),
                str(refusal),
                key=refusal.key,
                value=refusal.value or None,
                allowed=refusal.allowed,
                code=refusal.code,
            ) from None
        except NoSuch as error:
            raise ProblemError(
                404, str(error), key=error.key, value=error.value, allowed=error.allowed or None
            ) from None
        except ChangedMeanwhile as error:
            etag = etag_of(error.version)
            raise ProblemError(412, str(error), key="if-match", allowed=etag, headers={"etag": etag}) from None
        except KeyReused as error:  # its sender may have lost the answer, and learns here what they have made
            detail = f"Idempotency-Key: was used for another write, about {error.about}; take a new one"
            raise ProblemError(
                422, detail, key="idempotency-key", value=error.about, allowed="a key that is new"
            ) from None
        except BadCursor:
            detail = "cursor: no list gave it out"
            raise ProblemError(422, detail, key="cursor", allowed="what `Link` of the page before says") from None
        return done


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)
    _reads(routes, ports, answer)
    _counts(routes, ports, answer)
    _reads_one(routes, ports, answer)
    _opening(routes, ports, answer)
    _changes(routes, ports, answer)
    _files(routes, ports, answer)
    return routes


def _reads(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    names = ("limit", "cursor", "since", "order", "state", "unit", "service", "topic", "district", "kind", "open")
    filters = (*names, "overdue", "q", "caller", "parent")
    looks = Looks(ports.people)

    @routes.get(
        "/tickets",
        response_model=list[Ticket],
        responses={200: {"headers": LINK_HEADER}},
        dependencies=[Depends(only(*filters))],
    )
    async def list_tickets(
        request: Request,
        limit: Limit = 100,
        cursor: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")] = "",
        since: Since = None,
        order: Annotated[
            Literal["newest", "due"], Query(description="newest first, or by deadline, the earliest first")
        ] = "newest",
        state: TicketState | None = None,
        unit: Word = None,
        service: Word = None,
        topic: Word = None,
        district: Word = None,
        kind: Kind | None = None,
        is_open: Annotated[bool | None, Query(alias="open", description="the outcome is still to come")] = None,
        overdue: bool | None = None,
        q: Annotated[str, Query(max_length=200, description="words as people write them, or a number")] = "",
        caller: Annotated[str, Query(max_length=32, pattern=r"^[0-9+() ./-]*$")] = "",
        parent: Annotated[str | None, Query(max_length=32, pattern=r"^[0-9-]+$")] = None,
    ) -> Response:
        """Requests, newest first; `Link` has the next page. `since` is when they were opened."""
        query = TicketQuery(
            limit=limit,
            cursor=cursor,
            order=order,
            since=since,
            state=state,
            unit=unit,
            service=service,
            topic=topic,
            district=district,
            kind=kind,
            is_open=is_open,
            overdue=overdue,
            parent=parent,
            caller=caller.strip(),
            query=q,
        )
        page = await answer("tickets", ports.requests.list(query, seer_of(request, query)))
        looks.at_requests(identity_of(request), query, page)
        return page_of(request, await views.to_json(Ticket, page.records), page.next)


def _counts(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    names = ("state", "unit", "service", "topic", "kind", "overdue")

    @routes.get("/tickets/by-district", response_model=list[DistrictCount], dependencies=[Depends(only(*names))])
    async def count_by_district(
        request: Request,
        state: TicketState | None = None,
        unit: Word = None,
        service: Word = None,
        topic: Word = None,
        kind: Kind | None = None,
        overdue: bool | None = None,
    ) -> Response:
        """How many open requests each mahalle has, for a map. The filters are those of the list."""
        query = TicketQuery(state=state, unit=unit, service=service, topic=topic, kind=kind, overdue=overdue)
        found = await answer("tickets", ports.requests.by_district(query, seer_of(request, query)))
        return json_of(await views.to_json(DistrictCount, found))


def _reads_one(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.get(
        "/tickets/{number}",
        response_model=WholeTicket,
        responses={200: {"headers": ETAG_HEADER}, **documented(404)},
        dependencies=[Depends(only("language"))],
    )
    async def get_ticket(
        request: Request,
        number: Number,
        language: Annotated[Literal["tr", "en"], Query(description="of the clock's steps")] = "tr",
    ) -> Response:
        """A request with its history, calls, files and clock."""
        record = await answer("tickets", ports.requests.get(number, language, seer_of(request)))
        if record is None:
            raise ProblemError(404, f"there is no ticket {number!r}", key="number", value=number)
        return _whole(record)

    @routes.get(
        "/tickets/{number}/caller",
        response_model=Citizen,
        responses=documented(404),
        dependencies=[Depends(only())],
    )
    async def unmask(request: Request, number: Number) -> Response:
        """The citizen who made a request, with the whole number. The audit names who asked before it is shown."""
        who = identity_of(request)
        record = await answer("tickets", ports.requests.citizen(number, seer_of(request)))
        if record is None:
            raise ProblemError(404, f"there is no ticket {number!r}", key="number", value=number)
        if who.kind != "machine":
            await answer("audit", ports.people.record(who, "unmasked", record["number"]))
        return json_of(views.one(Citizen, record))


def _opening(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.post(
        "/tickets",
        response_model=WholeTicket,
        status_code=201,
        responses={
            201: {"headers": {**ETAG_HEADER, "Location": {"schema": {"type": "string"}}}},
            **documented(403),
            **BODY,
        },
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def open_ticket(request: Request, body: NewTicketBody, key: Key = None) -> Response:
        """Open a request. It goes to the unit that does it, if a rule knows one. Where `caller` is left out, it is that
        of the `call`: whoever takes the request down may see the number masked."""
        by = await author_of(request, key, None)
        wish = body.wish()
        if wish.call is not None and "caller" not in body.model_fields_set:
            found = await answer("calls", call_of(ports, within, wish.call))
            wish = msgspec.structs.replace(wish, caller=of_call(str((found or {}).get("caller") or "")))
        record = await answer("tickets", ports.requests.open(wish, by))
        response = _whole(record, 201)
        response.headers["location"] = f"{request.url.path}/{record['number']}"
        return response


Change = Callable[[str], Callable[[Callable[..., Awaitable[Response]]], Any]]
"""What makes a function the route of a change, by the end of its path."""


def _changes(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    def change(path: str, method: str = "POST") -> Callable[[Callable[..., Awaitable[Response]]], Any]:
        """A route that changes a request and answers with it as it is then."""
        return routes.api_route(
            "/tickets/{number}" + path,
            methods=[method],
            response_model=WholeTicket,
            responses={200: {"headers": ETAG_HEADER}, **_CHANGE},
            dependencies=[Depends(only()), Depends(json_only)],
        )

    async def done(work: Awaitable[Record]) -> Response:
        return _whole(await answer("tickets", work))

    @change("", "PATCH")
    async def amend(
        request: Request, number: Number, body: AmendmentBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Put right what is wrong on a request."""
        return await done(ports.requests.amend(number, body.wish(), await author_of(request, key, seen_in(if_match))))

    @change("/moves")
    async def move(
        request: Request, number: Number, body: MoveBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Move a request to another state; docs/states.md has the moves, and `moves` of a request those it can make."""
        return await done(ports.requests.move(number, body.wish(), await author_of(request, key, seen_in(if_match))))

    _words(change, done, ports)

    @change("/score")
    async def score(
        request: Request, number: Number, body: ScoreBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """What the citizen thinks of the outcome: 3 and more closes the request, 1 and 2 opens a task."""
        by = await author_of(request, key, seen_in(if_match))
        return await done(ports.requests.score(number, body.score, body.remark, by))

    @change("/extension")
    async def extend(
        request: Request, number: Number, body: ExtensionBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """More time, before the limit and as far as the clock allows it."""
        by = await author_of(request, key, seen_in(if_match))
        return await done(ports.requests.extend(number, body.days, body.reason, by))

    @change("/duplicate-of")
    async def duplicate_of(
        request: Request, number: Number, body: DuplicateBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Hang a request on another one as its duplicate, or part the two."""
        by = await author_of(request, key, seen_in(if_match))
        if body.number is None:
            return await done(ports.requests.part(number, body.note, by))
        return await done(ports.requests.join(number, body.number, by))


def _words(change: Change, done: Callable[[Awaitable[Record]], Awaitable[Response]], ports: ConsolePorts) -> None:
    @change("/notes")
    async def note(
        request: Request, number: Number, body: NoteBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Note something for the people who work on a request."""
        return await done(ports.requests.note(number, body.note, await author_of(request, key, seen_in(if_match))))

    @change("/text")
    async def write(
        request: Request, number: Number, body: WrittenBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Write to the citizen by a text message, if one reaches them (`takes_texts`). The history has the words."""
        by = await author_of(request, key, seen_in(if_match))
        return await done(ports.requests.write(number, body.words, by))


def _files(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.post(
        "/tickets/{number}/files",
        response_model=WholeTicket,
        status_code=201,
        responses={201: {"headers": ETAG_HEADER}, **documented(403, 404, 409, 412, 413, 428)},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in MEDIA},
            }
        },
        dependencies=[Depends(only("about", "name"))],
    )
    async def attach(
        request: Request,
        number: Number,
        about: Annotated[
            Literal["request", "work"], Query(description="what the citizen shows, or what was done")
        ] = "request",
        name: Annotated[str, Query(max_length=LONGEST_NAME, description="of the file")] = "",
        key: Key = None,
        if_match: IfMatch = None,
    ) -> Response:
        """Attach a photo, a recording or a document to a request. The body is the file, its type the content type."""
        by = await author_of(request, key, seen_in(if_match))
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        upload = Upload(media_type=media_type, about=about, name=name, content=await request.body())
        return _whole(await answer("tickets", ports.requests.attach(number, upload, by)), 201)

    @routes.get(
        "/tickets/{number}/files/{file}",
        response_class=Response,
        responses={200: {"content": {name: {} for name in MEDIA}}, **documented(404, 409)},
        dependencies=[Depends(only())],
    )
    async def get_file(
        request: Request,
        number: Number,
        file: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="its id")],
    ) -> Response:
        """The content of a file of a request, to be kept and not shown: a citizen may send anything."""
        found = await answer("files", ports.requests.file(number, file, seer_of(request)))
        if found is None:
            raise ProblemError(404, f"there is no file {file!r} of this ticket", key="file", value=file)
        record, content = found
        name = saved_as(record["name"], record["media_type"], file)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(content, media_type=record["media_type"], headers=headers)


async def author_of(request: Request, key: str | None, version: int | None) -> By:
    """The author of a write, the version they have seen, and their key."""
    who = identity_of(request)
    by = By(actor=who.actor, seer=seer_of(request), version=version)
    if key is None:
        return by
    asked = b"\n".join((request.method.encode(), request.url.path.encode(), await request.body()))
    return replace(by, key=f"{who.who}:{key}", digest=hashlib.sha256(asked).hexdigest())


def seer_of(request: Request, query: TicketQuery | None = None) -> Seer | None:
    """For whom requests are read. A role that sees no citizen must not look for one either."""
    who = identity_of(request)
    if who.sees_numbers:
        return None
    if query is not None and SIGHT[who.role][0] == "hidden":
        for key, value in (("caller", query.caller), ("q", query.query)):
            if value:
                raise ProblemError(403, f"{key}: the role {who.role} sees no citizen, and finds none", key=key)
    return Seer(role=who.role, unit=who.unit)


def seen_in(if_match: str | None) -> int | None:
    """The version that whoever asks has seen; None for `*`, whichever there is."""
    allowed = 'the ETag of what was read, such as "3", or *'
    if if_match is None:
        raise ProblemError(428, "If-Match: missing", key="if-match", allowed=allowed)
    if if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise ProblemError(422, f"If-Match: {if_match!r:.60} is no ETag of ours", key="if-match", allowed=allowed)
    return int(found[1])


def etag_of(version: int) -> str:
    """The `ETag` of a version."""
    return f'"{version}"'


def _whole(record: Record, status: int = 200) -> Response:
    response = Response(views.one(WholeTicket, record), status, media_type="application/json")
    response.headers["etag"] = etag_of(record["version"])
    return response


def page_of(request: Request, body: bytes, cursor: str) -> Response:
    """A page of a list; `Link` has the next one, if there is one."""
    response = json_of(body)
    if cursor:
        given = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        link = urlencode([*given, ("cursor", cursor)])
        response.headers["link"] = f'<{request.url.path}?{link}>; rel="next"'
    return response


def json_of(body: bytes) -> Response:
    """An answer."""
    return Response(body, media_type="application/json")
