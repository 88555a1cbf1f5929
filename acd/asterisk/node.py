"""One Asterisk node as the rest of the system sees it: it posts events and takes orders about legs.

    node = AsteriskNode(node=…, host=…, port=…, user=…, secret=…, agents={"PJSIP/1001": "1001"}, post=runtime.post,
                        on_key=sessions.key, clock=time.time)
    tasks.create_task(node.run())

It owns the AMI connection. After each connection it asks for all channels and device states, and posts nothing before
the answer. While it is not connected it refuses orders with `CommandFailed` and never keeps them: they are about phones
that ring now.
"""

import asyncio
import contextlib
import math
import ssl
from collections.abc import Callable, Collection, Coroutine, Mapping
from pathlib import Path
from typing import NoReturn

import msgspec
import structlog

from acd.asterisk.ami import AmiConnection, AmiError, BadAction, Message, Response, Timings
from acd.asterisk.ami_actions import Headers, failure_of
from acd.asterisk.callback_order import channel_id, originate, originate_citizen
from acd.asterisk.caller_search import CallerSearch
from acd.asterisk.hand_over import ordered
from acd.asterisk.holds import Holds
from acd.asterisk.listening import Listening
from acd.asterisk.manager_user import NEEDED_EVENTS, READ_CLASSES, WRITE_CLASSES
from acd.asterisk.own_events import listens_on, refusal_of
from acd.asterisk.phones import AgentPhones
from acd.asterisk.reachable import when_gone
from acd.asterisk.reconcile import (
    ANSWERED_VARIABLE,
    CHANNELS_ACTION,
    DEVICES_ACTION,
    Gate,
    in_the_queue,
    reachable_phones,
    reconciled,
)
from acd.asterisk.recording import PauseKeys, mute_headers
from acd.asterisk.translate import citizen_rings, key_of, told_at, translate
from acd.asterisk.unheard import Unheard
from acd.asterisk.whereabouts import BACK_CONTEXT, found
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import BringBack, CallBack, CancelOffer, FindCaller, HandOver, MuteRecording, RingCitizen
from acd.engine.model.events import AnyEvent, CommandFailed, Meanwhile, NodeLost, OfferReturned, OfferRinging, Told
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.recording_events import RecordingMuted
from acd.lib.refused_calls import Refusal

__all__ = ["NEEDED_EVENTS", "READ_CLASSES", "WRITE_CLASSES", "AsteriskNode"]

log = structlog.get_logger(__name__)

ANSWERED_ELSEWHERE = "26"
"""Q.850 cause of a ring that we stop. With it the phone shows no missed call, and `LegGone` differs from other ends."""

RECHECK_S = 1.0
"""Least seconds between two reconciliations because of forged text."""

_Done = RecordingMuted | None
_OnChannel = CancelOffer | BringBack | MuteRecording
_Order = _OnChannel | CallBack | RingCitizen | FindCaller | HandOver


