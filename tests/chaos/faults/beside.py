"""`kill -9`, under load, of what serves no call itself: the desk, or the relay."""

import time
from pathlib import Path
from typing import ClassVar

import psutil

from bench.stack import until
from tests.chaos.run import BACK_S, Fault, Plan, Scene


class Beside(Fault):
    """The line goes on; the supervisor starts another process at once."""

    process: ClassVar[str]
    """As its pid file is named."""

    def strike(self, scene: Scene) -> float:
        began = time.monotonic()
        pid_file = scene.stack.data_dir / f"{self.process}.pid"
        before = _pid(pid_file)
        psutil.Process(before).kill()
        until(f"another {self.process}", lambda: _pid(pid_file) not in (0, before), 60)
        started_s = time.monotonic() - began
        scene.stack.wait_ready(60)
        scene.stack.waited_for = {f"another {self.process}": started_s, **scene.stack.waited_for}
        return time.monotonic() - began


class Desk(Beside):
    """The next desk stores what was missed."""

    name = process = "desk"
    about = "kill -9 of the desk"
    most_s = BACK_S
    full = Plan(times=20, calls=1200, rate=30)
    quick = Plan(times=3, calls=120, rate=12, long_talk_s=5.0)


class Relay(Beside):
    """The callers here are at telephones that need no relay: none of them may notice. What becomes of pages is tried in
    a browser (`tests/browser/test_relay.py`)."""

    name = process = "relay"
    about = "kill -9 of the relay"
    full = Plan(times=20, calls=600, rate=30)
    quick = Plan(times=3, calls=120, rate=12, long_talk_s=5.0)


def _pid(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
