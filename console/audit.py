"""`/api/v1/audit`: the people and programs that saw or did something."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from agents.audit_actions import AuditAction
from agents.people import PROGRAM, USER, Role
from console import views
from console.access import note_about
from console.admin_ports import AuditQuery
from console.parameters import ByTime, Limit, Since, only
from console.ports import ConsolePorts, Record
from console.problems import ProblemError
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


SOUGHT_ALLOWED: Final = "a telephone number, however it is written, or the words of a search, in any order"
Sought = Annotated[
    str,
    Query(max_length=200, description=f"the citizen for whom people looked: {SOUGHT_ALLOWED}; not together with about"),
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
        dependencies=[Depends(only("limit", "cursor", "who", "about", "sought", "what", "since", "until"))],
    )
    async def list_audit(
        request: Request,
        limit: Limit = 100,
        cursor: ByTime = "",
        who: Who = "",
        about: About = "",
        sought: Sought = "",
        what: AuditAction | None = None,
        since: Since = None,
        until: Since = None,
    ) -> Response:
        """The entries of the audit, newest first: at or after `since`, and before `until`. `Link` leads to the next
        page. The audit itself names each person who reads a page."""
        looked_for = ports.people.sought(sought)
        if about and sought:
            raise ProblemError(422, "sought: give it or about", key="sought", value=None, allowed="one of both")
        if sought and not looked_for:
            raise ProblemError(422, "sought: no number and no word", key="sought", value=None, allowed=SOUGHT_ALLOWED)
        about = about or looked_for
        query = AuditQuery(limit=limit, cursor=cursor, who=who, about=about, what=what, since=since, until=until)
        page = await answer("audit", ports.audit(query))
        _note(request, query, page.records, looked_for)
        return page_of(request, await views.to_json(AuditRecord, page.records), page.next)

    return routes


def _note(request: Request, query: AuditQuery, found: Sequence[Record], sought: str) -> None:
    """Have the audit say whose acts, or the acts on what, were read. It takes the words of what was found: a filter may
    be anything that somebody typed, also a citizen's number. Whoever looks for those who looked for a citizen has
    looked for that citizen, too."""
    detail: dict[str, Any] = {"what": query.what} if query.what else {}
    if found and query.who:
        detail["who"] = found[0]["who"]
    note_about(request, sought or (found[0]["about"] if found and query.about else ""), **detail)
