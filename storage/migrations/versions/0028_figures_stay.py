"""Calls keep what figures say of them when a person is erased: that a request came of a call, and what became of a
caller who gave up. Of what was erased before, it is not known any more.

No question uses the index of sessions by their last use; each use wrote to it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = ("kept_contact", "kept_became")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("calls", sa.Column(name, sa.Text(), nullable=True))
    op.drop_index("ix_sessions_used", "sessions")


def downgrade() -> None:
    op.create_index("ix_sessions_used", "sessions", ["used_at"])
    for name in reversed(COLUMNS):
        op.drop_column("calls", name)
