"""A link of each request to the one that it follows up, also of those from before there were such links: the index of
links finds the follow-ups of a request."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO ticket_links (number, kind, other, how, at)"
        " SELECT number, 'request', follows, 'follows', opened_at FROM tickets WHERE follows IS NOT NULL"
        " ON CONFLICT DO NOTHING"  # the links were made before this script was
    )


def downgrade() -> None:
    op.execute("DELETE FROM ticket_links WHERE kind = 'request'")
