"""Accounts at OpenID Connect providers by which people sign in: which of ours each belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identities",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("issuer", "subject", "user")),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject"),
    )
    op.create_index("ix_identities_user", "identities", ["user", "issuer"], unique=True)


def downgrade() -> None:
    op.drop_table("identities")
