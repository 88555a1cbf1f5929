"""The line: the process that serves callers and agents. This module assembles its parts.

Engine, journal, AMI and FastAGI run on one loop. A caller waits for this process only. The line uses no database and no
HTTP: desks read its entries over `acd.link`, and it never waits for a desk.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from acd.asterisk.agi_server import AgiServer
from acd.asterisk.caller_commands import CallerCommand, is_callers
from acd.asterisk.caller_ports import CallerPorts, TalkLimits
from acd.asterisk.callers import CallDirectory
from acd.asterisk.channel_names import endpoint_of
from acd.asterisk.duty_rings import dialled
from acd.asterisk.node import AsteriskNode
from acd.asterisk.recording import prepare_folder
from acd.asterisk.reservation import QueueWatch
from acd.config.exposure import refuse_root, remember
from acd.config.own_prompts import complete_own_prompts
from acd.config.rules import Rules
from acd.config.settings import Settings
from acd.engine.model.commands import (
    AnyCommand,
    BringBack,
    CallBack,
    CancelOffer,
    EndMonitor,
    FindCaller,
    HandOver,
    MuteRecording,
    ReleaseCall,
    RingCitizen,
    RingDuty,
    WatchLeg,
)
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallerGone,
    CallImported,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    LineStops,
    NodeReconciled,
    OfferAnswered,
)
from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallReleased,
    CallTakenOver,
)
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.journal import Entry
from acd.engine.rules import own_calls
from acd.lib.clock import clock
from acd.lib.dialable import dialable
from acd.lib.heartbeat import heartbeat_sender
from acd.lib.refused_calls import Refusals
from acd.lib.secret_file import secret_in
from acd.lib.serving import StartError, run_all, serve
from acd.line.checkpoints import keep_log_short
from acd.line.complaints import COMPLAINTS, complain
from acd.line.desks import Desks
from acd.line.opening_hours import bring_hours_on
from acd.line.phone_sessions import PhoneSessions
from acd.line.reloading import read_anew, rules_to_start
from acd.line.retention import LineRetention
from acd.line.rules_in_force import RulesInForce
from acd.line.runtime import Runtime, recover
from acd.line.sessions import SessionWatch
from acd.line.sound_versions import notice_versions
from acd.line.stalls import sample_stalls
from acd.line.standby_members import MembersFile
from acd.line.standby_spool import Spooled
from ivr.flow import Flow
from storage.journal import SqliteJournal
from storage.salvage import open_journal

log = structlog.get_logger()

MISSED_S = 0.5
"""Seconds to wait for the end of a session after its caller is gone."""
_Seek = FindCaller | BringBack | MuteRecording | HandOver
_FOLLOWED = frozenset((CallAnswered, CallTakenOver, CallEntered, CallEnded, CallReleased, *COMPLAINTS))
AGI_HOST = "127.0.0.1"
"""FastAGI is for the Asterisk on this machine only, for any `bind_host`."""


class Line:
    """The engine between Asterisk and the journal. Call all methods on the loop's thread."""

    def __init__(
        self, settings: Settings, rules: Rules, journal: SqliteJournal, living: Callable[[], None] = lambda: None
    ) -> None:
        """`living` is called for the heartbeat while the journal is replayed."""
        self.settings = settings
        self.journal = journal
        self.engine = recover(journal, living)
        self._in_force = RulesInForce(rules, self.engine.state.config, self._post_config)
        self._calls: set[CallId] = set(self.engine.state.calls)
        self.runtime = Runtime(
            self.engine,
            journal,
            clock=clock,
            dispatch=self._dispatch,
            followers=(self._follow, lambda entries, bodies: self.desks.tell(entries, bodies)),
        )
        clock.not_before(self.runtime.last_at)
        self.spooled = Spooled(
            settings.spool_dir,
            post=self._post_spooled,
            settled=lambda: self.runtime.settled,
            agent_of=lambda endpoint: self.rules.agent_of(endpoint),
            node=NodeId(settings.node),
            clock=clock,
            callable=dialable if settings.callback_trunk else (lambda number: ""),
            log_file=settings.channel_log_path,
        )
        self._members = MembersFile(settings.data_dir)
        self.refusals = Refusals(clock)
        self.node = self._made_node()
        self.desks = self._made_desks()
        self.retention = self._made_retention()
        self.queue_watch = QueueWatch(
            ring_s=lambda: self.settings.ring_s,
            connected=lambda: self.node.connected,
            dropped=lambda: self.agi.dropped,
        )
        self.directory = self._made_directory()
        self.phone_sessions = PhoneSessions(
            engine=self.engine,
            runtime=self.runtime,
            node=self.node,
            keypads=self.directory.keypads,
            settings=lambda: self.settings,
            rules=lambda: self.rules,
        )
        self._session_watch = SessionWatch(
            lambda: self.engine.state.calls.values(), self.directory.__contains__, self.runtime.post, clock
        )
        self.agi = self._made_agi()

    def _made_desks(self) -> Desks:
        return Desks(
            self.settings.line_socket,
            engine=self.engine,
            runtime=self.runtime,
            journal_id=self.journal.id,
            node=self.node,
            refusals=self.refusals,
            callable=dialable if self.settings.callback_trunk else (lambda number: ""),
            duty_digits=dialled if self.settings.callback_trunk else (lambda number: ""),
            take_services=self._in_force.give_services,
            reload=self.reload,
            destroyed=lambda: self.retention.destroyed,
        )

    def _made_retention(self) -> LineRetention:
        return LineRetention(
            self.journal,
            self.settings.channel_log_path,
            journal_days=lambda: self.settings.journal_days,
            town_days=lambda: self.desks.link.keep_days,
            stored_seq=lambda: self.desks.link.stored_seq,
            snapshot=self.runtime.snapshot,
        )

    def _made_node(self) -> AsteriskNode:
        settings = self.settings
        return AsteriskNode(
            node=NodeId(settings.node),
            host=settings.ami_host,
            port=settings.ami_port,
            user=settings.ami_user,
            secret=settings.ami_secret or secret_in(settings.ami_secret_file),
            agents=self._endpoints(),
            post=self._post_seen,
            on_key=lambda call, key, late_s: self.directory.key(call, key, late_s),
            clock=clock,
            on_refused=self.refusals.count,
            log_file=settings.channel_log_path,
            heard_at=self.runtime.last_at,
            believed=lambda: [one.id for one in self.engine.state.calls.values() if not (one.attached or one.away)],
            on_channels=lambda channels: self.phone_sessions.monitors.sweep(channels),
            label=lambda order: self.rules.callback_label(order),
        )

    def _made_directory(self) -> CallDirectory:
        settings = self.settings
        return CallDirectory(
            CallerPorts(
                post=self._post_attached,
                clock=clock,
                phone=lambda endpoint: self.node.phone(endpoint),
                flow=self._flow,
                look_up=self.desks.look_up,
                own=lambda number: self.desks.own(number) if self.settings.own_requests else None,
                preferred_agent=lambda who: self.desks.preferred_agent(who) if self.settings.owner_first_s else None,
                ami_connected=lambda: self.node.connected,
                queue_possible=self.queue_watch.possible,
                came_back=self._came_back,
                label=lambda *what: self.rules.label(*what),
                early_ring=lambda: self.rules.config.early_ring,
                menu_s=lambda step, language: self.rules.menu_s(step, language),
                callable=dialable if settings.callback_trunk else (lambda number: ""),
                node=NodeId(settings.node),
                outcome_talk=TalkLimits(settings.outcome_greeting_s, settings.outcome_remark_s, settings.remarks_dir),
                messages=settings.messages_dir,
                message_taken=self.desks.message,
                opened=lambda call: self.desks.opened(call) if self.settings.say_number else None,
                opens_ticket=lambda service: self.rules.opens_ticket(service),
                recorded=lambda service: self.rules.is_recorded(service),
                notice_version=notice_versions(lambda: self.settings, clock),
                recordings=settings.open_recordings_dir,
            )
        )

    def _made_agi(self) -> AgiServer:
        settings = self.settings
        return AgiServer(
            {"/call": self.directory.serve, **self.phone_sessions.routes},
            secret=settings.agi_secret or secret_in(settings.agi_secret_file),
            host=AGI_HOST,
            port=settings.fastagi_port,
        )

    @property
    def rules(self) -> Rules:
        """The rules that count now."""
        return self._in_force.rules

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`. Raises `StartError` if a port or the socket cannot be opened."""
        try:
            await self.desks.link.start()
        except OSError as error:
            raise StartError(f"{self.settings.line_socket}: {error.strerror or error}; correct data_dir") from None
        self.runtime.post(EngineStarted(at=clock()))
        self._in_force.begin(self.settings.timezone)
        self.spooled.take_all(regroup=True)  # before any newer event about those calls
        self.runtime.post(self.node.meanwhile())
        try:
            await self.agi.start()
        except OSError as error:
            await self.desks.link.stop()
            raise StartError(
                f"fastagi_port = {self.settings.fastagi_port}: {error.strerror or error}; free it or choose another"
            ) from None
        works: dict[str, Coroutine[Any, Any, Any]] = {
            "ami": self.node.run(),
            "checkpoints": keep_log_short(self.journal),
            "retention": self.retention.run(),
            "hours": bring_hours_on(lambda: self.rules, self.settings.timezone, self._in_force.take_hours),
            "spool": self.spooled.run(),
            "members": self._members.run(),
            "sessions": self._session_watch.run(),
            "stalls": sample_stalls(self._turned),
        }
        try:
            await run_all(stop, works)
        finally:
            await self.agi.stop()
            self.phone_sessions.close()
            self.runtime.close()
            await self.desks.link.stop()

    def _turned(self, late_s: float) -> None:
        self.queue_watch.beat()
        self.desks.stalls_s.append(late_s)

    def reload(self) -> None:
        """Reload settings, services, agents and flow. If anything is wrong, the old ones stay and the log names the
        fault. The log also names the settings that were taken and those that need a restart."""
        self.settings, rules, told = read_anew(self.settings)
        if rules is not None:
            self._in_force.read_anew(rules)
            self.node.set_agents(self._endpoints())
        self.desks.tell_reload(told)

    def stopping(self) -> None:
        """Note that the whole system stops, Asterisk first."""
        self.runtime.post(LineStops(at=clock()))

    # --- the engine's wishes

    def _dispatch(self, command_id: str, command: AnyCommand) -> None:
        if is_callers(command):
            if not self.directory.deliver(command, command_id) and not isinstance(command, ReleaseCall):
                self._refuse(command_id, command, "no session")  # else the caller has left already
        elif isinstance(command, CancelOffer) and not command.channel:
            self.directory.withdraw(command)
        elif isinstance(command, CancelOffer):
            self.node.cancel_offer(command_id, command)
        elif isinstance(command, CallBack):
            self.node.call_back(command_id, command)
        elif isinstance(command, RingCitizen):
            self.node.ring_citizen(command_id, command)
        elif isinstance(command, _Seek):
            self._seek(command_id, command)
        elif isinstance(command, RingDuty | EndMonitor | WatchLeg):
            self.phone_sessions.deliver(command_id, command)

    def _seek(self, command_id: str, command: _Seek) -> None:
        """Carry out an order about a caller's channel that no session can."""
        if command.node != self.node.id:
            self._refuse(command_id, command, f"this line knows no node {command.node}")
        elif isinstance(command, FindCaller):
            self.node.find_caller(command_id, command)
        elif isinstance(command, MuteRecording):
            self.node.mute_recording(command_id, command)
        elif isinstance(command, HandOver):
            self.node.hand_over(command_id, command)
        else:
            self.node.bring_back(command_id, command)

    def _refuse(self, command_id: str, command: CallerCommand | _Seek, error: str) -> None:
        name = str(command.__struct_config__.tag)
        self.runtime.post(CommandFailed(at=clock(), cause=command_id, call=command.call, command=name, error=error))

    def _post_spooled(self, event: AnyEvent) -> None:
        """Post the standby's records. The next AMI event may be about the same caller, whom the engine does not know
        before this turn is over."""
        if isinstance(event, CallImported) and event.ended_at is None:
            self._calls.add(event.call)
        self.runtime.post(event)

    def _post_attached(self, event: AnyEvent) -> None:
        """Post an event from a caller's session."""
        if type(event) is CallAttached:
            self._calls.add(event.call)
        self.runtime.post(event)

    def _came_back(self, call: CallId) -> None:
        """A caller comes who had been without an engine. The standby has records of no other."""
        self.queue_watch.seen()
        if call not in self.engine.state.calls:
            self.spooled.take(call)

    def _post_seen(self, event: AnyEvent) -> None:
        """Post an event from AMI. Agents' calls among themselves are not the line's and get no journal entries."""
        call = getattr(event, "call", None)
        if type(event) is NodeReconciled and all(seen.call in self.directory for seen in event.calls):
            self.queue_watch.emptied()
        if call is None or call in self._calls or own_calls.is_ring(event):
            if type(event) is CallerGone and (known := self.engine.state.calls.get(event.call)) and known.orphaned:
                self.spooled.take(event.call)  # the dialplan reports to the standby before it reports to us
            self.runtime.post(event)
        elif isinstance(event, CallerGone) and event.channel:
            # Answered, and gone already. If a session is still on its way here, this event ends the call.
            asyncio.get_running_loop().call_later(MISSED_S, self._post_missed, event)
        elif isinstance(event, OfferAnswered) and self.spooled.take(event.call):
            # The caller is in Asterisk's own queue and was answered before we read that they wait there.
            self._calls.add(event.call)
            self.runtime.post(event)

    def _post_missed(self, event: CallerGone) -> None:
        """Post the end of a call that had no session yet. The standby's records of it come first."""
        if event.call not in self._calls:
            self.spooled.take(event.call)
        self.runtime.post(event)

    def _follow(self, entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        """Ignore keys after the answer; forget calls that have ended."""
        self._members.follow(entries, self.engine)
        self._in_force.follow(entries)
        for entry in entries:
            for fact in entry.facts:
                if type(fact) in _FOLLOWED:
                    self._follow_fact(fact)

    def _follow_fact(self, fact: AnyFact) -> None:
        if isinstance(fact, CallAnswered | CallTakenOver):
            self.directory.answered(fact.call, fact.offer)
        elif isinstance(fact, CallEntered):
            self._calls.add(fact.call)
        elif isinstance(fact, CallEnded):
            self._calls.discard(fact.call)
        elif isinstance(fact, CallReleased):
            if fact.outcome == "line_full":
                self.refusals.count("full")
        else:
            complain(fact)

    # --- what sessions ask

    def _flow(self, name: str) -> Flow | None:
        return self.rules.flow if name == self.rules.flow.name else None

    def _post_config(self, event: ConfigChanged) -> None:
        self.runtime.post(event)

    def _endpoints(self) -> dict[str, AgentId]:
        """The agent of each endpoint: by the rules, and first by the present calls. A reload may remove an agent, or
        change their phone, during a talk whose end must still be recognised."""
        state, phones = self.engine.state, self.rules.phones()
        in_calls: dict[str, AgentId] = {}
        for call in state.calls.values():
            if (leg := call.leg) is not None:
                endpoint = endpoint_of(leg.channel) or state.agents[leg.agent].profile.endpoint
                if endpoint not in phones:
                    in_calls[endpoint] = leg.agent
        return in_calls | phones


def run(settings: Settings, sign: int | None = None, last: Rules | None = None) -> int:
    """Run the line until SIGINT or SIGTERM; SIGHUP reloads the rules. Returns the status of `serve`. `last` are the
    rules to begin with if the files have a fault."""
    journal: SqliteJournal | None = None
    line: Line | None = None

    def begin() -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
        nonlocal journal, line
        refuse_root(settings)
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        prepare_folder(settings.open_recordings_dir)
        complete_own_prompts(settings)
        rules, told = rules_to_start(settings, last)
        remember(settings, rules.agents)
        journal, salvage = open_journal(settings.journal_file, settings.journal_durability, heartbeat_sender(sign))
        if salvage is not None:
            log.error("journal_salvaged", detail=str(salvage), kept=salvage.kept, lost=salvage.lost)
        line = Line(settings, rules, journal, heartbeat_sender(sign))
        line.desks.tell_reload(told)
        return line.run

    def reload() -> None:
        if line is not None:
            line.reload()

    def stopping() -> None:
        if line is not None:
            line.stopping()

    try:
        return serve(begin, log_level=settings.log_level, sign=sign, reload=reload, stopping=stopping)
    finally:
        if journal is not None:
            journal.close()
