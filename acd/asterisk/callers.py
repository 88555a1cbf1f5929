"""Callers on the line: one session for each caller's channel that runs our AGI.

A session reports the call to the engine (`CallAttached`), carries out the engine's commands one at a time, and reports
its end exactly once (`CallDetached`), whoever ended it. `CallDirectory` delivers commands and keys to the session of
their call.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Final, assert_never

import structlog

from acd.asterisk.agi_channel import AgiChannel, Begun, CallerHungUp, CommandRefused
from acd.asterisk.agi_codec import Environment, UnsafeArgument
from acd.asterisk.attaching import attached
from acd.asterisk.caller_channel import call_id, cause_code, dial_status
from acd.asterisk.caller_commands import CallerCommand, Carried
from acd.asterisk.caller_ports import CallerPorts, found, quietly
from acd.asterisk.callerid import number_in
from acd.asterisk.dialling import dial_arguments
from acd.asterisk.flow_runner import FlowRunner
from acd.asterisk.keypad import Keypads
from acd.asterisk.message_talk import MessageTalk
from acd.asterisk.number_talk import say_number
from acd.asterisk.outcome_talk import OutcomeTalk
from acd.asterisk.recording import record
from acd.asterisk.voice import Voice
from acd.engine.model.commands import (
    KIND_KEY_S,
    Announce,
    CancelOffer,
    HoldCaller,
    OfferCall,
    PlaySurge,
    RecordCall,
    ReleaseCall,
    RunFlow,
    TakeMessage,
    TellOutcome,
)
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import CallDetached, KeyPressed, OfferReturned, SurgeHeard
from acd.engine.model.ids import AgentId, CallId, OfferId
from acd.engine.model.recording_events import RecordingFailed

log = structlog.get_logger(__name__)

BUSY_CAUSE: Final = 17
"""Q.850 cause of a busy phone. BUSY without this cause is a phone that forwarded the call."""

SURGE_ANSWERED: Final = "1"
SURGE_KEY_S: Final = 3.0
"""Seconds after a surge message in which the caller may press this key to say that they need no agent."""

DONE: Final = "COZUM_DONE"
"""Channel variable with which the dialplan does not bring the caller back."""

HERE: Final = "COZUM_HERE"
"""Channel variable that shows the dialplan that an engine served the caller, and that not only its port was open."""


class CallDirectory:
    """All sessions. `serve` is the AGI server's session for `/call`."""

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

    def withdraw(self, command: CancelOffer) -> None:
        """Have a call's session ring nobody for an offer that it has not begun."""
        if (session := self._sessions.get(command.call)) is not None:
            session.withdraw(command.offer)

    def key(self, call_id: str, key: str, late_s: float = 0.0) -> None:
        """Take a key that AMI reports for a caller's channel, or for the channel of an agent who dials a code, so many
        seconds after it was pressed."""
        self.keypads.press(call_id, key, late_s)

    def answered(self, call: CallId, offer: OfferId) -> None:
        """Note that an agent answered: later keys belong to the talk and are ignored."""
        if (session := self._sessions.get(call)) is not None:
            session.answered(offer)

    async def serve(self, channel: AgiChannel, environment: Environment) -> None:
        """Serve one caller's connection until it is over."""
        session = CallerSession(self, channel, environment)
        before = self._sessions.get(session.call)
        if before is not None:  # the old connection is dead and that was not noticed yet
            log.warning("session_replaced", call=session.call)
            before.end()
        self._sessions[session.call] = session
        await session.run()

    def forget(self, session: "CallerSession") -> None:
        """Remove a session that is over."""
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
        self._number = number_in(environment.get("callerid"))
        self._keypad = directory.keypads.open(self.call)
        self._voice = Voice(channel, self._keypad, environment.get("language"))
        self._mailbox: deque[tuple[CallerCommand, str, Begun | None]] = deque()
        """Commands, their ids, and of an offer the Dial, if it was written when the offer came."""
        self._mail: asyncio.Future[None] | None = None
        self._beside: asyncio.Task[None] | None = None
        """A flow or an announcement, which runs beside the mailbox because any other command ends it."""
        self._preferred_asked: asyncio.Task[AgentId | None] | None = None
        self._own: asyncio.Task[dict[str, str] | None] | None = None
        self._message: MessageTalk | None = None
        """The latest message that the caller was to leave."""
        self._over = False
        self._dialled: set[OfferId] = set()
        self._parted = False
        self._offered: OfferCall | None = None
        """The latest offer."""
        self._answered: OfferId | None = None
        """The latest offer that an agent is known to have answered."""
        self._talked = False
        """The latest Dial ended with a talk."""
        self._recorded = False
        """Asterisk has been told to record the channel, or refused."""

    def deliver(self, command: CallerCommand, command_id: str) -> bool:
        """Take a command; it is carried out after those before it. Returns False if the session is over."""
        if self._over or self._channel.gone is not None:
            return False
        begun: Begun | None = None
        if type(command) is OfferCall:
            self._dialled.add(command.offer)
            self._offered = command
            begun = self._dial_now(command)
        elif type(command) is ReleaseCall and command.offer is not None and command.offer not in self._dialled:
            # The caller was transferred and came back in a new session.
            log.info("release_outdated", call=self.call, offer=command.offer)
            return True
        elif type(command) is RecordCall and self._recorded:
            return True
        self._mailbox.append((command, command_id, begun))
        self._wake()
        return True

    def withdraw(self, offer: OfferId) -> None:
        """Ring nobody for this offer, if we have not begun to."""
        for mail in list(self._mailbox):
            command, _, begun = mail
            if begun is None and isinstance(command, OfferCall) and command.offer == offer:
                self._mailbox.remove(mail)

    def _dial_now(self, command: OfferCall) -> Begun | None:
        """Ring the agent in this turn of the loop if the caller only waits: every millisecond delays the ring. None if
        something else has to end first."""
        idle = self._mail is not None and not self._mail.done() and not self._mailbox
        work = self._beside
        if not idle or (work is not None and (not work.done() or work.cancelled() or work.exception() is not None)):
            return None
        try:
            return self._channel.begin_exec("Dial", *dial_arguments(command, self._ports))
        except UnsafeArgument:
            return None  # the error comes up again, and is reported, when the command's turn comes

    def ignore_keys(self) -> None:
        """Forget all keys, until the next command."""
        self._keypad.pour_into(_ignore)

    def answered(self, answered: OfferId) -> None:
        """Note that an agent answered. Later keys belong to the talk, except a key for the kind of an urgent call,
        which may come a moment too late."""
        self._answered = answered
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
        """End the session and report it to the engine, once."""
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
        self._ports.post(attached(self.call, self._environment, self._ports))
        self._channel.on_gone = self._wake
        try:
            # Tell the dialplan that an engine is here; otherwise the standby takes over.
            if self._environment.argument(4):
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
            for asked in (self._preferred_asked, self._own):
                if asked is not None:
                    asked.cancel()
            for _, _, begun in self._mailbox:
                if begun is not None:
                    begun.reply.cancel()
            if self._message is not None and isinstance(self._channel.gone, CallerHungUp):
                await self._message.after_hangup()
            self.end()

    async def _next(self) -> tuple[CallerCommand, str, Begun | None]:
        while not self._mailbox:
            if self._channel.gone is not None:
                raise self._channel.gone
            if self._beside is not None and self._beside.done():
                done, self._beside = self._beside, None
                done.result()  # raises the error of a failed task
            self._mail = asyncio.get_running_loop().create_future()
            await self._mail
        return self._mailbox.popleft()

    def _wake(self) -> None:
        if self._mail is not None and not self._mail.done():
            self._mail.set_result(None)

    async def _carry_out(self, command: Carried, command_id: str, begun: Begun | None) -> None:
        try:
            await self._goes_on()
            match command:
                case RunFlow():
                    self._run_flow(command, command_id)
                case OfferCall():
                    await self._offer(command, command_id, begun)
                case HoldCaller():
                    self._report_keys()
                    await self._voice.set_language(command.language)
                    await self._voice.start_music(command.music)
                case PlaySurge():
                    self._begin(self._surge(command, command_id))
                case Announce():
                    self._begin(self._announce(command))
                case RecordCall():
                    self._recorded = True
                    if not await record(self._channel, self._ports.recordings, self.call):
                        self._ports.post(RecordingFailed(at=self._ports.clock(), call=self.call))
                case TellOutcome():
                    self._keypad.pour_into(None)
                    self._begin(OutcomeTalk(self.call, self._voice, self._ports).run(command, command_id))
                case TakeMessage():
                    self._keypad.pour_into(None)
                    self._message = MessageTalk(self.call, self._voice, self._ports, command, command_id, self._number)
                    self._begin(self._message.run())
                case _:
                    assert_never(command)
        except (CommandRefused, UnsafeArgument):
            log.exception("command_failed", call=self.call, command=type(command).__name__)
            if isinstance(command, OfferCall):  # no leg was made, which is not the agent's fault
                self._returned(command, command_id, "CHANUNAVAIL", 0, forwarded=False, unsure=False)

    async def _goes_on(self) -> None:
        """The latest Dial ended with an answer, and yet the caller waits on: the phone had answered by itself, and the
        agent was not heard. If we die now, the dialplan must bring the caller back instead of ending the call."""
        if self._talked:
            await self._channel.set_variable("DIALSTATUS", "")
            self._talked = False

    # --- leading through a flow

    def _run_flow(self, command: RunFlow, command_id: str) -> None:
        """Begin it."""
        self._keypad.pour_into(None)
        number, flow = self._number, self._ports.flow(command.flow)
        says_own = flow is not None and flow.own is not None
        if says_own and number and self._own is None and (own := self._ports.own(number)) is not None:
            self._own = quietly(own, self.call, "own")
        runner = FlowRunner(
            self.call,
            self._voice,
            post=self._ports.post,
            clock=self._ports.clock,
            look_up=self._ports.look_up,
            cause=command_id,
            preferred=lambda: found(self._preferred_asked),
            early=lambda: self._ports.early_ring() and self._ports.ami_connected(),
            menu_s=self._ports.menu_s,
            own=None if self._own is None else self._own_requests,
            recorded=self._ports.recorded,
            version=self._ports.notice_version,
        )
        self._begin(runner.run(flow, command.language, command.step, full=command.full, noticed=command.noticed))
        if number and self._preferred_asked is None:
            asyncio.get_running_loop().call_soon(self._ask_preferred, number)  # behind the flow's first step

    def _ask_preferred(self, number: str) -> None:
        """Look the preferred agent up, unless the flow is over already: its caller waits for the ring."""
        flows = self._beside is not None and not self._beside.done() and not self._over
        if flows and (preferred := self._ports.preferred_agent(number)) is not None:
            self._preferred_asked = quietly(preferred, self.call, "preferred_agent")

    async def _own_requests(self, wait_s: float) -> dict[str, str] | None:
        """What the desk says of the caller's own requests. Waits at most `wait_s`, and not at all for a caller who has
        pressed the next key already."""
        asked = self._own
        if asked is not None and wait_s and not self._keypad:
            await asyncio.wait((asked,), timeout=wait_s)
        return found(asked)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._beside = asyncio.get_running_loop().create_task(work)
        self._beside.add_done_callback(self._beside_done)

    def _beside_done(self, work: asyncio.Task[None]) -> None:
        if not work.cancelled():
            work.exception()  # seen: `_next` raises it, or the session is over
        self._wake()

    async def _stop(self) -> None:
        """Stop the flow or announcement. The next command cuts the prompt that it was playing."""
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
        """Play the surge message. Keys that were pressed in the menu before it are ignored."""
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
        except (CommandRefused, UnsafeArgument):  # the caller goes on waiting nevertheless
            log.exception("announcement_failed", call=self.call, prompts=command.prompts)

    async def _offer(self, command: OfferCall, command_id: str, begun: Begun | None) -> None:
        """Ring the agent: one line is written, and all else waits until the Dial is over."""
        self._report_keys()
        try:
            if begun is not None:
                result = await self._channel.finish_exec(begun)
            else:
                result = await self._channel.exec("Dial", *dial_arguments(command, self._ports))
        finally:
            self._voice.music_ended()
        cause, forwarded, unsure = 0, False, False
        status: DialStatus = "ANSWER"
        try:
            if result < 0 or self._answered != command.offer:  # else AMI has told of the answer
                status = dial_status(await self._channel.get_variable("DIALSTATUS"))
            if status != "ANSWER":  # by the status alone, a phone that declined looks like one that is away
                cause = cause_code(await self._channel.get_variable("HANGUPCAUSE"))
                forwarded = status == "BUSY" and cause != BUSY_CAUSE
        except CallerHungUp:  # too late to ask; -1 means that the caller hung up during the ring or the talk
            status, unsure = "CANCEL" if result < 0 else "", True
        self._talked = status == "ANSWER"
        self._returned(command, command_id, status, cause, forwarded=forwarded, unsure=unsure)

    def _returned(
        self, command: OfferCall, command_id: str, status: DialStatus, cause: int, *, forwarded: bool, unsure: bool
    ) -> None:
        self._ports.post(
            OfferReturned(
                at=self._ports.clock(),
                cause=command_id,
                call=self.call,
                offer=command.offer,
                status=status,
                cause_code=cause,
                forwarded=forwarded,
                unsure=unsure,
            )
        )

    # --- the end

    async def _release(self, command: ReleaseCall) -> None:
        self.ignore_keys()
        if self._talked and command.reason == "talk_ended" and self._channel.gone is None:
            asked = self._ports.opened(self.call)
            if asked is not None:  # the agent has hung up and is free already; the caller is still here
                opens = self._offered is not None and self._ports.opens_ticket(self._offered.service)
                await say_number(self._voice, asked, opens, command.language, self._number)
        if command.announce:
            await self._voice.set_language(command.language)
            await self._voice.say(command.announce)
        if not self._talked:  # the dialplan marks a talk itself, so Asterisk need not be asked again
            await self._channel.set_variable(DONE, "1")
        self._parted = True


def _ignore(_: str) -> None:
    pass
