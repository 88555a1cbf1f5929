"""Which agents have had a call: an agent says only of such a call what became of it."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.tables import CallRow, TalkSegmentRow

calls, segments = table_of(CallRow), table_of(TalkSegmentRow)


async def has_had(connection: AsyncConnection, call: str, extension: str) -> bool:
    """Whether the agent with this extension has the call, or had a part in it before or after a transfer. The row of a
    call that is over names only the agent who answered it first."""
    mine = (
        sa.exists().where(calls.c.id == call, calls.c.agent == extension),
        sa.exists().where(segments.c.call == call, segments.c.agent == extension),
    )
    return bool((await connection.execute(sa.select(sa.or_(*mine)))).scalar_one())
