"""The desk: everything that reads the journal. This module assembles its parts.

Live view, metrics, projector, database and HTTP run in a process of their own. The line sends the entries as it writes
them, and nothing here can delay it. In the other direction go only a few wishes, each with a deadline.

The line's own desk (`follow` = socket) stores what the line writes and does what falls due: letters, deadlines, calls
about outcomes, the destruction of expired data. There is one for each line. Any number of desks on other machines
(`follow` = redis) show the line and serve requests from the common database.
"""

import asyncio
import hmac
import os
import sqlite3
import ssl
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import structlog
from fastapi import FastAPI

from acd.config.drafts import remove_drafts
from acd.config.https import CertificateError, keep_fresh, server_context
from acd.config.settings import Settings
from acd.desk.accounts import DeskAccounts
from acd.desk.audit import list_audit
from acd.desk.call_lists import list_calls
from acd.desk.call_story import call_story
from acd.desk.config_files import settings_now
from acd.desk.configuration import Configuration, ConfigurationElsewhere, reload_by
from acd.desk.database import Records
from acd.desk.day_figures import DayFigures
from acd.desk.deadlines import keep_deadlines, watch_deadlines
from acd.desk.delivery.post import Post
from acd.desk.destructions import list_destructions
from acd.desk.drafts import DeskDrafts
from acd.desk.hand_overs import HandOvers
from acd.desk.heard import Heard
from acd.desk.housekeeping import destroy_nightly, keep_house, record_line
from acd.desk.knowledge import DeskArticles, keep_demo_articles
from acd.desk.messages import CallersMessages
from acd.desk.only_desk import hold_desk
from acd.desk.outbreak_watch import OutbreakWatch
from acd.desk.outcome_remarks import OutcomeRemarks
from acd.desk.own_faults import OwnFaults
from acd.desk.own_line import OwnLine
from acd.desk.people import DeskPeople, demo_of
from acd.desk.phone_secrets import REALM, PhoneSecrets
from acd.desk.prompt_recordings import PromptRecordings, RecordingsElsewhere
from acd.desk.recordings import Player
from acd.desk.remote_line import FilesElsewhere, RemoteLine, no_sound
from acd.desk.requests import DeskRequests
from acd.desk.required_disposition import RequiredDisposition
from acd.desk.seen_line import SeenLine
from acd.desk.task_calls import TaskCalls
from acd.desk.town_files import (
    CheckedTown,
    checked_town,
    refused_files,
    tell_faults,
    ticket_rules,
    town_to_start,
    warn_of_duty,
)
from acd.desk.town_names import keep_town_names
from acd.engine.model.config import PAGE
from acd.lib.clock import clock
from acd.lib.endpoints import CITIZEN, LINE
from acd.lib.restart_counts import desks_ended
from acd.lib.secret_file import secret_in
from acd.lib.serving import StartError, run_all, serve
from acd.link.relay_end import RelayEnd
from acd.metrics import Metrics, render
from console.api import create_app
from console.auth import token_check
from console.openid_ports import OpenId
from console.ports import Check, ConsolePorts, Record, Unavailable
from console.server import BindError, HttpServer
from storage.requests.attachments import Attachments
from storage.spoken_words import SpokenWords
from tickets.town.load import remembering
from tickets.town.model import Named

log = structlog.get_logger()

FIRST_LOOK_S: Final = 2.0
"""Seconds to wait for the line's first snapshot before the last state is read from the journal."""


