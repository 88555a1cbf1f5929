"""Citizens' telephone numbers without separators, and erasures that take another system's number along.

A number as it was typed, `0532 111 22 33`, was found by no look-up. Of a text that has more than a number the first
number of the country is kept; a text without one named nobody who can be called, and becomes empty.

Another system's number of a request says there who made it. It goes when the person is erased, from the history too.
Its digest stays in a table of its own, so that the request is not imported again."""

import hashlib
import importlib
import re

import sqlalchemy as sa
from alembic import op

from tickets.find.folding import words

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

SEPARATORS = re.compile(r"[\s()/.\-\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
NUMBER = re.compile(r"\+?[0-9]{3,17}")
WITHIN = re.compile(r"(?<![0-9])(?:(?:\+|00)?90|0)[\s().-]*[1-9](?:[\s().-]*[0-9]){9}(?![0-9])")
OF_TRUNK = re.compile(r"\+?[0-9](?:[.-]?[0-9]){6,}")

REFUSAL = "ticket_history: rows are added, never deleted, and cleared only when their request is erased"
KEPT = ("number", "version", "at", "role", "who", "what", "before", "after", "unit", "responsible")
TEXT, PERSON = (
    f"EXISTS (SELECT 1 FROM tickets WHERE tickets.number = OLD.number AND tickets.{part}_erased_at IS NOT NULL)"
    for part in ("text", "person")
)


def upgrade() -> None:
    connection = op.get_bind()
    _rewrite_numbers(connection)
    op.create_table(
        "erased_references",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sqlite_with_rowid=False,
    )
    if connection.dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION history_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'UPDATE' THEN IF {_erases_on_postgres()} THEN RETURN NEW; END IF; END IF;"
            f" RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
    else:
        op.execute("DROP TRIGGER history_no_update")
        op.execute(
            f"CREATE TRIGGER history_no_update BEFORE UPDATE ON ticket_history WHEN NOT ({_erases_on_sqlite()})"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    _forget_references(connection)


def downgrade() -> None:
    """The numbers stay without separators, since a program of before finds those too. The digests are lost."""
    op.drop_table("erased_references")
    before = importlib.import_module("storage.migrations.versions.0024_history_is_kept")
    before.downgrade()
    before.upgrade()


def held(written: str) -> str:
    """The number that a text is, or else the first that it has, without separators; empty for none."""
    whole = SEPARATORS.sub("", written)
    if NUMBER.fullmatch(whole):
        return whole
    found = WITHIN.search(written)
    return SEPARATORS.sub("", found[0]) if found else ""


def of_trunk(written: str) -> str:
    """The same of what a trunk gave, which may be a SIP user too: that stays."""
    return SEPARATORS.sub("", written) if OF_TRUNK.fullmatch(written) else written


def _rewrite_numbers(connection: sa.Connection) -> None:
    for name, form in (("tickets", held), ("outcome_attempts", held), ("calls", of_trunk)):
        table = sa.table(name, sa.column("caller", sa.Text))
        query = sa.select(table.c.caller).distinct().where(table.c.caller != "")
        if name == "calls":  # of a million hardly one has any
            query = query.where(sa.or_(table.c.caller.contains("-"), table.c.caller.contains(".")))
        written = connection.execute(query).scalars().all()
        changes = [{"old": one, "new": form(one)} for one in written if form(one) != one]
        if changes:
            update = sa.update(table).where(table.c.caller == sa.bindparam("old"))
            connection.execute(update.values(caller=sa.bindparam("new")), changes)


def _erases(same: str, details: tuple[str, ...]) -> str:
    """Whether an update of the history is one that an erasure makes. `same` compares values of which either may be
    null; `details` are conditions that the detail is as before, without `remark`, without `reference`, and without
    both."""
    kept = " AND ".join(f'NEW."{name}" {same} OLD."{name}"' for name in KEPT)
    said = f"(NEW.note = OLD.note AND NEW.words = OLD.words OR NEW.note = '' AND NEW.words = '' AND {TEXT})"
    as_before, no_remark, no_reference, neither = details
    detail = (
        f"({as_before} OR {no_remark} AND {TEXT} OR {no_reference} AND {PERSON} OR {neither} AND {TEXT} AND {PERSON})"
    )
    return f"{kept} AND {said} AND {detail} AND OLD.what <> 'erase' AND ({TEXT} OR {PERSON})"


def _erases_on_postgres() -> str:
    after, before = "NEW.detail::jsonb", "OLD.detail::jsonb"
    remark, reference = " - 'remark'::text", " - 'reference'::text"
    less = ("", remark, reference, remark + reference)
    return _erases("IS NOT DISTINCT FROM", tuple(f"{after} = ({before}{one})" for one in less))


def _erases_on_sqlite() -> str:
    less = ("", ", '$.remark'", ", '$.reference'", ", '$.remark', '$.reference'")
    return _erases("IS", tuple(f"json(NEW.detail) = json_remove(OLD.detail{one})" for one in less))


def _forget_references(connection: sa.Connection) -> None:
    """Take the other systems' numbers from requests whose persons were erased before."""
    names = ("number", "external_source", "external_number", "folded")
    tickets = sa.table("tickets", *(sa.column(name) for name in names))
    references = sa.table("erased_references", sa.column("digest"))
    gone = sa.text("person_erased_at IS NOT NULL AND external_number IS NOT NULL")
    for number, source, reference, folded in connection.execute(sa.select(tickets).where(gone)).all():
        digest = hashlib.sha256(f"{source}\0{reference}".encode()).hexdigest()
        connection.execute(sa.insert(references).values(digest=digest))
        # It is searched by words: a request must not be found by what is gone from it.
        of_it = set(words(reference))
        left = " ".join(word for word in folded.split(" ") if word not in of_it)
        bare = {"external_number": None, "folded": left}
        connection.execute(sa.update(tickets).where(tickets.c.number == number).values(bare))
    is_postgres = connection.dialect.name == "postgresql"
    less = "(detail::jsonb - 'reference')::json" if is_postgres else "json_remove(detail, '$.reference')"
    has = "detail->>'reference' IS NOT NULL" if is_postgres else "json_extract(detail, '$.reference') IS NOT NULL"
    erased = "number IN (SELECT number FROM tickets WHERE person_erased_at IS NOT NULL)"
    op.execute(f"UPDATE ticket_history SET detail = {less} WHERE what IN ('open', 'import') AND {has} AND {erased}")
