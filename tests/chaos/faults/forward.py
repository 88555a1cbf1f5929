"""Agents' phones that answer with a forward (SIP 302) to an address outside."""

import socket
import time

from bench.stack import StackError, until
from phones import Agent
from tests.chaos.run import Fault, Plan, Scene

FORWARDERS = 24
FOR_S = 2.0
"""So long these agents stay signed in once the first of them was rung: whoever was idle before them is rung first."""


class Forward(Fault):
    """A forward is a miss: each caller goes on to another agent. The agents of these phones are signed in for a few
    seconds each time. Nothing may reach the address that they name."""

    name = "forward"
    about = f"{FORWARDERS} of the agents' phones answer 302"
    full = Plan(times=6, calls=900, rate=12)
    quick = Plan(times=2, calls=240, rate=10, long_talk_s=5.0)

    def __init__(self) -> None:
        self._outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._outside.bind(("127.0.0.1", 0))
        self._outside.setblocking(False)
        self._forwarded = 0

    def staff(self, scene: Scene) -> None:
        logins = scene.stack.logins
        self.staff_some(scene, logins[:-FORWARDERS])
        target = f"sip:0900123@127.0.0.1:{self._outside.getsockname()[1]}"
        scene.crowd.staff_as(logins[-FORWARDERS:], Agent(answer_after_s=0.0, reject=302, forward_to=target))

    def begin(self, scene: Scene) -> None:
        self._all(scene, "offline")

    def strike(self, scene: Scene) -> float:
        """The longest time from a forward to the caller's next offer."""
        self._all(scene, "ready")
        until("one of them is rung", lambda: self._recoveries(scene), 20, every_s=0.1)
        time.sleep(FOR_S)
        self._all(scene, "offline")
        until("none of them rings", lambda: not self._engaged(scene), 20, every_s=0.1)
        found = until("the offers are stored", lambda: self._recoveries(scene), 20, every_s=0.1)
        scene.say(f"forward: {len(found) - self._forwarded} callers were forwarded")
        self._forwarded = len(found)
        return max(found)

    def finish(self, scene: Scene) -> None:
        try:
            packet = self._outside.recv(65535)
        except BlockingIOError:
            return
        finally:
            self._outside.close()
        raise StackError(f"a forward was followed: {packet[:200]!r} came from outside")

    @staticmethod
    def _all(scene: Scene, state: str) -> None:
        for login in scene.stack.logins[-FORWARDERS:]:
            scene.stack.set_state(login.user, state)

    @staticmethod
    def _engaged(scene: Scene) -> bool:
        users = {login.user for login in scene.stack.logins[-FORWARDERS:]}
        return any(one["state"] != "offline" for user, one in scene.stack.agents().items() if user in users)

    def _recoveries(self, scene: Scene) -> list[float]:
        """Seconds from each forward to the caller's next offer, or to now; empty until there are more of them."""
        offers = scene.stack.rows("SELECT call, made_at, ended_at, result FROM offers ORDER BY made_at")
        found = []
        for place, (call, _, ended_at, result) in enumerate(offers):
            if result == "forwarded":
                later = (made_at for other, made_at, _, _ in offers[place + 1 :] if other == call)
                found.append((next(later, time.time() * 1000) - ended_at) / 1000)
        return found if len(found) > self._forwarded else []
