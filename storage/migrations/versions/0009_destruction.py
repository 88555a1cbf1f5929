"""What was erased of a request, and an audit whose rows may go after a year.

The database itself refuses to delete a younger row of the audit (`tickets.privacy.retention.LEAST_DAYS`)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WORDS = "audit: rows are added, never changed, and deleted after a year at the earliest"
YEAR_MS = 365 * 86_400_000
OLD_WORDS = "audit: rows are added, never changed or deleted"


def upgrade() -> None:
    for name in ("person_erased_at", "text_erased_at"):
        op.add_column("tickets", sa.Column(name, sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_is_kept ON audit")
        _refuse_on_postgres("UPDATE OR TRUNCATE", WORDS)
        op.execute(
            "CREATE FUNCTION audit_is_young() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF OLD.at > extract(epoch FROM now()) * 1000 - {YEAR_MS} THEN RAISE EXCEPTION '{WORDS}'; END IF;"
            " RETURN OLD; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_young BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_young()"
        )
    else:
        for what in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_no_{what}")
        op.execute(f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '{WORDS}'); END")
        young = f"OLD.at > CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {YEAR_MS}"
        op.execute(
            f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN {young} BEGIN"
            f" SELECT RAISE(ABORT, '{WORDS}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_is_young ON audit")
        op.execute("DROP FUNCTION audit_is_young()")
        op.execute("DROP TRIGGER audit_is_kept ON audit")
        _refuse_on_postgres("UPDATE OR DELETE OR TRUNCATE", OLD_WORDS)
    else:
        for what in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_no_{what}")
            op.execute(
                f"CREATE TRIGGER audit_no_{what} BEFORE {what.upper()} ON audit BEGIN"
                f" SELECT RAISE(ABORT, '{OLD_WORDS}'); END"
            )
    for name in ("person_erased_at", "text_erased_at"):
        op.drop_column("tickets", name)


def _refuse_on_postgres(events: str, words: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{words}'; END $$"
    )
    op.execute(f"CREATE TRIGGER audit_is_kept BEFORE {events} ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()")
