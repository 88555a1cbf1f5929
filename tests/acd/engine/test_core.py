"""The state as bytes."""

from acd.engine.core import decode_state, encode_state
from acd.engine.model.ids import ServiceId
from tests.acd.engine.line import Line


def test_equal_states_are_equal_bytes_in_whatever_order_they_came_about() -> None:
    one, other = Line("1001 1002"), Line("1001 1002")
    due = {ServiceId("request"): 5.0, ServiceId("agent"): 7.0}
    one.engine.state.empty_due.update(due)
    other.engine.state.empty_due.update(reversed(due.items()))
    assert one.engine.state == other.engine.state
    assert encode_state(one.engine.state) == encode_state(other.engine.state)
    assert decode_state(encode_state(one.engine.state)) == one.engine.state
