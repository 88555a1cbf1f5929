"""Leads one caller through a flow: carries out the interpreter's actions and reports their results to the engine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, assert_never

import structlog

from acd.asterisk.voice import Voice
from acd.engine.model.events import AnyEvent, FlowFinished, FlowStepped, KindAsked, ServiceChosen
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.monitor_facts import Notice as NoticeKind
from acd.engine.model.request_events import RequestTold
from ivr.catalogue import MONITORING_PROMPTS, PRIVACY_PROMPT, RECORDING_PROMPTS, RECORDING_SHORT
from ivr.flow import Choose as ChooseStep
from ivr.flow import Flow, music_class
from ivr.interpreter import (
    Action,
    Answer,
    AskOwn,
    Choose,
    Finish,
    Found,
    Gather,
    Interpreter,
    Keys,
    LookUp,
    NoKey,
    Notice,
    NotRung,
    Play,
    Record,
    RingEarly,
    SetLanguage,
    Told,
)

log = structlog.get_logger(__name__)

LOOK_UP_S: Final = 3.0
"""Seconds after which a look-up counts as failed: a slow database must not delay a caller."""

NOTICES: Final[dict[str, NoticeKind]] = {
    **dict.fromkeys(RECORDING_PROMPTS, "recording"),
    **dict.fromkeys(MONITORING_PROMPTS, "monitoring"),
    PRIVACY_PROMPT: "privacy",
}
"""The prompts that are notices: when a caller has heard one whole is on record."""

KEYS_IN_TALK: Final = ("DYNAMIC_FEATURES", "kind-keys")
"""A channel variable with which Asterisk reports the caller's keys also during the talk (features.conf)."""

LookUpPort = Callable[[str, str], Awaitable[dict[str, str] | None]]
"""Looks up a thing by kind (`ticket`) and value; None if there is no such thing, `{}` if the answer is not known."""

OwnPort = Callable[[float], Awaitable[dict[str, str] | None]]
"""What is known of the caller's own requests now, or so many seconds later at the latest; None for nothing."""


