"""What each wait was spent on. Calls of before have no causes: nothing told them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("open_wait", sa.Text(), nullable=True))
    op.create_table(
        "wait_queues",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("queue"),
    )
    op.create_table(
        "call_waits",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("class", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("within_target", sa.Boolean(), nullable=False),
        sa.Column("waited_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("call", "cause", "agent"),
    )
    op.create_index("ix_call_waits_entered", "call_waits", ["entered_at"])


def downgrade() -> None:
    op.drop_table("call_waits")
    op.drop_table("wait_queues")
    op.drop_column("calls", "open_wait")
