"""Requests: the tickets of urgent calls become requests with a life, and all that belongs to it gets its tables."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_CHUNK = 1000
_COLUMNS: tuple[tuple[str, Any, bool], ...] = (
    ("number", sa.Text(), False),
    ("id", sa.BigInteger(), False),
    ("year", sa.Integer(), False),
    ("sequence", sa.Integer(), False),
    ("origin", sa.Text(), False),
    ("external_source", sa.Text(), True),
    ("external_number", sa.Text(), True),
    ("service", sa.Text(), False),
    ("class", sa.Text(), False),
    ("kind", sa.Text(), False),
    ("topic", sa.Text(), True),
    ("priority", sa.Text(), False),
    ("state", sa.Text(), False),
    ("is_open", sa.Boolean(), False),
    ("unit", sa.Text(), True),
    ("responsible", sa.Text(), True),
    ("district", sa.Text(), True),
    ("address", sa.Text(), False),
    ("lat", sa.Double(), True),
    ("lon", sa.Double(), True),
    ("text", sa.Text(), False),
    ("channel", sa.Text(), False),
    ("language", sa.Text(), False),
    ("caller", sa.Text(), False),
    ("name", sa.Text(), False),
    ("call", sa.Text(), True),
    ("fields", sa.JSON(), False),
    ("agrees", sa.Boolean(), False),
    ("contact", sa.Text(), False),
    ("clock", sa.JSON(), False),
    ("clock_runs", sa.Boolean(), False),
    ("due_at", sa.BigInteger(), True),
    ("opened_at", sa.BigInteger(), False),
    ("updated_at", sa.BigInteger(), False),
    ("accepted_at", sa.BigInteger(), True),
    ("outcome", sa.Text(), True),
    ("outcome_at", sa.BigInteger(), True),
    ("words", sa.Text(), False),
    ("outcomes", sa.Integer(), False),
    ("resolved_at", sa.BigInteger(), True),
    ("resolved_in_time", sa.Boolean(), True),
    ("reopened", sa.Integer(), False),
    ("told_at", sa.BigInteger(), True),
    ("told_how", sa.Text(), True),
    ("closed_at", sa.BigInteger(), True),
    ("score", sa.Integer(), True),
    ("remark", sa.Text(), False),
    ("parent", sa.Text(), True),
    ("follows", sa.Text(), True),
    ("version", sa.Integer(), False),
    ("folded", sa.Text(), False),
    ("stages", sa.JSON(), False),
    ("watch_at", sa.BigInteger(), True),
    ("erase_asked", sa.Integer(), True),
)
"""Name, type and whether it may be null."""
_INDEXES: tuple[tuple[str, list[str], bool, str], ...] = (
    ("ix_tickets_board", ["unit", "due_at", "id"], False, "is_open"),
    ("ix_tickets_call", ["call"], False, ""),
    ("ix_tickets_caller", ["caller", "id"], False, ""),
    ("ix_tickets_closed", ["closed_at"], False, ""),
    ("ix_tickets_district", ["district", "id"], False, ""),
    ("ix_tickets_kind", ["kind", "id"], False, ""),
    ("ix_tickets_opened", ["opened_at", "number"], False, ""),
    ("ix_tickets_parent", ["parent"], False, "parent IS NOT NULL"),
    ("ix_tickets_running", ["due_at"], False, "clock_runs"),
    ("ix_tickets_service", ["service", "id"], False, ""),
    ("ix_tickets_state", ["state", "id"], False, ""),
    ("ix_tickets_topic", ["topic", "id"], False, ""),
    ("ix_tickets_unit", ["unit", "id"], False, ""),
    ("ix_tickets_watch", ["watch_at"], False, "watch_at IS NOT NULL"),
    ("ux_tickets_by_call", ["call", "service"], True, "origin = 'line'"),
    ("ux_tickets_external", ["external_source", "external_number"], True, ""),
)
"""Name, columns, whether it is unique, and of which rows."""


def upgrade() -> None:
    _replace_tickets()
    _make_search()
    _make_life()
    _make_following()
    _make_rest()
    op.execute(
        "INSERT INTO ticket_history (number, version, at, role, who, what, after, note, words, detail)"
        " SELECT number, 1, opened_at, 'system', '', 'open', state, '', '', '{}' FROM tickets"
    )
    op.execute(
        "INSERT INTO ticket_links (number, kind, other, how, at)"
        " SELECT number, 'call', call, 'opened', opened_at FROM tickets WHERE call IS NOT NULL"
    )


def downgrade() -> None:
    """Requests keep what the tickets of revision 0004 had, those of the desk without their call."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("DROP INDEX ticket_search")
    else:
        for trigger in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER ticket_search_{trigger}")
        op.execute("DROP TABLE ticket_search")
    op.drop_table("town_state")
    op.drop_table("town_names")
    op.drop_table("idempotent_writes")
    op.drop_table("erasures")
    op.drop_table("destructions")
    op.drop_table("unmaskings")
    op.drop_table("articles")
    op.drop_table("dispositions")
    op.drop_table("notices")
    op.drop_table("tasks")
    op.drop_table("outcome_attempts")
    op.drop_table("outbox")
    op.drop_table("ticket_codes")
    op.drop_table("ticket_files")
    op.drop_table("ticket_links")
    op.drop_table("ticket_history")
    for name, *_ in _INDEXES:
        op.drop_index(name, "tickets")
    op.rename_table("tickets", "tickets_of_0005")
    if postgres:
        _free_names("tickets_of_0005", ("tickets_pkey", "uq_tickets_year_sequence", "uq_tickets_id"))
    _make_tickets_of_0004()
    op.execute(
        "INSERT INTO tickets (number, year, sequence, service, class, state, caller, language, district, call,"
        " opened_at, updated_at, closed_at, fields) SELECT number, year, sequence, service, class, state, caller,"
        " language, district, CASE WHEN origin = 'line' THEN call END, opened_at, updated_at, closed_at, fields"
        " FROM tickets_of_0005"
    )
    op.drop_table("tickets_of_0005")


