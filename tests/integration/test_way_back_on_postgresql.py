"""The way back and the ring of the person on duty with PostgreSQL: told once, rung once, whatever dies.

What is said and pressed is in `test_automatic_calls` and `test_duty_ring`, on SQLite."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench.stack import Stack
from phones import Agent
from phones.ports import free_udp_port
from tests.integration.outcome_line import Line, Talk, has_come_back, kill, line_of, picks_up, strike
from tests.integration.test_duty_ring import RING_S, Duty, accepted, duty_list
from tests.services import running_postgres
from tests.tickets.towns import shipped_texts


class StackOnPostgres(Stack):
    """One whose database is asked as PostgreSQL is."""

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database answers, read with nobody else's code."""
        url = str(self.settings["database_url"]).replace("+asyncpg", "")
        first, *others = query.split("?")
        numbered = first + "".join(f"${nth}{part}" for nth, part in zip(itertools.count(1), others, strict=False))

        async def ask() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(url)
            try:
                return [tuple(row) for row in await connection.fetch(numbered, *values)]
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("way-back")
    town = folder / "town"
    town.mkdir()
    for name, text in (shipped_texts() | {"duty.toml": duty_list()}).items():
        (town / name).write_text(text, "utf-8")
    with (
        running_postgres(tmp_path_factory.mktemp("postgres")) as postgres,
        StackOnPostgres(
            folder,
            agents=2,
            wrapup_s=0.0,
            database_url=postgres.url(),
            callback_trunk=f"127.0.0.1:{free_udp_port()}",
            callback_ring_s=15,
            outcome_call="automatic",
            outcome_hours="mon-sun holiday 00:00-24:00",
            outcome_quiet="",
            outcome_pause_s=2.0,
            outcome_tries=2,
            outcome_greeting_s=2.0,
            outcome_remark_s=5,
            duty_ring_s=RING_S,
            town_dir=town,
        ) as stack,
    ):
        yield stack


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    with line_of(system, tmp_path) as line:
        yield line


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_citizen_is_told_once_whatever_dies(line: Line, dies: str) -> None:
    """While the telephone rings, and when the outcome was heard."""
    with line.citizen(picks_up("1", "5", answer_after_s=3.0)) as citizen:
        line.resolves()
        talk = Talk(line, citizen)
        line.awaits("the telephone rings", lambda: line.rung(citizen))
        attached = talk.count("call_attached")
        strike(line, dies)
        line.awaits("the line asks", lambda: has_come_back(talk, attached))
        talk.presses(1, "hear")
        line.awaits("the outcome was heard", lambda: talk.has("outcome_talked", "heard"))
        line.stack.wait_ready()
        attached = talk.count("call_attached")
        strike(line, dies)
        if dies == "line":
            line.awaits("they are asked again", lambda: has_come_back(talk, attached))
        talk.presses(2, "scored", ("outcome_talked", "heard"))
        line.stack.wait_ready()
        line.awaits("it is told", lambda: line.ticket()["state"] == "closed")
        kill(line, dies)
        ticket = line.ticket()
        assert (ticket["told_how"], ticket["score"], line.tried()) == ("automatic", 5, [("told", 1)])
        assert (ticket["tasks"], line.rung(citizen)) == ([], 1)


@pytest.mark.parametrize("dies", ["both"])
def test_a_person_on_duty_is_rung_once_whatever_dies(line: Line, dies: str) -> None:
    duty = Duty(line.stack, line.folder)
    with duty.phone(Agent(answer_after_s=4.0, talk_s=None, keys="111")) as phone:
        duty.opens()
        duty.awaits("it rings", lambda: duty.rings() and phone.called())
        kill(line, dies)
        duty.awaits("they hear it", duty.heard)
        kill(line, dies)
        duty.presses_again(phone, 3, lambda: accepted(duty))
        kill(line, dies)
        assert duty.rung() == [("7401", "accepted")]
        assert len(phone.called()) == 1
