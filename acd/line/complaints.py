"""Facts that the log complains of."""

from typing import Final

import structlog

from acd.engine.model.facts import AnyFact, CallStranded, LineFaultBegan, LineFaultEnded, MissesUndone

log = structlog.get_logger()

COMPLAINTS: Final = (CallStranded, LineFaultBegan, LineFaultEnded, MissesUndone)


def complain(fact: AnyFact) -> None:
    """Log a fact that is one of `COMPLAINTS`."""
    if isinstance(fact, CallStranded):
        log.error("caller_stranded", call=fact.call, phase=fact.phase, unheld_s=fact.unheld_s)
    elif isinstance(fact, LineFaultBegan):
        log.error("line_fault", why=fact.why)
    elif isinstance(fact, MissesUndone):
        log.error("misses_undone", agents=list(fact.agents))
    elif isinstance(fact, LineFaultEnded):
        log.warning("line_fault_over", lasted_s=fact.lasted_s, legs=fact.legs, undone=fact.undone)
