"""Time that goes by at once, for what must not be given up by then."""

import asyncio

import pytest

BY_S = 30.0


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute passes on the running loop: whatever waits with a shorter deadline gives up in its next turn."""
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + BY_S)
