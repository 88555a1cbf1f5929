"""What tests of callers' sessions are given."""

from collections.abc import AsyncIterator

import pytest

from tests.acd.asterisk.caller_sessions import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A server of callers' sessions that runs."""
    desk = Desk()
    await desk.server.start()
    yield desk
    await desk.server.stop()
