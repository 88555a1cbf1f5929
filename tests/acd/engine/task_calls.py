"""Calls of agents about tasks, as the scripts tell them."""

from typing import Any

from acd.engine.model.events import NodeReconciled, SeenCall
from acd.engine.model.fact_base import TaskCallRefusal
from acd.engine.model.facts import CallbackMissed, TaskCallRefused
from acd.engine.model.ids import AgentId
from acd.engine.model.task_events import TaskCallWished
from tests.acd.engine.calling_back import NODE, line_of
from tests.acd.engine.line import SERVICES, Line

REQUEST = "26-000123-3"
T1 = f"ast1-task.{REQUEST}.17.1"
DIGITS = "05329998877"


def wishes(line: Line, name: str = "1", agent: str = "1001", task: int = 17, **more: Any) -> str:
    """The desk's wish reaches the line; the call that comes of it."""
    wish = f"{REQUEST}.{task}.{name}"
    fields = {"number": "+905329998877", "callable": DIGITS, "not_after": line.at + 4, **more}
    line.do(
        TaskCallWished(
            at=line.at, wish=wish, request=REQUEST, task=task, agent=AgentId(agent), service=SERVICES[2].id, node=NODE,
            **fields,
        )
    )  # fmt: skip
    return f"ast1-task.{wish}"


def ready(agents: str = "1001", **rules: Any) -> Line:
    """All agents, idle."""
    line = line_of(agents, **rules)
    line.ready(*agents.split())
    return line


def refused(line: Line) -> list[TaskCallRefusal]:
    return [fact.why for fact in line.facts(TaskCallRefused)]


def missed(line: Line, status: str) -> None:
    """The citizen was not reached, and nobody says that their telephone did not ring."""
    end = line.outcome(T1)
    assert (end.outcome, end.tries) == ("callback_failed", 1)
    assert [(one.tries, one.status) for one in line.facts(CallbackMissed)] == [(1, status)]


LEG = "PJSIP/1001-00000007"


def seen(line: Line, *calls: SeenCall) -> None:
    line.do(NodeReconciled(at=line.at, node=NODE, calls=calls, available=(AgentId("1001"),)))
