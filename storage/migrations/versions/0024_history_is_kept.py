"""The database refuses to delete a row of a request's history, or to change it but for an erasure.

An erasure clears what people wrote and said (`tickets.privacy.erasure.erase_entry`) once it has marked the request's
text as erased. Who did what and when stays, and so does the row of the erasure."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WORDS = "ticket_history: rows are added, never deleted, and cleared only when their request is erased"
KEPT = ("number", "version", "at", "role", "who", "what", "before", "after", "unit", "responsible")
ERASED = "EXISTS (SELECT 1 FROM tickets WHERE tickets.number = OLD.number AND tickets.text_erased_at IS NOT NULL)"


def _erases(same: str, detail: str) -> str:
    """Whether an update is one that an erasure makes. `same` compares values of which either may be null."""
    kept = [f'NEW."{name}" {same} OLD."{name}"' for name in KEPT]
    return " AND ".join([*kept, detail, "NEW.note = ''", "NEW.words = ''", "OLD.what <> 'erase'", ERASED])


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        erases = _erases("IS NOT DISTINCT FROM", "NEW.detail::jsonb = OLD.detail::jsonb - 'remark'")
        op.execute(
            "CREATE FUNCTION history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' THEN IF {erases} THEN RETURN NEW; END IF; END IF;"
            f" RAISE EXCEPTION '{WORDS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER history_is_kept BEFORE UPDATE OR DELETE ON ticket_history"
            " FOR EACH ROW EXECUTE FUNCTION history_is_kept()"
        )
        op.execute(
            "CREATE TRIGGER history_is_whole BEFORE TRUNCATE ON ticket_history"
            " FOR EACH STATEMENT EXECUTE FUNCTION history_is_kept()"
        )
    else:
        erases = _erases("IS", "json(NEW.detail) = json_remove(OLD.detail, '$.remark')")
        refuse = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        op.execute(f"CREATE TRIGGER history_no_delete BEFORE DELETE ON ticket_history {refuse}")
        held = "EXISTS (SELECT 1 FROM ticket_history WHERE number = NEW.number AND version = NEW.version)"
        op.execute(f"CREATE TRIGGER history_no_replace BEFORE INSERT ON ticket_history WHEN {held} {refuse}")
        op.execute(f"CREATE TRIGGER history_no_update BEFORE UPDATE ON ticket_history WHEN NOT ({erases}) {refuse}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("history_is_whole", "history_is_kept"):
            op.execute(f"DROP TRIGGER {name} ON ticket_history")
        op.execute("DROP FUNCTION history_is_kept()")
    else:
        for what in ("update", "replace", "delete"):
            op.execute(f"DROP TRIGGER history_no_{what}")
