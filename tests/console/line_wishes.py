"""What people ask of the line, for the console in memory: it grants or refuses, and keeps what it was asked for."""

from collections.abc import Sequence
from typing import Any

from console.ports import HandOverBy, MonitorBy, Record, Refused, UnknownAgent, UnknownCall, UnknownCallback
from tests.console.call_records import CallRecords
from tests.console.live_records import LiveRecords
from tickets.failures import NoSuch
from tickets.ticket import Actor


class LineWishes(LiveRecords, CallRecords):
    """The engine's side of the console's ports."""

    def __init__(self) -> None:
        super().__init__()
        self.wishes: list[tuple[str, str, str]] = []
        self.at_page: list[bool] = []
        """Whether an agent said it themselves, of each of these."""
        self.kinds_set: list[tuple[str, str | None]] = []
        """Calls whose kind was set, each with the agent who must have had it."""
        self.surge: dict[str, Any] | None = None
        self.surge_wishes: list[dict[str, Any]] = []
        self.secrets = 0
        self.targets: list[dict[str, Any]] = [
            {"target": "acil_112", "kind": "body", "name": {"tr": "112 Acil", "en": "112"}, "phone": "112"}
        ]
        self.consulted: list[tuple[str, str, tuple[str, ...]]] = []
        self.handed_over: list[tuple[str, str, HandOverBy]] = []
        self.called: list[tuple[int, str, str]] = []
        """Tasks whose citizens are called, by whom, and by which telephone."""

    # --- agents and their telephones

    async def _request_agent_state(self, extension: str, state: str, reason: str, at_page: bool) -> dict[str, Any]:
        await self.ready()
        if extension not in self.agent_records:
            raise UnknownAgent(extension)
        self.wishes.append((extension, state, reason))
        self.at_page.append(at_page)
        self.agent_records[extension] |= {"state": state, "reason": reason, "since": self.now}
        self.changed()
        return self.agent_records[extension]

    async def _get_agent_services(self, extension: str) -> Record:
        await self.ready()
        if extension not in self.agent_records:
            raise UnknownAgent(extension)
        taken = self.agent_records[extension].get("services", ["request", "funeral"])
        return {"extension": extension, "services": taken, "known": ["request", "funeral"]}

    async def _set_agent_services(self, extension: str, services: Sequence[str]) -> Record:
        await self.ready()
        known = (await self._get_agent_services(extension))["known"]
        for name in services:
            if name not in known:
                raise Refused(f"there is no service {name!r}", key="services", value=name, allowed=known)
        self.agent_records[extension]["services"] = [*services]
        return await self._get_agent_services(extension)

    async def _open_phone(self, extension: str) -> tuple[str, str]:
        await self.ready()
        if extension not in self.agent_records:
            raise UnknownAgent(extension)
        self.secrets += 1
        return f"{extension}-web", f"secret-{self.secrets}"

    async def _demo_phone(self) -> tuple[str, str]:
        await self.ready()
        return "citizen", "the demo's secret"

    # --- calls

    async def _set_kind(self, call: str, service: str, agent: str | None) -> Record:
        self.kinds_set.append((call, agent))
        if service != "funeral":
            raise Refused(f"{service!r} is no urgent service", key="service", value=service, allowed=["funeral"])
        if await self._get_call(call) is None:
            raise UnknownCall(call)
        return {"id": call, "service": service, "class": "urgent"}

    async def _put_first(self, call: str, reason: str) -> Record:
        await self.ready()
        record = next((one for one in self.queue_records if one["id"] == call), None)
        if record is None and self.up.get(call) is None:
            raise UnknownCall(call)
        if record is None:
            raise Refused("the caller does not wait, or not any more", key="call", value=call)
        record["first"] = True
        self.wishes.append((call, "first", reason))
        return record

    async def _consultant(self, call: str, service: str, without: Sequence[str]) -> Record:
        await self.ready()
        if call not in self.up:
            raise UnknownCall(call)
        self.consulted.append((call, service, tuple(without)))
        if service != "information":
            raise Refused(f"nobody of {service} is ready", key="service", value=service, allowed=[])
        return {"extension": "1002", "name": "Mehmet Çelik"}

    async def _hand_over(self, call: str, target: str, by: HandOverBy) -> Record:
        await self.ready()
        if call not in self.up:
            raise UnknownCall(call)
        found = next((one for one in self.targets if one["target"] == target), None)
        if found is None:
            allowed = [one["target"] for one in self.targets]
            raise Refused(f"there is no target {target!r} now", key="target", value=target, allowed=allowed)
        self.handed_over.append((call, target, by))
        return {"id": call, "target": target, "name": found["name"]}

    async def _monitor(self, call: str, by: MonitorBy) -> Record:
        await self.ready()
        if self.up.get(call) is None:
            raise UnknownCall(call)
        if by.extension not in self.agent_records:
            raise Refused("your extension is no phone of the line", key="monitor", value="no_phone")
        self.wishes.append((call, by.mode, f"{by.who} {by.role} {by.extension}"))
        return {"id": call, "mode": by.mode, "phone": by.extension, "code": "*49", "until": self.now + 15}

    async def _pause_recording(self, call: str, paused: bool, agent: str | None) -> Record:
        await self.ready()
        record = self.up.get(call)
        if record is None:
            raise UnknownCall(call)
        if agent is not None and record["agent"] != agent:
            raise Refused("another agent has this call", key="call", value=call)
        record["recording"] = "paused" if paused else "on"
        return {"id": call, "recording": record["recording"]}

    async def _cancel_callback(self, call: str) -> None:
        await self.ready()
        left = [one for one in self.callback_records if one["id"] != call]
        if left == self.callback_records:
            raise UnknownCallback(call)
        self.callback_records = left

    async def _call_citizen(self, task: int, actor: Actor, extension: str) -> Record:
        await self.ready()
        if task == 404:
            raise NoSuch("task")
        if not extension:
            raise Refused("only somebody with an extension can call", key="call", value="no_extension")
        if self.called:
            raise Refused("somebody is calling already", key="call", value="under_way")
        self.called.append((task, actor.who, extension))
        return {"id": f"ast1-task.26-000123-3.{task}.1", "task": task, "agent": extension}

    # --- the message of a surge

    async def _get_surge(self) -> dict[str, Any] | None:
        await self.ready()
        return self.surge

    async def _set_surge(self, wish: Record) -> dict[str, Any]:
        await self.ready()
        if "funeral" in wish["services"]:
            raise Refused("'funeral' is no routine service", key="services", value="funeral", allowed=["request"])
        self.surge_wishes.append(dict(wish))
        self.surge = {
            "id": "surge-1",
            "since": self.now,
            "services": wish["services"],
            "prompts": {"tr": "/s/tr/message"},
            "ticket": wish["ticket"],
            "until": wish["until"],
            "played": 3,
            "answered": 1,
        }
        return self.surge

    async def _clear_surge(self) -> dict[str, Any] | None:
        await self.ready()
        was, self.surge = self.surge, None
        return was
