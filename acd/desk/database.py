"""The desk's database: migrated, filled by the projector, queried by the console.

If the database is slow, away or not migrated, only this part waits. It tries again until the database serves, and
readiness gives the reason.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar, get_args

import structlog
from sqlalchemy.exc import SQLAlchemyError

from acd.config.settings import Settings
from acd.desk.answers import asked
from acd.engine.model.journal import JournalError
from acd.lib.clock import clock
from acd.link.messages import LinesOwn
from console.ports import Check, Record, Unavailable
from ivr.own import answer_of
from storage.database import Database, DatabaseError
from storage.journal import JournalReader
from storage.journal_file import ask_for_salvage
from storage.migrate import check, upgrade
from storage.outgoing_files import OutgoingFiles
from storage.people.stores import PeopleStores
from storage.privacy.destruction import Destruction
from storage.projector import Projector
from storage.queries import Queries, as_record
from storage.recordings import Recordings
from storage.requests.drafts import Drafts
from storage.requests.duty import DutyCalls
from storage.requests.faults import Fault, reraise
from storage.requests.knowledge_base import KnowledgeBase
from storage.requests.messages import Messages
from storage.requests.notices import Notices
from storage.requests.outbox import Outbox
from storage.requests.outbreaks import Outbreaks
from storage.requests.outcome_reports import OutcomeReports
from storage.requests.outcomes import Outcomes
from storage.requests.own import OwnRequests
from storage.requests.public import PublicRequests
from storage.requests.reading import RequestQueries
from storage.requests.store import RequestStore
from storage.requests.tasks import Tasks
from storage.requests.town_names import TownNames
from storage.requests.watch import Watch
from storage.spoken_words import SpokenWords
from tickets.changes import Rules
from tickets.outcome.plan import OutcomeRules
from tickets.privacy.retention import rule_of

T = TypeVar("T")

log = structlog.get_logger()

RETRY_S: Final = 2.0
LATE_S: Final = 10.0
"""Readiness reports a database that lacks entries older than so many seconds."""
CATCH_UP_S: Final = 600.0
"""Unless it will have all entries within so many seconds, at its present rate."""
JOURNAL_RETRY_S: Final = 0.25
TELL_WITHIN_S: Final = 3600.0
"""Requests that calls opened longer ago, when they are stored at last, bring no ring, mail or text message any more."""
LAST_STORING_S: Final = 3.0
"""Seconds that a stop may take to store the line's last entries."""


