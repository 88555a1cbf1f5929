"""The console's HTTP application: API, live stream, health, metrics and pages."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute, Route

from console import (
    accounts,
    agent_services,
    answers,
    audit,
    callers,
    calls,
    config,
    consultants,
    days,
    destructions,
    drafts,
    duplicates,
    hand_over,
    heard,
    holidays,
    knowledge,
    monitoring,
    notices,
    openid,
    outbreaks,
    outcome_calls,
    page,
    parameters,
    problems,
    recordings,
    request_import,
    requests,
    session,
    surge,
    tasks,
    town,
    views,
)
from console.access import Access, identity_of, standing_of
from console.answers import documented
from console.auth import bearer
from console.forwarded import Forwarded
from console.live import LiveChange, LiveHub, LiveState
from console.looks import Looks
from console.middleware import (
    BodyLimit,
    RateLimit,
    SecurityHeaders,
    WholeRequest,
    client_of,
    too_many,
)
from console.parameters import AgentStateWish, json_only, only
from console.ports import (
    Check,
    ConsolePorts,
    OnlyAtTheLine,
    Refused,
    Unavailable,
    UnknownAgent,
    UnknownCall,
    UnknownCallback,
)
from console.problems import ProblemError, problem, response
from console.public_status import PublicStatusPage
from console.rates import REQUESTS, WRONG_TOKENS, Rate, Rates
from console.request_bodies import FirstBody, KindBody
from console.routing import PREFIX, api_router
from console.shared import Shared
from console.standing import while_it_holds
from console.telephone import Telephones
from console.within import within

DESCRIPTION_PATH: Final = "/api/openapi.json"
TIMEOUT_S: Final = 5.0
"""Seconds for a part behind a port, before the answer is a 503."""

T = TypeVar("T")


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


CallIdPath = Annotated[str, Path(max_length=128)]


def create_app(
    ports: ConsolePorts,
    *,
    timeout_s: float = TIMEOUT_S,
    rate: Rate | None = None,
    trusted_proxies: Sequence[str] = (),
) -> FastAPI:
    """The application over `ports`. `app.state.live` is its `LiveHub`: close it when the server stops.
    `app.state.telephones` is its `Telephones`: run its `watch` as long as the server serves. `rate` limits
    each client's requests, by default `console.rates.REQUESTS`. `trusted_proxies` say from where their clients come.

    The pages, `/assets/…`, `/healthz`, `/readyz`, `/metrics` and `/api/openapi.json` need no token and show no personal
    data; everything under `/api/v1` needs a session's cookie or a token (`console.access`)."""
    app = FastAPI(
        title="Çözüm",
        summary="A contact centre's calls, agents, queue and tickets.",
        version=ports.version or "0",
        openapi_url=None,  # ours is made once: FastAPI writes it anew, in 12 ms, for whoever asks
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    hub = LiveHub(ports)
    app.state.live = hub
    app.add_middleware(BodyLimit)
    wrong_tokens = Rates(WRONG_TOKENS, time.monotonic)
    app.add_middleware(
        Access,
        prefix=PREFIX,
        check_token=ports.check_token,
        check_wallboard=ports.check_wallboard,
        people=ports.people,
        wrong=wrong_tokens,
        refused=ports.count_refused,
    )
    app.add_middleware(RateLimit, rates=Rates(rate or REQUESTS, time.monotonic), refused=ports.count_refused)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(WholeRequest)
    app.add_middleware(Forwarded, trusted=trusted_proxies)
    telephones = app.state.telephones = Telephones(ports, within, timeout_s)
    app.router.routes.extend(_api(ports, hub, telephones, timeout_s))
    app.router.routes.extend(_open_routes(ports, wrong_tokens, timeout_s))
    app.router.routes.append(Route(DESCRIPTION_PATH, _description(app), methods=["GET"]))
    app.router.routes.extend(telephones.routes())
    app.router.routes.extend(PublicStatusPage(ports, within, timeout_s).router().routes)
    _handle_errors(app)
    return app


def _api(ports: ConsolePorts, hub: LiveHub, telephones: Telephones, timeout_s: float) -> list[BaseRoute]:
    router = api_router()
    _calls(router, ports, timeout_s)
    _agents(router, ports, timeout_s)
    _queue(router, ports, timeout_s)
    _overview(router, ports, hub)
    others = (
        calls.router(ports, within, timeout_s),
        session.router(ports, within, timeout_s),
        openid.router(ports, within, timeout_s),
        callers.router(ports, within, timeout_s),
        duplicates.router(ports, within, timeout_s),  # before a request's number
        requests.router(ports, within, timeout_s),
        request_import.router(ports, within, timeout_s),
        tasks.router(ports, within, timeout_s),
        notices.router(ports, within, timeout_s),
        drafts.router(ports, within, timeout_s),
        town.router(ports),
        knowledge.router(ports, within, timeout_s),
        outcome_calls.router(ports, within, timeout_s),
        recordings.router(ports, within, timeout_s),
        agent_services.router(ports, within, timeout_s),
        days.router(ports, within, timeout_s),
        monitoring.router(ports, within, timeout_s),
        hand_over.router(ports, within, timeout_s),
        consultants.router(ports, within, timeout_s),
        outbreaks.router(ports, within, timeout_s),
        surge.router(ports, within, timeout_s),
        config.router(ports, within, timeout_s),
        holidays.router(ports),
        accounts.router(ports, within, timeout_s),
        destructions.router(ports, within, timeout_s),
        audit.router(ports, within, timeout_s),
        heard.router(ports, within, timeout_s),
        telephones.api(),
    )
    return [*router.routes, *(route for other in others for route in other.routes)]


def _calls(router: APIRouter, ports: ConsolePorts, timeout_s: float) -> None:
    @router.post(
        "/calls/{call}/kind",
        response_model=views.CallKind,
        responses=documented(404, 409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def set_call_kind(request: Request, call: CallIdPath, body: KindBody) -> Response:
        """Say what an urgent call is about: an urgent service. The request that the call opens, or has opened, is for
        that service then. An agent says it of a call that they have, or had."""
        work = ports.set_kind(call, body.service, identity_of(request).own_calls_of)
        return _json(views.one(views.CallKind, await within(timeout_s, "engine", work)))

    @router.post(
        "/calls/{call}/first",
        response_model=views.PutFirst,
        responses=documented(404, 409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def put_first(call: CallIdPath, body: FirstBody) -> Response:
        """Serve a waiting caller before all others of the same class. Urgent callers still come before routine ones.

        The line's journal keeps the reason, the audit who did it. A caller who is first already stays so."""
        return _json(views.one(views.PutFirst, await within(timeout_s, "engine", ports.put_first(call, body.reason))))


def _agents(router: APIRouter, ports: ConsolePorts, timeout_s: float) -> None:
    @router.get("/agents", response_model=list[views.Agent], dependencies=[Depends(only())])
    async def list_agents() -> Response:
        """Every agent and what they do now, by extension."""
        return _json(await views.to_json(views.Agent, ports.live.agents()))

    @router.post(
        "/agents/{extension}/state",
        response_model=views.Agent,
        responses=documented(404, 409) | answers.BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def set_agent_state(
        request: Request, extension: Annotated[str, Path(max_length=32)], wish: AgentStateWish
    ) -> Response:
        """Sign an agent in (`ready`), out (`offline`) or let them pause.

        Answers once the engine took it, with the agent as they are then: one who is in a call stays `talking` and
        pauses after it, one whose phone is away is `unavailable`. With `disposition_required`, 409 to the `ready` of
        agents by their own session while their last routine talk has neither a request nor a disposition: `key` is
        `disposition`, `value` the call. Tokens, and leads for an agent, are not refused."""
        at_page = identity_of(request).is_agent(extension)
        try:
            wished = ports.request_agent_state(extension, wish.state, wish.reason, at_page)
            agent = await within(timeout_s, "engine", wished)
        except UnknownAgent:
            known = [str(agent["extension"]) for agent in ports.live.agents()]
            detail = f"there is no agent {extension!r}"
            raise ProblemError(404, detail, key="extension", value=extension, allowed=known) from None
        return _json(views.one(views.Agent, agent))


def _queue(router: APIRouter, ports: ConsolePorts, timeout_s: float) -> None:
    looks = Looks(ports.people)

    @router.get("/queue", response_model=list[views.Waiting], dependencies=[Depends(only())])
    async def list_queue(request: Request) -> Response:
        """Callers who wait now, in the order of service."""
        now = ports.clock()
        records = [views.waiting(record, now) for record in callers.shown(ports.live.queue(), identity_of(request))]
        return _json(await views.to_json(views.Waiting, records))

    @router.get("/callbacks", response_model=list[views.Callback], dependencies=[Depends(only())])
    async def list_callbacks(request: Request) -> Response:
        """Callers who are to be called back, in the order of service."""
        now = ports.clock()
        who = identity_of(request)
        found = callers.shown(ports.live.callbacks(), who)
        looks.listed(who, "callbacks_listed", len(found))
        records = [views.waiting(record, now) for record in found]
        return _json(await views.to_json(views.Callback, records))

    @router.delete("/callbacks/{call}", status_code=204, responses=documented(404, 409), dependencies=[Depends(only())])
    async def cancel_callback(call: Annotated[str, Path(max_length=128)]) -> Response:
        """Do not call a caller back. One who is being talked to already is left alone: a 404."""
        try:
            await within(timeout_s, "engine", ports.cancel_callback(call))
        except UnknownCallback:
            detail = f"nobody is to be called back for call {call!r}"
            raise ProblemError(404, detail, key="call", value=call) from None
        return Response(status_code=204)


def _overview(router: APIRouter, ports: ConsolePorts, hub: LiveHub) -> None:
    @router.get("/figures", response_model=views.Figures, dependencies=[Depends(only())])
    async def get_figures() -> Response:
        """Service figures of the last five minutes, the hour and the day."""
        return _json(views.one(views.Figures, ports.statistics()))

    @router.get(
        "/live",
        response_class=EventStream,
        responses={200: {"model": LiveState | LiveChange}},
        dependencies=[Depends(only())],
    )
    async def get_live(request: Request) -> Response:
        """Server-sent events: a `state` with the whole view, then a `change` for each next version; a `state` again for
        a client that reads too slowly to be sent every change. Callers' numbers are masked."""
        if hub.full:
            raise Unavailable("live: too many look already, or the console is closing")
        return EventStream(while_it_holds(hub.stream(), standing_of(request)))


def _open_routes(ports: ConsolePorts, wrong_tokens: Rates, timeout_s: float) -> list[Route]:
    async def healthz(_: Request) -> Response:
        """The process lives and its loop turns. Says nothing of whether it can serve."""
        return _json(b'{"status":"ok"}')

    async def readyz(request: Request) -> Response:
        """Can the line be served? Everybody may know whether; who has the token is told what is wrong."""
        given = request.headers.getlist("authorization")
        token = bearer(given[0].encode("latin-1")) if len(given) == 1 else None
        known = token is not None and ports.check_token(token)
        if given and not known and (wait_s := wrong_tokens.take(client_of(request.scope))):
            ports.count_refused("wrong_tokens")
            return too_many(wait_s, "too many requests with a wrong token from this address")
        try:
            async with asyncio.timeout(timeout_s):
                checks = await ports.checks()
        except TimeoutError:
            checks = (Check(name="checks", ok=False, detail=f"not done within {timeout_s:g} s"),)
        ready = all(check.ok for check in checks)
        body: dict[str, Any] = {"ready": ready}
        if known:
            body["checks"] = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
        return Response(problems.encode(body), 200 if ready else 503, media_type="application/json")

    exposition = Shared(lambda: within(timeout_s, "metrics", ports.metrics()))

    async def metrics(_: Request) -> Response:
        """Prometheus' exposition."""
        body, content_type = await exposition.get()
        return Response(body, headers={"content-type": content_type})

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        *page.routes(
            zone=ports.timezone,
            number=ports.public_number,
            without=frozenset() if ports.demo_phone else frozenset({"/phone"}),
        ),
    ]


def _description(app: FastAPI) -> Callable[[Request], Awaitable[Response]]:
    """The API's description of itself. To make it takes a second, which is another thread's: the loop serves on."""
    made: list[bytes] = []
    turn = asyncio.Lock()

    def make() -> bytes:
        return json.dumps(app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()

    async def endpoint(_: Request) -> Response:
        async with turn:
            if not made:
                made.append(await asyncio.to_thread(make))
        return _json(made[0])

    return endpoint


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(ProblemError)
    async def on_problem(_: Request, error: ProblemError) -> Response:
        return response(error.status, error.body, error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        items = parameters.items(error.errors(), parameters.body_of(request))
        return response(422, problem(422, "; ".join(item["detail"] for item in items), items))

    @app.exception_handler(Unavailable)
    async def on_unavailable(_: Request, error: Unavailable) -> Response:
        return response(503, problem(503, str(error)), {"retry-after": "1"})

    @app.exception_handler(Refused)
    async def on_refused(_: Request, error: Refused) -> Response:
        items = [problems.item(str(error), error.key, error.value, error.allowed)]
        return response(409, problem(409, str(error), items))

    @app.exception_handler(UnknownCall)
    async def on_unknown_call(_: Request, error: UnknownCall) -> Response:
        (call,) = error.args
        detail = f"there is no call {call!r}"
        return response(404, problem(404, detail, [problems.item(detail, "call", call)]))

    @app.exception_handler(OnlyAtTheLine)
    async def on_only_at_the_line(_: Request, error: OnlyAtTheLine) -> Response:
        return response(409, problem(409, str(error)))

    @app.exception_handler(ClientDisconnect)
    async def on_gone(_: Request, __: ClientDisconnect) -> Response:
        return response(400, problem(400, "the body did not come whole"))  # to nobody: it is no fault of ours

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        return _of_http(request, error)

    @app.exception_handler(Exception)
    async def on_bug(_: Request, __: Exception) -> Response:
        # Starlette raises it again once this is sent, so the server logs it with its traceback.
        return response(500, problem(500, "our fault, and in our log"), {"cache-control": "no-store"})


def _of_http(request: Request, error: HTTPException) -> Response:
    headers: Mapping[str, str] = error.headers or {}
    if error.status_code == 404:
        path = request.scope["path"]
        if "text/html" in request.headers.get("accept", "") and not path.startswith("/api/"):
            return page.lost()
        detail = f"there is nothing at {path[:100]!r}; the API is described at /api/openapi.json"
        return response(404, problem(404, detail, [problems.item(detail, "path", path)]), headers)
    if error.status_code == 405:
        allowed = sorted(method.strip() for method in headers.get("Allow", "").split(",") if method.strip())
        detail = f"{request.method} is not allowed here"
        return response(405, problem(405, detail, [problems.item(detail, "method", request.method, allowed)]), headers)
    return response(error.status_code, problem(error.status_code, str(error.detail)), headers)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
