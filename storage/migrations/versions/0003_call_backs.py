"""Calls whose caller was to be called back: why, and how often they were not reached."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("callback", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("callback_tries", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "callback_tries")
    op.drop_column("calls", "callback")
