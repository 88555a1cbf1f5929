"""Scripts of a caller who is kept for an agent's page."""

from typing import Any

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import Announce
from acd.engine.model.event_base import DeviceState
from acd.engine.model.events import CallDetached, LegGone, NodeReconciled, OfferAnswered, OfferRinging, SeenCall
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.page_events import PageSilent
from acd.engine.model.page_facts import KeepingEnded
from tests.acd.engine.line import Line, profile

NODE = NodeId("ast1")
KEPT_S = 20.0
TOLD = Announce(call=CallId("c1"), prompts=("reconnecting",), language="tr")


def pages(agents: str = "1001 1002", **rules: Any) -> Line:
    """A line whose agents talk at their pages, all ready."""
    line = Line(tuple(map(profile, agents.split())), rules={"page_reload_s": KEPT_S, "empty_chair_s": 6.0}, **rules)
    for agent in agents.split():
        page(line, agent, "available")
        line.wishes(agent, "ready")
    return line


def page(line: Line, agent: str, state: DeviceState) -> None:
    """The page of an agent registers, or its registration ends."""
    event = DeviceStateChanged(at=line.at, agent=AgentId(agent), state=state, endpoint=f"PJSIP/{agent}-web")
    line.do(event)


def talks(line: Line, call: str = "c1", service: str = "request") -> str:
    """A caller talks to an agent at their page; the name of the leg."""
    line.arrives(call, service)
    return picks_up(line, call)


def picks_up(line: Line, call: str) -> str:
    offer = line.engine.state.calls[CallId(call)].offer
    assert offer is not None
    leg = f"PJSIP/{offer.agent}-web-{offer.id.replace('-', '.')}"
    line.do(OfferRinging(at=line.at, call=CallId(call), channel=leg))
    line.do(OfferAnswered(at=line.at, call=CallId(call), channel=leg, listens=offer.auto_answer))
    return leg


def falls_silent(line: Line, call: str, leg: str, *, there: bool = False, after_s: float = 1.0) -> None:
    """The page goes, and a second later it is known that no sound comes from it."""
    line.passes(after_s)
    line.do(PageSilent(at=line.at, late_s=after_s, call=CallId(call), channel=leg, there=there))


def comes_back(line: Line, call: str, leg: str) -> None:
    """The caller's channel leaves the dead leg, which ends, and is with us again."""
    line.do(LegGone(at=line.at, call=CallId(call), channel=leg, cause_code=16))
    line.do(CallDetached(at=line.at, call=CallId(call), lost=True))
    line.attaches(call)


def kept(line: Line, call: str = "c1", service: str = "request") -> str:
    """A caller who has talked for ten seconds to 1001, whose page has gone, and hears music; the dead leg."""
    leg = talks(line, call, service)
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, call, leg)
    comes_back(line, call, leg)
    return leg


def phase(line: Line, call: str = "c1") -> str:
    return line.engine.state.calls[CallId(call)].phase


def told(line: Line) -> list[Announce]:
    """What the caller was told, each time."""
    return [one for one in line.history if isinstance(one, Announce) and one.call == "c1"]


def whys(line: Line) -> list[str]:
    return [one.why for one in line.facts(KeepingEnded)]


def sees(
    line: Line, leg: str = "", *, available: str = "1001 1002", talking: bool = True, pages: str | None = None
) -> NodeReconciled:
    """What Asterisk lists. `pages`: the agents whose pages are there; None: an older line did not write that."""
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=talking and bool(leg))
    there = tuple(AgentId(one) for one in available.split())
    open_pages = None if pages is None else tuple(AgentId(one) for one in pages.split())
    return NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=there, pages=open_pages)