class Desk:
    """Call all methods on the loop's thread."""

    def __init__(self, settings: Settings, supervisor: int = 0, last_town: CheckedTown | None = None) -> None:
        """`supervisor` is the id of the process that reloads line, desk and Asterisk on SIGHUP; 0: there is none.
        `last_town` is the town to begin with if its files have a fault."""
        self._settings = settings
        self._metrics = Metrics(
            clock=clock,
            zone=ZoneInfo(settings.timezone),
            service_level_s=settings.service_level_s,
            target_s=settings.target_wait_s,
            version=version("cozum"),
        )
        self._metrics.set_desk_ends(desks_ended)
        read, self._town_faults = town_to_start(settings, last_town)
        self._rules, self._deadlines_by = ticket_rules(settings, read.town), read.deadlines_by
        warn_of_duty(settings, read.town)
        self._fault = OwnFaults(self._metrics.count_own_fault)
        self._records = Records(settings, lambda: self._rules, lambda: read.telling, self._fault)
        self._is_own = settings.follow == "socket"
        """Whether the line is this desk's own, with all that one desk alone may do."""
        self._attachments = (Attachments if self._is_own else FilesElsewhere)(
            settings.files_dir, settings.recordings_key_file
        )
        self._messages = CallersMessages(
            settings, self._records, self._attachments, lambda call: self._line.live.call(call)
        )
        own_line = OwnLine(settings, self._metrics, self._records, self._messages.answer) if self._is_own else None
        self._of_line = own_line.destroyed if own_line is not None else tuple
        self._line: SeenLine = own_line or RemoteLine(settings, self._metrics)
        self._configuration, self._prompt_recordings = self._administration(own_line, supervisor)
        self._requests = self._made_requests()
        demo = demo_of(settings) if self._is_own else ()
        self._is_demo = bool(demo)
        secret = secret_in(settings.browsers_secret_file).encode()
        self._people = DeskPeople(
            lambda: self._records.people, demo=demo, demo_serves=lambda: bool(demo), secret=secret
        )
        self._citizen_secret = hmac.new(secret, b"the telephone of the demo's caller", "sha256").hexdigest()
        self._openid = _openid(settings, self._people)
        self._accounts = DeskAccounts(
            lambda: self._records.people,
            units=lambda: sorted(self._rules.town.units),
            seed=self._people.seed,
            changed=self._people.look_again,
        )
        self._days = DayFigures(settings, self._records, self._agent_names, lambda: self._rules.town)
        self._required = None if own_line is None else _required(own_line, self._days)
        self._outbreaks = OutbreakWatch(self._records, lambda: self._rules, self._line.services)
        self._hand_overs = HandOvers(settings, self._line, lambda: self._rules.town)
        self._task_calls = TaskCalls(self._records, self._line, lambda: self._rules, lambda: read.telling)
        self._phone_secrets = PhoneSecrets(settings.browser_phones_file)
        self._phones_forgotten = False
        self._relay = RelayEnd(settings.relay_socket) if self._is_own else None
        self._tls: ssl.SSLContext | None = None

    def _administration(
        self, own_line: OwnLine | None, supervisor: int
    ) -> tuple[Configuration | ConfigurationElsewhere, PromptRecordings | RecordingsElsewhere]:
        """The files and prompts that the administrator's page changes."""
        if own_line is None:
            return ConfigurationElsewhere(), RecordingsElsewhere()
        configuration = Configuration(
            self._settings,
            reload=reload_by(supervisor, own_line.reload),
            reloaded=lambda: own_line.reloaded,
            read_town=self.reload,
        )
        have_line_read = partial(configuration.have_line_read, "prompts")
        return configuration, PromptRecordings(self._settings, have_line_read=have_line_read)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. Raises `StartError` if the port cannot be opened."""
        if self._is_own:
            self._prepare_phones()
        app = create_app(self._ports(), trusted_proxies=self._settings.trusted_proxies)
        server = HttpServer(app, refused=self._metrics.count_http_refused)
        try:
            self._tls = server_context(self._settings)
        except CertificateError as error:
            raise StartError(str(error)) from None
        works: dict[str, Coroutine[Any, Any, Any]] = {
            **self._line.works(),
            "people": self._people.run(),
            "telephones": app.state.telephones.watch(),
            "http": self._serve_http(server),
            **(self._duties() if self._is_own else {"records": self._records.serve()}),
        }
        if self._relay is not None:
            works["relay"] = self._relay.run()
        if self._tls is not None:
            works["certificate"] = keep_fresh(self._settings, self._tls, renewed=self._renewed)
        try:
            await run_all(stop, works)
        finally:
            await self._stop(app, server)

    def _prepare_phones(self) -> None:
        try:
            self._phone_secrets.prepare()
        except (OSError, sqlite3.Error) as error:  # the line serves without browser phones
            log.warning("browser_phones_unavailable", error=str(error))
        assert self._relay is not None
        self._relay.on_change(self._relay_changed)

    def _relay_changed(self) -> None:
        """The relay has told of its pages. Secrets of an earlier desk's pages are forgotten then, except of those that
        are open still: Asterisk asks them for their secret again and again."""
        if self._relay is None or not self._relay.is_there:
            return
        self._metrics.set_relay_ends(self._relay.ends)
        if self._tls is not None and not self._relay.speaks_tls:
            log.warning("relay_without_tls", socket=str(self._relay.path))
        if self._phones_forgotten:
            return
        self._phones_forgotten = True
        try:
            self._phone_secrets.forget_but({page.user for page in self._relay.pages.values()})
        except sqlite3.Error as error:
            log.warning("browser_phones_unavailable", error=str(error))

    def _renewed(self) -> None:
        """Our certificate is another one."""
        if self._relay is not None:
            self._relay.renew()

    def reload(self) -> Sequence[str]:
        """Read the town's files again, and services by whose names they go. A fault changes nothing; the faults are
        returned, and the log has them."""
        settings = settings_now(self._settings)
        before = self._rules.town
        try:
            read = checked_town(settings, [*before.names(), *before.retired.values()])
        except Exception as error:  # whatever a file makes of it, the desk goes on
            self._town_faults = tell_faults(error, kept="the files in force")
            return self._town_faults
        self._rules, self._deadlines_by = ticket_rules(settings, read.town), read.deadlines_by
        self._town_faults = ()
        warn_of_duty(settings, read.town)
        return ()

    def _know(self, names: Iterable[Named]) -> None:
        """Give names to what the town's files have no more."""
        self._rules = msgspec.structs.replace(self._rules, town=remembering(self._rules.town, names))

    def _duties(self) -> dict[str, Coroutine[Any, Any, Any]]:
        """The tasks that one desk alone may have."""
        settings, zone = self._settings, ZoneInfo(self._settings.timezone)
        return {
            "records": self._records.run(settings.journal_file),
            "post": Post(settings, lambda: self._rules, self._fault).run(self._records),
            "house": keep_house(self._records, self._attachments, SpokenWords(settings.outcome_words_dir)),
            "destruction": destroy_nightly(self._records, zone),
            "line_record": record_line(self._records, zone, self._of_line),
            "deadlines": watch_deadlines(self._records),
            "deadline_rules": keep_deadlines(self._records, lambda: self._deadlines_by),
            "town_names": keep_town_names(self._records, lambda: self._rules.town, self._know),
            "messages": self._messages.run(),
            "remarks": OutcomeRemarks(settings.remarks_dir, self._requests.attach, self._fault).run(self._records),
            **({"articles": self._demo_articles()} if self._is_demo else {}),
        }

    def _demo_articles(self) -> Coroutine[Any, Any, None]:
        return keep_demo_articles(self._records, self._settings, self._rules.town)

    async def _serve_http(self, server: HttpServer) -> None:
        """Serve HTTP as soon as agents and queue are known, from the line or else from the journal."""
        try:
            async with asyncio.timeout(FIRST_LOOK_S):
                await self._line.known.wait()
        except TimeoutError:
            self._line.begin_without_the_line()
        try:
            await server.start(self._settings.http_host, self._settings.http_port, self._tls, self._relay)
        except BindError as error:
            raise StartError(str(error.strerror or error)) from None
        await asyncio.Event().wait()

    async def _stop(self, app: FastAPI, server: HttpServer) -> None:
        app.state.live.close()
        await server.stop()
        await self._records.close(self._settings.journal_file)

    # --- what the console asks

    def _made_requests(self) -> DeskRequests:
        return DeskRequests(
            self._records,
            self._line.services,
            self._attachments,
            lambda: self._rules.town,
            on_score=self._metrics.outcomes.scored,
            on_disposed=self._disposed,
        )

    def _disposed(self, call: str) -> None:
        if self._required is not None:
            self._required.said(call)

    def _ports(self) -> ConsolePorts:
        records, line = self._records, self._line
        return ConsolePorts(
            list_calls=partial(list_calls, records),
            get_call=records.get_call,
            tell_call=self._tell_call,
            requests=self._requests,
            articles=DeskArticles(self._records),
            drafts=DeskDrafts(self._records),
            town=lambda: self._rules.town,
            services=line.services,
            transfer_codes=line.transfer_codes,
            live=line.live,
            statistics=line.statistics,
            days=self._days,
            outbreaks=self._outbreaks,
            configuration=self._configuration,
            accounts=self._accounts,
            destructions=partial(list_destructions, records),
            audit=partial(list_audit, records),
            heard=Heard(self._settings),
            prompt_recordings=self._prompt_recordings,
            request_agent_state=(self._required or line).request_agent_state,
            cancel_callback=line.cancel_callback,
            set_kind=line.set_kind,
            consultant=line.consultant,
            put_first=line.put_first,
            hand_over_targets=self._hand_overs.list,
            hand_over=self._hand_overs.order,
            call_citizen=self._task_calls.order,
            monitor=line.monitor,
            pause_recording=line.pause_recording,
            sound=Player(self._settings, records).sound if self._is_own else no_sound,
            get_agent_services=line.get_agent_services,
            set_agent_services=line.set_agent_services,
            get_surge=line.get_surge,
            set_surge=line.set_surge,
            clear_surge=line.clear_surge,
            checks=self._checks,
            metrics=self._exposition,
            check_token=token_check(secret_in(self._settings.token_file)),
            check_wallboard=token_check(secret_in(self._settings.wall_token_file)),
            people=self._people,
            openid=self._openid,
            clock=clock,
            count_refused=self._metrics.count_http_refused,
            open_phone=self._open_phone,
            demo_phone=self._demo_phone if self._is_own and self._settings.demo_caller else None,
            relay=self._relay,
            realm=REALM,
            line=LINE,
            public_number=self._settings.public_number,
            version=version("cozum"),
            timezone=self._settings.timezone,
        )

    async def _tell_call(self, call: Record, language: Literal["tr", "en"]) -> Sequence[Record]:
        names = self._agent_names()
        return await asyncio.to_thread(call_story, self._settings, self._rules.town, call, language, names)

    def _agent_names(self) -> dict[str, str]:
        return {str(one["extension"]): str(one["name"]) for one in self._line.live.agents()}

    async def _open_phone(self, extension: str) -> tuple[str, str]:
        self._line.check_agent(extension)
        return await self._new_secret(f"{extension}{PAGE}")

    async def _demo_phone(self) -> tuple[str, str]:
        """Several pages have this account at once, and keep it over a restart of the desk: so its secret does not
        change."""
        return await self._new_secret(CITIZEN, self._citizen_secret)

    async def _new_secret(self, user: str, secret: str = "") -> tuple[str, str]:
        try:
            return user, await asyncio.to_thread(self._phone_secrets.renew, user, secret)
        except sqlite3.Error as error:
            name = self._settings.browser_phones_file.name
            raise Unavailable(f"telephone: {name} cannot be written: {error}") from None

    async def _checks(self) -> Sequence[Check]:
        return (
            *self._line.checks(),
            *self._records.checks(self._line.written_seq),
            *self._relay_check(),
            *self._town_check(),
        )

    def _town_check(self) -> Sequence[Check]:
        """The desk serves with the town as it was read last; who edited a file must know that."""
        if not self._town_faults:
            return ()
        return (Check(name="town", ok=True, detail=refused_files(len(self._town_faults), "town_not_read")),)

    def _relay_check(self) -> Sequence[Check]:
        if self._relay is None:
            return ()
        there = self._relay.is_there
        return (Check(name="relay", ok=there, detail="" if there else "away: no browser's telephone can connect"),)

    async def _exposition(self) -> tuple[bytes, str]:
        self._line.measure()
        return await render(self._metrics.registry)


