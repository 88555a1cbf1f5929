"""After-call work that goes on until a routine call has a request or a disposition.

As shipped, one is required of each routine talk (`disposition_required`). The agent who had the caller last then stays
in after-call work when its seconds are over, until one is said or they are ready by another word. Only an agent at the
page is asked (`Agent.at_page`): nobody can say what came of a call by a telephone. The engine refuses nobody: the desk
does (`acd/desk/required_disposition.py`), and an agent's phone may always say ready.

Nobody waits for paper who must not: an urgent caller recalls these agents like any in after-call work, so the rule
needs `wrapup_recall`; agents of the backup tier, whom nothing recalls, are not asked. Without a desk nobody can say
anything: after `DESK_AWAY_S` after-call work ends as ever.
"""

from typing import Annotated

import msgspec

from acd.engine.core import Core
from acd.engine.model.facts import WrapupEnded
from acd.engine.model.ids import CallId
from acd.engine.model.request_events import CallDisposed, DeskSeen
from acd.engine.model.state import Agent, Call
from acd.engine.rules import wrapup
from acd.engine.rules.declared import Declared, RuleSettings, Told, settings_of


class RequiredDisposition(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    disposition_required: Annotated[
        bool,
        msgspec.Meta(
            description="after a routine talk its agent, if they said at the page that they are ready, stays in "
            "after-call work until the call has a request or a disposition; urgent callers recall them all the same. "
            "Needs wrapup_recall: without it false is the default"
        ),
    ] = False


def _was_asked(fact: WrapupEnded) -> Told | None:
    return Told("asked_for_disposition", seconds={"asked": fact.asked_s}) if fact.asked_s else None


RULE: Declared = Declared(
    settings=RequiredDisposition,
    shipped={"disposition_required": True},
    words={
        "en": {
            "asked_for_disposition": "{asked} of it until the call had a request or a disposition, or they said ready"
        },
        "tr": {
            "asked_for_disposition": "bunun {asked} kadarı görüşmenin başvurusu ya da sonucu girilene veya görevli "
            "hazır olduğunu söyleyene kadar"
        },
    },
    tells={WrapupEnded: _was_asked},
)


def asks(core: Core, call: Call, agent: Agent) -> bool:
    """Whether the agent, who had the caller last, is asked what came of the call. One who pauses after it is not, nor
    one who said by a telephone that they are ready. Nor is the agent of a call whose request the line opens."""
    if not settings_of(core, RequiredDisposition).disposition_required or call.disposed:
        return False
    if call.service is None or call.priority != "routine" or core.service(call.service).opens_ticket:
        return False
    return agent.login == "ready" and agent.at_page and not agent.profile.backup


def on_disposed(core: Core, event: CallDisposed) -> None:
    """After-call work ends when its time is over, or now."""
    call = core.state.calls.get(event.call)
    if call is not None:
        call.disposed = True
    ask_no_more(core, event.call)


def ask_no_more(core: Core, call: CallId) -> None:
    """The call needs no word any more: it has one, or somebody else has its caller."""
    for agent_id in sorted(core.state.agents):
        agent = core.state.agents[agent_id]
        if agent.asks:
            _let_go(core, agent, call)


def on_config(core: Core) -> None:
    """A town that does not require it any more keeps nobody; nor is an agent kept who is no longer configured."""
    required = settings_of(core, RequiredDisposition).disposition_required
    for agent_id in sorted(core.state.agents):
        agent = core.state.agents[agent_id]
        if agent.asks and (agent.removed or not required):
            _let_go(core, agent)


def on_desk(core: Core, event: DeskSeen) -> None:
    """A desk is connected, or none is any more."""
    state = core.state
    if event.connected:
        state.desk_away_since = None
    elif state.desk_away_since is None:
        state.desk_away_since = core.at
        for agent_id in sorted(state.agents):
            if state.agents[agent_id].is_asked:
                wrapup.TIMER.start(core, state.agents[agent_id])


def _let_go(core: Core, agent: Agent, call: CallId | None = None) -> None:
    """Ask the agent for nothing more, or for nothing about one call."""
    for work in (agent.wrapup, *agent.owed):
        if work is not None and call in (None, work.call):
            work.asks = False
    if agent.wrapup is not None and not agent.asks:
        agent.wrapup.said_at = core.at
        core.working.remove(agent.profile.id)
        core.count_staffing(agent)
        wrapup.TIMER.start(core, agent)
