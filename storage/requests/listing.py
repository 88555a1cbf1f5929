"""Lists of requests: the filters, and a page by one statement.

Clerks ask for lists all day, on a machine that serves callers: every statement more is a turn more in which the desk
waits for the database, and both for a processor. So a page is one statement, made once for its `Kind`."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa

from acd.engine.model.phone_numbers import spellings
from storage.columns import milliseconds, table_of
from storage.compiled import Compiled, given_of, one_of
from storage.requests.rows import TICKET_COLUMNS, tickets
from storage.requests.search import asked_words, fts_match, other_forms, vector_of
from storage.tables import CallRow
from tickets.number import BadNumber, TicketNumber

calls = table_of(CallRow)

Order = Literal["newest", "due"]
Condition = sa.ColumnElement[bool] | sa.TextClause
MAX_LIMIT = 10_000
PROBED, NEWEST, SPAN = 500, 4_000, 50_000
"""PostgreSQL reads so many requests first, the newest, and counts which words they have. If they promise a page among
the `NEWEST`, it is looked for there; else by the index of words. `SPAN` bounds how far back these may be."""
COMMON: Final = 15
"""A word that is so many times as frequent as the rarest is not looked up in the index of words: to read all its
entries takes longer than to read the requests that have the rarest."""
LOOKED_UP: Final = 3
"""So many words at most are looked up in the index of words, the rarest: few requests have all of them, and to read
these takes less than to read the entries of further words. The beginnings of five words that a fifth of 200,000
requests have took 170 ms there."""


class BadCursor(ValueError):
    """A cursor that no list gave out."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list. None and empty leave a filter out."""

    limit: int = 100
    cursor: str = ""
    """The cursor from the page before; empty for the first page."""
    order: Order = "newest"
    """By opening, newest first; or by deadline, the earliest first, and then requests with a stopped clock. Of those
    with one deadline the urgent ones come first, then by their topics' priority, the oldest first."""
    state: str | None = None
    unit: str | None = None
    service: str | None = None
    topic: str | None = None
    district: str | None = None
    kind: str | None = None
    is_open: bool | None = None
    overdue: bool | None = None
    query: str = ""
    """Words, or a number."""
    caller: str = ""
    """The citizen's number, in any way of writing."""
    shown_topics: tuple[str, ...] | None = None
    """Requests of these topics alone are found by `caller`, those without a topic, and those whose citizen agrees to be
    known: a match would tell who made a report. None: all are found."""
    parent: str | None = None
    since: float | None = None
    """Opened at or after this time, Unix seconds."""


EQUAL: Final = ("state", "unit", "service", "topic", "district", "kind", "parent")
"""Columns that a filter compares with one value."""
LEADS: Final = ("topic", "district", "unit", "service", "state", "kind")
"""Those that have an index with the order of opening, the most telling first."""
OF_CALL: Final = ("wait_s", "within_target")
"""Columns of the call that a request tells."""
IS_OPEN, CLOCK_RUNS = sa.text("tickets.is_open"), sa.text("tickets.clock_runs")
"""Conditions in the words of the partial indexes: SQLite does not know that `is_open = 1` means the same."""

Search = Literal["", "number", "nothing", "words", "vector"]
"""`nothing`: a query without words. `vector`: of words that PostgreSQL's parser alone can divide."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """All that the text of a list's statement depends on."""

    equal: tuple[str, ...] = ()
    is_open: bool | None = None
    overdue: bool | None = None
    callers: int | None = None
    """So many spellings of the caller's number."""
    shown_topics: int | None = None
    since: bool = False
    search: Search = ""
    words: tuple[int, ...] = ()
    """In how many forms each word is looked for."""
    order: Order = "newest"
    behind: Literal["", "id", "due", "undue"] = ""
    """Where the page begins."""
    limit: int = 0

    def by_words(self, *, postgres: bool) -> bool:
        """Whether words are looked for in the order of opening, which has ways of its own. SQLite's search table
        divides all words as we do."""
        return self.order == "newest" and (self.search == "words" or (self.search == "vector" and not postgres))


