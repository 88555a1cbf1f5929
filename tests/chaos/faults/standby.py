"""No engine for so long that the standby serves the callers in between."""

import contextlib
import os
import signal
import time

import psutil

from tests.chaos.run import Fault, Plan, Scene

AFTER_S = 2.0
AWAY_S = (14.0, 20.0)
LOOK_S = 0.005


class Standby(Fault):
    """Each daemon that the supervisor starts is killed as soon as it is seen, until the outage is over."""

    name = "standby"
    about = "no daemon for 14 to 20 s: the standby serves"
    settings = {"standby_after_s": AFTER_S, "heartbeat_s": 0}
    full = Plan(times=3, calls=900, rate=9)
    quick = Plan(times=1, calls=130, rate=6, long_talk_s=5.0)

    def strike(self, scene: Scene) -> float:
        began = time.monotonic()
        over = began + scene.chance.uniform(*AWAY_S)
        last = 0
        while time.monotonic() < over:
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                last = scene.stack.daemon.pid
                os.kill(last, signal.SIGKILL)
            time.sleep(LOOK_S)
        scene.stack.await_another_daemon(last)
        return time.monotonic() - over
