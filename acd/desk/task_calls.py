"""Calls of agents to citizens about tasks, for the API: what is against such a call, and the wish to the line.

The number comes from the request, never from a page. The wish is said once: whether the line has taken it is known
within seconds, or it is not carried out later. The link with the request comes from the line's journal, whether this
desk lives to see the answer or not. A press that is refused changes nothing: whoever calls is given the task only when
the line has said yes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import structlog

from acd.desk.answers import asked
from acd.desk.database import Records
from acd.desk.seen_line import SeenLine
from acd.engine.model.fact_base import TaskCallRefusal
from acd.engine.model.facts import AnyFact, TaskCallOrdered, TaskCallRefused
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.model.task_events import TaskCallWished
from acd.lib.clock import clock
from console.ports import Record, Refused, Unavailable
from tickets.changes import Rules
from tickets.outcome.plan import OutcomeRules
from tickets.task_calls import Against, ToCall, against
from tickets.ticket import Actor

log = structlog.get_logger(__name__)

WITHIN_S: Final = 4.0
"""Seconds from the press within which the line must begin the call: fewer than the page waits for the answer, so that
no telephone rings of which the page has said that nobody is called."""
LEAST_S: Final = 0.5
"""Seconds for the database to note whose the task is, if the line has answered late."""
KEY: Final = "call"
"""What a refusal names; its value is the reason in one word, for which the pages have their own texts."""
WORDS: Final[Mapping[TaskCallRefusal, str]] = {
    "off": "there is no outgoing trunk: set callback_trunk, and restart",
    "too_late": "the line took the wish too late: try again",
    "under_way": "somebody is calling the citizen about this task already",
    "no_agent": "the line has no agent with your extension",
    "offline": "sign in to the line first: ready, or in a pause",
    "phone": "your telephone cannot be reached",
    "busy": "your telephone rings, or is in a call",
    "no_number": "the request has no number that can be dialled",
    "denied": "the citizen's number is in a range that is never called",
    "pending": "a call of this citizen is up or due already",
    "not_connected": "the line has no connection to Asterisk now: try again",
    "stopping": "the system stops",
}
AGAINST: Final[Mapping[Against, str]] = {
    "no_number": WORDS["no_number"],
    "no_calls": "the citizen wants no calls about this request",
    "wrong_number": "the number was found to be another person's: put the right one into the request first",
    "often": "the citizen was called about tasks as often as they may be within 24 hours (task_calls_per_number)",
    "hours": "citizens are not called now (outcome_hours)",
    "quiet": "citizens are not called now (outcome_quiet)",
    "prayer": "citizens are not called now (outcome_prayer_minutes)",
}


class TaskCalls:
    """`telling` says in which hours citizens are called, and how often at most."""

    def __init__(
        self,
        records: Records,
        line: SeenLine,
        rules: Callable[[], Rules],
        telling: Callable[[], OutcomeRules],
        clock: Callable[[], float] = clock,
    ) -> None:
        self._records, self._line, self._rules, self._telling = records, line, rules, telling
        self._clock = clock

    async def order(self, task: int, actor: Actor, extension: str) -> Record:
        """Have the line ring the agent's own telephone, and then the citizen's."""
        if not extension:
            raise Refused("only somebody with an extension can call", key=KEY, value="no_extension")
        began_at = self._clock()
        citizen = await asked(self._records.tasks.to_call(task, actor))
        rules = self._rules()
        telling = self._telling()
        most = telling.task_calls
        found = against(citizen, began_at, telling.hours, rules.town.calendar, rules.zone, most)
        if found is not None:
            until = None if found.until is None else found.until.isoformat(timespec="minutes")
            raise Refused(AGAINST[found.why], key=KEY, value=found.why, allowed=until)
        call = await self._line.call_about(citizen, extension, began_at + WITHIN_S)
        await self._take(task, actor, began_at + WITHIN_S - self._clock())
        return {"id": call, "task": task, "agent": extension}

    async def _take(self, task: int, actor: Actor, within_s: float) -> None:
        """Give the task to whoever rings its citizen. Their telephone rings already, so that nothing may keep the
        answer back."""
        try:
            async with asyncio.timeout(max(LEAST_S, within_s)):
                await asked(self._records.tasks.called(task, actor))
        except (Unavailable, TimeoutError) as error:
            log.warning("called_task_not_taken", task=task, error=str(error))


def call_wished(citizen: ToCall, extension: str, at: float, not_after: float) -> TaskCallWished:
    """The wish that the line calls a citizen, whom an agent is to talk to. Its name is no other's."""
    return TaskCallWished(
        at=at,
        wish=f"{citizen.number}.{citizen.task}.{round(at * 1000)}",
        request=citizen.number,
        task=citizen.task,
        agent=AgentId(extension),
        number=citizen.caller,
        service=ServiceId(citizen.service),
        language=citizen.language,
        not_after=not_after,
    )


def ordered(facts: Sequence[AnyFact]) -> str:
    """The call that the line has begun. Raises `Refused` with the line's reason, or `Unavailable`."""
    for fact in facts:
        if isinstance(fact, TaskCallRefused):
            raise Refused(WORDS[fact.why], key=KEY, value=fact.why)
        if isinstance(fact, TaskCallOrdered):
            return str(fact.call)
    raise Unavailable("the line has not said whether it calls the citizen: try again")
