"""The AGI sessions of phones that are no caller's, and the watch over agents' pages.

The phones are those of agents who dial codes, of people on duty who are rung, and of leads who monitor.
"""

import asyncio
from collections.abc import Callable

from acd.asterisk.agent_codes import AgentCodePorts, AgentCodes
from acd.asterisk.agi_server import Session
from acd.asterisk.duty_rings import LANGUAGE as DUTY_LANGUAGE
from acd.asterisk.duty_rings import DutyPorts, DutyRings
from acd.asterisk.keypad import Keypads
from acd.asterisk.monitors import MonitorPorts, Monitors
from acd.asterisk.node import AsteriskNode
from acd.asterisk.page_legs import PageLegs
from acd.config.rules import Rules, is_spoken
from acd.config.settings import Settings
from acd.engine.machine import Engine
from acd.engine.model.commands import EndMonitor, RingDuty, WatchLeg
from acd.engine.model.ids import AgentId
from acd.lib.clock import clock
from acd.line.runtime import Runtime
from agents.pins import verify_pin


class PhoneSessions:
    """Their sessions, and the engine's orders about them. `settings` and `rules` give those in force."""

    def __init__(
        self,
        *,
        engine: Engine,
        runtime: Runtime,
        node: AsteriskNode,
        keypads: Keypads,
        settings: Callable[[], Settings],
        rules: Callable[[], Rules],
    ) -> None:
        async def right_pin(agent: AgentId, pin: str) -> bool:
            return await asyncio.to_thread(verify_pin, pin, rules().pin_hash(agent))

        self._codes = AgentCodes(
            AgentCodePorts(
                post=runtime.post,
                clock=clock,
                agent_of=lambda endpoint: rules().agent_of(endpoint),
                right_pin=right_pin,
            ),
            keypads,
        )
        self._duty = DutyRings(
            DutyPorts(
                post=runtime.post,
                tell=runtime.ask,
                ring=lambda wish: engine.state.duty_rings.get(wish),
                originate=lambda command_id, headers: node.ask("Originate", headers, command_id),
                clock=clock,
                has=lambda prompt: is_spoken(settings(), DUTY_LANGUAGE, prompt),
            )
        )
        self.monitors = Monitors(
            MonitorPorts(
                post=runtime.post,
                tell=runtime.ask,
                ask=node.ask,
                clock=clock,
                agent_of=lambda endpoint: rules().agent_of(endpoint),
            ),
            keypads,
        )
        self._page_legs = PageLegs(ask=node.ask, is_there=node.is_there, post=runtime.post, clock=clock)

    @property
    def routes(self) -> dict[str, Session]:
        """Each session by the path of its request."""
        return {"/agent/": self._codes.serve, "/duty": self._duty.serve, "/monitor": self.monitors.serve}

    def close(self) -> None:
        """Watch the agents' pages no more."""
        self._page_legs.close()

    def deliver(self, command_id: str, command: RingDuty | EndMonitor | WatchLeg) -> None:
        """Carry out an order about one of these phones, or about an agent's page."""
        if isinstance(command, RingDuty):
            self._duty.ring(command_id, command)
        elif isinstance(command, WatchLeg):
            self._page_legs.watch(command)
        else:
            self.monitors.end(command)