def _openid(settings: Settings, people: DeskPeople) -> OpenId | None:
    """The provider by whose accounts people sign in; only a desk that has one loads what that needs."""
    if not settings.openid_issuer:
        return None
    from acd.desk.openid import DeskOpenId

    return DeskOpenId(settings, people, secret=secret_in(settings.browsers_secret_file).encode(), now=clock)


def _required(line: OwnLine, days: DayFigures) -> RequiredDisposition:
    live = line.live
    return RequiredDisposition(
        lambda: line.rules, live.agent, live.call, days.last_talk, line.keep, line.request_agent_state
    )


def run(settings: Settings, sign: int | None = None, last_town: CheckedTown | None = None) -> int:
    """Run the desk in the foreground until SIGINT or SIGTERM. Returns what `serve` does. `last_town` is the town to
    begin with if its files have a fault."""

    desk: Desk | None = None

    def begin() -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
        nonlocal desk
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if settings.follow == "socket":
            hold_desk(settings)
            remove_drafts(settings)
        # A process that gives signs of life has a supervisor, whose child it is.
        desk = Desk(settings, supervisor=0 if sign is None else os.getppid(), last_town=last_town)
        return desk.run

    def reload() -> None:
        if desk is not None:
            desk.reload()

    return serve(begin, log_level=settings.log_level, sign=sign, reload=reload)
