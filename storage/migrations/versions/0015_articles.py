"""The knowledge base: articles with their versions and a search, and the article that answered a call.

The table `articles` of revision 0005 was never written to; it is made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("articles")
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        *_written(),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", name="uq_articles_key"),
    )
    op.create_index("ix_articles_topic", "articles", ["topic"])
    op.create_table(
        "article_versions",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        *_written(),
        sa.PrimaryKeyConstraint("id", "version"),
    )
    op.add_column("dispositions", sa.Column("article", sa.Integer(), nullable=True))
    _make_search()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX article_search")
    else:
        for trigger in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER article_search_{trigger}")
        op.execute("DROP TABLE article_search")
    op.drop_column("dispositions", "article")
    op.drop_table("article_versions")
    op.drop_table("articles")
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_articles_topic", "articles", ["topic"])


def _written() -> list[sa.Column[object]]:
    return [
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
    ]


def _make_search() -> None:
    """As that of requests in revision 0005. A later migration that makes the table anew must make the triggers anew."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX article_search ON articles USING gin (to_tsvector('simple', folded))")
        return
    op.execute("CREATE VIRTUAL TABLE article_search USING fts5(folded, prefix='2 3')")
    added = "INSERT INTO article_search (rowid, folded) VALUES (new.id, new.folded);"
    removed = "DELETE FROM article_search WHERE rowid = old.id;"
    op.execute(f"CREATE TRIGGER article_search_added AFTER INSERT ON articles BEGIN {added} END")
    op.execute(f"CREATE TRIGGER article_search_removed AFTER DELETE ON articles BEGIN {removed} END")
    op.execute(
        "CREATE TRIGGER article_search_changed AFTER UPDATE OF folded ON articles WHEN old.folded <> new.folded"
        f" BEGIN {removed} {added} END"
    )
