"""The mahalle of a call that opened no request: outbreaks are found among calls, not among requests alone."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispositions", sa.Column("district", sa.Text(), nullable=True))
    placed = sa.text("district IS NOT NULL")
    op.create_index("ix_dispositions_placed", "dispositions", ["at"], sqlite_where=placed, postgresql_where=placed)


def downgrade() -> None:
    op.drop_index("ix_dispositions_placed", "dispositions")
    op.drop_column("dispositions", "district")
