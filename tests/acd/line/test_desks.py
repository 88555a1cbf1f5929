"""What the line asks a desk for its callers, if no desk is there."""

from pathlib import Path
from typing import Any

import structlog

from acd.line.desks import Desks
from acd.link.line_end import LineEnd


def never(*_: object) -> Any:
    """Nothing of the line's own is asked for here."""
    raise AssertionError


async def test_a_caller_of_whom_no_desk_tells_is_one_line_of_the_log_without_their_number(tmp_path: Path) -> None:
    desks = Desks.__new__(Desks)
    desks.link = LineEnd(tmp_path / "link", opening=never, status=never, wish=never, look=never)
    with structlog.testing.capture_logs() as said:
        assert await desks.own("05321112233") is None
        assert await desks.preferred_agent("05321112233") is None
    assert said == [
        {"event": "caller_not_looked_up", "kind": kind, "error": "no desk is connected", "log_level": "warning"}
        for kind in ("own", "preferred_agent")
    ]
