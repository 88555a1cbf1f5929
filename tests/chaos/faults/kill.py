"""`kill -9` of the line under load."""

import time

from tests.chaos.run import BACK_S, Fault, Plan, Scene


class Kill(Fault):
    """The supervisor starts another one at once."""

    name = "kill"
    about = "kill -9 of the line"
    most_s = BACK_S
    full = Plan(times=20, calls=2000, rate=30)
    quick = Plan(times=3, calls=120, rate=12, long_talk_s=5.0)

    def strike(self, scene: Scene) -> float:
        began = time.monotonic()
        scene.stack.await_another_daemon(scene.stack.kill_daemon())
        return time.monotonic() - began
