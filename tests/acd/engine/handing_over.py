"""The steps of a hand-over, as the scripts tell them."""

from typing import Any

from acd.engine.model.events import CallDetached, CallerFound, LegGone, Transferred
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER, HandOverEnded, HandOverRefused
from acd.engine.model.ids import CallId, NodeId
from acd.engine.model.recording_events import RecordingMuted, RecordingNoticed, RecordingPauseWished
from tests.acd.engine.handing_on import C1
from tests.acd.engine.line import Line

AST1 = NodeId("ast1")
TRUNK: dict[str, Any] = {"callbacks": True}


def wishes(line: Line, call: str = "c1", **more: Any) -> None:
    wish: dict[str, Any] = {"to": "acil_112", "number": "112", "callable": "112", "not_after": line.at + 4, **more}
    line.do(HandOverWished(at=line.at, call=CallId(call), **wish))


def leaves(line: Line, call: str = "c1", *, leg_first: bool = False) -> str:
    """Asterisk takes the caller out of the talk; the agent's leg."""
    leg = line.leg(call)
    gone = LegGone(at=line.at, call=CallId(call), channel=leg, cause_code=16)
    told = Transferred(at=line.at, call=CallId(call), leg=leg, kind="blind", dialled=HANDOVER)
    said = line.do(*((gone, told) if leg_first else (told, gone)))
    line.out = said + line.do(CallDetached(at=line.at, call=CallId(call)))
    return leg


def recorded(*, paused: bool = False) -> Line:
    """A caller talks to 1001, and is recorded."""
    line = Line("1001 1002", **TRUNK, wrapup_s=10.0, recording="all")
    line.ready("1001")
    line.attaches("c1")
    line.do(RecordingNoticed(at=line.at, call=C1, prompt="recording"))
    line.chooses("c1", "request")
    line.answers("c1")
    if paused:
        line.do(RecordingPauseWished(at=line.at, call=C1, paused=True))
        line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="desk"))
    line.passes(10)
    return line


def rung(line: Line, **more: Any) -> str:
    """The line hands c1 over, and the target rings."""
    wishes(line, **more)
    return leaves(line)


def fails(line: Line, status: Any, call: str = "c1") -> None:
    line.do(OutsideFailed(at=line.at, call=CallId(call), status=status))


def answered(line: Line, call: str = "c1") -> None:
    line.do(OutsideAnswered(at=line.at, call=CallId(call)))


def phase(line: Line, call: str = "c1") -> str:
    return line.engine.state.calls[CallId(call)].phase


def refusals(line: Line) -> list[str]:
    return [fact.why for fact in line.facts(HandOverRefused)]


def ends(line: Line) -> list[tuple[str, float]]:
    return [(fact.result, fact.rang_s) for fact in line.facts(HandOverEnded)]


def found(line: Line, place: Any) -> None:
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place=place, channel="PJSIP/trunk-c1"))
