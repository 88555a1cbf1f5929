"""Indexes by which the audit is read page by page: what was done, also by one person, and what it was done to, each in
the order of time."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_audit_action", "audit", ["action", "at"])
    op.create_index("ix_audit_who_action", "audit", ["who", "action", "at"])
    op.drop_index("ix_audit_about", "audit")
    op.create_index("ix_audit_about", "audit", ["about", "at"])


def downgrade() -> None:
    op.drop_index("ix_audit_about", "audit")
    op.create_index("ix_audit_about", "audit", ["about"])
    op.drop_index("ix_audit_who_action", "audit")
    op.drop_index("ix_audit_action", "audit")
