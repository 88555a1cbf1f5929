"""When the caller of each call had heard the notices of privacy, recording and monitoring to their ends."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS = ("privacy_notice_ms", "recording_notice_ms", "monitoring_notice_ms")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("calls", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("calls", name)
