"""The daemon is stopped by SIGSTOP: for a few seconds, or for good."""

import time

from tests.chaos.run import Fault, Plan, Scene

HEARTBEAT_S = 3.0
SHORT_S = (0.7, 2.0)


class Hang(Fault):
    """Every second time it goes on by itself; the other times the supervisor has to end it."""

    name = "hang"
    about = "SIGSTOP of the daemon, every second time followed by SIGCONT"
    settings = {"heartbeat_s": HEARTBEAT_S}
    full = Plan(times=6, calls=800, rate=20)
    quick = Plan(times=2, calls=130, rate=15, long_talk_s=5.0)

    def __init__(self) -> None:
        self._strikes = 0

    def strike(self, scene: Scene) -> float:
        began, daemon = time.monotonic(), scene.stack.daemon
        daemon.suspend()
        self._strikes += 1
        if self._strikes % 2:
            scene.stack.await_another_daemon(daemon.pid)
            return time.monotonic() - began
        time.sleep(scene.chance.uniform(*SHORT_S))
        daemon.resume()
        scene.stack.wait_ready()
        return time.monotonic() - began
