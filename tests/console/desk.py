"""A line in memory, behind the console's ports; the test sets its state."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
from fastapi import FastAPI

from acd.metrics import Metrics, render
from acd.report.statistics import Group
from acd.report.waits import WaitReport
from console.api import create_app
from console.auth import token_check
from console.openid_ports import OpenId
from console.people_ports import People
from console.phone_relay import PhoneRelay
from console.ports import (
    CallQuery,
    Check,
    ConsolePorts,
    HandOverBy,
    MonitorBy,
    Record,
    Refused,
    Sound,
    UnknownAgent,
    UnknownCall,
    UnknownCallback,
)
from console.request_ports import ArticleQuery, Articles, Requests, Seer, TicketPage, TicketQuery
from console.server import HttpServer, Limits
from tests.acd.metrics.journal import ISTANBUL, NOON, SERVICES
from tests.console.administration import FewAccounts, FewAudit, FewDestructions, FewFiles, FewPrompts, FewRecordings
from tests.console.known_people import KnownPeople
from tests.tickets.towns import TOWN
from tickets.failures import NoSuch
from tickets.ticket import Actor

TOKEN = "a-token-for-tests-only"
WALL_TOKEN = "a-token-for-walls-only"
NO_REQUESTS: dict[str, Any] = {
    "opened": 0, "resolved": 0, "resolved_in_time": 0, "in_time": None, "median_days": None, "overdue": 0, "told": 0,
    "scored": 0, "score": None,
}  # fmt: skip
WALL_AUTH = {"Authorization": f"Bearer {WALL_TOKEN}"}
AUTH = {"Authorization": f"Bearer {TOKEN}"}


class Desk:
    """Everything a test may set; `ports()` is what the console sees of it."""

    def __init__(self) -> None:
        self.now = NOON
        self.metrics = Metrics(
            services=SERVICES, clock=lambda: self.now, zone=ISTANBUL, service_level_s=15, version="1"
        )
        self.agent_records: dict[str, dict[str, Any]] = {}
        self.queue_records: list[dict[str, Any]] = []
        self.outside_records: list[dict[str, Any]] = []
        self.up: dict[str, dict[str, Any]] = {}
        """Calls that the line has now, by id."""
        self.sounds: dict[str, bytes] = {}
        """Recordings by call; empty: it has been destroyed."""
        self.closed_sounds: list[str] = []
        self.callback_records: list[dict[str, Any]] = []
        self.call_records: list[dict[str, Any]] = []
        self.outcomes: dict[str, Record] = {}
        """By call: what its citizen is to be told."""
        self.ticket_records: list[dict[str, Any]] = []
        self.requests: Requests | None = None
        """What keeps requests; None: only `ticket_records` can be read."""
        self.drafts = KeptDrafts(self)
        self.articles: Articles | None = None
        """The knowledge base; None: it is empty."""
        self.health = [Check(name="journal", ok=True), Check(name="ami ast1", ok=True)]
        self.wishes: list[tuple[str, str, str]] = []
        self.kinds_set: list[tuple[str, str | None]] = []
        """Calls whose kind was set, each with the agent who must have had it."""
        self.queries: list[CallQuery | TicketQuery] = []
        self.refusals: list[str] = []
        self.broken: BaseException | None = None
        """Raised by every port that reads the database or asks the engine."""
        self.stuck = False
        """Those ports never answer."""
        self.surge: dict[str, Any] | None = None
        self.surge_wishes: list[dict[str, Any]] = []
        self.demo = True
        self.relay: PhoneRelay | None = None
        """What holds the WebSockets of telephones; there is none unless a test says so."""
        self.secrets = 0
        self.people: People = KnownPeople()
        self.openid: OpenId | None = None
        self.files, self.accounts = FewFiles(self.ready), FewAccounts(self.ready)
        self.recordings, self.destructions = FewRecordings(), FewDestructions(self.ready)
        self.audit = FewAudit(self.ready)
        zone, end = "Europe/Istanbul", self.now + 43_200
        group = Group(15).record()
        self.day_report: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone, "service_level_s": 15.0, "target_wait_s": 6.0,
            "calls": 0, "abandoned_in_menu": 0, "self_served": 0, "all": group, "urgent": group, "routine": group,
            "hours": [], "services": [], "agents": [],
        }  # fmt: skip
        self.day_waits: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone, "target_wait_s": 6.0, "calls_untold": 0,
            **WaitReport([], [], ISTANBUL).record(),
        }  # fmt: skip
        self.requests_report: dict[str, Any] = {
            "from": self.now - 43_200, "to": end, "timezone": zone,
            "all": NO_REQUESTS, "units": [], "topics": [], "districts": [], "agents": [],
        }  # fmt: skip
        self.report_days = 0
        """Of how many days the requests were asked about."""
        self.day_plan: dict[str, Any] | None = None
        self.days: list[date] = []
        """The days that were asked about."""
        self.outbreak_records: list[dict[str, Any]] = []
        self.targets: list[dict[str, Any]] = [
            {"target": "acil_112", "kind": "body", "name": {"tr": "112 Acil", "en": "112"}, "phone": "112"}
        ]
        self.consulted: list[tuple[str, str, tuple[str, ...]]] = []
        self.handed_over: list[tuple[str, str, HandOverBy]] = []
        self.called: list[tuple[int, str, str]] = []
        """Tasks whose citizens are called, by whom, and by which telephone."""
        self.town = TOWN
        self._subscribers: list[Callable[[], None]] = []

    # --- live view

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

    # --- what a test sets

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

    # --- the ports

    def ports(self) -> ConsolePorts:
        """What the console is given."""
        return ConsolePorts(
            list_calls=self._list_calls,
            get_call=self._get_call,
            tell_call=self._tell_call,
            requests=self.requests or FewRequests(self),
            articles=self.articles or NoArticles(self),
            town=lambda: self.town,
            services=lambda: {"request": "routine", "funeral": "urgent"},
            transfer_codes=lambda: {"funeral": "11"},
            live=self,
            statistics=self.metrics.statistics,
            days=self,
            outbreaks=self,
            configuration=self.files,
            accounts=self.accounts,
            destructions=self.destructions.list,
            audit=self.audit.list,
            heard=FewPrompts(),
            prompt_recordings=self.recordings,
            request_agent_state=self._request_agent_state,
            cancel_callback=self._cancel_callback,
            set_kind=self._set_kind,
            consultant=self._consultant,
            drafts=self.drafts,
            put_first=self._put_first,
            hand_over_targets=lambda: self.targets,
            hand_over=self._hand_over,
            call_citizen=self._call_citizen,
            monitor=self._monitor,
            pause_recording=self._pause_recording,
            sound=self._sound,
            get_agent_services=self._get_agent_services,
            set_agent_services=self._set_agent_services,
            get_surge=self._get_surge,
            set_surge=self._set_surge,
            clear_surge=self._clear_surge,
            checks=self._checks,
            count_refused=self.refusals.append,
            metrics=lambda: render(self.metrics.registry),
            check_token=token_check(TOKEN),
            check_wallboard=token_check(WALL_TOKEN),
            people=self.people,
            openid=self.openid,
            clock=lambda: self.now,
            open_phone=self._open_phone,
            demo_phone=self._demo_phone if self.demo else None,
            relay=self.relay,
            realm="cozum",
            line="4440411",
            version="1.2.3",
            timezone="Europe/Istanbul",
        )

    async def ready(self) -> None:
        """Answer, if the test lets us."""
        if self.stuck:
            await asyncio.Event().wait()
        if self.broken is not None:
            raise self.broken

    async def _open_phone(self, extension: str) -> tuple[str, str]:
        await self.ready()
        if extension not in self.agent_records:
            raise UnknownAgent(extension)
        self.secrets += 1
        return f"{extension}-web", f"secret-{self.secrets}"

    async def _demo_phone(self) -> tuple[str, str]:
        await self.ready()
        return "citizen", "the demo's secret"

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

    async def _set_kind(self, call: str, service: str, agent: str | None) -> Record:
        self.kinds_set.append((call, agent))
        if service != "funeral":
            raise Refused(f"{service!r} is no urgent service", key="service", value=service, allowed=["funeral"])
        if await self._get_call(call) is None:
            raise UnknownCall(call)
        return {"id": call, "service": service, "class": "urgent"}

    async def _cancel_callback(self, call: str) -> None:
        await self.ready()
        left = [one for one in self.callback_records if one["id"] != call]
        if left == self.callback_records:
            raise UnknownCallback(call)
        self.callback_records = left

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

    async def _request_agent_state(self, extension: str, state: str, reason: str) -> dict[str, Any]:
        await self.ready()
        if extension not in self.agent_records:
            raise UnknownAgent(extension)
        self.wishes.append((extension, state, reason))
        self.agent_records[extension] |= {"state": state, "reason": reason, "since": self.now}
        self.changed()
        return self.agent_records[extension]

    async def _checks(self) -> Sequence[Check]:
        if self.stuck:
            await asyncio.Event().wait()
        return self.health

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

    async def _consultant(self, call: str, service: str, without: Sequence[str]) -> Record:
        await self.ready()
        if call not in self.up:
            raise UnknownCall(call)
        self.consulted.append((call, service, tuple(without)))
        if service != "information":
            raise Refused(f"nobody of {service} is ready", key="service", value=service, allowed=[])
        return {"extension": "1002", "name": "Mehmet Çelik"}

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

    # --- as `console.ports.Days` and `Outbreaks`

    async def report(self, day: date) -> Record:
        """As `Days.report`."""
        await self.ready()
        self.days.append(day)
        return self.day_report

    async def why(self, day: date) -> Record:
        """As `Days.why`."""
        await self.ready()
        self.days.append(day)
        return self.day_waits

    async def of_requests(self, last: date, days: int) -> Record:
        """As `Days.of_requests`."""
        await self.ready()
        self.days.append(last)
        self.report_days = days
        return self.requests_report

    async def plan(self, day: date) -> Record | None:
        """As `Days.plan`."""
        await self.ready()
        self.days.append(day)
        return self.day_plan

    async def abandoned(self, day: date) -> Record:
        """As `Days.abandoned`."""
        await self.ready()
        self.days.append(day)
        return {"calls": [one for one in self.call_records if "became" in one]}

    async def contacts(self, day: date) -> Record:
        """As `Days.contacts`."""
        await self.ready()
        self.days.append(day)
        silent = await self.without_a_word("")
        return {
            "talks": 2,
            "without_a_word": len(silent),
            "known": 0.5,
            "first_contact_resolution": 1.0,
            "opened_a_request": 0,
            "dispositions": {"answered": 1},
            "silent": silent,
        }

    async def without_a_word(self, extension: str) -> Sequence[Record]:
        """As `Days.without_a_word`."""
        await self.ready()
        silent = [one for one in self.call_records if one.get("disposition") == ""]
        return [one for one in silent if extension in ("", one.get("agent"))]

    async def list(self) -> Sequence[Record]:
        """As `Outbreaks.list`."""
        await self.ready()
        return self.outbreak_records

    async def accept(self, topic: str, district: str, actor: Actor) -> Record:
        """As `Outbreaks.accept`."""
        await self.ready()
        for record in self.outbreak_records:
            if (record["topic"], record["district"]) == (topic, district):
                record |= {"parent": "26-000007-8", "callers": None}
                return record
        raise Refused("no such outbreak is seen now", key="topic", value=topic, allowed=[])

    # --- how a test reaches the console

    def app(self, **options: Any) -> FastAPI:
        """The application over this line."""
        return create_app(self.ports(), **options)

    def client(self, app: FastAPI | None = None, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client in this process, with the token unless `headers` say otherwise."""
        transport = httpx.ASGITransport(app or self.app(), raise_app_exceptions=False)
        return httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=AUTH if headers is None else headers
        )

    @asynccontextmanager
    async def served(
        self, limits: Limits | None = None, tls: ssl.SSLContext | None = None, **options: Any
    ) -> AsyncIterator["Served"]:
        """The application on a real port."""
        app = self.app(**options)
        refusals: list[str] = []
        server = HttpServer(app, limits=limits, refused=refusals.append)
        port = await server.start("127.0.0.1", 0, tls, self.relay)
        watching = asyncio.create_task(app.state.telephones.watch())
        try:
            yield Served(port, server, refusals)
        finally:
            watching.cancel()
            app.state.live.close()
            await server.stop(grace_s=1)


