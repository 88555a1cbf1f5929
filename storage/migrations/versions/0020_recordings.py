"""The recordings of talks: one row for each call that was to be recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("call", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "why")),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("seconds", "missing_s")),
        sa.Column("pauses", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in ("kept_at", "destroyed_at", "gone_at")),
    )
    op.create_index("ix_recordings_began", "recordings", ["began_at"])
    todo = sa.text("state = 'recording' OR (state = 'destroyed' AND gone_at IS NULL)")
    op.create_index("ix_recordings_todo", "recordings", ["call"], sqlite_where=todo, postgresql_where=todo)


def downgrade() -> None:
    op.drop_table("recordings")
