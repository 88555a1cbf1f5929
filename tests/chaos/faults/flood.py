"""Hundreds of INVITEs a second from the trunk's address, by callers who never answer anything."""

import threading
import time

from bench.stack import StackError
from phones import Caller, Flood, HangUp, Wait
from tests.chaos.run import Fault, Plan, Scene

PER_S = 200.0
FOR_S = 2.0
LOOK_AGAIN_S = 0.25
SERVES_WITHIN_S = 40.0


class FloodOfCalls(Fault):
    """Most are refused before they are answered, and so are others' calls meanwhile: those are not dropped. What the
    line has taken it keeps. Asterisk reads its phones late meanwhile: a row is held against Asterisk's own log to half
    a second, and against the phones to five."""

    name = "flood"
    about = f"{PER_S:.0f} INVITEs a second for {FOR_S:g} s, without ACK"
    full = Plan(times=3, calls=600, rate=12)
    quick = Plan(times=1, calls=80, rate=10, long_talk_s=5.0)
    refuses = True
    near_s = 5.0

    def strike(self, scene: Scene) -> float:
        with Flood(int(str(scene.stack.settings["sip_port"])), lambda n: f"0533{n:07d}") as flood:
            flooding = threading.Thread(
                target=flood.send, kwargs={"count": round(PER_S * FOR_S), "per_s": PER_S}, name="flood"
            )
            began = time.monotonic()
            flooding.start()
            _await_service(scene)
            recovery_s = time.monotonic() - began
            flooding.join()
            flood.listen(0.5)
            scene.say(f"flood: answered by {dict(sorted(flood.statuses().items()))}")
        return recovery_s


def _await_service(scene: Scene) -> None:
    """Dial until the line answers."""
    deadline = time.monotonic() + SERVES_WITHIN_S
    while time.monotonic() < deadline:
        process, _ = scene.crowd.add(Caller(steps=(Wait(0.2), HangUp())), 1, 1.0)
        process.wait(20)
        if all(leg.final == 200 for leg in process.legs()):
            return
        time.sleep(LOOK_AGAIN_S)
    raise StackError(f"no caller was answered within {SERVES_WITHIN_S:g} s of a flood")