class Records:
    """Everything here is for the desk's loop."""

    def __init__(
        self,
        settings: Settings,
        rules: Callable[[], Rules],
        telling: Callable[[], OutcomeRules],
        fault: Fault = reraise,
    ) -> None:
        self._settings = settings
        self._target_s = settings.target_wait_s
        self._rules = rules
        self._telling = telling
        self.fault = fault
        self._database: Database | None = None
        self._queries: Queries | None = None
        self._projector: Projector | None = None
        self._store: RequestStore | None = None
        self._requests: RequestQueries | None = None
        self._tasks: Tasks | None = None
        self._notices: Notices | None = None
        self._articles: KnowledgeBase | None = None
        self._drafts: Drafts | None = None
        self._watch: Watch | None = None
        self._outbox: Outbox | None = None
        self._outbreaks: Outbreaks | None = None
        self._outcomes: Outcomes | None = None
        self._reports: OutcomeReports | None = None
        self._own: OwnRequests | None = None
        self._messages: Messages | None = None
        self._duty: DutyCalls | None = None
        self._recordings: Recordings | None = None
        self._public: PublicRequests | None = None
        self._people: PeopleStores | None = None
        self._destruction: Destruction | None = None
        self._town_names: TownNames | None = None
        self._error = "not opened yet"
        self._unfitness = ""
        self._other_journal = asyncio.Event()

    @property
    def seq(self) -> int:
        """The newest entry that is in the database."""
        return self._projector.seq if self._projector is not None else 0

    @property
    def stored_seq(self) -> int:
        """The journal may drop entries up to this one."""
        return self._projector.stored_seq if self._projector is not None else 0

    @property
    def keep_days(self) -> dict[LinesOwn, int]:
        """For how many days the town keeps what the line has."""
        retention, own = self._rules().town.retention, get_args(LinesOwn)
        return {what: rule_of(retention, what).days for what in own}

    def notify(self) -> None:
        """The journal has grown."""
        if self._projector is not None:
            self._projector.notify()

    def begin_anew(self) -> None:
        """Follow the line's new journal: it has another file than before."""
        self._other_journal.set()

    async def run(self, journal: Path) -> None:
        """Open the database, bring its tables up to date and follow the journal, until cancelled."""
        database = self._database = Database(self._settings.effective_database_url)
        while True:
            if await self._fits(upgrade(database)) and await self._fits(self._look_whether_fit(database)):
                break
            await asyncio.sleep(RETRY_S)
        self._open_stores(database)
        while True:
            try:
                with JournalReader(journal) as reader:
                    await self._follow(reader, database)
            except JournalError as error:  # there is none yet, or it is being replaced
                self._error = str(error)
                await asyncio.sleep(JOURNAL_RETRY_S)

    async def serve(self) -> None:
        """Open a database that another desk fills and brings up to date, and watch it, until cancelled."""
        database = self._database = Database(self._settings.effective_database_url)
        while True:
            if await self._fits(check(database)) and (
                self._queries is not None or await self._fits(self._look_whether_fit(database))
            ):
                self._error = ""
                if self._queries is None:
                    self._open_stores(database)
            await asyncio.sleep(RETRY_S)

    async def _look_whether_fit(self, database: Database) -> None:
        """Say in log and readiness if letters are lost in a database that has its tables already. It serves all the
        same: most of what it had so far it can store from now on too."""
        self._unfitness = await database.unfitness()
        if self._unfitness:
            log.warning("database_unfit", error=self._unfitness)

    async def _fits(self, asked: Awaitable[object]) -> bool:
        """Whether the database answers and has this program's tables; if not, `_error` says why."""
        try:
            await asked
        except (DatabaseError, OSError) as error:
            if str(error) != self._error:
                log.warning("database_away", error=str(error))
            self._error = str(error)
            return False
        return True

    def _open_stores(self, database: Database) -> None:
        self._people = PeopleStores(
            database,
            clock,
            session_idle_s=self._settings.session_idle_s,
            session_s=self._settings.session_s,
        )
        self._queries = Queries(database)
        self._store = RequestStore(database, self._rules, clock)
        self._requests = RequestQueries(database, self._rules, clock)
        self._tasks = Tasks(database, self._rules, clock)
        self._notices = Notices(database, clock)
        self._articles = KnowledgeBase(database, self._rules, clock)
        self._drafts = Drafts(database, clock)
        self._watch = Watch(database, self._rules, clock, self.fault)
        self._outbox = Outbox(database, self._rules, clock)
        self._outbreaks = Outbreaks(database, self._rules, clock)
        self._public = PublicRequests(database, self._rules, clock)
        self._duty = DutyCalls(database, self._rules, self._settings.rings_duty_s, clock, self.fault)
        self._own = OwnRequests(database, self._rules, clock)
        self._messages = Messages(database, self._rules, clock)
        self._recordings = Recordings(database)
        self._destruction = Destruction(
            database,
            self._store,
            self._rules,
            time.time,  # never by a time that is ahead of it (acd.lib.expiry)
            OutgoingFiles(self._settings.outgoing_dir),
            self._settings.recordings_path,
            SpokenWords(self._settings.outcome_words_dir),
        )
        self._outcomes = Outcomes(database, self._rules, self._telling, clock, self.fault)
        self._town_names = TownNames(database)
        self._reports = OutcomeReports(database, self._rules, clock)

    def _into(
        self, database: Database, journal: JournalReader, on_damage: Callable[[str], None] = lambda why: None
    ) -> Projector:
        def since() -> float:
            return clock() - TELL_WITHIN_S

        rules, target_s = self._rules, self._target_s
        return Projector(journal, database, rules=rules, target_s=target_s, on_damage=on_damage, tell_since=since)

    async def _follow(self, journal: JournalReader, database: Database) -> None:
        """Follow a journal until there is another one."""
        self._other_journal.clear()
        self._projector = self._into(database, journal, lambda why: ask_for_salvage(journal.path, why))
        self._error = ""
        following = asyncio.create_task(self._projector.run())
        replaced = asyncio.create_task(self._other_journal.wait())
        try:
            await asyncio.wait((following, replaced), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            for task in (following, replaced):
                task.cancel()
            await asyncio.gather(following, replaced, return_exceptions=True)

    async def close(self, journal: Path) -> None:
        """Store the remaining entries, as far as that is quick, and close the connections."""
        if self._database is None:
            return
        if self._projector is not None and not self._projector.error:
            with contextlib.suppress(TimeoutError, JournalError, DatabaseError, OSError, SQLAlchemyError):
                async with asyncio.timeout(LAST_STORING_S):
                    with JournalReader(journal) as reader:
                        await self._into(self._database, reader).catch_up()
        await self._database.close()

    @property
    def lag_s(self) -> float:
        """Age of the newest entry below which the database lacks none, seconds; 0 if it lacks none at all."""
        return self._projector.lag_s if self._projector is not None else 0.0

    def checks(self, written: int) -> Sequence[Check]:
        """Is the database up to date with a journal of so many entries?"""
        error = self._error or (self._projector.error if self._projector is not None else "")
        if error or self._projector is None or self.lag_s <= LATE_S:
            return (Check(name="database", ok=not error, detail=error or self._unfitness),)
        left_s = self._projector.caught_up_in_s
        behind = f"{max(0, written - self.seq):,} journal entries and {self.lag_s:.0f} s behind"
        if left_s is None or left_s > CATCH_UP_S:
            return (Check(name="database", ok=False, detail=f"{behind}, and not catching up"),)
        return (Check(name="database", ok=True, detail=f"{behind}; caught up in about {left_s:.0f} s"),)

    def _asked(self) -> Queries:
        return self._serving(self._queries)

    @property
    def for_reports(self) -> tuple[Database, Queries]:
        """What a report is made from. Raises `Unavailable`."""
        return self._serving(self._database), self._asked()

    @property
    def opened(self) -> bool:
        """Whether the database serves, its tables up to date."""
        return self._queries is not None

    @property
    def store(self) -> RequestStore:
        """The store that changes requests. Raises `Unavailable`."""
        return self._serving(self._store)

    @property
    def requests(self) -> RequestQueries:
        """The queries of requests. Raises `Unavailable`."""
        return self._serving(self._requests)

    @property
    def tasks(self) -> Tasks:
        """The store of tasks. Raises `Unavailable`."""
        return self._serving(self._tasks)

    @property
    def notices(self) -> Notices:
        """The units' notices. Raises `Unavailable`."""
        return self._serving(self._notices)

    @property
    def articles(self) -> KnowledgeBase:
        """The knowledge base. Raises `Unavailable`."""
        return self._serving(self._articles)

    @property
    def drafts(self) -> Drafts:
        """Drafts of requests. Raises `Unavailable`."""
        return self._serving(self._drafts)

    @property
    def watch(self) -> Watch:
        """The watch over requests that change by time. Raises `Unavailable`."""
        return self._serving(self._watch)

    @property
    def outbox(self) -> Outbox:
        """The outbox. Raises `Unavailable`."""
        return self._serving(self._outbox)

    @property
    def outbreaks(self) -> Outbreaks:
        """What finds outbreaks. Raises `Unavailable`."""
        return self._serving(self._outbreaks)

    @property
    def outcomes(self) -> Outcomes:
        """How citizens are told outcomes. Raises `Unavailable`."""
        return self._serving(self._outcomes)

    @property
    def messages(self) -> Messages:
        """How callers' messages come to their requests. Raises `Unavailable`."""
        return self._serving(self._messages)

    @property
    def duty(self) -> DutyCalls:
        """How people on duty are rung. Raises `Unavailable`."""
        return self._serving(self._duty)

    @property
    def recordings(self) -> Recordings:
        """The recordings of talks. Raises `Unavailable`."""
        return self._serving(self._recordings)

    @property
    def reports(self) -> OutcomeReports:
        """What agents say of such calls. Raises `Unavailable`."""
        return self._serving(self._reports)

    @property
    def people(self) -> PeopleStores:
        """People, sessions, tokens, the audit. Raises `Unavailable`."""
        return self._serving(self._people)

    @property
    def public(self) -> PublicRequests:
        """What citizens read of their requests. Raises `Unavailable`."""
        return self._serving(self._public)

    @property
    def destruction(self) -> Destruction:
        """What destroys data that has expired. Raises `Unavailable`."""
        return self._serving(self._destruction)

    @property
    def town_names(self) -> TownNames:
        """The names of what the town's files have and had. Raises `Unavailable`."""
        return self._serving(self._town_names)

    def _serving(self, part: T | None) -> T:
        if part is None:
            raise Unavailable(f"the database does not serve yet: {self._error}")
        return part

    # --- for the console

    async def get_call(self, call: str) -> Record | None:
        """One call with its history."""
        found = await asked(self._asked().get_call(call))
        return None if found is None else as_record(found)

    async def get_ticket(self, number: str) -> Record | None:
        """One ticket, by its number as written or typed."""
        return await asked(self.requests.get(number))

    def asks_information(self, ticket: Record) -> bool:
        """Whether a ticket needs an answer of its own by law 4982."""
        return self._rules().asks_information(ticket["kind"], ticket["topic"], ticket["fields"])

    # --- for the flow

    async def ticket_state(self, number: str) -> dict[str, str] | None:
        """What a caller hears who entered a ticket's number: its state, the expected date unless it has passed, and the
        date of the outcome."""
        ticket = await self.get_ticket(number)
        if ticket is None:
            return None
        told = {"state": str(ticket["state"]), "number": str(ticket["number"])}
        if ticket["outcome_at"] is None and not ticket["overdue"] and ticket["clock"]["ended_at"] is None:
            told |= self._day("due", ticket["due_at"])
        return told | self._day("done", ticket["outcome_at"])

    def _day(self, name: str, at: float | None) -> dict[str, str]:
        """A date on the line's calendar, if there is one."""
        zone = self._rules().zone
        return {} if at is None else {name: datetime.fromtimestamp(at, zone).date().isoformat()}

    async def own_requests(self, number: str) -> dict[str, str] | None:
        """What a caller hears of the open requests of their number; None for nothing."""
        found = await asked(self._serving(self._own).of_number(number))
        return answer_of(
            [
                {"group": one.group, "state": one.state, "number": one.number}
                | ({} if one.unit is None else {"unit": one.unit})
                | self._day("due", one.due_at)
                for one in found
            ]
        )

    async def opened_in(self, call: str) -> dict[str, str] | None:
        """The `number` of the newest request that a call has opened; None for none."""
        number = await asked(self._asked().opened_in(call))
        return None if number is None else {"number": number}

    async def preferred_agent(self, caller: str, since: float | None) -> str | None:
        """The preferred agent of a caller, by an open ticket or by a call since `since` (Unix seconds)."""
        return await asked(self._asked().preferred_agent(caller, since))
