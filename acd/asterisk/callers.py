"""Callers on the line: one session for each caller's channel that runs our AGI.

A session tells the engine that the call is there (`CallAttached`), carries out the engine's commands one at a time,
and tells once that it is over (`CallDetached`), whoever ended it. `CallDirectory` brings commands and keys to the
session of their call.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Coroutine
from typing import Final, assert_never

import structlog

from acd.asterisk.agi_channel import AgiChannel, Begun, CallerHungUp, CommandRefused
from acd.asterisk.agi_codec import Environment, UnsafeArgument
from acd.asterisk.caller_channel import (
    arrived_at,
    call_id,
    cause_code,
    channel_name,
    checked_endpoint,
    dial_status,
    node_of,
    safe_name,
)
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callerid import caller_id, number_in
from acd.asterisk.flow_runner import FlowRunner
from acd.asterisk.keypad import Keypads
from acd.asterisk.reservation import dial_option
from acd.asterisk.voice import Voice
from acd.engine.model.commands import KIND_KEY_S, Announce, HoldCaller, OfferCall, PlaySurge, ReleaseCall, RunFlow
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import CallAttached, CallDetached, KeyPressed, OfferReturned, SurgeHeard
from acd.engine.model.ids import AgentId, CallId, OfferId

log = structlog.get_logger(__name__)

_Carried = RunFlow | HoldCaller | PlaySurge | Announce | OfferCall
CallerCommand = _Carried | ReleaseCall
"""The commands a session carries out."""

DIAL_OPTIONS: Final = "giI"
MUSIC_OPTION: Final = "m"
"""`m`, with a class of music or without: the caller goes on hearing music where a ringing tone would cut it. `g`: the
AGI session goes on after the talk. `i`: a phone that answers with a redirection (3xx) leads the caller nowhere. `I`:
the agent's extension is not shown to the caller. None that lets a caller or an agent do anything by keys."""

BUSY_CAUSE: Final = 17
"""Q.850 cause of a phone that is busy. BUSY without it is a phone that forwarded the call."""

SURGE_ANSWERED: Final = "1"
SURGE_KEY_S: Final = 3.0
"""How long after a surge message, which says so, the caller may say by this key that they need no agent."""

DONE: Final = "COZUM_DONE"
"""Channel variable that tells the dialplan not to bring the caller back."""

HERE: Final = "COZUM_HERE"
"""Channel variable that tells the dialplan, where it asks, that an engine had the caller, and not only a port."""


