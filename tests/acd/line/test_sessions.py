"""The engine's belief about sessions against the sessions there are."""

from acd.engine.model.events import CallDetached
from acd.engine.model.ids import CallId, NodeId
from acd.engine.model.state import Call, Callback
from acd.line.sessions import SessionWatch


def call(name: str, **more: object) -> Call:
    return Call(
        id=CallId(name),
        node=NodeId("ast1"),
        channel="PJSIP/trunk-1",
        number="",
        name="",
        dialled="",
        arrived_at=1.0,
        **more,  # type: ignore[arg-type]  # fields by name
    )


def test_a_session_that_is_missing_twice_is_over() -> None:
    posted: list[CallDetached] = []
    sessions = {CallId("held")}
    calls = [
        call("held"),
        call("lost"),
        call("on its way", attached=False),
        call("to be called back", callback=Callback(reason="asked", asked_at=1.0)),
    ]
    watch = SessionWatch(lambda: calls, sessions.__contains__, posted.append, lambda: 7.0)
    watch.look()
    assert posted == []
    watch.look()
    assert posted == [CallDetached(at=7.0, call=CallId("lost"), lost=True)]


def test_a_session_that_is_missing_once_is_on_its_way() -> None:
    posted: list[CallDetached] = []
    sessions: set[CallId] = set()
    one = call("c1")
    watch = SessionWatch(lambda: [one], sessions.__contains__, posted.append, lambda: 7.0)
    for there in (False, True, False, True):
        if there:
            sessions.add(one.id)
        else:
            sessions.clear()
        watch.look()
    assert posted == []