class FewRequests:
    """Requests that can only be read: those that a test has put there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list(self, query: TicketQuery, seer: Seer | None = None) -> TicketPage:
        """As `Requests.list`."""
        await self._desk.ready()
        self._desk.queries.append(query)
        found = [
            ticket
            for ticket in self._desk.ticket_records
            if (query.since is None or ticket["opened_at"] >= query.since)
            and query.service in (None, ticket["service"])
            and query.state in (None, ticket["state"])
        ]
        found.sort(key=lambda ticket: (ticket["opened_at"], ticket["number"]), reverse=True)
        return TicketPage(records=found[: query.limit])

    async def get(self, number: str, language: str = "tr", seer: Seer | None = None) -> Record | None:
        """As `Requests.get`."""
        await self._desk.ready()
        clock = {"rule": "request", "started_at": self._desk.now, "steps": [language]}
        found = (ticket for ticket in self._desk.ticket_records if ticket["number"] == number)
        return next(({"clock": clock, "version": 1, **ticket} for ticket in found), None)

    async def outcome_of(self, call: str) -> Record:
        """As `Requests.outcome_of`."""
        await self._desk.ready()
        if call not in self._desk.outcomes:
            raise NoSuch("call")
        return self._desk.outcomes[call]

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"{name}: give the desk real requests")


class KeptDrafts:
    """As `console.request_ports.Drafts`, kept here."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    async def list(self, user: str) -> Sequence[Record]:
        await self._desk.ready()
        return [draft for (owner, _), draft in self.kept.items() if owner == user]

    async def keep(self, user: str, call: str, base: int, draft: Mapping[str, Any]) -> Record | None:
        await self._desk.ready()
        before = self.kept.get((user, call), {"version": 0})["version"]
        if base and not before:
            return None
        if before == base:
            self.kept[user, call] = {"call": call, "version": before + 1, "at": self._desk.now, "draft": dict(draft)}
        return self.kept[user, call]

    async def drop(self, user: str, call: str | None = None) -> None:
        await self._desk.ready()
        self.kept = {one: draft for one, draft in self.kept.items() if one[0] != user or call not in (None, one[1])}


class NoArticles:
    """A knowledge base without articles."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list(self, query: ArticleQuery) -> Sequence[Record]:
        """As `Articles.list`."""
        await self._desk.ready()
        return []

    async def get(self, article: int) -> Record | None:
        """As `Articles.get`."""
        await self._desk.ready()
        return None

    async def versions(self, article: int) -> Sequence[Record]:
        """As `Articles.versions`."""
        raise NoSuch("article")

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"{name}: give the desk real articles")


class Served:
    """A console on a port."""

    def __init__(self, port: int, server: HttpServer, refusals: list[str]) -> None:
        self.port = port
        self.server = server
        self.refusals = refusals
        """Why clients were dropped, in order."""
        self.url = f"http://127.0.0.1:{port}"

    def client(self) -> httpx.AsyncClient:
        """A client over a real socket, with the token."""
        return httpx.AsyncClient(base_url=self.url, headers=AUTH, timeout=60)

    async def connect(
        self, data: bytes = b"", address: str = "127.0.0.1"
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A bare socket from an address of this machine, `data` sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        writer.write(data)
        await writer.drain()
        return reader, writer
