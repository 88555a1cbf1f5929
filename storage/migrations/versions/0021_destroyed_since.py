"""Since when the line's own data was destroyed that a record is about."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("destructions", sa.Column("newer_than", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("destructions", "newer_than")
