"""`kill -9` of the desk under load."""

import time
from pathlib import Path

import psutil

from bench.stack import until
from tests.chaos.run import Fault, Plan, Scene


class Desk(Fault):
    """The line goes on; the supervisor starts another desk at once, which stores what was missed."""

    name = "desk"
    about = "kill -9 of the desk"
    full = Plan(times=20, calls=1200, rate=30)
    quick = Plan(times=3, calls=120, rate=12, long_talk_s=5.0)

    def strike(self, scene: Scene) -> float:
        began = time.monotonic()
        pid_file = scene.stack.data_dir / "desk.pid"
        before = _pid(pid_file)
        psutil.Process(before).kill()
        until("another desk", lambda: _pid(pid_file) not in (0, before), 60)
        scene.stack.wait_ready(60)
        return time.monotonic() - began


def _pid(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0
