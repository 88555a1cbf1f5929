"""Which calls about outcomes the line made alone, and the score that the citizen gave in one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outcome_attempts", sa.Column("automatic", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.add_column("outcome_attempts", sa.Column("score", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("automatic", "score"):
        op.drop_column("outcome_attempts", name)