def kind_of(wanted: Wanted, at: float) -> tuple[Kind, dict[str, Any]]:
    """The kind of a list, and the values for its statement at a time (Unix seconds). Raises `BadCursor`."""
    given: dict[str, Any] = {name: value for name in EQUAL if (value := getattr(wanted, name)) is not None}
    equal = tuple(given)
    if wanted.overdue is not None:
        given["at"] = milliseconds(at)
    if wanted.since is not None:
        given["since"] = milliseconds(wanted.since)
    callers: int | None = None
    shown: int | None = None
    if wanted.caller:
        numbers = spellings(wanted.caller)
        callers = len(numbers)
        given |= given_of("caller", numbers)
        if wanted.shown_topics is not None:
            shown = len(wanted.shown_topics)
            given |= given_of("topic", wanted.shown_topics)
    search, words = _searched(wanted.query, given)
    behind: Literal["", "id", "due", "undue"] = ""
    if wanted.cursor and wanted.order == "newest":
        behind, given["after"] = "id", after_id(wanted.cursor)
    elif wanted.cursor:
        due, given["rank"], given["after"] = _after_due(wanted.cursor)
        behind = "undue" if due is None else "due"
        if due is not None:
            given["due"] = due
    kind = Kind(
        equal=equal,
        is_open=wanted.is_open,
        overdue=wanted.overdue,
        callers=callers,
        shown_topics=shown,
        since=wanted.since is not None,
        search=search,
        words=words,
        order=wanted.order,
        behind=behind,
        limit=wanted.limit,
    )
    return kind, given


def _searched(query: str, given: dict[str, Any]) -> tuple[Search, tuple[int, ...]]:
    if not query:
        return "", ()
    words = asked_words(query)
    if not words:
        return "nothing", ()
    given["match"] = fts_match(words)
    given["vector"] = vector_of(words)
    try:
        given["number"] = str(TicketNumber.parse(query))
    except BadNumber:
        given |= {f"word_{place}": vector_of([word]) for place, word in enumerate(words)}
        forms = [[f"% {word}%", *(f"% {one} %" for one in other_forms(word))] for word in words]
        given |= {f"like_{place}_{nth}": one for place, of_word in enumerate(forms) for nth, one in enumerate(of_word)}
        kinds = tuple(len(of_word) for of_word in forms)
        return ("words" if all(word.isascii() for word in words) else "vector"), kinds
    return "number", ()


# --- the statements


def page_of(kind: Kind, dialect: sa.Dialect) -> Compiled:
    """The statement for a page of this kind and one request more. Only ids are sorted, and nothing else is read of
    requests that are not on the page."""
    return _page_of(kind, dialect, (PROBED, NEWEST, SPAN, COMMON, LOOKED_UP))


@lru_cache(maxsize=500)
def _page_of(kind: Kind, dialect: sa.Dialect, _bounds: tuple[int, ...]) -> Compiled:
    page = listing(kind, postgres=dialect.name == "postgresql").subquery("page")
    joined = page.join(tickets, tickets.c.id == page.c.id).outerjoin(calls, calls.c.id == tickets.c.call)
    rows = _selected().select_from(joined)
    if kind.order == "newest":
        rows = rows.order_by(tickets.c.id.desc())
    else:
        rows = rows.order_by(tickets.c.due_at.asc().nulls_last(), tickets.c.rank, tickets.c.id)
    return Compiled(rows, dialect)


@lru_cache(maxsize=4)
def by_number(dialect: sa.Dialect) -> Compiled:
    """The statement for the request with the number `number`."""
    joined = tickets.outerjoin(calls, calls.c.id == tickets.c.call)
    return Compiled(_selected().select_from(joined).where(tickets.c.number == _given("number", sa.Text)), dialect)


