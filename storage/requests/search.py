"""The search in requests: the searched text, and the condition for both databases.

`folded` holds the folded words of what a request is about (`tickets.find.folding`), so that `isik` finds `IŞIK` and
`ışık`. SQLite searches an FTS5 table. PostgreSQL searches a GIN index over the text search vector of the configuration
`simple`, which every PostgreSQL has: no extension is needed. Each word of a query must begin a word of the request. A
word for a kind of place is found in its other forms too: `Işık Sk.` finds `Işık Sokak`, and that the other.

Numbers and names of citizens and personal answers are not in it: a unit must not find out by a search who made a
report. `GET tickets?caller=` finds a number, and for a unit no report whose complainant is hidden from it."""

from collections.abc import Sequence

import sqlalchemy as sa

from tickets.find.folding import same_words, words
from tickets.number import BadNumber, TicketNumber
from tickets.privacy.masking import complainant_is_hidden, personal_answers
from tickets.ticket import Ticket
from tickets.town.model import Town

MOST_WORDS = 12
"""The most words of a query that are used."""


def folded_text(ticket: Ticket, town: Town) -> str:
    """The searched text of a ticket."""
    topic = town.topics.get(ticket.topic or "")
    personal = personal_answers(ticket, town)
    answers = [
        str(value) for name, value in ticket.fields.items() if name not in personal and isinstance(value, str | int)
    ]
    # Another system's number says there who made a report.
    shown = not complainant_is_hidden(ticket, town, "unit")
    texts = (
        *((topic.tr, topic.en, *topic.words) if topic else ()),
        town.name("mahalle", ticket.district) if ticket.district else "",
        ticket.address,
        ticket.text,
        ticket.words,
        (ticket.external_number or "") if shown else "",
        *answers,
    )
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))


def asked_words(query: str) -> list[str]:
    """The words of a query, each once."""
    return list(dict.fromkeys(words(query)))[:MOST_WORDS]


def other_forms(word: str) -> tuple[str, ...]:
    """The whole words that a request may have instead of one that begins with this word of a query."""
    return tuple(one for one in same_words(word) if not one.startswith(word))


def fts_match(asked: Sequence[str]) -> str:
    """The query of SQLite's search table for words."""
    return " AND ".join(_any_of(" OR ", [f'"{word}"*', *(f'"{one}"' for one in other_forms(word))]) for word in asked)


def vector_of(asked: Sequence[str]) -> str:
    """The query of PostgreSQL's text search for words."""
    return " & ".join(_any_of(" | ", [f"'{word}':*", *(f"'{one}'" for one in other_forms(word))]) for word in asked)


def _any_of(either: str, forms: Sequence[str]) -> str:
    return forms[0] if len(forms) == 1 else f"({either.join(forms)})"


def found_by(query: str, table: sa.Table, *, postgres: bool) -> sa.ColumnElement[bool]:
    """The condition on `tickets` for typed text: a request's number, or words."""
    try:
        return table.c.number == str(TicketNumber.parse(query))
    except BadNumber:
        return having_words(query, table, "ticket_search", postgres=postgres)


def having_words(query: str, table: sa.Table, search: str, *, postgres: bool) -> sa.ColumnElement[bool]:
    """The condition on a table with the columns `id` and `folded`: each word of the query begins a word of the row.
    `search` is the table's FTS5 table on SQLite. A query without words finds nothing."""
    asked = asked_words(query)
    if not asked:
        return sa.false()
    if postgres:
        vector = sa.func.to_tsvector(sa.literal_column("'simple'"), table.c.folded)
        return vector.op("@@", is_comparison=True)(
            sa.func.to_tsquery(sa.literal_column("'simple'"), sa.bindparam(None, vector_of(asked), type_=sa.Text))
        )
    fts = sa.table(search, sa.column("rowid", sa.BigInteger))
    found = sa.select(fts.c.rowid).where(sa.text(f"{search} MATCH :asked").bindparams(asked=fts_match(asked)))
    return table.c.id.in_(found.scalar_subquery())
