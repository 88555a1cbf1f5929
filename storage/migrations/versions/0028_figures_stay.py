"""Calls keep what figures say of them when a person is erased: that a request came of a call, and what became of a
caller who gave up. Of what was erased before, it is not known any more."""

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


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("calls", name)