@lru_cache(maxsize=100)
def districts_of(kind: Kind, dialect: sa.Dialect) -> Compiled:
    """The statement for how many requests of this kind each mahalle has, and how many of them are overdue at `now`."""
    is_late = sa.and_(CLOCK_RUNS, tickets.c.due_at < _given("now", sa.BigInteger))
    late = sa.func.sum(sa.case((is_late, 1), else_=0))
    counted = (
        sa.select(tickets.c.district, sa.func.count().label("open"), late.label("overdue"))
        .where(*conditions(kind, postgres=dialect.name == "postgresql"))
        .group_by(tickets.c.district)
        .order_by(tickets.c.district)
    )
    return Compiled(counted, dialect)


def _selected() -> "sa.Select[Any]":
    """The columns of requests and of the calls that opened them."""
    place = (tickets.c.id.label("_id"), tickets.c.rank.label("_rank"))
    return sa.select(*TICKET_COLUMNS, *place, *(calls.c[name].label(name) for name in OF_CALL))


def listing(kind: Kind, *, postgres: bool) -> "sa.Select[Any]":
    """The ids of a page and one more."""
    if kind.by_words(postgres=postgres):
        return _by_words(kind) if postgres else _by_search_table(kind)
    ids = sa.select(tickets.c.id).where(*conditions(kind, postgres=postgres))
    number, due, rank = tickets.c.id.expression, tickets.c.due_at.expression, tickets.c.rank
    if kind.search or kind.overdue:
        # An index finds these few requests. In the order of another index the database would read every request until
        # it has a page: seconds, for a rare word.
        number, due = number + sa.literal_column("0"), due + sa.literal_column("0")
    by = (number.desc(),) if kind.order == "newest" else (due.asc().nulls_last(), rank, number)
    ids = ids.order_by(*by)
    return ids.where(*_behind(kind)).limit(sa.literal_column(str(kind.limit + 1)))


def _by_search_table(kind: Kind) -> "sa.Select[Any]":
    """The same from SQLite's search table, which gives the newest first and so ends with the page, however many
    requests have a word."""
    search = sa.table("ticket_search", sa.column("rowid", sa.BigInteger))
    others = msgspec.structs.replace(kind, search="", words=())
    ids = (
        sa.select(search.c.rowid.label("id"))
        .select_from(search.join(tickets, tickets.c.id == search.c.rowid))
        .where(sa.text("ticket_search MATCH :match"))
        .where(*conditions(others, postgres=False))
        .order_by(search.c.rowid.desc())
        .limit(sa.literal_column(str(kind.limit + 1)))
    )
    return ids.where(search.c.rowid < _given("after", sa.BigInteger)) if kind.behind else ids


