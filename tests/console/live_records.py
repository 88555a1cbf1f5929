"""The line as it is now, for the console in memory: agents, callers who wait, calls that are up, callbacks."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.console.answering import Answering


class LiveRecords(Answering):
    """As `console.ports.LiveView`, with what a test has added."""

    def __init__(self) -> None:
        super().__init__()
        self.agent_records: dict[str, dict[str, Any]] = {}
        self.queue_records: list[dict[str, Any]] = []
        self.outside_records: list[dict[str, Any]] = []
        self.up: dict[str, dict[str, Any]] = {}
        """Calls that the line has now, by id."""
        self.callback_records: list[dict[str, Any]] = []
        self._subscribers: list[Callable[[], None]] = []

    def add_agent(self, extension: str, state: str = "ready", **more: Any) -> None:
        """An agent as the live view would show them."""
        self.agent_records[extension] = {
            "extension": extension,
            "name": f"Agent {extension}",
            "state": state,
            "reason": "",
            "since": self.now - 30,
            **more,
        }

    def add_waiting(self, call: str, priority: str = "routine", waited_s: float = 5.0, **more: Any) -> None:
        """A caller in the queue."""
        self.queue_records.append(
            {
                "id": call,
                "caller": "+905321112233",
                "service": "ambulance" if priority == "urgent" else "request",
                "class": priority,
                "position": len(self.queue_records) + 1,
                "queued_at": self.now - waited_s,
                "state": "waiting",
                **more,
            }
        )

    # --- as `LiveView`

    def agents(self) -> Sequence[dict[str, Any]]:
        """As `LiveView.agents`."""
        return [self.agent_records[extension] for extension in sorted(self.agent_records)]

    def queue(self) -> Sequence[dict[str, Any]]:
        """As `LiveView.queue`."""
        return self.queue_records

    def outside(self) -> Sequence[dict[str, Any]]:
        """As `LiveView.outside`."""
        return self.outside_records

    def call(self, call: str) -> dict[str, Any] | None:
        """As `LiveView.call`."""
        return self.up.get(call)

    def callbacks(self) -> Sequence[dict[str, Any]]:
        """As `LiveView.callbacks`."""
        return self.callback_records

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """As `LiveView.subscribe`."""
        self._subscribers.append(changed)
        return lambda: self._subscribers.remove(changed)

    @property
    def watched(self) -> bool:
        """Does anybody follow the live view?"""
        return bool(self._subscribers)

    def changed(self) -> None:
        """Tell whoever follows."""
        for subscriber in list(self._subscribers):
            subscriber()
