"""A surge message: callers hear about the reason of many calls before they queue ("Esenkent'te su kesintisi var…").

A person sets it while the line runs, for some routine services. A caller of these hears it once per call, and may press
a key to say that it is enough. Urgent callers never hear it. The engine counts callers who heard it and callers for
whom it was enough. The message may name one ticket that stands for all of them.
"""

from acd.engine.core import Core
from acd.engine.model.agent_events import SurgeRequested, SurgeWithdrawn
from acd.engine.model.commands import PlaySurge
from acd.engine.model.config import Service
from acd.engine.model.facts import SurgeAnswered, SurgeBegan, SurgeEnded, SurgeEndedWhy, SurgePlayed
from acd.engine.model.state import Call, Choice, Heard, Surge
from acd.engine.rules.declared import Declared
from acd.engine.timers import Timer

TIMER = Timer[Surge](
    "surge",
    lambda _, surge: surge.until,
    key=lambda surge: surge.id,
    find=lambda core, _: core.state.surge,
    subjects=lambda core: () if core.state.surge is None else (core.state.surge,),
)
"""The end of the message's time."""


def on_requested(core: Core, event: SurgeRequested) -> None:
    """Set a message; it replaces the present one."""
    _end(core, "replaced")
    core.state.surges += 1
    surge = Surge(
        id=f"surge-{core.state.surges}",
        since=core.at,
        services=event.services,
        prompts=event.prompts,
        ticket=event.ticket,
        until=event.until,
    )
    core.state.surge = surge
    core.emit(SurgeBegan(at=core.at, surge=surge.id, services=surge.services, ticket=surge.ticket, until=surge.until))
    if surge.until is not None:
        TIMER.start(core, surge)


def on_withdrawn(core: Core, event: SurgeWithdrawn) -> None:
    """Withdraw the message. A caller who hears it now hears it to its end."""
    _end(core, "withdrawn")


def on_due(core: Core, surge: Surge) -> None:
    """The message's time is over."""
    _end(core, "expired")


def _end(core: Core, why: SurgeEndedWhy) -> None:
    surge, core.state.surge = core.state.surge, None
    if surge is not None:
        core.emit(SurgeEnded(at=core.at, surge=surge.id, why=why, played=surge.played, answered=surge.answered))
        if surge.until is not None:
            TIMER.stop(core, surge)


def play(core: Core, call: Call, service: Service, choice: Choice) -> bool:
    """Let the caller hear the message before they queue, if there is one for them that they have not heard."""
    surge = core.state.surge
    if surge is None or service.priority == "urgent" or service.id not in surge.services or is_heard(call, surge):
        return False
    if surge.until is not None and core.at >= surge.until:
        return False
    prompt = surge.prompts.get(call.language) or next(iter(surge.prompts.values()), None)
    if prompt is None:  # the message has no prompt
        return False
    call.heard = Heard(surge=surge.id, ticket=surge.ticket, choice=choice)
    surge.played += 1
    core.emit(PlaySurge(call=call.id, prompt=prompt, language=call.language))
    played = SurgePlayed(
        at=core.at,
        call=call.id,
        surge=surge.id,
        service=service.id,
        ticket=surge.ticket,
        language=call.language,
    )
    core.emit(played)
    return True


def is_heard(call: Call, surge: Surge) -> bool:
    """Whether the caller has heard this message, or hears it now."""
    return call.heard is not None and call.heard.surge == surge.id


def count_answered(core: Core, call: Call, heard: Heard, service: Service) -> None:
    """Count a caller for whom the message was enough."""
    if core.state.surge is not None and core.state.surge.id == heard.surge:
        core.state.surge.answered += 1
    core.emit(SurgeAnswered(at=core.at, call=call.id, surge=heard.surge, service=service.id, ticket=heard.ticket))


def chosen(heard: Heard) -> Choice | None:
    """Take, once, the caller's choice from before the message."""
    choice, heard.choice = heard.choice, None
    return choice


RULE: Declared = Declared(timers={TIMER: on_due})
