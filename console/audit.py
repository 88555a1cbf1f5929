"""`/api/v1/audit`: the people and programs that saw or did something."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from agents.audit_actions import AuditAction
from agents.people import PROGRAM, USER, Role
from console import views
from console.access import note_about
from console.admin_ports import AuditQuery
from console.parameters import ByTime, Limit, Since, only
from console.ports import ConsolePorts, Record
from console.requests import LINK_HEADER, Within, page_of
from console.routing import api_router

Who = Annotated[
    str,
    Query(pattern=f"^({PROGRAM})?{USER.pattern}$", description="a user, or a program: `token:` and the token's name"),
]
About = Annotated[
    str,
    Query(
        max_length=128,
        pattern=r"^[!-~]([ -~]*[!-~])?$",
        description="the id of what was seen or changed; a request's number however it is written",
    ),
]


class AuditRecord(views.View):
    """Somebody saw or did something. It has ids, and no numbers, names or texts of citizens."""

    id: int
    at: views.Time
    who: str = Field(description="a user, `token:` and a token's name, or this machine (`token`, `cozum`)")
    role: Role
    action: str = Field(description="one of those by which `what` filters, or one of an earlier version")
    about: str = Field(description="the id of what was seen or changed: a request's number, a call, an extension, …")
    detail: dict[str, Any] = Field(description="what else belongs to it, such as the new role of a person")


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The route."""
    routes = api_router()
    answer = Within(within, timeout_s)

    @routes.get(
        "/audit",
        response_model=list[AuditRecord],
        responses={200: {"headers": LINK_HEADER}},
        dependencies=[Depends(only("limit", "cursor", "who", "about", "what", "since", "until"))],
    )
    async def list_audit(
        request: Request,
        limit: Limit = 100,
        cursor: ByTime = "",
        who: Who = "",
        about: About = "",
        what: AuditAction | None = None,
        since: Since = None,
        until: Since = None,
    ) -> Response:
        """The entries of the audit, newest first: at or after `since`, and before `until`. `Link` leads to the next
        page. The audit itself names each person who reads a page."""
        query = AuditQuery(limit=limit, cursor=cursor, who=who, about=about, what=what, since=since, until=until)
        page = await answer("audit", ports.audit(query))
        _note(request, query, page.records)
        return page_of(request, await views.to_json(AuditRecord, page.records), page.next)

    return routes


def _note(request: Request, query: AuditQuery, found: Sequence[Record]) -> None:
    """Have the audit say whose acts, or the acts on what, were read. It takes the words of what was found: a filter may
    be anything that somebody typed, also a citizen's number."""
    detail: dict[str, Any] = {"what": query.what} if query.what else {}
    if found and query.who:
        detail["who"] = found[0]["who"]
    note_about(request, found[0]["about"] if found and query.about else "", **detail)