def _by_words(kind: Kind) -> "sa.Select[Any]":
    """The same from PostgreSQL, whose index of words gives no order: of a word that many requests have, it would read
    and sort all of them for one page. In the order of the page it would read every request until it has one: seconds,
    for a rare word. So it looks among the newest first, where that promises a page."""
    others = msgspec.structs.replace(kind, search="", words=())
    limit = kind.limit
    if kind.behind:
        first: Any = _given("after", sa.BigInteger)
    else:
        newest = sa.select((sa.func.max(tickets.c.id) + sa.literal_column("1")).label("id")).cte("newest")
        first = sa.select(newest.c.id).scalar_subquery()

    def having(text: Any) -> list[Any]:
        return [
            sa.or_(*(text.like(_given(f"like_{place}_{nth}", sa.Text)) for nth in range(forms)))
            for place, forms in enumerate(kind.words)
        ]

    few = _newest_of(others, first, PROBED)
    counts = [sa.func.count().filter(one).label(f"n{place}") for place, one in enumerate(having(few.c.text))]
    all_of_them = sa.func.count().filter(sa.and_(*having(few.c.text))).label("n")
    sample = sa.select(all_of_them, *counts).select_from(few).cte("sample")

    more = _newest_of(others, first, NEWEST)
    promised = sa.select(sample.c.n * sa.literal_column(str(NEWEST // PROBED))).scalar_subquery()
    recent = (
        sa.select(more.c.id)
        .where(*having(more.c.text), promised > sa.literal_column(str(limit)))
        .limit(sa.literal_column(str(limit + 1)))
        .cte("recent")
    )
    found = sa.select(sa.func.count()).select_from(recent).scalar_subquery()

    counted = [sample.c[f"n{place}"] for place in range(len(kind.words))]
    bound = ((sa.func.least(*counted) + 1) * sa.literal_column(str(COMMON))).label("bound")
    words = sa.union_all(
        *(
            sa.select(n.label("n"), _given(f"word_{place}", sa.Text).label("word"), bound)
            for place, n in enumerate(counted)
        )
    ).subquery("words")
    rarest = sa.select(words.c.word).where(words.c.n <= words.c.bound).order_by(words.c.n)
    looked_up = rarest.limit(sa.literal_column(str(LOOKED_UP))).subquery("looked_up")
    vector = sa.select(sa.func.string_agg(looked_up.c.word, sa.literal_column("' & '"))).scalar_subquery()
    number = tickets.c.id.expression + sa.literal_column("0")  # no index of numbers: it has nearly all of them
    every = (
        sa.select(tickets.c.id)
        .where(*conditions(others, postgres=True, by_index=False), number < first)
        .where(_has_vector(vector), *having(sa.literal_column("' ' || folded || ' '", sa.Text)))
        .where(found <= sa.literal_column(str(limit)))
        .order_by(number.desc())
        .limit(sa.literal_column(str(limit + 1)))
        .subquery("every")
    )
    enough = sa.select(recent.c.id).where(found > sa.literal_column(str(limit)))
    both = enough.union_all(sa.select(every.c.id)).subquery("both")
    return sa.select(both.c.id)


def _newest_of(others: Kind, first: Any, count: int) -> sa.Subquery:
    """So many of the newest requests before `first` that these filters leave, with their words."""
    text = sa.literal_column("' ' || folded || ' '", sa.Text).label("text")
    begin: Any = first - sa.literal_column(str(SPAN))
    number: Any = tickets.c.id
    asked = sa.select(tickets.c.id, text)
    lead = next((column for column in LEADS if column in others.equal), None)
    if lead is None:
        asked = asked.where(*conditions(others, postgres=True), number < first, number > begin)
        asked = asked.order_by(number.desc())
    else:  # as pairs: PostgreSQL would rather read the requests of all units, by the index of numbers alone
        rest = msgspec.structs.replace(others, equal=tuple(one for one in others.equal if one != lead))
        column, value = tickets.c[lead], _given(lead, sa.Text)
        pair = sa.tuple_(column, number)
        asked = asked.where(*conditions(rest, postgres=True))
        asked = asked.where(pair < sa.tuple_(value, first), pair > sa.tuple_(value, begin))
        asked = asked.order_by(column.desc(), number.desc())
    return asked.limit(sa.literal_column(str(count))).subquery("among")


def conditions(kind: Kind, *, postgres: bool, by_index: bool = True) -> list[Condition]:
    """The filters. Without `by_index`, those by one value use no index of theirs, since another one is better."""
    # Few requests of a topic or a state are overdue, but SQLite would read all of them: make it begin with the
    # deadlines, which are indexed as a whole and by unit. And neither database shall read all of a unit for a number.
    by_deadline = bool(kind.overdue) and not postgres

    def plain(column: str) -> bool:
        return by_index and kind.search != "number" and not (by_deadline and column != "unit")

    found: list[Condition] = [
        (tickets.c[column] if plain(column) else tickets.c[column].concat(sa.literal_column("''")))
        == _given(column, sa.Text)
        for column in kind.equal
    ]
    if kind.is_open is not None:
        found.append(IS_OPEN if kind.is_open else sa.not_(tickets.c.is_open))
    if kind.overdue:
        found += [CLOCK_RUNS, tickets.c.due_at < _given("at", sa.BigInteger)]
    elif kind.overdue is not None:
        in_time = sa.or_(tickets.c.due_at.is_(None), tickets.c.due_at >= _given("at", sa.BigInteger))
        found.append(sa.or_(sa.not_(tickets.c.clock_runs), in_time))
    if kind.callers is not None:
        found.append(one_of(tickets.c.caller, "caller", kind.callers))
    if kind.shown_topics is not None:
        shown = one_of(tickets.c.topic, "topic", kind.shown_topics)
        found.append(sa.or_(tickets.c.agrees, tickets.c.topic.is_(None), shown))
    if kind.since:
        found.append(tickets.c.opened_at >= _given("since", sa.BigInteger))
    if kind.search:
        found.append(_found_by(kind.search, postgres=postgres))
    return found


def _found_by(search: Search, *, postgres: bool) -> sa.ColumnElement[bool]:
    if search == "nothing":
        return sa.false()
    if postgres:
        by_words = _has_vector(_given("vector", sa.Text))
    else:
        fts = sa.table("ticket_search", sa.column("rowid", sa.BigInteger))
        match = sa.select(fts.c.rowid).where(sa.text("ticket_search MATCH :match"))
        by_words = tickets.c.id.in_(match.scalar_subquery())
    if search == "number":  # another system's number may pass as one of ours
        return sa.or_(tickets.c.number == _given("number", sa.Text), by_words)
    return by_words


def _has_vector(query: Any) -> sa.ColumnElement[bool]:
    simple: Any = sa.literal_column("'simple'")
    return sa.func.to_tsvector(simple, tickets.c.folded).op("@@", is_comparison=True)(sa.func.to_tsquery(simple, query))


def _given(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=kind, unique=False)


# --- pages


def cursor_of(row: Mapping[str, Any], order: Order) -> str:
    """The cursor of the page that begins behind a request."""
    due = "" if row["due_at"] is None else row["due_at"]
    text = str(row["_id"]) if order == "newest" else f"{due}.{row['_rank']}.{row['_id']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_parts(cursor: str, count: int) -> Sequence[str]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        raise BadCursor(cursor) from None
    parts = text.split(".")
    if len(parts) != count or not all(part.isdecimal() and len(part) < 19 for part in parts[-1:]):
        raise BadCursor(cursor)
    return parts


def after_id(cursor: str) -> int:
    """The request behind which a page of the newest begins. Raises `BadCursor`."""
    return int(_cursor_parts(cursor, 1)[0])


def _after_due(cursor: str) -> tuple[int | None, int, int]:
    due, rank, number = _cursor_parts(cursor, 3)
    if due and not (due.isdecimal() and len(due) < 19):
        raise BadCursor(cursor)
    if not (rank.isdecimal() and len(rank) == 1):
        raise BadCursor(cursor)
    return (int(due) if due else None), int(rank), int(number)


def _behind(kind: Kind) -> list[sa.ColumnElement[bool]]:
    """The requests behind those of the pages before."""
    after, due, rank = _given("after", sa.BigInteger), _given("due", sa.BigInteger), _given("rank", sa.Integer)
    if not kind.behind:
        return []
    if kind.behind == "id":
        return [tickets.c.id < after]
    later = sa.or_(tickets.c.rank > rank, sa.and_(tickets.c.rank == rank, tickets.c.id > after))
    if kind.behind == "undue":
        return [tickets.c.due_at.is_(None), later]
    same = sa.and_(tickets.c.due_at == due, later)
    return [sa.or_(tickets.c.due_at > due, same, tickets.c.due_at.is_(None))]
