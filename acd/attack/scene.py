"""The stage of one attack: the line, phones, the outside, the witnesses; and everything that moved meanwhile."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any, Self

from acd.attack import sip
from acd.attack.attack import Outcome, Unplayable
from acd.attack.line import AGENTS, OFF_DUTY, TRUNK_HOST, WITNESS, Line
from acd.attack.outside import FIRST_TARGET, Elsewhere, Provider
from acd.attack.phone import PICK_UP, RING, Answer, Call, Phone
from acd.attack.sip import Headers, Message
from acd.attack.witness import Witness
from acd.client import ApiError

DIALLED = "4440411"
_TARGETS = f"0{FIRST_TARGET}"[:4]
_MENTIONED = (
    "event_failed", "ami_event_dropped", "ami_forged_text", "ami_callback_failed", "ami_down", "agi.session_failed",
)  # fmt: skip
"""Log events of a line that was hurt by a caller's text, or let it come too far."""
QUIET_S = 4.0


class Theatre:
    """The parts that all attacks share: the line, the outside, and the two witnesses.

    `told` is a second connection of the line's own manager user: it sees exactly what the engine sees. `watch` is a
    user of its own that sees everything."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.elsewhere = Elsewhere()
        self.provider = Provider()
        self.numbers = iter(range(5_320_000_000, 5_330_000_000))
        """Callers' numbers. None is used twice: an urgent caller who calls again has the place of before."""
        settings = line.settings
        self.told = Witness(settings.ami_port, settings.ami_user, settings.ami_secret)
        self.watch = Witness(settings.ami_port, WITNESS, line.witness_secret)

    async def __aenter__(self) -> Self:
        await self.line.wait_ready()
        await self.elsewhere.__aenter__()
        port = int(self.line.settings.callback_trunk.rpartition(":")[2])
        await self.provider.open(port, self.line.sip)
        await self.told.__aenter__()
        await self.watch.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.watch.__aexit__()
        await self.told.__aexit__()
        self.provider.close()
        await self.elsewhere.__aexit__()


