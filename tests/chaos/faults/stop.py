"""An ordered stop of everything (Ctrl-C), and a start some seconds later."""

import time

from tests.chaos.run import Fault, Plan, Scene

AWAY_S = (4.0, 8.0)


class Stop(Fault):
    """Every call ends with Asterisk; callers who dial meanwhile are not answered."""

    name = "stop"
    about = "Ctrl-C of everything, and a start 4 to 8 s later"
    full = Plan(times=3, calls=600, rate=12)
    quick = Plan(times=1, calls=100, rate=12, long_talk_s=5.0)
    cuts = True

    def strike(self, scene: Scene) -> float:
        scene.stack.stop()
        time.sleep(scene.chance.uniform(*AWAY_S))
        began = time.monotonic()
        scene.stack.start()
        return time.monotonic() - began
