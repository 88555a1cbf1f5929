"""Callers who press "urgent" and hear the menu of kinds, for scripts."""

from typing import Any

from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, KeyPressed, KindAsked, KindSet
from acd.engine.model.facts import KindChanged, OfferMade, ServiceNamed
from acd.engine.model.ids import CallId, NodeId, ServiceId
from tests.acd.engine.line import Line, profile

KINDS = {"1": ServiceId("funeral"), "2": ServiceId("doctor"), "4": ServiceId("ambulance")}
MENU, MENU_S = "kinds_tr", 9.0
SERVICES = (
    *(
        Service(id=ServiceId(one), priority="urgent", opens_ticket=True, transfer_code=code)
        for one, code in (("funeral", "11"), ("doctor", "12"), ("ambulance", "14"))
    ),
    Service(id=ServiceId("request"), transfer_code="2"),
    Service(id=ServiceId("agent")),
)
ONE_EACH = (profile("1001", "ambulance"), profile("1002", "funeral"), profile("1003", "doctor"))
"""An agent for each kind."""


def line_of(agents: Any = "1001 1002", **rules: Any) -> Line:
    return Line(agents, SERVICES, **rules)


def says_urgent(line: Line, call: str = "c1", number: str = "", **more: Any) -> None:
    """A new caller says that it is urgent, and hears the menu; `more` is of `KindAsked`."""
    line.do(
        CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/trunk-{call}", number=number),
        KindAsked(
            at=line.at,
            call=CallId(call),
            service=ServiceId("ambulance"),
            kinds=KINDS,
            music=MENU,
            menu_s=MENU_S,
            **more,
        ),
    )


def presses(line: Line, key: str, call: str = "c1") -> None:
    line.do(KeyPressed(at=line.at, call=CallId(call), key=key))


def service_of(line: Line, call: str = "c1") -> str | None:
    return line.engine.state.calls[CallId(call)].service


def tickets(line: Line) -> list[tuple[str, dict[str, str]]]:
    """Services and fields of the requests that are due so far."""
    return [
        (fact.service, fact.fields) for fact in line.history if isinstance(fact, ServiceNamed) and fact.opens_ticket
    ]


def rung(line: Line) -> list[str]:
    return [fact.agent for fact in line.history if isinstance(fact, OfferMade)]


def sets_kind(line: Line, service: str, call: str = "c1") -> None:
    """An agent says what it is."""
    line.do(KindSet(at=line.at, call=CallId(call), service=ServiceId(service)))


def changes(line: Line) -> list[tuple[str, str]]:
    """To which kind the opened request was corrected, and by which key."""
    return [(fact.service, fact.key) for fact in line.facts(KindChanged)]