class FlowRunner:
    """One run of one flow. `cause` is the id of the command that asked for it; times come from `clock` (Unix s)."""

    def __init__(
        self,
        call: CallId,
        voice: Voice,
        *,
        post: Callable[[AnyEvent], None],
        clock: Callable[[], float],
        look_up: LookUpPort,
        cause: str,
        preferred: Callable[[], AgentId | None] = lambda: None,
        early: Callable[[], bool] = lambda: False,
        menu_s: Callable[[str, str], float] = lambda step, language: 0.0,
        own: OwnPort | None = None,
        recorded: Callable[[ServiceId], bool] = lambda service: False,
        version: Callable[[str, str], str] = lambda prompt, language: "",
    ) -> None:
        self._call = call
        self._voice = voice
        self._post = post
        self._clock = clock
        self._look_up = look_up
        self._cause = cause
        self._preferred = preferred
        self._early = early
        self._menu_s = menu_s
        self._own = own
        self._recorded = recorded
        self._version = version
        self._noticed = False

    async def run(
        self, flow: Flow | None, language: str, step: str, *, full: bool = False, noticed: bool = False
    ) -> None:
        """Lead the caller to the flow's end. If the flow fails, the caller goes to its fallback, an agent. `full`: only
        the places for emergencies are left. `noticed`: the caller has heard that the call is recorded.

        Raises what `AgiChannel` raises."""
        if flow is None:
            log.error("flow_missing", call=self._call)
            self._choose("", language, {})
            return
        self._noticed = noticed
        interpreter = Interpreter(flow, language=language, step=step or (flow.when_full if full else ""))
        try:
            await self._voice.set_language(interpreter.language)
            interpreter.early, interpreter.asks_own = self._may_ring_early(), self._own is not None
            actions = interpreter.start()
            while actions:
                answer = await self._do_all(actions, interpreter.language)
                interpreter.early = self._may_ring_early()
                actions = [] if answer is None else interpreter.handle(answer)
        except (AssertionError, LookupError, TypeError, ValueError):
            log.exception("flow_failed", call=self._call, step=interpreter.step)
            fallback = flow.steps.get(flow.fallback)
            service = fallback.service if isinstance(fallback, ChooseStep) else ""
            self._choose(service, interpreter.language, {})

    def _may_ring_early(self) -> bool:
        """Whether a phone may ring during a menu. Not if the caller has already pressed the next key: they know the
        menu."""
        return not self._voice.keypad and self._early()

    async def _do_all(self, actions: list[Action], language: str) -> Answer | None:
        """Carry out actions; returns the result of the last one, None if the flow is over."""
        ends = isinstance(actions[-1], Finish)
        heard: list[str] = []
        for action in actions:
            match action:
                case Play():
                    if ends:  # a key that was pressed before must not skip the last words of a call
                        self._voice.keypad.clear()
                    heard = await self._voice.play(action.prompts, self._heard)
                case Notice():
                    for prompt in action.prompts:
                        if await self._voice.say(prompt):
                            self._heard(prompt)
                case Gather():
                    digits = await self._voice.gather(action.max_digits, action.timeout_s, action.terminator)
                    return Keys(digits) if digits else NoKey()
                case Record():
                    self._post(
                        FlowStepped(
                            at=self._clock(),
                            cause=self._cause,
                            call=self._call,
                            step=action.step,
                            key=action.key,
                            language=language,
                        )
                    )
                case SetLanguage():
                    await self._voice.set_language(action.language)
                case LookUp():
                    return Found(await self._looked_up(action))
                case Told():
                    if set(action.words) <= set(heard):
                        self._tell(action)
                case AskOwn():
                    own = None if self._own is None else await self._own(action.wait_s)
                    return Found(own)
                case Choose():
                    await self._owe_no_notice(ServiceId(action.service))
                    self._choose(action.service, action.language, action.fields)
                    return None
                case RingEarly():
                    await self._owe_no_notice(ServiceId(action.service))
                    if not self._early():  # no longer: AMI, which tells of keys during the ring, went away meanwhile
                        return NotRung()
                    await self._voice.channel.set_variable(*KEYS_IN_TALK)
                    self._ring_early(action)
                    return None
                case Finish():
                    self._post(FlowFinished(at=self._clock(), cause=self._cause, call=self._call, reason=action.reason))
                    return None
                case _:
                    assert_never(action)
        return None

    def _tell(self, told: Told) -> None:
        at = self._clock()
        self._post(RequestTold(at=at, cause=self._cause, call=self._call, ticket=told.number, how=told.how))

    def _heard(self, prompt: str) -> None:
        """Tell the engine if this prompt, heard whole, is a notice."""
        notice = NOTICES.get(prompt)
        if notice is None or (notice == "recording" and self._noticed):
            return
        self._noticed = self._noticed or notice == "recording"
        version = self._version(prompt, self._voice.language)
        at = self._clock()
        self._post(
            NoticeHeard(at=at, cause=self._cause, call=self._call, notice=notice, prompt=prompt, version=version)
        )

    async def _owe_no_notice(self, service: ServiceId) -> None:
        """A caller who cut the notice short by a key hears the short one now, if calls for the service are recorded."""
        if not self._noticed and self._recorded(service) and await self._voice.say(RECORDING_SHORT):
            self._heard(RECORDING_SHORT)

    async def _looked_up(self, action: LookUp) -> dict[str, str] | None:
        try:
            async with asyncio.timeout(LOOK_UP_S):
                return await self._look_up(action.kind, action.value)
        except TimeoutError:
            log.warning("look_up_slow", call=self._call, kind=action.kind)
        except Exception:
            log.exception("look_up_failed", call=self._call, kind=action.kind)
        return {}

    def _ring_early(self, ring: RingEarly) -> None:
        self._post(
            KindAsked(
                at=self._clock(),
                cause=self._cause,
                call=self._call,
                service=ServiceId(ring.service),
                kinds={key: ServiceId(service) for key, service in ring.kinds.items()},
                music=music_class(ring.step, ring.language),
                menu_s=self._menu_s(ring.step, ring.language),
                language=ring.language,
                preferred=self._preferred(),
            )
        )

    def _choose(self, service: str, language: str, fields: dict[str, str]) -> None:
        self._post(
            ServiceChosen(
                at=self._clock(),
                cause=self._cause,
                call=self._call,
                service=ServiceId(service),
                language=language,
                fields=fields,
                preferred=self._preferred(),
            )
        )