class Scene:
    """One attack's stage; a context manager. At its end all calls are over, all agents signed out, all phones gone."""

    def __init__(self, theatre: Theatre, outcome: Outcome) -> None:
        self.line, self.elsewhere, self.provider = theatre.line, theatre.elsewhere, theatre.provider
        self.told, self.watch = theatre.told, theatre.watch
        self.outcome = outcome
        self.phones: list[Phone] = []
        self.agents: dict[str, Phone] = {}
        self.trunk: list[Phone] = []
        self.left_as_found = False
        """At the end: whether the next attack finds the line as this one did."""
        self.may_be_paused = False
        """The attack's own phones let offers pass, so the line is right to set their agents aside."""
        self._signed_in: set[str] = set()
        self._numbers = theatre.numbers

    async def __aenter__(self) -> Self:
        self.told_mark, self.watch_mark = len(self.told.blocks), len(self.watch.blocks)
        self._elsewhere_mark, self._provider_mark = len(self.elsewhere.arrived), len(self.provider.called)
        self._log_mark = self.line.log_file.stat().st_size
        await self.agent(OFF_DUTY)
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._look()
        finally:
            await self._clear()

    # --- phones

    async def open(self, host: str, user: str = "", password: str = "") -> Phone:
        """A phone at a loopback address."""
        try:
            phone = await Phone.opened(self.line.sip, host, user, password)
        except OSError as error:
            raise Unplayable(f"{host}: {error.strerror}: not an address of this machine") from None
        self.phones.append(phone)
        return phone

    async def agent(self, extension: str, answer: Callable[[Message], Answer] = lambda _: RING) -> Phone:
        """An agent's registered phone, which answers calls so."""
        phone = await self.open("127.0.0.1", extension, self.line.passwords[extension])
        phone.on_invite = answer
        status = await phone.register()
        if status != 200:
            raise Unplayable(f"the phone of {extension} could not register ({status})")
        self.agents[extension] = phone
        return phone

    async def desk(self, answer: Callable[[Message], Answer] = lambda _: RING, *, count: int = len(AGENTS)) -> None:
        """Some agents with phones that answer so, signed in and ready."""
        await asyncio.gather(*(self.agent(extension, answer) for extension in AGENTS[:count]))
        await self.sign_in(*AGENTS[:count])

    async def sign_in(self, *extensions: str) -> None:
        """Sign these agents in, and wait until they are ready."""
        await self.set_state("ready", *extensions)
        self._signed_in |= set(extensions)
        await self.needs(lambda: self.is_ready(*extensions), f"{', '.join(extensions)} ready")

    async def set_state(self, state: str, *extensions: str, reason: str = "") -> None:
        """Have these agents ready, paused or offline, as far as they are not in a call."""
        body = {"state": state, "reason": reason} if reason else {"state": state}
        for extension in extensions:
            await asyncio.to_thread(self.line.api.post, f"agents/{extension}/state", body)

    async def is_ready(self, *extensions: str) -> bool:
        """Whether all of these agents can be offered a caller."""
        states = await self.states()
        return all(states.get(extension) == "ready" for extension in extensions)

    async def caller(self, number: str = "") -> Phone:
        """A phone at the trunk's address, with this number or one of its own."""
        phone = await self.open(TRUNK_HOST, number or f"0{next(self._numbers)}")
        self.trunk.append(phone)
        return phone

    async def call_in(self, keys: str = "", number: str = "", headers: Headers = ()) -> Call:
        """A caller of the line who presses these keys in the menu."""
        phone = await self.caller(number)
        call = phone.dial(DIALLED, headers=headers)
        await call.begin()
        if call.up and keys:
            await asyncio.sleep(0.15)  # until the menu has begun
            await call.press(keys)
        return call

    async def callers(self, count: int, keys: str = "") -> list[Call]:
        """So many callers at once, each with a number of their own; those whom the line answered."""
        calls = await asyncio.gather(*(self.call_in(keys) for _ in range(count)))
        return [call for call in calls if call.up]

    async def talking(self, agent: str, keys: str = "0") -> tuple[Call, Call]:
        """A caller and this agent, who picks up, in a talk: the caller's call and the agent's. Raises `Unplayable`."""
        phone = self.agents[agent]
        before = set(phone.calls)
        phone.on_invite = lambda _: PICK_UP
        caller = await self.call_in(keys)
        await self.needs(lambda: set(phone.calls) - before, f"{agent} talks with a caller")
        leg = phone.calls[next(iter(set(phone.calls) - before))]
        await asyncio.sleep(0.1)  # until both are bridged
        return caller, leg

    async def want_callback(self, count: int) -> list[str]:
        """So many callers who wait, ask to be called back and hang up; their numbers."""
        calls = await self.callers(count, "0")
        numbers = [call.phone.user for call in calls]
        self.provider.expected |= set(numbers)
        await self.needs(self._all_wait(numbers), f"{count} callers wait")
        await asyncio.gather(*(call.press("2") for call in calls))
        await self.needs(self._all_called_back(numbers), f"{count} callers are to be called back")
        await asyncio.gather(*(call.bye() for call in calls))
        return numbers

    def _all_wait(self, numbers: list[str]) -> Callable[[], Any]:
        async def wait() -> bool:
            return set(numbers) <= {row["caller"] for row in await self.queue()}

        return wait

    def _all_called_back(self, numbers: list[str]) -> Callable[[], Any]:
        async def due() -> bool:
            return set(numbers) <= {row["caller"] for row in await self.callbacks()}

        return due

    # --- what is there

    async def callbacks(self) -> list[dict[str, Any]]:
        """Callers who are to be called back."""
        return list(await asyncio.to_thread(self.line.api.get, "callbacks"))

    async def held(self, call: Call) -> bool:
        """Whether Asterisk still has a call, whatever we were told."""
        return call.up and await call.request("OPTIONS") == 200

    async def states(self) -> dict[str, str]:
        """What the line says of each agent, by extension."""
        rows = await asyncio.to_thread(self.line.api.get, "agents")
        return {row["extension"]: row["state"] for row in rows}

    async def queue(self) -> list[dict[str, Any]]:
        """Callers who wait, in the order of service."""
        return list(await asyncio.to_thread(self.line.api.get, "queue"))

    async def until(self, condition: Callable[[], Any], within_s: float = 3.0) -> bool:
        """Wait for a condition, which may be a coroutine's; whether it came true in time."""
        deadline = time.monotonic() + within_s
        while True:
            answer = condition()
            if asyncio.iscoroutine(answer):
                answer = await answer
            if answer:
                return True
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.03)

    async def needs(self, condition: Callable[[], Any], what: str, within_s: float = 15.0) -> None:
        """Wait for a condition that the attack needs. Raises `Unplayable`."""
        if not await self.until(condition, within_s):
            raise Unplayable(f"not within {within_s:g} s: {what}")

    def rung(self, extension: str) -> list[Message]:
        """The calls that an agent's phone got."""
        return self.agents[extension].invited if extension in self.agents else []

    # --- what came of it

    async def _look(self) -> None:
        """Write into the outcome what left and what moved, whichever attack it was."""
        outcome = self.outcome
        left = self.elsewhere.arrived[self._elsewhere_mark :]
        left += self.provider.uncalled_for(self.provider.called[self._provider_mark :])
        left += [f"to the trunk: {one.first}" for phone in self.trunk for one in phone.invited]
        outcome.left += [self.elsewhere.explained(one) for one in left]
        outcome.moved += [self.elsewhere.explained(one) for one in self._odd_channels()]
        for one in self.rung(OFF_DUTY):
            outcome.moved.append(f"the phone of {OFF_DUTY}, who is off duty, was rung: {one.first}")
        await self._look_at_agents()
        self._look_at_log()

    def _odd_channels(self) -> list[str]:
        """Channels that nothing of ours has made: out by the trunk, towards a target, or into the line from inside."""
        found = []
        for event in self.watch.events(self.watch_mark, "DialBegin", "Newchannel"):
            name = event.get("DestChannel") or event.get("Channel", "")
            out = event["Event"] == "DialBegin" and name.startswith("PJSIP/trunk-")
            if out or _TARGETS in name or (name.startswith("Local/") and "@hotline-" in name):
                found.append(f"{event['Event']} {re.sub(r'-[0-9a-f]{8}', '', name)}")
        return sorted(set(found))

    async def _look_at_agents(self) -> None:
        if self.line.has_engine:
            await self._look_at_states()
        await self._look_at_contacts()

    async def _look_at_states(self) -> None:
        try:
            states = await self.states()
        except ApiError as error:
            self.outcome.moved.append(f"the desk does not answer: {error}")
            return
        out = {"offline", "unavailable", None} if self.may_be_paused else {"offline", "unavailable", "paused", None}
        for extension in sorted(self._signed_in):
            if states.get(extension) in out:
                self.outcome.moved.append(f"agent {extension} is {states.get(extension) or 'gone'}")

    async def _look_at_contacts(self) -> None:
        for contact in await self.watch.ask("PJSIPShowContacts"):
            uri, phone = contact["Uri"], self.agents.get(contact["Endpoint"])
            if phone is not None and not uri.partition("@")[2].startswith(f"{phone.host}:{phone.port}"):
                self.outcome.moved.append(f"calls for {contact['Endpoint']} now go to {uri}")

    def _look_at_log(self) -> None:
        with self.line.log_file.open("rb") as file:
            file.seek(self._log_mark)
            text = file.read().decode("utf-8", "replace")
        for word in _MENTIONED:
            if word in text:
                self.outcome.moved.append(f"the line logged {word}")
        if forged := [line for line in text.splitlines() if line and not line.startswith(("{", "2", " "))]:
            self.outcome.moved.append(f"the line's log has a line of somebody else's: {forged[0][:80]}")

    async def hang_up_all(self) -> None:
        """End all calls, and wait until Asterisk has none."""
        for phone in self.phones:
            await asyncio.gather(*(call.bye() for call in phone.calls.values()), return_exceptions=True)
        if await self.watch.channels():
            await asyncio.to_thread(self.line.asterisk.rx, "channel request hangup all")
            await self.until(self._is_quiet, QUIET_S)

    async def _clear(self) -> None:
        """End all calls, sign everybody out, let go of all phones, and wait until the line is empty."""
        await self.hang_up_all()
        if self.line.has_engine:
            await self.set_state("offline", *self._signed_in)
        if self.provider.expected:
            for one in await self.callbacks():
                await asyncio.to_thread(self.line.api.delete, f"callbacks/{one['id']}")
            self.provider.expected.clear()
        for phone in self.agents.values():
            await phone.register(headers=[("Expires", "0")])
        for phone in self.phones:
            phone.close()
        self.left_as_found = self.line.has_engine and await self.until(self._is_empty, QUIET_S)

    async def _is_quiet(self) -> bool:
        return not await self.watch.channels()

    async def _is_empty(self) -> bool:
        """Whether the line is as it was before: no call, nobody waiting, nobody signed in."""
        if not await self._is_quiet():
            return False
        return not await self.queue() and set((await self.states()).values()) <= {"offline"}


def from_number(request: Message) -> str:
    """The caller that an agent's ringing phone shows."""
    return sip.user_of(sip.address(request.get("From")))
