"""Sets the surge message: speaks a text into sound files, then sends it to the line.

Call everything on the desk's loop; other programs speak the text, off the loop."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from acd.config.rules import prompts_dir
from acd.config.settings import Settings
from acd.engine.model.agent_events import SurgeRequested, SurgeWithdrawn
from acd.engine.model.config import EngineConfig
from acd.engine.model.ids import ServiceId
from acd.lib.clock import clock
from console.ports import Record, Refused, Unavailable
from ivr.catalogue import LANGUAGES, Prompt, load_catalogues
from ivr.sound import NotAPrompt
from ivr.speak import SpeakError, speak
from tickets.number import BadNumber, TicketNumber
from tickets.states import OPEN

VOICE_OF = "goodbye"
"""The message is spoken with the voice of this prompt."""


class SurgeMessages:
    """Sets and withdraws the message.

    `config` gives the rules in force, `look` the message as the line has it, `wish` has the line take an event in and
    says whether its journal has it, `get_ticket` finds a ticket by its number."""

    def __init__(
        self,
        settings: Settings,
        *,
        config: Callable[[], EngineConfig],
        wish: Callable[[SurgeRequested | SurgeWithdrawn], Awaitable[bool]],
        look: Callable[[], Awaitable[Record | None]],
        get_ticket: Callable[[str], Awaitable[Record | None]],
        asks_information: Callable[[Record], bool],
    ) -> None:
        self._settings = settings
        self._config = config
        self._wish = wish
        self._look = look
        self._get_ticket = get_ticket
        self._asks_information = asks_information

    async def get(self) -> Record | None:
        """The message there is."""
        seen = await self._look()
        return None if seen is None else {**seen, "services": [*seen["services"]], "ticket": seen["ticket"] or None}

    async def set(self, wish: Record) -> Record:
        """Set a message. Raises `Refused`, or `Unavailable` where it cannot be spoken."""
        self._check_services(wish["services"])
        ticket = await self._ticket(wish["ticket"])
        if wish["until"] is not None and wish["until"] <= clock():
            raise Refused("until is over already", key="until", value=wish["until"], allowed="a time to come")
        if wish["prompt"] is not None:
            prompts, folder = self._prompt(wish["prompt"]), None
        else:
            folder = self._settings.data_dir.absolute() / "surge" / str(round(clock() * 1000))
            prompts = await asyncio.to_thread(self._speak, wish["text"], folder)
        before = await self.get()
        services = tuple(ServiceId(name) for name in dict.fromkeys(wish["services"]))
        kept = await self._wish(
            SurgeRequested(at=clock(), services=services, prompts=prompts, ticket=ticket, until=wish["until"])
        )
        if kept:  # or else a line that is killed goes back to an earlier message
            await asyncio.to_thread(self._forget, {folder, *_folders(before)})
        record = await self.get()
        if record is None:
            raise Unavailable("surge: withdrawn or over meanwhile")
        return record

    async def clear(self) -> Record | None:
        """Withdraw the message and return its counts."""
        record = await self.get()
        if record is not None:
            await self._wish(SurgeWithdrawn(at=clock()))
        return record

    def _check_services(self, names: list[str]) -> None:
        routine = [str(one.id) for one in self._config().services if one.priority == "routine"]
        for name in names:
            if name not in routine:
                raise Refused(f"{name!r} is no routine service", key="services", value=name, allowed=routine)

    async def _ticket(self, number: str | None) -> str:
        if number is None:
            return ""
        try:
            written = str(TicketNumber.parse(number))
        except BadNumber as error:
            raise Refused(str(error), key="ticket", value=number, allowed="a ticket's number") from None
        ticket = await self._get_ticket(written)
        if ticket is None:
            raise Refused(f"there is no ticket {written}", key="ticket", value=number, allowed="a ticket's number")
        wrong = _hangs_nobody(ticket, asks_information=self._asks_information(ticket))
        if wrong is not None:
            why, allowed = wrong
            detail = f"ticket {written} {why}: no caller could hang on it"
            raise Refused(detail, key="ticket", value=number, allowed=allowed)
        return written

    def _prompt(self, name: str) -> dict[str, str]:
        there = [one for one in LANGUAGES if (prompts_dir(self._settings) / one / f"{name}.wav").is_file()]
        if not there:
            raise Refused(f"there is no prompt {name!r}", key="prompt", value=name, allowed="a prompt's name")
        return dict.fromkeys(there, name)

    def _speak(self, texts: Mapping[str, str], folder: Path) -> dict[str, str]:
        catalogues = load_catalogues(self._settings.prompts_dir)
        prompts: dict[str, str] = {}
        try:
            for language, text in sorted(texts.items(), key=lambda one: LANGUAGES.index(one[0])):
                (folder / language).mkdir(parents=True, exist_ok=True)
                path = folder / language / "message.wav"
                speak(Prompt(text=text, voice=catalogues[language][VOICE_OF].voice), path)
                prompts[language] = str(path.with_suffix(""))
        except NotAPrompt:  # only "…", or a script that the voice does not know
            shutil.rmtree(folder, ignore_errors=True)
            detail = f"nothing is heard of the text in {language!r}: it has no words"
            raise Refused(detail, key="text", value=dict(texts), allowed="a text with words") from None
        except (SpeakError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unavailable(f"speech: {error}") from None
        return prompts

    def _forget(self, keep: Collection[Path | None]) -> None:
        """Remove the sound files of earlier messages, but not of the last one, which a caller may still hear."""
        for folder in (self._settings.data_dir.absolute() / "surge").glob("*"):
            if folder not in keep:
                shutil.rmtree(folder, ignore_errors=True)


def _hangs_nobody(ticket: Record, *, asks_information: bool) -> tuple[str, str] | None:
    """Why no caller's request can hang on this one (`tickets.joining.join`), and what is allowed instead. Callers hear
    that they will be told, so this must be known before."""
    if ticket["parent"] is not None:
        return f"is a duplicate of {ticket['parent']}", str(ticket["parent"])
    if ticket["state"] not in OPEN:
        return f"is {ticket['state']}", "an open ticket, or null"
    if asks_information:
        return "asks for information, and needs an answer of its own", "a ticket that asks for none, or null"
    if ticket["district"] is None and (ticket["lat"] is None or ticket["lon"] is None):
        return "has no place", "a ticket with a district or a point: give it one first, or null"
    return None


def _folders(record: Mapping[str, Any] | None) -> set[Path]:
    """The folders of a message's sound files."""
    paths = [] if record is None else [Path(prompt) for prompt in record["prompts"].values()]
    return {path.parent.parent for path in paths if path.is_absolute()}
