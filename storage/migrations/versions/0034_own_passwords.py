"""Which passwords their people are to change, and how sessions began: what was opened by a session goes on when it has
another cookie after a change of the password. Who chose the passwords of before is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("password_due", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for name in ("origin", "way"):
        op.add_column("sessions", sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    op.execute("UPDATE sessions SET origin = digest")
    op.create_index("ix_sessions_origin", "sessions", ["origin"])


def downgrade() -> None:
    op.drop_index("ix_sessions_origin", "sessions")
    for name in ("way", "origin"):
        op.drop_column("sessions", name)
    op.drop_column("people", "password_due")
