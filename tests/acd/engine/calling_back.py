"""A line with callbacks, for scripts: callers who ask, hang up and answer."""

from typing import Any

from acd.engine.machine import Engine
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    KeyPressed,
)
from acd.engine.model.ids import CallId, NodeId
from tests.acd.engine.line import Line

NODE = NodeId("ast1")


def line_of(agents: str = "1001", **rules: Any) -> Line:
    """A line that calls back by key 2, three times at most, a minute apart, with one agent in a talk."""
    return Line(agents, **{"wrapup_s": 0, "callbacks": True, "callback_key": "2", "callback_retry_s": 60, **rules})


def queued(line: Line, call: str, service: str = "request", number: str | None = None, **more: Any) -> None:
    """A caller whose number can be dialled waits for a service; `more` is of `ServiceChosen`."""
    digits = f"0532000{call[1:]:0>4}" if number is None else number
    line.do(
        CallAttached(
            at=line.at, call=CallId(call), node=NODE, channel=f"PJSIP/trunk-{call}", number=digits, callable=digits
        )
    )
    line.chooses(call, service, **more)


def busy(**rules: Any) -> Line:
    """The one agent talks to c0; c1, c2 and c3 wait."""
    line = line_of(**rules)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    for n in (1, 2, 3):
        queued(line, f"c{n}")
        line.passes(1)
    return line


def presses(line: Line, call: str, key: str = "2") -> None:
    line.do(KeyPressed(at=line.at, call=CallId(call), key=key))


def hangs_up(line: Line, call: str) -> None:
    """All that is told of a caller's channel that ends."""
    for event in (
        HangupRequested(at=line.at, call=CallId(call), by="caller"),
        CallDetached(at=line.at, call=CallId(call)),
    ):
        line.do(event)
    line.caller_gone(call)


def asks(line: Line, call: str) -> None:
    presses(line, call)
    hangs_up(line, call)


def callee(line: Line, call: str, status: Any = "ANSWER") -> None:
    """The called caller picks up or does not; then the agent's channel ends."""
    leg = line.leg(call)
    if status == "ANSWER":
        line.do(CalleeAnswered(at=line.at, call=CallId(call), channel=leg))
    else:
        line.do(CalleeFailed(at=line.at, call=CallId(call), channel=leg, status=status))
        line.agent_hangs_up(call)


def parts(line: Line, call: str) -> None:
    """The agent hangs up on one who was reached; both channels end."""
    line.agent_hangs_up(call)
    line.do(CallerGone(at=line.at, call=CallId(call), called_back=True))


def ringing_c1(**rules: Any) -> Line:
    """c1 asked for a callback, and the agent has picked up."""
    line = busy(**rules)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    return line


def restarted(line: Line) -> None:
    """The engine dies and comes up from its snapshot; Asterisk tells of the channels that are given in `seen`."""
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at), ConfigChanged(at=line.at, config=line.config))
