"""An index of the deadlines of a unit's requests."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    runs = sa.text("clock_runs")
    op.create_index(
        "ix_tickets_unit_running", "tickets", ["unit", "due_at"], sqlite_where=runs, postgresql_where=runs
    )


def downgrade() -> None:
    op.drop_index("ix_tickets_unit_running", "tickets")
