"""When the number of a call's caller was erased: a withheld number is another matter. Of numbers that were erased
before, it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("number_erased_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "number_erased_at")
