"""`/api/v1/tasks`: what people must decide about requests; and what becomes of calls that open none."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from console import views
from console.access import identity_of, note_about
from console.answers import BODY, Nothing, documented
from console.looks import Looks
from console.parameters import Limit, json_only, only
from console.ports import ConsolePorts
from console.request_bodies import DispositionBody, TaskAssignedBody, TaskDoneBody
from console.request_views import CallDisposition, Task, TaskCalled, TaskWorker
from console.requests import Within, Word, author_of, json_of, seer_of
from console.routing import api_router
from tickets.effects import TaskKind

TaskId = Annotated[int, Path(ge=0, lt=2**31)]


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)
    _reads(routes, ports, answer)
    _writes(routes, ports, answer)
    _of_calls(routes, ports, answer)
    return routes


def _reads(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    looks = Looks(ports.people)

    @routes.get(
        "/tasks", response_model=list[Task], dependencies=[Depends(only("done", "kind", "unit", "limit", "after"))]
    )
    async def list_tasks(
        request: Request,
        done: bool = False,
        kind: TaskKind | None = None,
        unit: Word = None,
        limit: Limit = 100,
        after: Annotated[int, Query(ge=0, lt=2**31, description="the last task of the page before")] = 0,
    ) -> Response:
        """What people must decide about requests, oldest first."""
        seer = seer_of(request)
        unit = seer.unit if seer is not None and seer.role == "unit" else unit
        work = ports.requests.tasks(done=done, kind=kind, unit=unit, limit=limit, after=after)
        found = await answer("tasks", work)
        filters = {"done": done, "kind": kind, "unit": unit}
        looks.listed(identity_of(request), "tasks_listed", len(found), filters=filters)
        return json_of(await views.to_json(Task, found))

    @routes.get("/tasks/workers", response_model=list[TaskWorker], dependencies=[Depends(only())])
    async def list_workers() -> Response:
        """The people who work on tasks, to whom one can be given."""
        return json_of(await views.to_json(TaskWorker, await answer("tasks", ports.requests.task_workers())))


def _writes(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.post(
        "/tasks/{task}/assigned",
        response_model=Task,
        responses=documented(404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def assign_task(request: Request, task: TaskId, body: TaskAssignedBody) -> Response:
        """Take a task, so that nobody else does it too, or give it back. 409 if it is somebody else's; a
        lead or an administrator may take it from them, or give it to a person (`to`): the request's history says so."""
        by = await author_of(request, None, None)
        if body.to is None:
            work = ports.requests.assign_task(task, by, mine=body.mine)
        else:
            work = ports.requests.give_task(task, body.to, by)
        return json_of(views.one(Task, await answer("tasks", work)))

    @routes.post(
        "/tasks/{task}/done",
        response_model=Task,
        responses=documented(403, 404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def task_done(request: Request, task: TaskId, body: TaskDoneBody) -> Response:
        """A task has been decided. Where the request would wait for ever, the decision moves it; one of the task's
        `decisions` is needed then, but for a low score, where none means that it stays as it is. If the citizen has not
        answered, their time to answer begins anew. A citizen who was told may have given a score, which closes the
        request or, if it is low, opens a task. Done twice, it stays as it was done first."""
        by, done = await author_of(request, None, None), ports.requests.task_done
        work = done(task, body.note, by, body.decision, body.unit, score=body.score, remark=body.remark)
        return json_of(views.one(Task, await answer("tasks", work)))


def _of_calls(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.post(
        "/tasks/{task}/call",
        status_code=202,
        response_model=TaskCalled,
        responses=documented(404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def call_citizen(request: Request, task: TaskId, body: Nothing) -> Response:
        """Call the citizen of a task's request: your own telephone rings first, then theirs, at the number that the
        request has. You must be signed in to the line, ready or in a pause; after-call work is interrupted. A task that
        nobody has is yours from then on. 409 says why there is no call: its `value` is the reason in one word. What
        comes of the call is in the task's `call`. 503: the line is away, and nobody is rung later."""
        who, by = identity_of(request), await author_of(request, None, None)
        extension = who.extension if who.kind == "session" else ""
        record = await answer("line", ports.call_citizen(task, by.actor, extension))
        note_about(request, str(task), call=record["id"])
        return Response(views.one(TaskCalled, record), 202, media_type="application/json")

    @routes.post(
        "/calls/{call}/disposition",
        response_model=CallDisposition,
        responses=documented(404, 409) | BODY,
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def dispose(
        request: Request,
        call: Annotated[str, Path(max_length=128, pattern=r"^[^\x00]+$")],
        body: DispositionBody,
    ) -> Response:
        """What became of a call that opened no request; the last word counts. Where `asks_topic` comes back, it was
        answered at once and nobody knows what about: say it again with its topic. An article that answered it is
        counted in `cozum report`; a call about an open request may name its number, and is linked with it. Outbreaks
        are found among calls whose topic and mahalle are said, too. An agent says it of a call that they had."""
        by, own = await author_of(request, None, None), identity_of(request).own_calls_of
        work = ports.requests.dispose(
            call, body.disposition, body.topic, by, body.article, body.number, body.district, own
        )
        return json_of(views.one(CallDisposition, await answer("calls", work)))
