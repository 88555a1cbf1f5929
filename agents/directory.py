"""The list of agents: `agents.toml` read and checked. Pure; reading the file is the caller's work.

[[agent]]
extension = "1001"
name = "Ayşe Yılmaz"
pin_hash = "$argon2id$…"
sip_password = "…"
services = ["funeral", "doctor"]    # left out or empty: all, at level 1
skills = { funeral = 3 }            # left out: none. Services taken at a level, in place of or besides `services`
languages = ["tr", "en"]            # left out: ["tr"]
auto_answer = "urgent"              # left out: "no". Their phone answers by itself: urgent, or all calls
webrtc = true                       # left out: false. Their telephone speaks WebRTC; the desk needs no such entry
backup = true                       # left out: false. Backup tier: rung for urgent callers who have waited a while
endpoint = "PJSIP/1001"             # left out: PJSIP/<extension>
"""

from collections.abc import Collection, Iterable
from typing import Annotated

import msgspec

from acd.engine.model.config import MAX_LEVEL, PAGE, AutoAnswer
from acd.lib.file_checks import Checker
from acd.lib.turkish import tr_sort_key

MAX_NAME = 60
Extension = Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]{2,5}\Z")]
Level = Annotated[int, msgspec.Meta(ge=1, le=MAX_LEVEL)]
PinHash = Annotated[str, msgspec.Meta(pattern=r"^\$argon2id\$v=[0-9]+\$[a-z0-9=,]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+\Z")]
SipPassword = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~+/=-]{8,64}\Z")]
Endpoint = Annotated[str, msgspec.Meta(pattern=r"^PJSIP/[A-Za-z0-9_-]{1,40}\Z")]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent in the list."""

    extension: Extension
    """Three to six digits without a leading zero; the agent's id everywhere."""
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME, pattern=r"^[^\"<>;\\]*\Z")]
    """Without characters that have a meaning in pjsip.conf or in a caller's name there."""
    pin_hash: PinHash
    """A hash from `agents.pins.hash_pin`."""
    sip_password: SipPassword
    """The phone's password. Letters, digits and `._~+/=-`: characters that need no quoting in pjsip.conf."""
    services: tuple[str, ...] = ()
    """The services they take; empty means all."""
    skills: dict[str, Level] = {}
    """Levels of skill, 1 to 10, for services they take at more than level 1."""
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("tr",)
    """The agent's languages, the best first."""
    backup: bool = False
    """Whether the agent is in the backup tier: rung only for urgent callers who have waited a while."""
    auto_answer: AutoAnswer = "no"
    """The calls for which their phone is asked to answer by itself: none, urgent ones or all."""
    webrtc: bool = False
    """Their phone is a browser: WebSocket, DTLS-SRTP and ICE."""
    endpoint: Endpoint = ""
    """The endpoint that Asterisk dials; `parse_agents` fills it in."""

    @property
    def page(self) -> str:
        """The endpoint of their page in a browser, `PJSIP/1001-web`."""
        return f"PJSIP/{self.extension}{PAGE}"


_HINTS = {
    "extension": 'three to six digits without a leading zero, in quotes, such as "1001"',
    "name": f'1 to {MAX_NAME} characters, none of them " < > ; \\ or a control character',
    "pin_hash": "an argon2id hash, as `cozum agents pin` prints it; never the PIN itself",
    "sip_password": "8 to 64 letters, digits or ._~+/=-",
    "skills": f"a table of services with levels from 1 to {MAX_LEVEL}, such as {{ funeral = 3 }}",
    "auto_answer": '"no", "urgent" or "all": the calls to which their phone is to answer by itself',
    "endpoint": "PJSIP/NAME, NAME being letters, digits, _ or -",
}


def parse_agents(
    text: str, *, file: str, services: Collection[str], languages: Collection[str] = ("tr", "en")
) -> tuple[Agent, ...]:
    """The agents of a file, in its order. Raises `acd.lib.file_checks.BadFile` with every problem found."""
    check = Checker(file, secret=("pin_hash", "sip_password"))
    table = check.toml(text)
    check.finish()
    entries = table.pop("agent", [])
    for key, value in table.items():
        check.unknown(key, value, "key", ["agent"])
    if not isinstance(entries, list):
        check.add("agent", entries, "must be tables under [[agent]]")
        entries = []
    agents: list[Agent] = []
    extensions: dict[str, str] = {}
    endpoints: dict[str, str] = {}
    for place, entry in enumerate(entries):
        key = f"agent.{place}"
        agent = check.struct(Agent, entry, key, hints=_HINTS)
        if agent is None:
            continue
        agent = msgspec.structs.replace(agent, endpoint=agent.endpoint or f"PJSIP/{agent.extension}")
        if not agent.name.isprintable() or agent.name.strip() != agent.name:
            check.add(f"{key}.name", agent.name, f"{_HINTS['name']}, no space at either end")
        _check_once(check, extensions, f"{key}.extension", agent.extension)
        _check_once(check, endpoints, f"{key}.endpoint", agent.endpoint)
        if agent.endpoint.endswith(PAGE):
            check.add(f"{key}.endpoint", agent.endpoint, f"must not end in {PAGE}: that is the agent's browser")
        _check_known(check, f"{key}.services", "service", agent.services, services)
        for name in agent.skills:
            if name not in services:
                check.unknown(f"{key}.skills.{name}", agent.skills[name], "key", services)
        _check_known(check, f"{key}.languages", "language", agent.languages, languages)
        agents.append(agent)
    check.finish()
    return tuple(agents)


def by_name(agents: Iterable[Agent]) -> list[Agent]:
    """In the order of a Turkish telephone book."""
    return sorted(agents, key=lambda agent: (tr_sort_key(agent.name), agent.extension))


def _check_once(check: Checker, seen: dict[str, str], key: str, value: str) -> None:
    if value in seen:
        check.add(key, value, f"stands already at {seen[value]}: each agent needs their own")
    else:
        seen[value] = key


def _check_known(check: Checker, key: str, what: str, values: tuple[str, ...], allowed: Collection[str]) -> None:
    for place, value in enumerate(values):
        if value not in allowed:
            check.unknown(f"{key}.{place}", value, what, allowed)
        elif value in values[:place]:
            check.add(f"{key}.{place}", value, "stands twice in this list")
