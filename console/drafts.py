"""`/api/v1/drafts`: requests that somebody is taking down, so that no word is lost with a browser or a computer."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field

from console import answers, views
from console.access import identity_of
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.problems import ProblemError
from console.request_bodies import Body, Id
from console.routing import api_router
from console.within import Within

Call = Annotated[str, Path(max_length=128)]
Word = Annotated[str, Field(max_length=64)]
Line = Annotated[str, Field(max_length=500)]


class Draft(Body):
    """What has been taken down, as it was typed: nothing of it is checked before it is saved as a request."""

    allowed: ClassVar[dict[str, Any]] = {}

    service: Id
    urgent: bool = False
    language: Word = "tr"
    topic: Word = ""
    district: Word = ""
    address: Line = ""
    text: str = Field("", max_length=8000)
    name: Line = ""
    fields: dict[Word, Annotated[str, Field(max_length=1000)]] = Field(default_factory=dict, max_length=50)
    parent: Word = ""
    follows: Word = ""
    agrees: bool = False
    contact: Word = "call"
    key: Word = Field(description="the Idempotency-Key of the write that will save it")
    number: Word = Field("", description="of the request as which it was saved, where more was written since")
    begun: Word = Field("", description="when it was begun, as its page reads the time")
    caller: Word = Field("", description="their number as the agent sees it: masked")


class DraftBody(Body):
    """A draft, and the version upon which it was written."""

    allowed: ClassVar[dict[str, Any]] = {"base": "the version that was read or kept last; 0: none"}

    base: int = Field(ge=0, lt=2**31)
    draft: Draft


class KeptDraft(views.View):
    """A draft as it is kept."""

    call: str
    version: int
    at: views.Time = Field(description="of its last change; a day later it is destroyed")
    draft: dict[str, Any]


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes. Each person has their own drafts only."""
    routes = api_router()

    @routes.get("/drafts", response_model=list[KeptDraft], dependencies=[Depends(only())])
    async def list_drafts(request: Request) -> Response:
        """Your drafts, the oldest change first."""
        found = await within(timeout_s, "drafts", ports.drafts.list(identity_of(request).who))
        return Response(await views.to_json(KeptDraft, found), media_type="application/json")

    @routes.put(
        "/drafts/{call}",
        response_model=KeptDraft,
        responses=answers.documented(410) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def keep_draft(request: Request, call: Call, body: DraftBody) -> Response:
        """Keep the draft of a call as the next version after `base`. If another version is kept, it stays, and is the
        answer: join the two and send them with its version. Nobody else reads it; it goes when you delete it or sign
        out, when its caller is erased, and a day after its last change. A `base` that is gone is answered with 410: let
        go of the words too."""
        work = ports.drafts.keep(identity_of(request).who, call, body.base, body.draft.model_dump())
        kept = await within(timeout_s, "drafts", work)
        if kept is None:
            detail = "the draft is gone: it was saved or thrown away elsewhere, or what the caller told was erased"
            raise ProblemError(410, detail, key="call", value=call)
        return Response(views.one(KeptDraft, kept), media_type="application/json")

    @routes.delete("/drafts/{call}", status_code=204, dependencies=[Depends(only())])
    async def drop_draft(request: Request, call: Call) -> Response:
        """Destroy your draft of a call: it was saved, or is not wanted."""
        await within(timeout_s, "drafts", ports.drafts.drop(identity_of(request).who, call))
        return Response(status_code=204)

    @routes.delete("/drafts", status_code=204, dependencies=[Depends(only())])
    async def drop_drafts(request: Request) -> Response:
        """Destroy all your drafts."""
        await within(timeout_s, "drafts", ports.drafts.drop(identity_of(request).who))
        return Response(status_code=204)

    return routes
