"""The description of a private Asterisk: ports, phones, manager users, caps; each checks itself when it is created."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from acd.asterisk.manager_user import NEEDED_EVENTS, READ_CLASSES, WRITE_CLASSES
from acd.engine.model.config import PAGE
from acd.lib import shipped
from acd.lib.endpoints import CITIZEN, LINE
from acd.lib.networks import WILDCARDS, is_too_wide, network, reached_at
from ivr.menu_file import SpokenMenu

PROMPTS = shipped.prompts()
NO_CAP = 1_000_000
RESERVED = frozenset(
    {
        "trunk", "outgoing", "outside", "udp", "ws", "global", "agent", "softphone", "browser", "login", "contact",
        "page", "page-contact", CITIZEN,
    }
)  # fmt: skip
"""Names of sections of pjsip.conf, which no agent's endpoint may have."""


TRUNK = re.compile(r"(?:[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]{2,39}\])(?::[0-9]{1,5})?")
"""Where a SIP trunk is: a host or an address, and a port."""


SECRET = re.compile(r"[A-Za-z0-9_-]{16,128}")
"""A valid secret of our AGI servers in the dialplan."""


class ConfError(ValueError):
    """An instance cannot be configured so. The text names the key, the value and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPhone:
    """An agent's SIP account."""

    extension: str
    sip_password: str = field(repr=False)
    name: str = ""
    """Name of the endpoint and SIP user, as in `PJSIP/<name>`; empty: the extension."""
    webrtc: bool = False
    """A browser phone (WebSocket, DTLS-SRTP, ICE) instead of a softphone over UDP."""

    @property
    def endpoint(self) -> str:
        return self.name or self.extension

    @property
    def page(self) -> str:
        """The endpoint of the agent's page in the browser, beside the one of their telephone."""
        return f"{self.extension}{PAGE}"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{2,10}", self.extension):
            raise ConfError(f"agent extension = {self.extension!r}: 2 to 10 digits are allowed")
        taken = self.endpoint in RESERVED or self.endpoint.endswith(PAGE)
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", self.endpoint) or taken:
            raise ConfError(
                f"agent {self.extension}: endpoint = {self.endpoint!r}: 1 to 40 letters, digits, _ and - are allowed, "
                f"but none that ends in {PAGE}, and none of {', '.join(sorted(RESERVED))}"
            )
        if not re.fullmatch(r"[!-:<-~]{1,128}", self.sip_password):  # no space, and no ; which begins a comment
            raise ConfError(
                f"agent {self.extension}: sip_password: 1 to 128 printable ASCII characters other than ; are allowed"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiUser:
    """A user of the manager interface, from loopback only."""

    name: str
    secret: str = field(repr=False)
    read: tuple[str, ...] = READ_CLASSES
    write: tuple[str, ...] = WRITE_CLASSES
    events: tuple[str, ...] = NEEDED_EVENTS
    """The only events that this user receives; empty: all of the `read` classes."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", self.name):
            raise ConfError(f"AMI user = {self.name!r}: 1 to 32 letters, digits, _ and - are allowed")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", self.secret):
            raise ConfError(f"AMI user {self.name}: secret: 1 to 128 letters, digits, _ and - are allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many calls from the trunk are accepted; further calls are refused before the answer. By default there is no
    cap."""

    calls: int = NO_CAP
    """All calls at once."""
    per_number: int = NO_CAP
    """Calls at once from one number."""
    withheld: int = NO_CAP
    """Calls at once without a number, all together."""
    per_second: int = NO_CAP
    """New calls in one second."""
    switchboards: tuple[str, ...] = ()
    """Numbers without a cap of their own, in the form of E.164."""

    def __post_init__(self) -> None:
        for number in self.switchboards:
            if not re.fullmatch(r"\+[0-9]{3,40}", number):
                raise ConfError("a switchboard's number: a + and 3 to 40 digits are allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceSpec:
    """Everything by which one Asterisk differs from another. Two may run side by side if folder and ports differ."""

    folder: Path
    """Created if missing. Everything that the instance writes is below it: etc, run, log, spool, db, data."""
    sip_port: int
    ws_port: int
    ami_port: int
    rtp_start: int
    rtp_end: int
    fastagi: str
    """`host:port` of the engine's FastAGI server."""
    standby: str = "127.0.0.1:4574"
    """`host:port` of the standby's FastAGI server."""
    agi_secret: str = field(repr=False)
    """The first argument of each AGI request, by which both servers recognise this Asterisk among other programs."""
    standby_after_s: float = 10.0
    """Seconds without an engine after which a caller goes to the standby."""
    ring_s: float = 15.0
    """Seconds for which an agent's phone rings for a caller of the standby's queue."""
    wrapup_s: float = 10.0
    """Seconds of after-call work in the standby's queue."""
    private_ring_s: float = 30.0
    """Seconds for which an agent's phone rings for a colleague's call."""
    ami_users: tuple[AmiUser, ...]
    agents: tuple[AgentPhone, ...] = ()
    transfer_codes: tuple[str, ...] = ()
    """Codes of the services that agents may send callers to, digits only."""
    node: str = "ast1"
    """System name: the start of each uniqueid."""
    bind: str = "127.0.0.1"
    """Address of SIP and RTP. AMI and the WebSocket are on 127.0.0.1 whatever this is."""
    line: str = LINE
    caps: Caps = Caps()
    trunk_hosts: tuple[str, ...] = ("127.0.0.1",)
    """Addresses or networks whose calls without credentials are the trunk's."""
    callback_trunk: str = ""
    """Host or host:port of the SIP trunk for callbacks; empty: there are no callbacks, and nothing dials out."""
    menus: tuple[SpokenMenu, ...] = ()
    """Menus that callers hear while a phone rings, each a class of music."""
    prompts_dir: Path = PROMPTS
    """Folder with tr/ and en/. Asterisk reads it at each prompt, so a replaced file is heard at once."""
    qualify_s: float = 4.0
    """Seconds between the questions to an agent's phone whether it is there; 0 for never."""
    rtp_timeout_s: int = 0
    """Seconds without any media after which a talk is ended; 0 for never."""
    browser_phones: Path | None = None
    """The file with the secrets' digests of browser phones; empty: below `folder`."""
    demo_caller: bool = False
    """Whether a page may call the line, as the demo's caller."""
    monitoring: bool = False
    """Whether shift leads' phones may monitor talks, by a code."""
    queue_log: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    """Text put at the end of a file, such as `{"extensions.conf": "[bench]…"}`: for tests and the bench."""

    def __post_init__(self) -> None:
        if self.callback_trunk and not TRUNK.fullmatch(self.callback_trunk):
            raise ConfError(f"callback_trunk = {self.callback_trunk!r}: host or host:port is allowed")
        if not SECRET.fullmatch(self.agi_secret):
            raise ConfError("agi_secret: 16 to 128 letters, digits, _ and - are allowed")
        for host in self.trunk_hosts:
            try:
                wide = is_too_wide(network(host))
            except ValueError:
                raise ConfError(f"trunk_hosts = {host!r}: an IP address or a network is allowed") from None
            if wide:
                raise ConfError(f"trunk_hosts = {host!r}: the addresses of the trunk's gateways are allowed, no more")
        for code in self.transfer_codes:
            if not re.fullmatch(r"[0-9]{1,6}", code):
                raise ConfError(f"transfer code = {code!r}: 1 to 6 digits are allowed")
        if self.rtp_end - self.rtp_start < 3:
            raise ConfError(f"rtp_end = {self.rtp_end}: rtp_start ({self.rtp_start}) + 3 or more is allowed")
        for key in ("extension", "endpoint"):
            seen: set[str] = set()
            for value in (getattr(agent, key) for agent in self.agents):
                if value in seen:
                    raise ConfError(f"agent {key} = {value!r}: each may stand once")
                seen.add(value)

    @property
    def is_wildcard(self) -> bool:
        return self.bind in WILDCARDS

    @property
    def local_address(self) -> str:
        """The address at which this machine reaches a server that is bound to `bind`."""
        return reached_at(self.bind)
