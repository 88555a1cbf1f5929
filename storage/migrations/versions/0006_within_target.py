"""Whether a call met the target of six seconds; calls of before are held against it as well."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CALLS = sa.table(
    "calls",
    *(sa.column(name, sa.BigInteger()) for name in ("arrived_at", "answered_at", "ended_at")),
    *(sa.column(name, sa.Double()) for name in ("wait_s", "answer_delay_s")),
    *(sa.column(name, sa.Text()) for name in ("class", "outcome")),
    sa.column("within_target", sa.Boolean()),
)
_TARGET_S = 6.0


def upgrade() -> None:
    op.add_column("calls", sa.Column("within_target", sa.Boolean(), nullable=True))
    calls = _CALLS.c
    urgent = sa.and_(calls["class"].is_not(None), calls["class"] == "urgent")
    answered = sa.case((urgent, calls.answer_delay_s), else_=calls.wait_s) <= _TARGET_S
    given_up = sa.case(
        (urgent, calls.ended_at - calls.arrived_at < int(_TARGET_S * 1000)), else_=calls.wait_s < _TARGET_S
    )
    met = sa.case(
        (calls.answered_at.is_not(None), answered), (calls.outcome == "abandoned", given_up), else_=sa.false()
    )
    over = sa.or_(calls.answered_at.is_not(None), calls.outcome.is_not(None))
    op.execute(sa.update(_CALLS).where(over, calls.wait_s.is_not(None)).values(within_target=met))


def downgrade() -> None:
    op.drop_column("calls", "within_target")