class CallDirectory:
    """The sessions there are. `serve` is the AGI server's session for `/call`."""

    def __init__(self, ports: CallerPorts) -> None:
        self.ports = ports
        self.keypads = Keypads(ports.monotonic, ports.ami_connected)
        self._sessions: dict[CallId, CallerSession] = {}

    def __len__(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    def __contains__(self, call: object) -> bool:
        """Whether a call has a session."""
        return call in self._sessions

    def deliver(self, command: CallerCommand, command_id: str = "") -> bool:
        """Hand a command to its call's session. False if there is none."""
        session = self._sessions.get(command.call)
        return session is not None and session.deliver(command, command_id)

    def key(self, call_id: str, key: str) -> None:
        """AMI tells of a key on a caller's channel, or on that of an agent who calls us."""
        self.keypads.press(call_id, key)

    def answered(self, call: CallId) -> None:
        """An agent answered: keys are between the two from now on, and of no interest to us."""
        session = self._sessions.get(call)
        if session is not None:
            session.answered()

    async def serve(self, channel: AgiChannel, environment: Environment) -> None:
        """Serve one caller's connection until it is over."""
        session = CallerSession(self, channel, environment)
        before = self._sessions.get(session.call)
        if before is not None:  # its connection is dead and nobody has noticed yet
            log.warning("session_replaced", call=session.call)
            before.end()
        self._sessions[session.call] = session
        await session.run()

    def forget(self, session: "CallerSession") -> None:
        """A session is over."""
        if self._sessions.get(session.call) is session:
            del self._sessions[session.call]


class CallerSession:
    """One caller's channel, as long as it runs our AGI. Raises `PeerError` for a channel without a usable id."""

    def __init__(self, directory: CallDirectory, channel: AgiChannel, environment: Environment) -> None:
        self.call = call_id(environment)
        self._directory = directory
        self._ports = directory.ports
        self._channel = channel
        self._environment = environment
        self._keypad = directory.keypads.open(self.call)
        self._voice = Voice(channel, self._keypad, environment.get("language"))
        self._mailbox: deque[tuple[CallerCommand, str, Begun | None]] = deque()
        """Commands, their ids, and of an offer the Dial, if it was written when the offer came."""
        self._mail: asyncio.Future[None] | None = None
        self._beside: asyncio.Task[None] | None = None
        """What runs beside the mailbox, a flow or an announcement, since any other command ends it."""
        self._knows: asyncio.Task[AgentId | None] | None = None
        self._over = False
        self._dialled: set[OfferId] = set()
        self._parted = False
        self._offered: OfferCall | None = None
        """The latest offer."""
        self._talked = False
        """The latest Dial ended with a talk."""

    def deliver(self, command: CallerCommand, command_id: str) -> bool:
        """Take a command; it is carried out when those before it are. False if the session is over."""
        if self._over or self._channel.gone is not None:
            return False
        if isinstance(command, ReleaseCall) and command.offer is not None and command.offer not in self._dialled:
            log.info(
                "release_outdated", call=self.call, offer=command.offer
            )  # the caller was sent on, and is here anew
            return True
        if isinstance(command, OfferCall):
            self._dialled.add(command.offer)
            self._offered = command
        begun = self._dial_now(command) if isinstance(command, OfferCall) else None
        self._mailbox.append((command, command_id, begun))
        self._wake()
        return True

    def _dial_now(self, command: OfferCall) -> Begun | None:
        """Have the agent rung in this very turn, where the caller only waits: for the agent is waited for. None where
        something else is to end before."""
        idle = self._mail is not None and not self._mail.done() and not self._mailbox
        work = self._beside
        if not idle or (work is not None and (not work.done() or work.cancelled() or work.exception() is not None)):
            return None
        try:
            return self._channel.begin_exec("Dial", *self._dial_arguments(command))
        except UnsafeArgument:
            return None  # found again, and told, when its turn comes

    def ignore_keys(self) -> None:
        """Forget all keys, until the next command."""
        self._keypad.pour_into(_ignore)

    def answered(self) -> None:
        """An agent answered. Keys are between the two from now on; but one that says the kind of an urgent call may
        come a moment too late."""
        offer = self._offered
        if offer is None or not offer.keys:
            self.ignore_keys()
            return
        self._keypad.pour_into(lambda key: self._key_while_waiting(key) if key in offer.keys else None)
        asyncio.get_running_loop().call_later(KIND_KEY_S, self._late_keys_over, offer)

    def _late_keys_over(self, offer: OfferCall) -> None:
        if self._offered is offer:
            self.ignore_keys()

    def end(self) -> None:
        """It is over; the engine is told once."""
        if not self._over:
            self._over = True
            self._directory.forget(self)
            self._directory.keypads.close(self.call, self._keypad)
            lost = not self._parted and not isinstance(self._channel.gone, CallerHungUp)
            self._ports.post(CallDetached(at=self._ports.clock(), call=self.call, lost=lost))
            self._channel.close()
            self._wake()

    async def run(self) -> None:
        """Carry out commands until the call is released, or the channel or the connection is gone."""
        attached = self._attached()
        self._ports.post(attached)
        if attached.number and (knows := self._ports.knows(attached.number)) is not None:
            self._knows = asyncio.ensure_future(_quietly(knows, self.call))
        self._channel.on_gone = self._wake
        try:
            if self._environment.argument(4):  # there was none: the standby's hour comes unless we say that we are here
                await self._channel.set_variable(HERE, "1")
            while True:
                command, command_id, begun = await self._next()
                await self._stop()
                if isinstance(command, ReleaseCall):
                    await self._release(command)
                    return
                await self._carry_out(command, command_id, begun)
        finally:
            if self._beside is not None:
                self._beside.cancel()
            if self._knows is not None:
                self._knows.cancel()
            for _, _, begun in self._mailbox:
                if begun is not None:
                    begun.reply.cancel()
            self.end()

    async def _next(self) -> tuple[CallerCommand, str, Begun | None]:
        while not self._mailbox:
            if self._channel.gone is not None:
                raise self._channel.gone
            if self._beside is not None and self._beside.done():
                done, self._beside = self._beside, None
                done.result()  # raises what it failed by
            self._mail = asyncio.get_running_loop().create_future()
            await self._mail
        return self._mailbox.popleft()

    def _wake(self) -> None:
        if self._mail is not None and not self._mail.done():
            self._mail.set_result(None)

    async def _carry_out(self, command: _Carried, command_id: str, begun: Begun | None) -> None:
        try:
            match command:
                case RunFlow():
                    self._run_flow(command, command_id)
                case HoldCaller():
                    self._report_keys()
                    await self._voice.set_language(command.language)
                    await self._voice.start_music(command.music)
                case PlaySurge():
                    self._begin(self._surge(command, command_id))
                case Announce():
                    self._begin(self._announce(command))
                case OfferCall():
                    await self._offer(command, command_id, begun)
                case _:
                    assert_never(command)
        except (CommandRefused, UnsafeArgument):
            log.exception("command_failed", call=self.call, command=type(command).__name__)
            if isinstance(command, OfferCall):  # no leg was made, which is not the agent's fault
                self._returned(command, command_id, "CHANUNAVAIL")

    # --- leading through a flow

    def _run_flow(self, command: RunFlow, command_id: str) -> None:
        """Begin it."""
        self._keypad.pour_into(None)
        runner = FlowRunner(
            self.call,
            self._voice,
            post=self._ports.post,
            clock=self._ports.clock,
            look_up=self._ports.look_up,
            cause=command_id,
            preferred=self._preferred,
            early=lambda: self._ports.early_ring() and self._ports.ami_connected(),
            menu_s=self._ports.menu_s,
        )
        flow = self._ports.flow(command.flow)
        self._begin(runner.run(flow, command.language, command.step, full=command.full))

    def _preferred(self) -> AgentId | None:
        """The agent who knows the caller, if that is known by now."""
        knows = self._knows
        return knows.result() if knows is not None and knows.done() and not knows.cancelled() else None

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._beside = asyncio.get_running_loop().create_task(work)
        self._beside.add_done_callback(self._beside_done)

    def _beside_done(self, work: asyncio.Task[None]) -> None:
        if not work.cancelled():
            work.exception()  # seen: it is raised in `_next`, or nobody is there any more to care
        self._wake()

    async def _stop(self) -> None:
        """Stop what runs beside. The prompt it was saying is cut by the command that comes next."""
        work, self._beside = self._beside, None
        if work is None:
            return
        if not work.done():
            work.cancel()
        await asyncio.wait((work,))
        if not work.cancelled():
            work.result()

    # --- waiting and ringing

    def _report_keys(self) -> None:
        self._keypad.pour_into(self._key_while_waiting)

    def _key_while_waiting(self, key: str) -> None:
        self._ports.post(KeyPressed(at=self._ports.clock(), call=self.call, key=key))

    async def _surge(self, command: PlaySurge, command_id: str) -> None:
        """Tell the caller what many call about. Keys from the menu before it mean nothing here."""
        self._keypad.pour_into(None)
        self._keypad.clear()
        answered = False
        try:
            await self._voice.set_language(command.language)
            await self._voice.play((command.prompt, "surge_keys"))
            answered = await self._voice.gather(1, SURGE_KEY_S) == SURGE_ANSWERED
        except (CommandRefused, UnsafeArgument):
            log.exception("command_failed", call=self.call, command="PlaySurge")
        self._ports.post(SurgeHeard(at=self._ports.clock(), cause=command_id, call=self.call, answered=answered))

    async def _announce(self, command: Announce) -> None:
        self._report_keys()
        try:
            await self._voice.set_language(command.language)
            await self._voice.announce(command.prompts)
        except (CommandRefused, UnsafeArgument):  # the caller waits on all the same
            log.exception("announcement_failed", call=self.call, prompts=command.prompts)

    async def _offer(self, command: OfferCall, command_id: str, begun: Begun | None) -> None:
        """Ring the agent: one line is written, and all else waits until the Dial is over."""
        self._report_keys()
        try:
            if begun is not None:
                result = await self._channel.finish_exec(begun)
            else:
                result = await self._channel.exec("Dial", *self._dial_arguments(command))
        finally:
            self._voice.music_ended()
        cause, forwarded = 0, False
        try:
            status = dial_status(await self._channel.get_variable("DIALSTATUS"))
            if status != "ANSWER":  # the status alone does not tell a phone that declined from one that is away
                cause = cause_code(await self._channel.get_variable("HANGUPCAUSE"))
                forwarded = status == "BUSY" and cause != BUSY_CAUSE
        except CallerHungUp:  # too late to ask; -1 is a caller who hung up before the Dial was over
            status = "CANCEL" if result < 0 else ""
        self._talked = status == "ANSWER"
        self._returned(command, command_id, status, cause, forwarded=forwarded)

    def _dial_arguments(self, command: OfferCall) -> tuple[str, str, str]:
        label = self._ports.label(command.service, command.priority, command.urgent_calls, command.untold)
        music = f"{MUSIC_OPTION}({command.music})" if command.music else MUSIC_OPTION
        reserved = dial_option(command.agent, command.endpoint)
        options = f"{DIAL_OPTIONS}{music}{reserved}f({caller_id(label, command.number)})"
        return checked_endpoint(self._ports.phone(command.endpoint)), str(max(1, math.ceil(command.ring_s))), options

    def _returned(
        self,
        command: OfferCall,
        command_id: str,
        status: DialStatus,
        cause_code: int = 0,
        *,
        forwarded: bool = False,
    ) -> None:
        self._ports.post(
            OfferReturned(
                at=self._ports.clock(),
                cause=command_id,
                call=self.call,
                offer=command.offer,
                status=status,
                cause_code=cause_code,
                forwarded=forwarded,
            )
        )

    # --- the end

    async def _release(self, command: ReleaseCall) -> None:
        self.ignore_keys()
        if command.announce:
            await self._voice.set_language(command.language)
            await self._voice.say(command.announce)
        if not self._talked:  # a talk is the dialplan's own mark: nothing needs to be asked of Asterisk once more
            await self._channel.set_variable(DONE, "1")
        self._parted = True

    def _attached(self) -> CallAttached:
        environment = self._environment
        number = number_in(environment.get("callerid"))
        return CallAttached(
            at=self._ports.clock(),
            call=self.call,
            node=node_of(self.call, self._ports.node),
            channel=environment.get("channel"),
            number=number,
            name=safe_name(environment.get("calleridname")),
            dialled=number_in(environment.get("dnid")) or number_in(environment.get("extension")),
            arrived_at=arrived_at(environment.argument(1)),
            callable=self._ports.callable(number) if number else "",
            transfer_leg=channel_name(environment.argument(3)),
            transfer_to=number_in(environment.argument(2)),
        )


def _ignore(_: str) -> None:
    pass


async def _quietly(asked: Awaitable[AgentId | None], call: CallId) -> AgentId | None:
    """What is asked, or None: nobody is kept from an agent because it is not known who knows them."""
    try:
        return await asked
    except Exception:
        log.exception("look_up_failed", call=call, kind="knows")
        return None
