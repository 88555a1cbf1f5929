"""What is asked each second, whether or not there is anything to do: it must not read rows of before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storage.database import Database
from storage.requests.duty import DutyCalls
from storage.requests.outbox import Outbox
from storage.requests.outcomes import Outcomes
from tests.databases import new_sqlite
from tests.storage.samples import RULES
from tickets.outcome.plan import OutcomeRules

AT = 1_700_000_000.0


class Noted(Database):
    """Notes the short questions."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[tuple[str, Sequence[Any]]] = []

    async def ask_shortly(self, text: str, values: Sequence[Any]) -> Sequence[Sequence[Any]]:
        self.asked.append((text, values))
        return await super().ask_shortly(text, values)


async def test_a_look_that_finds_nothing_reads_no_rows_of_before(tmp_path: Path) -> None:
    made = await new_sqlite(tmp_path / "cozum.db")
    await made.close()
    database = Noted(f"sqlite+aiosqlite:///{tmp_path / 'cozum.db'}")
    duty = DutyCalls(database, lambda: RULES, lambda: 20.0, lambda: AT)
    outcomes = Outcomes(database, lambda: RULES, OutcomeRules, lambda: AT)
    outbox = Outbox(database, lambda: RULES, lambda: AT)
    for look in (duty.step, duty.withdrawn, duty.wanted, outcomes.step, outcomes.withdrawn, outcomes.wanted):
        assert not await look()
    for written in (None, False, True):
        assert await outbox.next_at(("text",), written=written) is None
    assert len(database.asked) == 10
    for text, values in database.asked:
        plan = [row[3] for row in await database.ask("EXPLAIN QUERY PLAN " + text, values)]
        read = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
        assert read
        assert all("USING" in step for step in read), (text, plan)
    await database.close()
