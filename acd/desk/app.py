"""The desk: everything that reads the journal. This module assembles its parts.

Live view, metrics, projector, database and HTTP run in a process of their own. The line sends the entries as it writes
them, and nothing here can delay it. In the other direction go only a few wishes, each with a deadline.
"""

import asyncio
import sqlite3
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI

from acd.config.https import CertificateError, keep_fresh, server_context
from acd.config.settings import Settings
from acd.desk.database import Records
from acd.desk.deadlines import watch_deadlines
from acd.desk.delivery.post import Post
from acd.desk.housekeeping import keep_house
from acd.desk.line_follower import LineFollower
from acd.desk.outcome_calls import tell_outcomes
from acd.desk.people import DeskPeople, demo_of
from acd.desk.phone_secrets import REALM, PhoneSecrets
from acd.desk.requests import DeskRequests
from acd.desk.surge_messages import SurgeMessages
from acd.desk.town_files import deadlines_by, outcome_rules, read_town, services_of, ticket_rules, town_of
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.event_base import AgentWish
from acd.engine.model.events import CallbackCancelled, KindSet
from acd.engine.model.facts import AnyFact, CallEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.lib.clock import clock
from acd.lib.endpoints import CITIZEN, LINE
from acd.lib.restart_counts import desks_ended
from acd.lib.secret_file import secret_in
from acd.lib.serving import StartError, run_all, serve
from acd.link.desk_end import DeskEnd, LineAway, LineRefused
from acd.link.messages import Question, Wish
from acd.metrics import Metrics, render
from agents.directory import PAGE
from console.api import create_app
from console.auth import token_check
from console.ports import (
    Check,
    ConsolePorts,
    Record,
    Refused,
    Unavailable,
    UnknownAgent,
    UnknownCall,
    UnknownCallback,
)
from console.server import BindError, HttpServer
from storage.live_redis import RedisPublisher
from storage.requests.attachments import Attachments
from storage.salvage import newest_report

log = structlog.get_logger()

WISH_S: Final = 4.0
"""Seconds for the line to answer a wish: fewer than the console waits, so that it can give the reason."""
FIRST_LOOK_S: Final = 2.0
"""Seconds to wait for the line's first snapshot before the last state is read from the journal."""
TELL_STORED_S: Final = 5.0
KNOWN_FOR_S: Final = 30 * 86_400.0
"""Seconds for which an agent who spoke with a caller is preferred; the owner of an open ticket is preferred while it is
open."""


