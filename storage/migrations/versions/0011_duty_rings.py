"""The people on duty who are rung about urgent requests. What earlier versions asked for and nobody did is not done now."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_rings",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("ring", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("duty", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("unit", "person", "phone")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("rung_at", "heard_at", "ended_at")),
    )
    op.create_index("ix_duty_rings_duty", "duty_rings", ["duty"])
    ringing = sa.text("result = 'ringing'")
    op.create_index(
        "ix_duty_rings_ringing", "duty_rings", ["phone", "at"], sqlite_where=ringing, postgresql_where=ringing
    )
    op.execute(
        "UPDATE outbox SET state = 'dropped' WHERE state = 'pending' AND about IN ('ring_duty', 'stop_ringing')"
    )


def downgrade() -> None:
    op.drop_table("duty_rings")