class AsteriskNode:
    """Posts `NodeReconciled` after each connect, then events as they come, and `NodeLost` when the connection goes.

    `post` and `on_key` are called on the loop, in order, and must only enqueue. `on_key` gets the caller's channel, the
    key and the seconds since its press, at once and whether the node is reconciled or not: a key changes no state.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        host: str,
        port: int,
        user: str,
        secret: str,
        agents: Mapping[str, AgentId],
        post: Callable[[AnyEvent], None],
        on_key: Callable[[CallId, str, float], None],
        clock: Callable[[], float],
        tls: ssl.SSLContext | None = None,
        timings: Timings | None = None,
        label: Callable[[CallBack], str] = lambda order: str(order.service),
        answer_s: float = 2.0,
        lists_s: float = 5.0,
        on_refused: Callable[[Refusal], None] = lambda _: None,
        log_file: Path | None = None,
        heard_at: float = 0.0,
        believed: Callable[[], Collection[CallId]] = tuple,
        on_channels: Callable[[list[Message]], None] = lambda _: None,
    ) -> None:
        """`on_refused` gets the reason for which the dialplan refused a call, `on_channels` each list of Asterisk's
        channels that the node is reconciled by. `log_file`, `heard_at` and `believed` are for `Unheard`."""
        self.id = node
        self._agents = dict(agents)
        self._post, self._on_key, self._clock = post, on_key, clock
        self._up_since: float | None = None
        self._on_refused, self._on_channels = on_refused, on_channels
        self._answer_s, self._lists_s = answer_s, lists_s
        self._unheard = Unheard(log_file, heard_at, believed, clock)
        self._label = label
        self._calling: dict[str, CallBack] = {}
        """Agents being rung for a callback, by the action that asked for it."""
        self._citizens: dict[str, RingCitizen] = {}
        """Citizens who are rung, by the action that asked for it."""
        self._phones = AgentPhones(self._agents)
        self._listening = Listening()
        self._pause_keys = PauseKeys()
        self._gate = Gate(self._post_new)
        self._holds = Holds(self._gate.pass_on)
        self._reconciling = self._once_more = False
        """Whether lists are on their way or looked at, and whether they are old by then."""
        self._gap = True
        """Whether events may have been lost since the lists before."""
        self._recheck: asyncio.TimerHandle | None = None
        self._rechecked_at = -math.inf
        self._tasks: set[asyncio.Task[None]] = set()
        self._ami = AmiConnection(
            host=host, port=port, user=user, secret=secret, tls=tls, timings=timings,
            on_event=self._on_event,
            on_connected=self._reconcile,
            on_lost=self._on_lost,
            on_forged=self._on_forged,
        )  # fmt: skip
        self._search = CallerSearch(self._ami, self._found, self._refuse, self._spawn, lists_s)

    # --- for metrics and readiness

    @property
    def connected(self) -> bool:
        """Whether the node is connected and reconciled: the engine's state of it is what Asterisk reported."""
        return self._ami.connected and self._gate.is_open

    @property
    def last_error(self) -> str:
        """Why there is no connection; empty while there is one."""
        return self._ami.last_error

    @property
    def forged(self) -> int:
        """How many messages were dropped because somebody's text was in the place of headers."""
        return self._ami.forged

    # --- life

    async def run(self) -> NoReturn:
        """Serve until cancelled."""
        try:
            await self._ami.run()
        finally:
            if self._recheck is not None:
                self._recheck.cancel()
            self._holds.clear()
            for task in list(self._tasks):
                task.cancel()

    def set_agents(self, agents: Mapping[str, AgentId]) -> None:
        """Replace the agents. The node is reconciled again, since the new phones' states are not known."""
        self._agents = dict(agents)
        self._phones = AgentPhones(self._agents, self._phones.there)
        if self._ami.connected:
            self._reconcile()

    def phone(self, endpoint: str) -> str:
        """The endpoint to dial for the agent with this `endpoint`: the phone that they use now."""
        return self._phones.dialled(endpoint)

    def is_there(self, endpoint: str) -> bool:
        """Whether the phone of an endpoint can be reached."""
        return endpoint in self._phones.there

    # --- out of Asterisk

    def _on_event(self, message: Message) -> None:
        name = message.get("Event", "")
        if name == "OriginateResponse":
            self._rung(message)
            return
        if name == "UserEvent":
            if (refusal := refusal_of(message)) is not None:
                self._on_refused(refusal)
            elif leg := listens_on(message):
                self._listening.begin(leg)
            return
        at, late_s = told_at(message, self._clock)
        try:
            if name == "DTMFEnd":
                if (key := key_of(message)) is not None:
                    self._on_key(*key, late_s)
                if (wish := self._pause_keys.take(message, self._agents, at)) is not None:
                    self._gate.pass_on((wish,))
            elif name == "DialBegin" and citizen_rings(message) is not None:
                self._ringing(message["Linkedid"])
            events = translate(message, self._agents, at)
        except (AmiError, KeyError) as error:
            log.warning("ami_event_dropped", node=self.id, event_name=name, error=str(error))
            return
        if self._gate.is_open:
            self._unheard.heard(at)
        for told in events:
            if (event := self._listening.take(told)) is None:
                continue
            if type(event) is OfferRinging:
                self._ringing(message["Linkedid"])
            if type(event) is DeviceStateChanged and event.state == "unavailable":
                self._take_out_of_service(event)
            else:
                self._holds.pass_on(event)

    def _take_out_of_service(self, event: DeviceStateChanged) -> None:
        """Post the event if Asterisk confirms it: an event alone must not take an agent out of service. While the gate
        holds events back, what we know is older than the lists."""
        if not self._gate.passes or not self._phones.knows(event.endpoint, event.state):
            when_gone(self._ami.start, event, self._gate.pass_on)

    def _on_forged(self) -> None:
        """Reconcile, since dropped messages are lost: at once, but only once a second if somebody tries often."""
        if self._recheck is None:
            loop = asyncio.get_running_loop()
            self._recheck = loop.call_later(max(0.0, self._rechecked_at + RECHECK_S - loop.time()), self._recheck_now)

    def _recheck_now(self) -> None:
        self._recheck, self._rechecked_at, self._gap = None, asyncio.get_running_loop().time(), True
        log.error("ami_forged_text", node=self.id, times=self._ami.forged)
        if self._ami.connected:
            self._reconcile()

    def _post_new(self, event: AnyEvent) -> None:
        """Post a phone's state if it is new: Asterisk reports each state twice, and a repetition needs no journal
        entry."""
        if type(event) is not DeviceStateChanged:
            self._post(event)
            return
        for change in self._phones.take(event):
            self._post(change)

    def _on_lost(self, reason: str) -> None:
        self._gate.shut()
        self._reconciling, self._once_more, self._gap = False, False, True
        self._citizens.clear()
        self._listening.clear()
        self._holds.clear()
        self._pause_keys.clear()
        self._calling.clear()  # the list of channels shows what became of them
        at = self._clock()
        self._unheard.lost(at)
        self._post(NodeLost(at=at, node=self.id))

    # --- the whole truth

    def _reconcile(self) -> None:
        """Ask for both lists, one right after the other. Without an answer the connection is useless and is closed.
        One reconciliation follows the other: lists that are opened late would take back what newer ones said."""
        if self._reconciling:
            self._once_more = True
            return
        self._reconciling, self._once_more = True, False
        uptime_s = self._ami.uptime_s
        self._up_since = None if uptime_s is None else self._clock() - uptime_s
        channels: list[Message] = []
        asked: dict[str, asyncio.Future[Response]] = {}

        def first(items: list[Message]) -> None:
            channels.extend(items)
            self._gate.listed()
            self._on_channels(items)
            for name in in_the_queue(items):
                with contextlib.suppress(AmiError, BadAction):
                    asked[name] = self._ami.start("Getvar", {"Channel": name, "Variable": ANSWERED_VARIABLE})

        def second(devices: list[Message]) -> None:
            if asked or (self._unheard.has_log and not self._gate.is_open):
                self._spawn(self._open_when_told(channels, devices, asked))
            else:
                self._open(channels, devices, {})

        try:
            lists = (
                self._ami.start_list(CHANNELS_ACTION, on_list=first),
                self._ami.start_list(DEVICES_ACTION, on_list=second),
            )
        except AmiError as error:
            self._ami.drop(f"reconciliation failed: {error}")
            return
        self._spawn(self._watch_lists(*lists))

    def _open(
        self,
        channels: list[Message],
        devices: list[Message],
        answered: Mapping[str, str],
        told: tuple[Told, ...] = (),
    ) -> None:
        try:
            truth = reconciled(self.id, channels, devices, self._agents, self._clock(), answered, told)
        except AmiError as error:
            self._ami.drop(f"reconciliation failed: {error}")
        else:
            self._phones.reset(reachable_phones(devices, self._agents))
            self._unheard.heard(truth.at)
            self._gate.open(msgspec.structs.replace(truth, up_since=self._up_since, gap=self._gap))
            self._reconciling, self._gap = False, self._gap and self._once_more
            if self._once_more:
                self._reconcile()

    async def _open_when_told(
        self, channels: list[Message], devices: list[Message], asked: Mapping[str, "asyncio.Future[Response]"]
    ) -> None:
        """Open the gate. Talks of the standby's queue go on, so their channels are first asked since when; a channel
        that cannot answer (it is just over) counts from now. The log shows what happened without a connection."""
        connection = self._ami.connects
        told: tuple[Told, ...] = ()
        if asked:
            await asyncio.wait(asked.values(), timeout=self._answer_s)
        if not self._gate.is_open:
            try:
                told = await self._unheard.told(channels, self._agents)
            except KeyError:
                pass  # the code that reads the list finds the fault again and drops the connection
            except Exception as error:  # whatever it is: it costs what happened meanwhile, and not the line
                log.exception("channel_log_failed", node=self.id, error=str(error))
        if not self._ami.connected or self._ami.connects != connection:
            return
        said = {name: one.result() for name, one in asked.items() if one.done() and one.exception() is None}
        self._open(channels, devices, {name: one.headers.get("Value", "") for name, one in said.items()}, told)

    def meanwhile(self) -> Meanwhile:
        """What happened since the engine last ran. The line posts it at its start, before the engine acts on its old
        state."""
        at = self._clock()
        return Meanwhile(at=at, node=self.id, told=self._unheard.at_start(self._agents, at))

    async def _watch_lists(self, *lists: "asyncio.Future[list[Message]]") -> None:
        if failed := await failure_of(lists, self._lists_s):
            self._ami.drop(f"reconciliation failed: {failed}")

    # --- into Asterisk

    def cancel_offer(self, command_id: str, command: CancelOffer) -> None:
        """Hang up the agent's ringing leg; the action is written in this turn of the loop. `CommandFailed` reports a
        failure; the leg's own end reports success."""
        self._order(command_id, command, "Hangup", {"Channel": command.channel, "Cause": ANSWERED_ELSEWHERE})

    def find_caller(self, command_id: str, command: FindCaller) -> None:
        """Look for a caller in Asterisk's list of channels; `CallerFound` has the result. `CommandFailed` reports that
        there is no list."""
        self._search.begin(command_id, command)

    def _found(self, channels: list[Message], calls: list[CallId]) -> None:
        self._gate.pass_on(found(self.id, channels, calls, self._agents, self._clock()))

    def bring_back(self, command_id: str, command: BringBack) -> None:
        """Send a caller's channel to the dialplan's context `back`. `CommandFailed` reports a failure; the session that
        follows shows success."""
        headers = {"Channel": command.channel, "Context": BACK_CONTEXT, "Exten": "s", "Priority": "1"}
        self._order(command_id, command, "Redirect", headers)

    def hand_over(self, command_id: str, command: HandOver) -> None:
        """Take a caller out of a talk, and ring an outside telephone for them. `CommandFailed`: the talk goes on."""
        self._ask(command_id, command, "BlindTransfer", lambda: ordered(command, self._ami.start))

    def mute_recording(self, command_id: str, command: MuteRecording) -> None:
        """Pause the recording of a channel, or let it go on. `RecordingMuted` reports success, `CommandFailed` a
        failure."""
        done = RecordingMuted(at=0.0, cause=command_id, call=command.call, paused=command.paused, by=command.by)
        self._order(command_id, command, "MixMonitorMute", mute_headers(command), done)

    def _order(
        self, command_id: str, command: _OnChannel, action: str, headers: Mapping[str, str], done: _Done = None
    ) -> None:
        # For Asterisk a name that begins with a slash is a pattern; it would act on all channels that match.
        if "/" not in command.channel or command.channel.startswith("/"):
            self._refuse(command_id, command, f"{command.channel!r} is not a channel's name")
            return
        self._ask(command_id, command, action, lambda: headers, done)

    def call_back(self, command_id: str, command: CallBack) -> None:
        """Ring the agent; when they answer, their channel calls the caller (dialplan context `callback`).
        `CommandFailed` reports that Asterisk could not be asked, `OfferReturned` that there was no phone to ring. The
        channels' events report all else."""
        self._calling[command_id] = command
        phone, label = self.phone(command.endpoint), self._label(command)
        self._ask(command_id, command, "Originate", lambda: originate(command, phone, label))

    def ask(self, action: str, headers: Mapping[str, str], action_id: str = "") -> "asyncio.Future[Response]":
        """Have Asterisk do something with a channel that belongs to no call. Raises `AmiError`, also by the future, and
        `BadAction`."""
        return self._ami.start(action, headers, action_id=action_id)

    def ring_citizen(self, command_id: str, command: RingCitizen) -> None:
        """Ring a citizen without an agent. `CommandFailed`: no channel could be created; its events report all else."""
        self._citizens[command_id] = command
        self._ask(command_id, command, "Originate", lambda: originate_citizen(command))

    def _ask(self, command_id: str, command: _Order, action: str, headers: Headers, done: _Done = None) -> None:
        try:
            answer = self._ami.start(action, headers(), action_id=command_id)
        except (AmiError, BadAction) as error:
            self._refuse(command_id, command, str(error))
        else:
            self._spawn(self._watch(command_id, command, answer, done))

    def _ringing(self, linked: str) -> None:
        """Note that the phone of an order rings, by the id of its channel: that channel's events report the result, in
        more detail. The call may have a newer order by now, of which nothing is known yet."""
        self._calling = {one: asked for one, asked in self._calling.items() if channel_id(asked) != linked}
        self._citizens = {one: asked for one, asked in self._citizens.items() if channel_id(asked) != linked}

    def _rung(self, message: Message) -> None:
        """Take the end of the ring: somebody has answered, or there was no phone to ring."""
        citizen = self._citizens.pop(message.get("ActionID", ""), None)
        if citizen is not None and message.get("Response") == "Failure":
            self._refuse(message["ActionID"], citizen, "no channel")
        asked = self._calling.pop(message.get("ActionID", ""), None)
        if asked is not None and message.get("Response") == "Failure":
            failed = OfferReturned(at=self._clock(), call=asked.call, offer=asked.offer, status="CHANUNAVAIL")
            self._gate.pass_on((failed,))

    async def _watch(self, command_id: str, command: _Order, answer: "asyncio.Future[Response]", done: _Done) -> None:
        """`done` is posted if Asterisk has done it. There is no deadline here: on a busy machine the answer is seconds
        late, and by then the phone rings. The engine's timers give up what comes to nothing."""
        try:
            response = await answer
        except AmiError as error:
            if not isinstance(command, HandOver):  # the lists of the next connection show whether the caller has left
                self._refuse(command_id, command, str(error))
            return
        if not response.success:
            self._refuse(command_id, command, response.message)
        elif done is not None:
            self._gate.pass_on((msgspec.structs.replace(done, at=self._clock()),))

    def _refuse(self, command_id: str, command: _Order, error: str) -> None:
        self._calling.pop(command_id, None)
        self._citizens.pop(command_id, None)
        name = str(command.__struct_config__.tag)
        self._post(CommandFailed(at=self._clock(), cause=command_id, call=command.call, command=name, error=error))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