class Desk:
    """Call all methods on the loop's thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = Metrics(
            clock=clock,
            zone=ZoneInfo(settings.timezone),
            service_level_s=settings.service_level_s,
            target_s=settings.target_wait_s,
            version=version("cozum"),
        )
        self._metrics.set_desk_ends(desks_ended)
        self._metrics.watch_line(lambda: self._line.status.pid if self._line.status is not None else 0)
        texts = read_town(settings)
        self._rules = ticket_rules(settings, town_of(settings, texts))
        self._deadlines_by = deadlines_by(texts)
        telling = outcome_rules(settings)
        self._records = Records(settings, lambda: self._rules, lambda: telling)
        self._line = LineFollower(
            settings, self._metrics, notify=self._records.notify, new_journal=self._records.begin_anew
        )
        self._attachments = Attachments(settings.files_dir)
        self._requests = DeskRequests(self._records, self._service_classes, self._attachments, lambda: self._rules.town)
        demo = demo_of(settings)
        self._people = DeskPeople(
            lambda: self._records.people,
            demo=demo,
            demo_serves=lambda: bool(demo),
            secret=secret_in(settings.browsers_secret_file).encode(),
        )
        self._post = Post(settings, lambda: self._rules)
        self._link = DeskEnd(settings.line_socket, self._line, self._answer)
        self._surge = SurgeMessages(
            settings,
            config=lambda: self._line.config,
            wish=self._wish,
            look=lambda: self._asked(self._link.look("surge", WISH_S)),
            get_ticket=self._records.get_ticket,
        )
        self._publisher: RedisPublisher | None = None
        self._phone_secrets = PhoneSecrets(settings.browser_phones_file)
        self._citizen_secret = ""
        self._citizen_asked = asyncio.Lock()
        self._tls: ssl.SSLContext | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. Raises `StartError` if the port cannot be opened."""
        try:
            self._phone_secrets.prepare()
        except (OSError, sqlite3.Error) as error:  # the line serves without browser phones
            log.warning("browser_phones_unavailable", error=str(error))
        app = create_app(self._ports())
        server = HttpServer(app, refused=self._metrics.count_http_refused)
        try:
            self._tls = server_context(self._settings)
        except CertificateError as error:
            raise StartError(str(error)) from None
        works: dict[str, Coroutine[Any, Any, Any]] = {
            "line": self._link.run(),
            "records": self._records.run(self._settings.journal_file),
            "stored": self._tell_stored(),
            "post": self._post.run(self._records),
            "house": keep_house(self._records, self._attachments, ZoneInfo(self._settings.timezone)),
            "people": self._people.run(),
            "outcomes": tell_outcomes(self._records, self._wish),
            "deadlines": watch_deadlines(self._records, self._deadlines_by),
            "http": self._serve_http(server),
        }
        if self._tls is not None:
            works["certificate"] = keep_fresh(self._settings, self._tls)
        if self._settings.redis_url:
            works["publish"] = self._publish(self._settings.redis_url)
        try:
            await run_all(stop, works)
        finally:
            await self._stop(app, server)

    async def _serve_http(self, server: HttpServer) -> None:
        """Serve HTTP as soon as agents and queue are known, from the line or else from the journal."""
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                await self._line.known.wait()
        except TimeoutError:
            self._line.begin_without_the_line()
        try:
            await server.start(self._settings.http_host, self._settings.http_port, self._tls)
        except BindError as error:
            raise StartError(str(error.strerror or error)) from None
        await asyncio.Event().wait()

    async def _stop(self, app: FastAPI, server: HttpServer) -> None:
        app.state.live.close()
        await server.stop()
        await self._records.close(self._settings.journal_file)

    async def _publish(self, url: str) -> None:
        """Publish the live view for other processes, if a Redis is set."""
        self._publisher = RedisPublisher(url, self._line.live, epoch=str(time.time_ns()))
        await self._publisher.run()

    async def _tell_stored(self) -> None:
        """Tell the line which entries the journal may drop."""
        while True:
            self._link.stored(self._records.stored_seq)
            await asyncio.sleep(TELL_STORED_S)

    # --- what the line asks

    async def _answer(self, question: Question) -> dict[str, str] | None:
        if question.kind == "ticket":
            return await self._records.ticket_state(question.value)
        agent = await self._records.knows(question.value, clock() - KNOWN_FOR_S)
        return None if agent is None else {"agent": agent}

    # --- what the desk asks of the line

    async def _asked(self, answer: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await answer
        except LineAway as error:
            raise Unavailable(f"the line is away: {error}") from None
        except LineRefused as error:
            raise Unavailable(f"the line could not do it: {error}") from None

    async def _wish(self, wish: Wish) -> Sequence[AnyFact]:
        return cast(Sequence[AnyFact], await self._asked(self._link.wish(wish, WISH_S)))

    # --- what the console asks

    def _ports(self) -> ConsolePorts:
        records = self._records
        return ConsolePorts(
            list_calls=records.list_calls,
            get_call=records.get_call,
            calls_of=records.calls_of,
            requests=self._requests,
            town=lambda: self._rules.town,
            services=self._service_classes,
            live=self._line.live,
            figures=self._metrics.figures,
            request_agent_state=self._request_agent_state,
            cancel_callback=self._cancel_callback,
            set_kind=self._set_kind,
            get_surge=self._surge.get,
            set_surge=self._surge.set,
            clear_surge=self._surge.clear,
            checks=self._checks,
            metrics=self._exposition,
            check_token=token_check(secret_in(self._settings.token_file)),
            check_wall=token_check(secret_in(self._settings.wall_token_file)),
            people=self._people,
            clock=clock,
            count_refused=self._metrics.count_http_refused,
            open_phone=self._open_phone,
            demo_phone=self._demo_phone if self._settings.demo_caller else None,
            telephone_port=self._settings.ws_port,
            realm=REALM,
            line=LINE,
            version=version("cozum"),
            timezone=self._settings.timezone,
        )

    def _service_classes(self) -> dict[str, Literal["urgent", "routine"]]:
        """The line's services with their classes; those of the file until the line has sent its own."""
        services = self._line.config.services or services_of(self._settings.services_file)
        return {str(service.id): service.priority for service in services}

    async def _open_phone(self, extension: str) -> tuple[str, str]:
        self._known_agent(extension)
        return await self._new_secret(f"{extension}{PAGE}")

    async def _demo_phone(self) -> tuple[str, str]:
        """Several pages have this account at once, so its secret stays as long as we live."""
        async with self._citizen_asked:
            if not self._citizen_secret:
                _, self._citizen_secret = await self._new_secret(CITIZEN)
            return CITIZEN, self._citizen_secret

    async def _new_secret(self, user: str) -> tuple[str, str]:
        try:
            return user, await asyncio.to_thread(self._phone_secrets.renew, user)
        except sqlite3.Error as error:
            name = self._settings.browser_phones_file.name
            raise Unavailable(f"telephone: {name} cannot be written: {error}") from None

    def _known_agent(self, extension: str) -> None:
        if self._line.live.agent(extension) is None:
            if not self._line.known.is_set():
                raise Unavailable("the line has not said yet which agents there are")
            raise UnknownAgent(extension)

    async def _request_agent_state(self, extension: str, state: str, reason: str) -> Record:
        live = self._line.live
        self._known_agent(extension)
        await self._wish(
            AgentStateRequested(
                at=clock(), agent=AgentId(extension), state=cast(AgentWish, state), reason=reason, source="api"
            )
        )
        record = live.agent(extension)  # the entry came before the answer to the wish
        if record is None:
            raise UnknownAgent(extension)
        return record

    async def _cancel_callback(self, call: str) -> None:
        if not any(one["id"] == call for one in self._line.live.callbacks()):
            raise UnknownCallback(call)
        facts = await self._wish(CallbackCancelled(at=clock(), call=CallId(call)))
        if not any(isinstance(one, CallEnded) for one in facts):
            raise UnknownCallback(call)  # they have been reached meanwhile

    async def _set_kind(self, call: str, service: str) -> Record:
        urgent = sorted(one for one, priority in self._service_classes().items() if priority == "urgent")
        if service not in urgent:
            raise Refused(f"{service!r} is no urgent service", key="service", value=service, allowed=urgent)
        # The line knows the class before the database does, and an agent may say the kind at once.
        record = self._line.live.call(call) or await self._records.get_call(call)
        if record is None:
            raise UnknownCall(call)
        if record["class"] != "urgent":
            raise Refused("only an urgent call has a kind", key="call", value=call)
        await self._wish(KindSet(at=clock(), call=CallId(call), service=ServiceId(service)))
        return {"id": call, "service": service, "class": "urgent"}

    async def _checks(self) -> Sequence[Check]:
        status = self._line.status
        if status is None:
            return (Check(name="line", ok=False, detail=self._away()), *self._live_store_check(), *self._stored_check())
        damage = newest_report(self._settings.data_dir)
        return (
            Check(name="line", ok=True),
            Check(
                name="asterisk",
                ok=status.ami_connected,
                detail=status.ami_error or ("" if status.ami_connected else "not reconciled yet"),
            ),
            Check(
                name="journal",
                ok=not status.journal_error,
                detail=status.journal_error or ("" if damage is None else str(damage)),
            ),
            # Callers on the line are served: a line that refuses further calls is full, not unfit.
            Check(name="calls", ok=True, detail=status.refused_lately),
            Check(name="legs", ok=not status.line_fault, detail=status.line_fault),
            *self._live_store_check(),
            *self._stored_check(),
        )

    def _away(self) -> str:
        age_s = clock() - self._line.away_since
        return f"away for {age_s:.0f} s ({self._link.why}); what is shown is as old"

    def _stored_check(self) -> Sequence[Check]:
        status = self._line.status
        return self._records.checks(0 if status is None else status.seq - status.unwritten)

    def _live_store_check(self) -> Sequence[Check]:
        if not self._settings.redis_url:
            return ()
        publisher = self._publisher
        connected = publisher is not None and publisher.connected
        return (Check(name="live_store", ok=connected, detail="" if publisher is None else publisher.error),)

    async def _exposition(self) -> tuple[bytes, str]:
        status, metrics = self._line.status, self._metrics
        metrics.set_line_connected(status is not None)
        if status is None:
            metrics.set_ami_connected(self._settings.node, False)
        else:
            metrics.set_ami_connected(status.node, status.ami_connected)
            seq = max(status.seq, self._line.live.seq)
            metrics.set_journal(last_seq=seq, unwritten=status.unwritten, size_bytes=_size(self._settings))
            metrics.set_reader_lag("live", max(0, seq - self._line.live.seq))
            metrics.set_reader_lag("projector", max(0, seq - status.unwritten - self._records.seq))
        damage = newest_report(self._settings.data_dir)
        metrics.set_journal_damage(None if damage is None else damage.lost)
        metrics.set_reader_lag_s("projector", self._records.lag_s)
        return await render(metrics.registry)


def _size(settings: Settings) -> int:
    """Bytes of the journal's files."""
    journal = settings.journal_file
    return sum(path.stat().st_size for path in journal.parent.glob(journal.name + "*") if path.is_file())


def run(settings: Settings, sign: int | None = None) -> int:
    """Run the desk in the foreground until SIGINT or SIGTERM. Returns what `serve` does."""

    def begin() -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Desk(settings).run

    return serve(begin, log_level=settings.log_level, sign=sign, reload=lambda: None)
