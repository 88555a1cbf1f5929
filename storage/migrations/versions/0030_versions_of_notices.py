"""Which version of each notice the caller of a call has heard. Of calls before, that is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

COLUMNS = ("privacy_notice_version", "recording_notice_version", "monitoring_notice_version")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("calls", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("calls", name)
