"""Lines whose agents have phones that answer by themselves."""

from typing import Any

from acd.engine.model.commands import BringBack, OfferCall
from acd.engine.model.config import AutoAnswer
from acd.engine.model.events import AgentHeard, NodeReconciled, SeenCall
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.line import Line, profile

NODE = NodeId("ast1")
CHAIR_S = 6.0


def headsets(agents: str = "1001", *more: str, auto: AutoAnswer = "all", rules: Any = None, **others: Any) -> Line:
    """A line on which the phones of `agents` are asked to answer by themselves, and those of `more` are not."""
    profiles = tuple(profile(name, auto_answer=auto) for name in agents.split()) + tuple(map(profile, more))
    line = Line(profiles, rules={"empty_chair_s": CHAIR_S} if rules is None else rules, **others)
    line.ready(*(one.id for one in profiles))
    return line


def heard(line: Line, call: str, leg: str) -> None:
    line.do(AgentHeard(at=line.at, call=CallId(call), channel=leg))


def asked(line: Line) -> list[bool]:
    """Of each phone that was to ring, in order: whether it was asked to answer by itself."""
    return [one.auto_answer for one in line.history if isinstance(one, OfferCall)]


def results(line: Line) -> list[tuple[str, str, float]]:
    return [(one.agent, one.result, one.ring_s) for one in line.facts(OfferEnded)]


def brought(line: Line) -> list[str]:
    """The callers who were to be brought back by the last step."""
    return [one.call for one in line.out if isinstance(one, BringBack)]


def sees(line: Line, call: str, leg: str, *, talking: bool = True) -> NodeReconciled:
    seen = SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=leg, talking=talking)
    agents = tuple(AgentId(agent.id) for agent in line.config.agents)
    return NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=agents)
