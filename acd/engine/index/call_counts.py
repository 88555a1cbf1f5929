"""The urgent calls on the line that were counted (see `repeat_callers`), by number. Derived from the state."""

from acd.engine.model.ids import CallId
from acd.engine.model.phone_numbers import e164
from acd.engine.model.state import Call, Queued


class Counted:
    """Calls with `urgent_calls`. Changed by `add` and `remove` alone."""

    __slots__ = ("_by_number", "repeats")

    def __init__(self) -> None:
        self._by_number: dict[str, dict[CallId, Call]] = {}
        self.repeats: set[CallId] = set()
        """Those of repeat callers."""

    def add(self, call: Call, queued: Queued) -> None:
        """Add a call; nothing happens if it was not counted."""
        if queued.urgent_calls:
            self._by_number.setdefault(e164(call.number), {})[call.id] = call
            if queued.repeat:
                self.repeats.add(call.id)

    def remove(self, call: Call) -> None:
        """Remove a call; nothing happens if it is not in."""
        if call.queued is not None and call.queued.urgent_calls:
            self.repeats.discard(call.id)
            number = e164(call.number)
            calls = self._by_number.get(number)
            if calls is not None and calls.pop(call.id, None) is not None and not calls:
                del self._by_number[number]

    def numbers(self) -> dict[str, set[CallId]]:
        """All calls that are in, by number."""
        return {number: set(calls) for number, calls in self._by_number.items()}

    def has_other(self, call: Call) -> bool:
        """Whether the call's number has another counted call whose caller is on the line."""
        calls = self._by_number.get(e164(call.number), {})
        return any(other is not call and not other.away for other in calls.values())
