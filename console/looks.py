"""Has the audit say who looked for citizens: each search, and the first look at each list.

A page reads its lists again and again, and a program follows them. A look like one that the same session or program
took a short while ago is the same look, however often it is repeated; so the audit has what people did, and no
refreshes."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from agents.audit_actions import AuditAction
from console.people_ports import Identity, People
from console.ports import CallQuery
from console.request_ports import TicketPage, TicketQuery
from tickets.find.folding import words
from tickets.privacy.masking import mask_number
from tickets.privacy.sought import NUMBER, WORDS

SAME_LOOK_S: Final = 900.0
"""Seconds without a repetition after which a look is another one."""
KEPT: Final = 20_000
"""Looks remembered at once: of some hundred people with some tens of lists each."""

Filters = Mapping[str, str | bool | None]


class Looks:
    """The looks at the lists of some routes."""

    def __init__(self, people: People, clock: Callable[[], float] = time.monotonic) -> None:
        self._people, self._clock = people, clock
        self._taken: OrderedDict[tuple[object, ...], float] = OrderedDict()
        """When each look was last repeated; the one that was longest ago first."""

    def at_requests(self, who: Identity, query: TicketQuery, page: TicketPage) -> None:
        """Somebody was shown a page of requests."""
        names = ("state", "unit", "service", "topic", "district", "kind", "overdue", "parent")
        filters = {name: getattr(query, name) for name in names} | {"open": query.is_open}
        # Pages ask for what is new since a while ago: that time moves, and the look is the same.
        look = _Look(filters, len(page.records), bool(page.next), query.cursor, (query.limit, query.order))
        self._searched(who, ("tickets_searched", "tickets_listed"), query.caller, query.query, look)

    def at_calls(self, who: Identity, query: CallQuery, page: TicketPage) -> None:
        """Somebody was shown a page of calls."""
        names = ("outcome", "disposition", "agent", "service")
        filters = {name: getattr(query, name) for name in names} | {"class": query.priority}
        span = (query.limit, query.since, query.until)
        look = _Look(filters, len(page.records), bool(page.next), query.cursor, span)
        self._searched(who, ("calls_searched", "calls_listed"), query.caller, "", look)

    def _searched(
        self, who: Identity, actions: tuple[AuditAction, AuditAction], caller: str, text: str, look: "_Look"
    ) -> None:
        """A search for a citizen's number, for a text, or for both; without them it is a look at the list. What was
        typed is not written down."""
        searched, listed = actions
        by_caller = self._people.sought(caller, number=True) if caller else ""
        by_text = self._people.sought(text) if text else ""
        if by_caller:
            self._note(who, searched, by_caller, look, {"caller": mask_number(caller)})
        if by_text:
            is_number, has_words = by_text.startswith(NUMBER), by_text.startswith(WORDS)
            said = {"caller": mask_number(text)} if is_number else {"words": len(words(text))} if has_words else {}
            self._note(who, searched, by_text, look, said)
        if not (by_caller or by_text) and who.kind != "machine":
            self._note(who, listed, "", look)

    def listed(
        self, who: Identity, action: AuditAction, shown: int, *, about: str = "", filters: Filters | None = None
    ) -> None:
        """Somebody was shown a list that nobody searches."""
        if who.kind != "machine":
            self._note(who, action, about, _Look(filters or {}, shown))

    def _note(
        self,
        who: Identity,
        action: AuditAction,
        about: str,
        look: "_Look",
        said: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        filters = {name: value for name, value in look.filters.items() if value is not None and value != ""}
        # A program goes through whole lists, again and again: all pages are one look.
        place = (look.cursor, look.part) if who.kind == "session" else ()
        if not self._is_new((who.right or who.who, action, about, tuple(sorted(filters.items())), place)):
            return
        detail = {**said, "filters": filters} if filters else dict(said)
        detail |= {name: True for name, holds in (("later", look.cursor), ("more", look.more)) if holds}
        self._people.note(who, action, about, {**detail, "shown": look.shown})

    def _is_new(self, key: tuple[object, ...]) -> bool:
        """Whether nobody has taken this look a short while ago; from now on somebody has."""
        now = self._clock()
        while self._taken and (len(self._taken) >= KEPT or now - next(iter(self._taken.values())) > SAME_LOOK_S):
            self._taken.popitem(last=False)
        is_new = key not in self._taken
        self._taken[key] = now
        self._taken.move_to_end(key)
        return is_new


@dataclass(frozen=True, slots=True)
class _Look:
    """What a list was asked for, apart from a citizen, and what it showed."""

    filters: Filters
    shown: int
    more: bool = False
    cursor: str = ""
    part: tuple[str | float | None, ...] = ()
    """What else says which part of the list it was."""