# --- tickets


def _replace_tickets() -> None:
    """A table with the new columns, filled from the old one."""
    for name in ("caller", "opened", "service_opened", "state_opened"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    op.rename_table("tickets", "tickets_of_0004")
    if op.get_bind().dialect.name == "postgresql":
        _free_names("tickets_of_0004", ("tickets_pkey", "uq_tickets_year_sequence", "uq_tickets_call_service"))
    op.create_table(
        "tickets",
        *(sa.Column(name, kind, nullable=nullable) for name, kind, nullable in _COLUMNS),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("year", "sequence", name="uq_tickets_year_sequence"),
        sa.UniqueConstraint("id", name="uq_tickets_id"),
    )
    made = sa.table("tickets", *(sa.column(name, kind) for name, kind, _ in _COLUMNS))
    for rows in _old_rows():
        op.get_bind().execute(sa.insert(made), [_filled(row) for row in rows])
    op.drop_table("tickets_of_0004")
    for name, columns, unique, where in _INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(name, "tickets", columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _free_names(table: str, constraints: tuple[str, ...]) -> None:
    """PostgreSQL's names of constraints are of a schema, not of a table."""
    for name in constraints:
        op.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _old_rows() -> Iterator[list[dict[str, Any]]]:
    names = ("number", "year", "sequence", "service", "class", "state", "caller", "language", "district", "call",
             "opened_at", "updated_at", "closed_at")  # fmt: skip
    old = sa.table("tickets_of_0004", *(sa.column(name) for name in names), sa.column("fields", sa.JSON()))
    after = ""
    while True:
        query = sa.select(old).where(old.c.number > after).order_by(old.c.number).limit(_CHUNK)
        rows = [dict(row) for row in op.get_bind().execute(query).mappings()]
        if not rows:
            return
        yield rows
        after = rows[-1]["number"]


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """A ticket of before as a request. It has no deadline: its clock ended as it began, so that thousands of calls of
    long ago do not become overdue at once."""
    urgent = row["class"] == "urgent"
    state = {"waiting": "waiting_citizen", "rejected": "refused"}.get(row["state"], row["state"])
    at = row["opened_at"] / 1000
    clock = {"rule": "urgent" if urgent else "request", "started_at": at, "stops": [], "extensions": [], "ended_at": at}
    return {
        **dict.fromkeys(name for name, _, _ in _COLUMNS),
        **row,
        "id": row["year"] * 10**9 + row["sequence"],
        "origin": "line",
        "kind": "urgent" if urgent else "request",
        "priority": "high" if urgent else "normal",
        "state": state,
        "is_open": state in ("new", "assigned", "accepted", "in_progress", "waiting_citizen", "waiting_outside"),
        "address": "",
        "text": "",
        "channel": "phone",
        "name": "",
        "agrees": False,
        "contact": "call",
        "clock": clock,
        "clock_runs": False,
        "words": "",
        "outcomes": 0,
        "reopened": 0,
        "remark": "",
        "version": 1,
        "folded": "",
        "stages": [],
    }


def _make_tickets_of_0004() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("call", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("call", "service", name="uq_tickets_call_service"),
        sa.UniqueConstraint("year", "sequence", name="uq_tickets_year_sequence"),
    )
    op.create_index("ix_tickets_opened", "tickets", ["opened_at", "number"])
    op.create_index("ix_tickets_service_opened", "tickets", ["service", "opened_at"])
    op.create_index("ix_tickets_state_opened", "tickets", ["state", "opened_at"])
    op.create_index("ix_tickets_caller", "tickets", ["caller", "opened_at"])


# --- search


def _make_search() -> None:
    """What the search looks in follows `tickets.folded` by itself. A later migration that makes the table anew must
    make the triggers anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ticket_search ON tickets USING gin (to_tsvector('simple', folded))")
        return
    op.execute("CREATE VIRTUAL TABLE ticket_search USING fts5(folded, prefix='2 3')")
    added = "INSERT INTO ticket_search (rowid, folded) VALUES (new.id, new.folded);"
    removed = "DELETE FROM ticket_search WHERE rowid = old.id;"
    op.execute("INSERT INTO ticket_search (rowid, folded) SELECT id, folded FROM tickets")
    op.execute(f"CREATE TRIGGER ticket_search_added AFTER INSERT ON tickets BEGIN {added} END")
    op.execute(f"CREATE TRIGGER ticket_search_removed AFTER DELETE ON tickets BEGIN {removed} END")
    op.execute(
        "CREATE TRIGGER ticket_search_changed AFTER UPDATE OF folded ON tickets WHEN old.folded <> new.folded"
        f" BEGIN {removed} {added} END"
    )


# --- what belongs to a request


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _make_life() -> None:
    op.create_table(
        "ticket_history",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("responsible", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", "version"),
    )
    op.create_index("ix_ticket_history_at", "ticket_history", ["at", "what"])
    op.create_table(
        "ticket_links",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", "kind", "other"),
    )
    op.create_index("ix_ticket_links_other", "ticket_links", ["kind", "other"])
    op.create_table(
        "ticket_files",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("outcomes", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ticket_files_at", "ticket_files", ["kind", "at"])
    op.create_index("ix_ticket_files_number", "ticket_files", ["number"])
    op.create_table(
        "ticket_codes",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("number"),
    )


def _make_following() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_due", "outbox", ["next_at"], **_where("state = 'pending'"))
    op.create_index("ix_outbox_number", "outbox", ["number"])
    op.create_table(
        "outcome_attempts",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", "outcome", "attempt"),
    )
    op.create_index("ix_outcome_attempts_calling", "outcome_attempts", ["caller"], **_where("result = 'calling'"))
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tasks_number", "tasks", ["number"])
    op.create_index("ix_tasks_open", "tasks", ["opened_at"], **_where("done_at IS NULL"))
    op.create_index("ux_tasks_open", "tasks", ["number", "kind"], unique=True, **_where("done_at IS NULL"))
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("head", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("read_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notices_number", "notices", ["number"])
    op.create_index("ix_notices_unit", "notices", ["unit", "id"])


def _make_rest() -> None:
    op.create_table(
        "dispositions",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call"),
    )
    op.create_index("ix_dispositions_at", "dispositions", ["at"])
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_articles_topic", "articles", ["topic"])
    op.create_table(
        "unmaskings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_unmaskings_at", "unmaskings", ["at"])
    op.create_index("ix_unmaskings_number", "unmaskings", ["number"])
    op.create_table(
        "destructions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("older_than", sa.BigInteger(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("erasure", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_destructions_at", "destructions", ["at"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "idempotent_writes",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_idempotent_writes_at", "idempotent_writes", ["at"])
    op.create_table(
        "town_names",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tr", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    op.create_table(
        "town_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("deadlines_by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
