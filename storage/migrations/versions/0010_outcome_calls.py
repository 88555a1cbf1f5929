"""When a citizen was told an outcome, and by which call."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("began_at", "ended_at"):
        op.add_column("outcome_attempts", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_index("ix_outcome_attempts_call", "outcome_attempts", ["call"])


def downgrade() -> None:
    op.drop_index("ix_outcome_attempts_call", "outcome_attempts")
    for name in ("began_at", "ended_at"):
        op.drop_column("outcome_attempts", name)
