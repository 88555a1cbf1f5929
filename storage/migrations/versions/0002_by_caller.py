"""Calls and tickets by caller: who knows a caller is asked at each call."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_caller", "calls", ["caller", "entered_at"])
    op.create_index("ix_tickets_caller", "tickets", ["caller", "opened_at"])


def downgrade() -> None:
    op.drop_index("ix_tickets_caller", "tickets")
    op.drop_index("ix_calls_caller", "calls")
