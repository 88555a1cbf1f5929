"""Checks that an Asterisk's configuration keeps our promises. For `cozum doctor`, and after changes made by hand.

The rule: no stranger gets further than the line. The manager's users may do only what the engine needs, from this
machine. A context that a trunk reaches includes no other context, does not dial out and runs no program. Only the trunk
needs no password. No phone's forward is followed. No module is loaded that could start calls or programs.
"""

import ipaddress
import re
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.conf_modules import module_faults
from acd.asterisk.confread import ConfUnreadable, Option, Place, Section, read_conf
from acd.asterisk.dialplan import dialplan_faults, followed_forwards, monitor_faults, not_reserved, way_to
from acd.asterisk.manager_user import (
    CALLBACK_CONTEXT,
    DUTY_CONTEXT,
    HANDOVER_CONTEXT,
    NEEDED_EVENTS,
    READ_CLASSES,
    write_classes,
)
from acd.asterisk.menucheck import menu_faults
from acd.asterisk.reservation import COUNTED
from acd.lib.endpoints import CITIZEN
from acd.lib.networks import is_too_wide
from ivr.menu_file import SpokenMenu

FILES = (
    "asterisk.conf", "manager.conf", "extensions.conf", "pjsip.conf", "modules.conf", "http.conf", "rtp.conf",
    "logger.conf", "pjproject.conf", "sorcery.conf",
)  # fmt: skip
WITH_SECRETS = ("manager.conf", "pjsip.conf", "pjsip_agents.conf", "extensions.conf")
OUR_OWN = (
    (CALLBACK_CONTEXT, "agent", "rings an agent for a callback"),
    (DUTY_CONTEXT, "ring", "rings people on duty"),
    (HANDOVER_CONTEXT, "_X!", "rings an outside telephone for a caller who is handed over"),
)
"""The contexts that dial out and are for the engine alone, an extension of each, and what the engine does by it."""
_NUMBER_OF = re.compile(r"<[^<>]+>")
_QUOTED_LEVELS = frozenset({"notice", "verbose", "debug", "dtmf", "trace", "*"})
_YES = frozenset({"yes", "true", "y", "t", "1", "on"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where it is, and what is allowed."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Values of our settings that the files must have too."""

    node: str
    bind_host: str
    sip_port: int
    ws_port: int
    ami_port: int
    ami_user: str
    fastagi_port: int
    agi_secret: str
    rtp_start: int
    rtp_end: int
    callbacks: bool = False
    """Whether there are callbacks (`callback_trunk` is set)."""
    menus: tuple[SpokenMenu, ...] = ()
    prompts_dir: Path = Path()
    """The menus that are heard while a phone rings are made of its prompts."""
    monitoring: bool = False
    """Whether shift leads may monitor talks."""


def check_files(etc: Path, wanted: Wanted) -> list[Fault]:
    """Everything that is wrong in the configuration below `etc`, in the order of `FILES`. Empty: all is well."""
    faults: list[Fault] = []
    found: dict[str, list[Section]] = {}
    for name in FILES:
        try:
            found[name] = read_conf(etc / name)
        except ConfUnreadable as error:
            where, _, text = str(error).partition(": ")
            faults.append(Fault(where, text))
    checks: dict[str, Callable[[Sequence[Section]], Iterator[Fault]]] = {
        "asterisk.conf": lambda sections: _asterisk(sections, wanted),
        "manager.conf": lambda sections: _manager(sections, wanted),
        "extensions.conf": lambda sections: _dialplan(sections, found.get("pjsip.conf", []), wanted),
        "pjsip.conf": lambda sections: _pjsip(sections, found.get("sorcery.conf", []), wanted),
        "modules.conf": lambda sections: _modules(sections, wanted),
        "http.conf": lambda sections: _http(sections, wanted),
        "rtp.conf": lambda sections: _rtp(sections, wanted),
        "sorcery.conf": lambda _: iter(()),
        "logger.conf": _logger,
        "pjproject.conf": _pjproject,
    }
    for name, sections in found.items():
        faults += checks[name](sections)
    menus = menu_faults(etc, wanted.menus, wanted.prompts_dir, found.get("asterisk.conf", []))
    return [*faults, *(Fault(*one) for one in menus), *_modes(etc)]


def _at(place: Place | str, section: str = "") -> str:
    return f"{place} [{section}]" if section else str(place)


def _named(sections: Sequence[Section], name: str, file: str) -> Section:
    """A section, or an empty one if it is missing, so that its missing keys are named one by one."""
    return next((one for one in sections if one.name == name), Section(name, Place(file, 1)))


def _must(section: Section, name: str, value: str, why: str) -> Iterator[Fault]:
    given = section.get(name)
    if given.lower() != value:
        shown = f"{name} = {given}" if given else f"{name} is not set"
        yield Fault(_at(section.at_option(name), section.name), f"{shown}: {value} is allowed: {why}")


def _must_not(section: Section, name: str, why: str) -> Iterator[Fault]:
    given = section.get(name)
    if given.lower() in _YES:
        yield Fault(_at(section.at_option(name), section.name), f"{name} = {given}: no is allowed: {why}")


def _same(section: Section, name: str, value: object, setting: str) -> Iterator[Fault]:
    given = section.get(name)
    if given != str(value):
        yield Fault(
            _at(section.at_option(name), section.name),
            f"{name} = {given or 'not set'}: our setting {setting} is {value}; restart Asterisk with these settings",
        )


# --- asterisk.conf, modules.conf, http.conf, rtp.conf


def _asterisk(sections: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    options = _named(sections, "options", "asterisk.conf")
    yield from _must_not(options, "live_dangerously", "AMI and dialplan functions could then run programs")
    yield from _same(options, "systemname", wanted.node, "node")


def _modules(sections: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    modules = _named(sections, "modules", "modules.conf")
    yield from _must(modules, "autoload", "no", "only what is listed may be loaded")
    for where, text in module_faults(sections, monitoring=wanted.monitoring):
        yield Fault(where, text)


def _http(sections: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    general = _named(sections, "general", "http.conf")
    if general.get("enabled").lower() not in _YES:
        return
    yield from _same(general, "bindport", wanted.ws_port, "ws_port")
    yield from _must_not(general, "enablestatic", "Asterisk serves no files")
    if not _is_loopback(given := general.get("bindaddr").strip("[]")):
        yield Fault(
            _at(general.at_option("bindaddr"), "general"),
            f"bindaddr = {given or 'not set'}: 127.0.0.1 is allowed; browsers reach the WebSocket through the desk",
        )


def _rtp(sections: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    general = _named(sections, "general", "rtp.conf")
    yield from _same(general, "rtpstart", wanted.rtp_start, "rtp_start")
    yield from _same(general, "rtpend", wanted.rtp_end, "rtp_end")
    if general.get("strictrtp", "yes").lower() == "no":
        yield Fault(
            _at(general.at_option("strictrtp"), "general"),
            "strictrtp = no: anybody could then send sound into a talk; yes is allowed",
        )


def _logger(sections: Sequence[Section]) -> Iterator[Fault]:
    for file in _named(sections, "logfiles", "logger.conf").options:
        levels = {level.strip().lower() for level in re.sub(r"\[.*?\]", "", file.value).split(",")}
        if file.name != "console" and (quoted := sorted(levels & _QUOTED_LEVELS)):
            yield Fault(
                _at(file.at, "logfiles"),
                f"{file.name} => {file.value}: {', '.join(quoted)} quote whole SIP texts, with "
                "callers' numbers and lines they forge; warning,error and security are allowed",
            )


def _pjproject(sections: Sequence[Section]) -> Iterator[Fault]:
    mapped = _named(sections, "log_mappings", "pjproject.conf")
    for name, default in (("asterisk_error", "0,1"), ("asterisk_warning", "2")):
        loud = {level.strip() for level in mapped.get(name, default).split(",")} - {"", "0"}
        if loud:
            yield Fault(
                _at(mapped.at_option(name), "log_mappings"),
                f"{name} has {', '.join(sorted(loud))}: whole packets of anybody would be in the log; 0 is "
                "allowed, the others among asterisk_notice",
            )


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_network(text, strict=False).is_loopback
    except ValueError:
        return text == "localhost"


# --- manager.conf


def _manager(sections: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    general = _named(sections, "general", "manager.conf")
    yield from _must(general, "enabled", "yes", "the engine needs the manager interface")
    yield from _must_not(general, "webenabled", "no manager over HTTP")
    yield from _same(general, "port", wanted.ami_port, "ami_port")
    if not _is_loopback(given := general.get("bindaddr", "0.0.0.0")):  # noqa: S104 (what Asterisk takes by default)
        yield Fault(
            _at(general.at_option("bindaddr"), "general"),
            f"bindaddr = {given}: a loopback address is allowed, 127.0.0.1",
        )
    users = [section for section in sections if section.name != "general" and not section.is_template]
    if wanted.ami_user not in (user.name for user in users):
        yield Fault("manager.conf", f"has no user [{wanted.ami_user}], who is our ami_user")
    for user in users:
        yield from _manager_user(user, wanted.callbacks, ours=user.name == wanted.ami_user)


def _manager_user(user: Section, callbacks: bool, *, ours: bool) -> Iterator[Fault]:
    for name, allowed in (("read", READ_CLASSES), ("write", write_classes(callbacks and ours))):
        given = {one.strip() for one in user.get(name).split(",") if one.strip()}
        where = _at(user.at_option(name), user.name)
        if more := sorted(given - set(allowed)):
            yield Fault(where, f"{name} = {', '.join(more)}: more than is needed; {','.join(allowed)} is allowed")
        if ours and (less := sorted(set(allowed) - given)):
            yield Fault(where, f"{name} lacks {', '.join(less)}: the engine needs {','.join(allowed)}")
    if len(user.get("secret")) < 16:
        yield Fault(_at(user.at_option("secret"), user.name), "secret: 16 characters or more are allowed")
    yield from _acl(user)
    filters = " ".join(option.name + option.value for option in user.options if option.name.startswith("eventfilter"))
    if ours and filters:
        lost = [name for name in NEEDED_EVENTS if f"name({name})" not in filters and f"Event: {name}" not in filters]
        if lost:
            yield Fault(_at(user.at, user.name), f"eventfilter lets no {', '.join(lost)} through: the engine needs it")


def _acl(user: Section) -> Iterator[Fault]:
    rules = user.all("deny", "permit", "acl")
    closed = False
    for rule in rules:
        name = rule.name.lower()
        if name == "acl":
            yield Fault(_at(rule.at, user.name), f"acl = {rule.value}: say it here, with deny and permit")
        elif name == "deny" and rule.value.replace(" ", "") in ("0.0.0.0/0.0.0.0", "0.0.0.0/0"):
            closed = True
        elif name == "permit" and not _is_loopback(rule.value):
            yield Fault(
                _at(rule.at, user.name),
                f"permit = {rule.value}: this machine alone is allowed, 127.0.0.1/255.255.255.255",
            )
    if not closed:
        yield Fault(_at(user.at, user.name), "deny = 0.0.0.0/0.0.0.0 is missing: the user may come from anywhere")


# --- pjsip.conf and extensions.conf


def _of_type(sections: Sequence[Section], kind: str) -> list[Section]:
    return [one for one in sections if not one.is_template and one.get("type").lower() == kind]


def _trunks(sections: Sequence[Section]) -> list[Section]:
    """Endpoints that need no password."""
    known = {one.get("endpoint") for one in _of_type(sections, "identify")}
    return [one for one in _of_type(sections, "endpoint") if not one.get("auth") and not _only_out(one, known)]


def _only_out(endpoint: Section, known: Collection[str]) -> bool:
    """Whether an endpoint is for outgoing calls only: it has an aor, and is identified by an address that it does not
    have."""
    by_address = endpoint.get("identify_by").lower() == "ip"
    return by_address and endpoint.name not in known and bool(endpoint.get("aors"))


def _is_counted(endpoint: Section) -> bool:
    """Whether each channel of this phone counts itself for its agent, as the context `reserve` wants it."""
    return any(option.value.replace(" ", "").startswith(f"{COUNTED}=") for option in endpoint.all("set_var"))


def _looks_up_secrets(sorcery: Sequence[Section]) -> bool:
    """Whether Asterisk looks up accounts outside the files: those of browser phones."""
    pjsip = _named(sorcery, "res_pjsip", "sorcery.conf")
    return any(option.value.replace(" ", "").startswith("realtime,") for option in pjsip.all("auth"))


def _pjsip(sections: Sequence[Section], sorcery: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    trunks = _trunks(sections)
    known = {one.get("endpoint"): one for one in _of_type(sections, "identify")}
    for trunk in trunks:
        where = _at(trunk.at, trunk.name)
        if trunk.name == "anonymous":
            yield Fault(where, "anybody could call in; remove this endpoint and give trunks their addresses")
        elif trunk.name not in known:
            yield Fault(where, "has neither auth (a password) nor an identify (its addresses)")
        for name, default in (("allow_transfer", "yes"), ("allow_subscribe", "yes")):
            if trunk.get(name, default).lower() in _YES:
                yield Fault(
                    _at(trunk.at_option(name), trunk.name), f"{name} = yes: no is allowed where there is no password"
                )
    for one in known.values():
        for match in one.all("match"):
            yield from _wide(match, one)
    passwords = {
        auth.name for auth in _of_type(sections, "auth") if auth.get("password") or auth.get("password_digest")
    }
    in_files = {auth.name for auth in _of_type(sections, "auth")}
    looked_up = _looks_up_secrets(sorcery)
    for endpoint in _of_type(sections, "endpoint"):
        auth = endpoint.get("auth")
        yield from _identity(endpoint)
        browser = looked_up and auth not in in_files and endpoint.get("webrtc").lower() in _YES
        if auth and auth not in passwords and not browser:
            yield Fault(_at(endpoint.at_option("auth"), endpoint.name), f"auth = {auth}: has no password")
        if auth and endpoint.get("context") in {trunk.get("context") for trunk in trunks}:
            yield Fault(
                _at(endpoint.at_option("context"), endpoint.name),
                f"context = {endpoint.get('context')}: is a trunk's; agents' phones need one of their own",
            )
        if auth and endpoint.name != CITIZEN and not _is_counted(endpoint):
            yield Fault(
                _at(endpoint.at, endpoint.name),
                f"no set_var = {COUNTED}=…: the engine and Asterisk's own queue may ring an agent at the same moment; "
                f"give both phones of an agent set_var = {COUNTED}= and the agent's extension",
            )
        if auth and endpoint.get("rewrite_contact", "no").lower() not in _YES and not _contacts_limited(endpoint):
            yield Fault(
                _at(endpoint.at_option("rewrite_contact"), endpoint.name),
                "rewrite_contact is not yes: the phone may register anybody's address, the trunk's gateway among them, "
                "and a call for it goes there; yes is allowed, or contact_deny with contact_permit",
            )
    for transport in _of_type(sections, "transport"):
        yield from _transport(transport, wanted)


def _identity(endpoint: Section) -> Iterator[Fault]:
    """The endpoint sets the caller id, not the phone: Asterisk writes a number from an INVITE into the manager's events
    unchanged, with its line ends."""
    callerid = endpoint.get("callerid")
    if not _NUMBER_OF.search(callerid):
        shown = f"callerid = {callerid}" if callerid else "callerid is not set"
        yield Fault(
            _at(endpoint.at_option("callerid"), endpoint.name),
            f"{shown}: a number in < > is allowed, such as <unknown>: without one the manager's events hold whatever a "
            "caller says, and a caller could forge them",
        )
    if endpoint.get("trust_id_inbound", "no").lower() in _YES:
        yield Fault(
            _at(endpoint.at_option("trust_id_inbound"), endpoint.name),
            "trust_id_inbound = yes: no is allowed: the manager's events would hold whatever a caller says",
        )


def _contacts_limited(endpoint: Section) -> bool:
    """Whether the addresses that a phone may register are limited."""
    return bool(endpoint.get("contact_acl") or (endpoint.get("contact_deny") and endpoint.get("contact_permit")))


def _wide(match: Option, section: Section) -> Iterator[Fault]:
    for text in match.value.split(","):
        try:
            found = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            continue  # a host's name
        if is_too_wide(found):
            yield Fault(
                _at(match.at, section.name),
                f"match = {match.value}: is a large part of the internet; give the trunk's addresses",
            )


def _transport(transport: Section, wanted: Wanted) -> Iterator[Fault]:
    host, _, port = transport.get("bind").rpartition(":")
    if not host:
        host, port = port, ""
    ours = {wanted.bind_host, "127.0.0.1" if wanted.bind_host == "localhost" else wanted.bind_host}
    where = _at(transport.at_option("bind"), transport.name)
    if host.strip("[]") not in ours:
        yield Fault(where, f"bind = {transport.get('bind')}: our bind_host is {wanted.bind_host}")
    if transport.get("protocol").lower() == "udp" and (port or "5060") != str(wanted.sip_port):
        yield Fault(where, f"bind = {transport.get('bind')}: our sip_port is {wanted.sip_port}")


def _dialplan(sections: Sequence[Section], pjsip: Sequence[Section], wanted: Wanted) -> Iterator[Fault]:
    trunks = {trunk.get("context", "default"): trunk for trunk in _trunks(pjsip)}
    phones = {one.get("context", "default") for one in _of_type(pjsip, "endpoint") if one.get("auth")}
    for context, _, _ in OUR_OWN:
        for where, text in way_to(sections, phones, context):
            yield Fault(where, text)
    for where, text in dialplan_faults(sections, tuple(trunks), wanted.fastagi_port, wanted.agi_secret):
        yield Fault(where, text)
    monitors = monitor_faults(sections, wanted.fastagi_port, monitoring=wanted.monitoring)
    for where, text in (*followed_forwards(sections), *not_reserved(sections), *monitors):
        yield Fault(where, text)
    for context, extension, does in OUR_OWN if wanted.callbacks else ():
        if not any(_has(section, context, extension) for section in sections):
            yield Fault(
                "extensions.conf", f"[{context}] has no extension {extension}: by it the engine {does}; take ours"
            )


def _has(section: Section, context: str, extension: str) -> bool:
    return section.name == context and any(one.value.startswith(f"{extension},1,") for one in section.all("exten"))


def _modes(etc: Path) -> Iterator[Fault]:
    """Check that only we can read files with passwords, or their folder."""
    if not etc.is_dir() or not _open(etc.parent) or not _open(etc):
        return
    for name in WITH_SECRETS:
        file = etc / name
        if file.exists() and _open(file):
            mode = stat.filemode(file.stat().st_mode)
            yield Fault(name, f"mode {mode}: there are passwords in it; run `chmod 600 {file}`")


def _open(path: Path) -> bool:
    """Whether others than the owner can read it."""
    return bool(path.stat().st_mode & 0o077)
