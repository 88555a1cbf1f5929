"""Requests, drafts and articles for the console in memory: what it keeps for agents."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.ports import Record
from console.request_ports import ArticleQuery, Seer, TicketPage, TicketQuery
from tests.console.answering import Answering
from tickets.failures import NoSuch


class TicketRecords(Answering):
    """The requests and outcomes that a test has put there."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket_records: list[dict[str, Any]] = []
        self.outcomes: dict[str, Record] = {}
        """By call: what its citizen is to be told."""


class FewRequests:
    """Requests that can only be read: the records of a desk."""

    def __init__(self, desk: TicketRecords) -> None:
        self._desk = desk

    async def list(self, query: TicketQuery, seer: Seer | None = None) -> TicketPage:
        """As `Requests.list`."""
        await self._desk.ready()
        self._desk.queries.append(query)
        found = [
            ticket
            for ticket in self._desk.ticket_records
            if (query.since is None or ticket["opened_at"] >= query.since)
            and query.service in (None, ticket["service"])
            and query.state in (None, ticket["state"])
        ]
        found.sort(key=lambda ticket: (ticket["opened_at"], ticket["number"]), reverse=True)
        return TicketPage(records=found[: query.limit])

    async def get(self, number: str, language: str = "tr", seer: Seer | None = None) -> Record | None:
        """As `Requests.get`."""
        await self._desk.ready()
        clock = {
            "rule": "request",
            "started_at": self._desk.now,
            "steps": [language],
            "steps_in": {"tr": ["tr"], "en": ["en"]},
        }
        found = (ticket for ticket in self._desk.ticket_records if ticket["number"] == number)
        return next(({"clock": clock, "version": 1, **ticket} for ticket in found), None)

    async def outcome_of(self, call: str) -> Record:
        """As `Requests.outcome_of`."""
        await self._desk.ready()
        if call not in self._desk.outcomes:
            raise NoSuch("call")
        return self._desk.outcomes[call]

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"{name}: give the desk real requests")


class KeptDrafts:
    """As `console.request_ports.Drafts`, kept here."""

    def __init__(self, desk: Answering) -> None:
        self._desk = desk
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}

    async def list(self, user: str) -> Sequence[Record]:
        await self._desk.ready()
        return [draft for (owner, _), draft in self.kept.items() if owner == user]

    async def keep(self, user: str, call: str, base: int, draft: Mapping[str, Any]) -> Record | None:
        await self._desk.ready()
        before = self.kept.get((user, call), {"version": 0})["version"]
        if base and not before:
            return None
        if before == base:
            self.kept[user, call] = {"call": call, "version": before + 1, "at": self._desk.now, "draft": dict(draft)}
        return self.kept[user, call]

    async def drop(self, user: str, call: str | None = None) -> None:
        await self._desk.ready()
        self.kept = {one: draft for one, draft in self.kept.items() if one[0] != user or call not in (None, one[1])}


class NoArticles:
    """A knowledge base without articles."""

    def __init__(self, desk: Answering) -> None:
        self._desk = desk

    async def list(self, query: ArticleQuery) -> Sequence[Record]:
        """As `Articles.list`."""
        await self._desk.ready()
        return []

    async def get(self, article: int) -> Record | None:
        """As `Articles.get`."""
        await self._desk.ready()
        return None

    async def versions(self, article: int) -> Sequence[Record]:
        """As `Articles.versions`."""
        raise NoSuch("article")

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(f"{name}: give the desk real articles")
