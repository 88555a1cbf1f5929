"""The line of this machine, as its own desk sees it: through the socket in `data_dir`.

This desk alone stores the line's entries, answers the line's questions, passes wishes on to it, and publishes the live
view for desks on other machines."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Literal, cast

from acd.config.settings import Settings
from acd.desk.call_agents import check_has_had
from acd.desk.consultants import Consultants
from acd.desk.database import Records
from acd.desk.duty_calls import ring_duty
from acd.desk.hand_overs import check_ordered
from acd.desk.line_follower import LineFollower
from acd.desk.monitoring import granted, wish_of
from acd.desk.outcome_calls import tell_outcomes
from acd.desk.outcome_words import OutcomeWords
from acd.desk.recordings import RecordingKeeper
from acd.desk.surge_messages import SurgeMessages
from acd.desk.task_calls import call_wished, ordered
from acd.desk.town_files import refused_files, services_of
from acd.engine.model.agent_events import AgentStateRequested, FirstPlaceWished
from acd.engine.model.event_base import AgentWish
from acd.engine.model.events import CallbackCancelled, KindSet
from acd.engine.model.fact_base import FirstWhy
from acd.engine.model.facts import AnyFact, CallEnded, CallPutFirst
from acd.engine.model.handover_events import HandOverWished
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.recording_events import RecordingPauseWished
from acd.lib.clock import clock
from acd.link.desk_end import DeskEnd, LineAway, LineRefused
from acd.link.messages import AgentServicesWished, Done, Question, Reloaded, ReloadWished, Wish
from acd.metrics import Metrics
from console.ports import (
    Check,
    HandOverBy,
    MonitorBy,
    Record,
    Refused,
    Unavailable,
    UnknownAgent,
    UnknownCall,
    UnknownCallback,
)
from storage.live_redis import RedisPublisher, Report
from storage.privacy.destruction import OfLine
from storage.salvage import newest_report
from storage.view import View
from tickets.handover import Target
from tickets.task_calls import ToCall

WISH_S: Final = 4.0
"""Seconds for the line to answer a wish: fewer than the console waits, so that it can give the reason."""
PAUSE_S: Final = 2.5
"""Seconds for Asterisk to pause a recording."""
TELL_STORED_S: Final = 5.0
DAY_S: Final = 86_400.0


class OwnLine:
    """As `acd.desk.seen_line.SeenLine`. Call all methods on the desk's loop."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        records: Records,
        message: Callable[[str], Awaitable[dict[str, str] | None]],
    ) -> None:
        """`message` says what a caller may hear of the message that they have just left."""
        self._settings, self._metrics, self._records = settings, metrics, records
        self._message = message
        self._follower = LineFollower(settings, metrics, notify=self._noted, new_journal=records.begin_anew)
        self._link = DeskEnd(settings.line_socket, self._follower, self._answer)
        self._surge = SurgeMessages(
            settings,
            config=lambda: self._follower.config,
            wish=self.keep,
            look=lambda: self._asked(self._link.look("surge", WISH_S)),
            get_ticket=records.get_ticket,
            asks_information=records.asks_information,
        )
        self._recordings = RecordingKeeper(settings, self.keep, metrics.recordings.waiting.set)
        self._consultants = Consultants()
        self._was_there = False
        self._publisher: RedisPublisher | None = None
        if settings.redis_url:
            epoch = str(time.time_ns())
            self._publisher = RedisPublisher(settings.redis_url, self._follower.live, epoch, report=self._report)
        metrics.watch_line(lambda: 0 if self._follower.status is None else self._follower.status.pid)

    @property
    def live(self) -> View:
        """The live view."""
        return self._follower.live

    @property
    def rules(self) -> Mapping[str, float | bool]:
        """The settings of the line's rules, by name."""
        return self._follower.config.rules

    @property
    def known(self) -> asyncio.Event:
        """Set once services and agents are known."""
        return self._follower.known

    def begin_without_the_line(self) -> None:
        """Show the last state, from the journal."""
        self._follower.begin_without_the_line()

    def works(self) -> dict[str, Coroutine[Any, Any, Any]]:
        """The tasks that follow the line and serve it."""
        works: dict[str, Coroutine[Any, Any, Any]] = {
            "line": self._link.run(),
            "stored": self._tell_stored(),
            "outcomes": tell_outcomes(self._records, self.keep, OutcomeWords(self._settings)),
            "recordings": self._recordings.run(self._records),
            "duty": ring_duty(self._records, self.keep, self._settings.duty_ring_s),
        }
        if self._publisher is not None:
            works["publish"] = self._publisher.run()
        return works

    async def _tell_stored(self) -> None:
        """Tell the line which entries the journal may drop, and when."""
        while True:
            self._link.stored(self._records.stored_seq, self._records.keep_days)
            await asyncio.sleep(TELL_STORED_S)

    def services(self) -> dict[str, Literal["urgent", "routine"]]:
        """The line's services with their classes; those of the file until the line has sent its own."""
        services = self._follower.config.services or services_of(self._settings.services_path)
        return {str(service.id): service.priority for service in services}

    def transfer_codes(self) -> dict[str, str]:
        """By service, the digits with which an agent's phone sends a caller there, as the line has them."""
        services = self._follower.config.services
        return {str(service.id): service.transfer_code for service in services if service.transfer_code}

    def statistics(self) -> Record:
        """The windows' service statistics."""
        return self._metrics.statistics()

    def _noted(self) -> None:
        """There is something new of the line. Other desks are told at once when it has gone or is back."""
        self._records.notify()
        is_there = self._follower.status is not None
        if is_there != self._was_there and self._publisher is not None:
            self._publisher.tell()
        self._was_there = is_there

    # --- what the line asks

    async def _answer(self, question: Question) -> dict[str, str] | None:
        if question.kind == "ticket":
            return await self._records.ticket_state(question.value)
        if question.kind == "message":
            return await self._message(question.value)
        if question.kind == "opened":
            return await self._records.opened_in(question.value)
        if question.kind == "own":
            return await self._records.own_requests(question.value)
        days = self._settings.spoke_days
        agent = await self._records.preferred_agent(question.value, clock() - days * DAY_S if days else None)
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
        return cast(Done, await self._asked(self._link.wish(wish, WISH_S))).facts

    async def keep(self, wish: Wish) -> bool:
        """Have the line take a wish in; whether its journal has it."""
        return cast(Done, await self._asked(self._link.wish(wish, WISH_S))).journalled

    def check_agent(self, extension: str) -> None:
        """Raise `UnknownAgent` or `Unavailable` unless there is this agent."""
        if self.live.agent(extension) is None:
            if not self.known.is_set():
                raise Unavailable("the line has not said yet which agents there are")
            raise UnknownAgent(extension)

    async def request_agent_state(self, extension: str, state: str, reason: str, at_page: bool) -> Record:
        """Have the line change an agent's state."""
        self.check_agent(extension)
        agent, wanted = AgentId(extension), cast(AgentWish, state)
        source: Literal["page", "api"] = "page" if at_page else "api"
        await self._wish(AgentStateRequested(at=clock(), agent=agent, state=wanted, reason=reason, source=source))
        record = self.live.agent(extension)  # the entry came before the answer to the wish
        if record is None:
            raise UnknownAgent(extension)
        return record

    async def cancel_callback(self, call: str) -> None:
        """Have the line call a caller back no more."""
        if not any(one["id"] == call for one in self.live.callbacks()):
            raise UnknownCallback(call)
        facts = await self._wish(CallbackCancelled(at=clock(), call=CallId(call)))
        if not any(isinstance(one, CallEnded) for one in facts):
            raise UnknownCallback(call)  # they have been reached meanwhile

    async def set_kind(self, call: str, service: str, agent: str | None) -> Record:
        """Tell the line what an urgent call is about. An `agent` must have the call, or have had it."""
        services = self.services()
        urgent = sorted(one for one, priority in services.items() if priority == "urgent")
        if service not in urgent:
            raise Refused(f"{service!r} is no urgent service", key="service", value=service, allowed=urgent)
        # The line knows the class before the database does, and an agent may say the kind at once.
        record = self.live.call(call) or await self._records.get_call(call)
        if record is None:
            raise UnknownCall(call)
        if record["class"] != "urgent":
            raise Refused("only an urgent call has a kind", key="call", value=call)
        await check_has_had(agent, record, self._records.get_call)
        await self._wish(KindSet(at=clock(), call=CallId(call), service=ServiceId(service)))
        return {"id": call, "service": service, "class": "urgent"}

    async def put_first(self, call: str, reason: FirstWhy) -> Record:
        """Have the line put a waiting caller first."""
        record = self.live.call(call)
        if record is None:
            raise UnknownCall(call)
        told = {"id": call, "service": record["service"], "class": record["class"]}
        if record["class"] == "outcome":
            raise Refused("a citizen who is called about an outcome does not wait", key="call", value=call)
        facts = await self._wish(FirstPlaceWished(at=clock(), call=CallId(call), reason=reason))
        if not any(isinstance(one, CallPutFirst) for one in facts) and not self.live.is_first(call):
            raise Refused("the caller does not wait, or not any more", key="call", value=call)
        return told

    async def hand_over(self, call: str, to: Target, by: HandOverBy) -> None:
        """Have the line hand a caller over to a target, and wait until they have left the talk."""
        before = self.live.call(call)
        if before is None:
            raise UnknownCall(call)
        now = clock()
        wish = HandOverWished(
            at=now,
            call=CallId(call),
            to=to.key,
            number=to.phone,
            agent=None if by.agent is None else AgentId(by.agent),
            person=by.who,
            not_after=now + WISH_S,
        )
        check_ordered(to, await self._wish(wish))

        def has_left() -> bool:
            """Also if they are back already, and another talk has begun."""
            there = self.live.call(call)
            if there is None or there["state"] != "talking":
                return True
            return bool(before["state"] == "talking" and there["since"] != before["since"])

        if not await self._comes(has_left):
            raise Unavailable("Asterisk did not take the caller out of the talk, which goes on")

    async def call_about(self, citizen: ToCall, extension: str, not_after: float) -> str:
        """Have the line ring an agent, and then the citizen of a task. A line that does not answer in time does not
        carry it out later."""
        return ordered(await self._wish(call_wished(citizen, extension, clock(), not_after)))

    async def consultant(self, call: str, service: str, without: Sequence[str]) -> Record:
        """A ready agent of a service, whom the agent of this call may ask about it."""
        record = self.live.call(call)
        if record is None:
            raise UnknownCall(call)
        asked = {*without, str(record["agent"] or "")}
        config, language = self._follower.config, record["language"] or ""
        return self._consultants.choose(config, self.live.agents(), service, language, asked)

    async def monitor(self, call: str, by: MonitorBy) -> Record:
        """Have the line let a lead's phone monitor a talk."""
        if self.live.call(call) is None:
            raise UnknownCall(call)
        return granted(call, await self._wish(wish_of(call, by, clock(), WISH_S)))

    async def pause_recording(self, call: str, paused: bool, agent: str | None) -> Record:
        """Have a recording paused, or go on, and wait until Asterisk does it."""
        record = self.live.call(call)
        if record is None:
            raise UnknownCall(call)
        if agent is not None and record["agent"] != agent:
            raise Refused("another agent has this call", key="call", value=call)
        if record["state"] != "talking" or not record["recording"]:
            raise Refused("the call is not in a talk that is recorded", key="call", value=call)
        wanted = "paused" if paused else "on"
        await self._wish(RecordingPauseWished(at=clock(), call=CallId(call), paused=paused))
        if not await self._comes(lambda: (self.live.call(call) or {}).get("recording") == wanted):
            raise Unavailable("Asterisk did not do it: the recording is as it was")
        return {"id": call, "recording": wanted}

    async def _comes(self, true: Callable[[], bool]) -> bool:
        """Whether the live view says so within a moment."""
        changed = asyncio.Event()
        end = self.live.subscribe(changed.set)
        try:
            async with asyncio.timeout(PAUSE_S):
                while not true():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return False
        finally:
            end()
        return True

    async def get_agent_services(self, extension: str) -> Record:
        """The services that an agent takes now."""
        self.check_agent(extension)
        config = self._follower.config
        known = [str(service.id) for service in config.services]
        profile = next((one for one in config.agents if one.id == extension), None)
        if profile is None:  # taken out of the file, and still in a call
            raise UnknownAgent(extension)
        taken = {*profile.services, *profile.skills} or known
        services = [one for one in known if one in taken]
        return {"extension": extension, "services": services, "known": known, "for_shift": profile.for_shift}

    async def set_agent_services(self, extension: str, services: Sequence[str]) -> Record:
        """Have an agent take other services until they sign out."""
        known = (await self.get_agent_services(extension))["known"]
        for name in services:
            if name not in known:
                raise Refused(f"there is no service {name!r}", key="services", value=name, allowed=known)
        wished = tuple(ServiceId(name) for name in dict.fromkeys(services))
        await self._wish(AgentServicesWished(at=clock(), agent=AgentId(extension), services=wished))
        return await self.get_agent_services(extension)

    async def get_surge(self) -> Record | None:
        """The surge message there is."""
        return await self._surge.get()

    async def set_surge(self, wish: Record) -> Record:
        """Set a surge message."""
        return await self._surge.set(wish)

    async def clear_surge(self) -> Record | None:
        """Withdraw the surge message."""
        return await self._surge.clear()

    async def reload(self) -> None:
        """Have the line read its settings and files again."""
        await self._wish(ReloadWished(at=clock()))

    @property
    def reloaded(self) -> Reloaded | None:
        """What came of the line's last reload; None while it is away."""
        return None if self._follower.status is None else self._follower.status.reload

    def destroyed(self) -> Sequence[OfLine]:
        """What the line has destroyed by age so far; empty while it is away."""
        status = self._follower.status
        if status is None:
            return ()
        journal = self._follower.journal
        return [
            OfLine(what=what, journal=journal, total=one.total, newest=one.newest)
            for what, one in status.destroyed.items()
        ]

    # --- how the line is

    def checks(self) -> Sequence[Check]:
        """The line's part of readiness, and that of the live store."""
        return (*self._line_checks(), *self._live_store_check())

    def _line_checks(self) -> Sequence[Check]:
        status = self._follower.status
        if status is None:
            return (Check(name="line", ok=False, detail=self._away()),)
        damage = newest_report(self._settings.data_dir)
        return (
            Check(name="line", ok=True, detail=refused_files(len(status.reload.refused), "reload_refused")),
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
        )

    def _away(self) -> str:
        age_s = clock() - self._follower.away_since
        return f"away for {age_s:.0f} s ({self._link.why}); what is shown is as old"

    def _live_store_check(self) -> Sequence[Check]:
        publisher = self._publisher
        if publisher is None:
            return ()
        return (Check(name="live_store", ok=publisher.connected, detail=publisher.error),)

    @property
    def written_seq(self) -> int:
        """The newest entry that the journal has, as far as that is known."""
        status = self._follower.status
        return 0 if status is None else status.seq - status.unwritten

    def _report(self) -> Report:
        follower = self._follower
        return Report(
            as_of=follower.away_since if follower.status is None else clock(),
            checks=tuple((check.name, check.ok, check.detail) for check in self._line_checks()),
            services=dict(self.services()),
            statistics=dict(self.statistics()),
        )

    def measure(self) -> None:
        """Bring the metrics about the line up to date, for a scrape."""
        status, metrics = self._follower.status, self._metrics
        metrics.set_line_connected(status is not None)
        if status is None:
            metrics.set_ami_connected(self._settings.node, False)
        else:
            metrics.set_ami_connected(status.node, status.ami_connected)
            seq = max(status.seq, self.live.seq)
            metrics.set_journal(last_seq=seq, unwritten=status.unwritten, size_bytes=_size(self._settings))
            metrics.set_reader_lag("live", max(0, seq - self.live.seq))
            metrics.set_reader_lag("projector", max(0, seq - status.unwritten - self._records.seq))
        damage = newest_report(self._settings.data_dir)
        metrics.set_journal_damage(None if damage is None else damage.lost)
        metrics.set_reader_lag_s("projector", self._records.lag_s)


def _size(settings: Settings) -> int:
    """Bytes of the journal's files."""
    journal = settings.journal_file
    return sum(path.stat().st_size for path in journal.parent.glob(journal.name + "*") if path.is_file())
