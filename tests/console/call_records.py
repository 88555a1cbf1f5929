"""Calls that are over, for the console in memory: the list, one with its history, its recording."""

from collections.abc import Sequence
from typing import Any

from console.ports import CallQuery, Record, Refused, Sound, UnknownCall
from console.request_ports import TicketPage
from tests.console.answering import Answering


class CallRecords(Answering):
    """The calls that a test has added."""

    def __init__(self) -> None:
        super().__init__()
        self.call_records: list[dict[str, Any]] = []
        self.sounds: dict[str, bytes] = {}
        """Recordings by call; empty: it has been destroyed."""
        self.closed_sounds: list[str] = []

    def add_call(self, call: str, **more: Any) -> None:
        """A call that ended; the last one added is the newest."""
        record = {
            "id": call,
            "caller": "+905321112233",
            "service": "request",
            "class": "routine",
            "outcome": "answered",
            "agent": "1001",
            "entered_at": self.now - 100,
            "answered_at": self.now - 80.0004,
            "ended_at": self.now - 10,
            "wait_s": 5.8124,
            "answer_delay_s": 20.0,
            "within_target": True,
            "ring_s": 1.5,
            "talk_s": 70.0,
            "wrapup_s": None,
            "hangup_by": "caller",
            "node": "ast1",
        }
        self.call_records.insert(0, record | more)

    async def _list_calls(self, query: CallQuery) -> TicketPage:
        await self.ready()
        self.queries.append(query)
        found = [
            call
            for call in self.call_records
            if call["outcome"] is not None
            and (query.since is None or call["entered_at"] >= query.since)
            and (query.until is None or call["entered_at"] < query.until)
            and (not query.caller or call["caller"] == query.caller)
            and all(getattr(query, name) in (None, call.get(name)) for name in ("agent", "service", "disposition"))
            and query.priority in (None, call["class"])
            and query.outcome in (None, call["outcome"])
        ]
        found.sort(key=lambda call: (call["entered_at"], call["id"]), reverse=True)
        cursors = [f"{round(call['entered_at'] * 1000)}-{call['id']}" for call in found]
        begin = cursors.index(query.cursor) + 1 if query.cursor else 0
        end = begin + query.limit
        return TicketPage(records=found[begin:end], next=cursors[end - 1] if len(found) > end else "")

    async def _tell_call(self, call: Record, language: str) -> Sequence[dict[str, Any]]:
        return [{"at": step["at"], "text": f"{step['type']} ({language})"} for step in call["history"]]

    async def _get_call(self, call: str) -> dict[str, Any] | None:
        await self.ready()
        found = next((record for record in self.call_records if record["id"] == call), None)
        steps = [
            {"at": self.now - 100, "type": "call_entered"},
            {"at": self.now - 95, "type": "call_stepped", "step": "menu", "key": "2"},
        ]
        return None if found is None else {**found, "history": steps}

    async def _sound(self, call: str) -> Sound:
        await self.ready()
        content = self.sounds.get(call)
        if content is None:
            raise UnknownCall(call)
        if not content:
            raise Refused("there is no recording to play: it has been destroyed", key="call", value=call)
        return Sound(
            size=len(content),
            read=lambda start, stop: iter([content[start:stop]]),
            close=lambda: self.closed_sounds.append(call),
        )
