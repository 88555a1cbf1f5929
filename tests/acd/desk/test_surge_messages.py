"""The surge message as the desk sets it: checked, really spoken, and sent to the engine."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.config.settings import Settings
from acd.desk.surge_messages import SurgeMessages
from acd.engine.machine import Engine
from acd.engine.model.agent_events import SurgeRequested, SurgeWithdrawn
from acd.engine.model.config import EngineConfig, Service
from acd.engine.model.events import ConfigChanged
from acd.engine.model.ids import ServiceId
from acd.lib.clock import clock
from acd.line.runtime import Runtime
from console.ports import Record, Refused, Unavailable
from storage.journal_memory import MemoryJournal

TICKET = "26-000123-3"
STANDS: Record = {
    "parent": None,
    "state": "assigned",
    "kind": "complaint",
    "district": "esenkent",
    "lat": None,
    "lon": None,
}
CONFIG = EngineConfig(
    services=(
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("request")),
        Service(id=ServiceId("agent")),
    )
)


class Messages(SurgeMessages):
    """With an engine of its own, on this loop."""

    stands: Record = {}
    """What differs of the ticket."""
    keeps = True
    """Whether the line can write its journal."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine()
        self.runtime = Runtime(self.engine, MemoryJournal(), clock=clock, dispatch=lambda command_id, command: None)
        super().__init__(
            Settings(data_dir=folder),
            config=lambda: self.engine.state.config,
            wish=self.wished,
            look=self.seen,
            get_ticket=self.ticket,
            asks_information=lambda ticket: ticket["kind"] == "information",
        )

    async def wished(self, wish: SurgeRequested | SurgeWithdrawn) -> bool:
        await self.runtime.ask(wish)
        return self.keeps

    async def seen(self) -> Record | None:
        surge = self.engine.state.surge
        return None if surge is None else dict(msgspec.to_builtins(surge))

    async def ticket(self, number: str) -> Record | None:
        return {**STANDS, **self.stands, "number": number} if number == TICKET else None


@pytest.fixture
async def messages(tmp_path: Path) -> AsyncIterator[Messages]:
    messages = Messages(tmp_path)
    await messages.runtime.ask(ConfigChanged(at=clock(), config=CONFIG))
    yield messages
    messages.runtime.close()


def wish(**given: Any) -> dict[str, Any]:
    return {"services": ["request"], "text": None, "prompt": None, "ticket": None, "until": None, **given}


async def test_a_text_is_spoken_and_callers_hear_it(messages: Messages, tmp_path: Path) -> None:
    record = await messages.set(
        wish(text={"tr": "Esenkent'te su kesintisi var.", "en": "No water in Esenkent."}, ticket=TICKET)
    )
    assert (record["id"], record["services"], record["ticket"]) == ("surge-1", ["request"], TICKET)
    for prompt in record["prompts"].values():
        assert Path(prompt).with_suffix(".wav").stat().st_size > 8_000, "half a second at least"
    assert messages.engine.state.surge is not None
    assert await messages.clear() == record
    assert await messages.get() is None
    assert await messages.clear() is None


async def test_sound_files_of_the_message_before_are_kept_and_older_ones_are_not(
    messages: Messages, tmp_path: Path
) -> None:
    for text in ("Bir.", "İki.", "Üç."):
        await messages.set(wish(text={"tr": text}))
    assert len(list((tmp_path / "surge").iterdir())) == 2


async def test_while_the_line_cannot_write_its_journal_all_sound_files_are_kept(
    messages: Messages, tmp_path: Path
) -> None:
    """A line that is killed then goes back to an earlier message."""
    messages.keeps = False
    for text in ("Bir.", "İki.", "Üç."):
        await messages.set(wish(text={"tr": text}))
    assert len(list((tmp_path / "surge").iterdir())) == 3


async def test_a_prompt_there_is(messages: Messages) -> None:
    record = await messages.set(wish(prompt="queue_all_busy", services=["agent", "agent"]))
    assert record["prompts"] == {"tr": "queue_all_busy", "en": "queue_all_busy"}
    assert record["services"] == ["agent"]


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"services": ["funeral"], "prompt": "queue_all_busy"}, "services"),
        ({"services": ["water"], "prompt": "queue_all_busy"}, "services"),
        ({"prompt": "no_such_prompt"}, "prompt"),
        ({"text": {"tr": "…"}}, "text"),
        ({"prompt": "queue_all_busy", "ticket": "12"}, "ticket"),
        ({"prompt": "queue_all_busy", "ticket": "26-000124-1"}, "ticket"),
        ({"prompt": "queue_all_busy", "until": 1000.0}, "until"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(messages: Messages, given: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused) as caught:
        await messages.set(wish(**given))
    assert caught.value.key == key
    assert await messages.get() is None


@pytest.mark.parametrize(
    ("stands", "detail", "allowed"),
    [
        ({"parent": "26-000122-5"}, "is a duplicate of 26-000122-5", "26-000122-5"),
        ({"district": None}, "has no place", "a ticket with a district or a point"),
        ({"district": None, "lat": 41.0}, "has no place", "a ticket with a district or a point"),
        ({"state": "resolved"}, "is resolved", "an open ticket"),
        ({"kind": "information"}, "asks for information", "a ticket that asks for none"),
    ],
)
async def test_a_ticket_on_which_no_caller_can_hang_is_refused(
    messages: Messages, stands: Record, detail: str, allowed: str
) -> None:
    messages.stands = stands
    with pytest.raises(Refused, match=f"ticket {TICKET} {detail}") as caught:
        await messages.set(wish(prompt="queue_all_busy", ticket=TICKET))
    assert (caught.value.key, caught.value.value) == ("ticket", TICKET)
    assert str(caught.value.allowed).startswith(allowed)
    assert await messages.get() is None


async def test_a_ticket_with_a_point_and_no_mahalle_has_a_place(messages: Messages) -> None:
    messages.stands = {"district": None, "lat": 41.0, "lon": 28.6}
    assert (await messages.set(wish(prompt="queue_all_busy", ticket=TICKET)))["ticket"] == TICKET


async def test_without_a_speaker_it_is_said_what_is_missing(
    messages: Messages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="espeak-ng is not installed"):
        await messages.set(wish(text={"tr": "Su kesintisi var."}))
