"""The place of a request among those with one deadline: urgent ones first, then by their topics' priority. The index of
a unit's board has it."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("is_open")


def upgrade() -> None:
    op.add_column("tickets", sa.Column("rank", sa.Integer(), nullable=False, server_default=sa.text("2")))
    op.execute(
        "UPDATE tickets SET rank = CASE WHEN class = 'urgent' THEN 0 WHEN priority = 'high' THEN 1 ELSE 3 END"
        " WHERE class = 'urgent' OR priority IN ('high', 'low')"
    )
    _index("unit", "due_at", "rank", "id")


def downgrade() -> None:
    _index("unit", "due_at", "id")
    op.drop_column("tickets", "rank")


def _index(*columns: str) -> None:
    op.drop_index("ix_tickets_board", "tickets")
    op.create_index("ix_tickets_board", "tickets", columns, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
