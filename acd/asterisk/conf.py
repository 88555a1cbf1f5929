"""Asterisk's configuration: the templates in `asterisk-conf/` filled in for one instance.

A template's `@NAME@` is replaced; the dialplan's own `${NAME}` is left alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.instance_spec import NO_CAP, AgentPhone, AmiUser, ConfError, InstanceSpec
from acd.asterisk.provision import Installation
from acd.asterisk.reservation import COUNTED
from acd.engine.model.config import TRANSFER_PREFIX
from acd.engine.model.monitor_facts import MONITOR_CODE
from acd.engine.model.phone_numbers import COUNTRY, NO_NUMBER, WITHHELD, spellings
from acd.lib import shipped
from acd.lib.endpoints import CITIZEN
from acd.lib.networks import holds_loopback, network
from ivr.menu_file import music_section

TEMPLATES = shipped.asterisk_conf()
STANDBY_TURN_S = 2
"""Seconds in the standby's queue after which the dialplan looks for the engine again."""
CITIZEN_RTP_TIMEOUT_S = 10
"""A living browser sends sound, muted or not. After this many seconds without sound it was killed."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where an instance keeps its things."""

    folder: Path
    run: Path
    """The control socket's folder. It may be outside `folder`, since a socket's path may have 107 bytes only."""

    @property
    def etc(self) -> Path:
        return self.folder / "etc"

    @property
    def conf(self) -> Path:
        return self.etc / "asterisk.conf"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def menus(self) -> Path:
        """A folder for each class of music that is a menu."""
        return self.data / "menus"

    @property
    def pid(self) -> Path:
        return self.folder / "asterisk.pid"


def render(spec: InstanceSpec, paths: Paths, installed: Installation) -> dict[str, str]:
    """The text of every configuration file by name. Raises `ConfError` if Asterisk lacks a module that is needed."""
    menus = "\n".join(music_section(paths.menus, one) for one in spec.menus)
    values = {"MENUS": menus, **_of_paths(paths, installed), **_of_line(spec), **_of_phones(spec, paths, installed)}
    files = {file.name: fill(file.read_text(encoding="utf-8"), values, file.name) for file in TEMPLATES.glob("*.conf")}
    files["modules.conf"] = choose_modules(files["modules.conf"], installed.modules_dir)
    for name, text in spec.extra.items():
        files[name] = f"{files.get(name, '')}\n{text}\n"
    return files


def _of_paths(paths: Paths, installed: Installation) -> dict[str, object]:
    """Where Asterisk finds and keeps things."""
    return {
        "ETC": paths.etc,
        "MODULES": installed.modules_dir,
        "DB": paths.folder / "db",
        "DATA": paths.data,
        "AGI_BIN": paths.data / "agi-bin",
        "SPOOL": paths.folder / "spool",
        "RUN": paths.run,
        "LOG": paths.log,
        "MOH": paths.data / "moh",
    }


def _of_line(spec: InstanceSpec) -> dict[str, object]:
    """Ports, times and caps."""
    return {
        "NODE": spec.node,
        "BIND": _bracketed("127.0.0.1" if spec.bind == "localhost" else spec.bind),
        "SIP_PORT": spec.sip_port,
        "WS_PORT": spec.ws_port,
        "AMI_PORT": spec.ami_port,
        "RTP_START": spec.rtp_start,
        "RTP_END": spec.rtp_end,
        "RTP_TIMEOUT": spec.rtp_timeout_s,
        "QUALIFY": round(spec.qualify_s),
        "FASTAGI": spec.fastagi,
        "STANDBY": spec.standby,
        "AGI_SECRET": spec.agi_secret,
        "STANDBY_AFTER_MS": round(spec.standby_after_s * 1000),
        "STANDBY_TURN_S": STANDBY_TURN_S,
        "RING_S": max(1, round(spec.ring_s)),
        "PRIVATE_RING_S": max(1, round(spec.private_ring_s)),
        "WRAPUP_S": round(spec.wrapup_s),
        "LINE": spec.line,
        "MOST_CALLS": spec.caps.calls,
        "MOST_PER_NUMBER": spec.caps.per_number,
        "MOST_WITHHELD": spec.caps.withheld,
        "MOST_PER_SECOND": spec.caps.per_second,
        "SWITCHBOARDS": _switchboards(spec.caps.switchboards),
        "NO_NUMBER": "|".join(sorted(NO_NUMBER)),
        "WITHHELD": WITHHELD,
        "QUEUE_LOG": "yes" if spec.queue_log else "no",
        **_of_monitoring(spec),
    }


def _switchboards(numbers: Sequence[str]) -> str:
    """Extensions by all digits that a trunk may send for these numbers, an internal one's own among them."""
    digits = dict.fromkeys(
        way.removeprefix("+") for number in numbers for way in (*spellings(number), number.removeprefix(COUNTRY))
    )
    return "\n".join(f"exten => {way},1,Return(switchboard)\n same => n,Return({NO_CAP})" for way in digits)


def _of_monitoring(spec: InstanceSpec) -> dict[str, object]:
    """How a shift lead's phone monitors talks; without monitoring neither code nor module is there."""
    if not spec.monitoring:
        none = "; Monitoring is off (the setting monitoring)."
        return {"MONITOR_CODE": none, "MONITOR": none, "MONITOR_MODULE": none}
    return {
        "MONITOR_CODE": f"exten => {MONITOR_CODE},1,Goto(monitor,s,1)",
        "MONITOR": MONITOR.replace("FASTAGI", spec.fastagi).replace("SECRET", spec.agi_secret),
        "MONITOR_MODULE": "load = app_chanspy.so",
    }


def _of_phones(spec: InstanceSpec, paths: Paths, installed: Installation) -> dict[str, object]:
    """Trunks, manager users, agents' phones and pages."""
    return {
        "IDENTIFIED_BY": identified_by(spec.trunk_hosts),
        "TRUNK_HOSTS": "\n".join(f"match = {host}" for host in spec.trunk_hosts),
        # Bound to all addresses, media uses the address of the route to each phone; bound to one, it uses that one.
        "MEDIA": "" if spec.is_wildcard else f"media_address = {spec.local_address}\nbind_rtp_to_media_address = yes",
        "MANAGER_USERS": "\n".join(_manager_user(user, installed.version) for user in spec.ami_users),
        "BROWSER_PHONES": spec.browser_phones or paths.folder / "db" / "browser_phones.db",
        "WS_TAIL": len(f":{spec.ws_port}"),
        "CITIZEN": _citizen(spec),
        "CITIZEN_CONTEXT": _citizen_context(spec),
        "OUTGOING": _outgoing(spec),
        "CALLBACK": CALLBACK.replace("@LINE@", spec.line)
        if spec.callback_trunk
        else "; [callback]: no callback_trunk is set, so nobody is called.",
        "DUTY": _duty(spec),
        "HANDOVER": HANDOVER.replace("@LINE@", spec.line)
        if spec.callback_trunk
        else "; [handover]: no callback_trunk is set, so no caller is handed over to an outside telephone.",
        "AGENTS": "\n".join(_agent(agent) for agent in spec.agents),
        "TRANSFERS": _transfers(spec),
        "HINTS": "\n".join(f"exten => {a.extension},hint,PJSIP/{a.endpoint}&PJSIP/{a.page}" for a in spec.agents),
        "COLLEAGUES": "\n".join(
            f"exten => {a.extension},1,Gosub(private,s,1({a.endpoint},{a.page}))" for a in spec.agents
        ),
    }


def identified_by(trunk_hosts: Sequence[str]) -> str:
    """The order in which PJSIP identifies the sender of a request. The address comes first, so that a caller from the
    trunk whose number equals an agent's extension belongs to the trunk. On loopback phones share the trunk's address.
    There the name comes first, since otherwise each REGISTER of a phone would belong to the trunk."""
    return "username,ip" if any(holds_loopback(network(host)) for host in trunk_hosts) else "ip,username"


def _transfers(spec: InstanceSpec) -> str:
    """The destinations of an agent's transfers; the engine knows what each means."""
    targets = [agent.extension for agent in spec.agents] + [TRANSFER_PREFIX + code for code in spec.transfer_codes]
    return "\n".join(
        f"exten => {dialled},1,Set(TRANSFER_TO={dialled})\n same => n,Goto(transferred,s,1)" for dialled in targets
    )


def fill(template: str, values: Mapping[str, object], name: str) -> str:
    """Replace each `@NAME@`. Raises `ConfError` for a name without a value, and for a value that would break a line."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ConfError(f"{name}: @{found[1]}@: no such value; there are {', '.join(sorted(values))}")
        return str(values[found[1]])

    return re.sub(r"@([A-Z_]+)@", value, template)


def choose_modules(text: str, folder: Path) -> str:
    """modules.conf without the optional modules that this Asterisk does not have. Raises `ConfError`."""
    lines = []
    for line in text.splitlines():
        found = re.match(r"load = (\S+\.so)\s*(; optional)?$", line)
        if found and not (folder / found[1]).exists():
            if found[2]:
                continue
            raise ConfError(f"{folder}: this Asterisk has no {found[1]}; install its package of modules")
        lines.append(line)
    return "\n".join(lines) + "\n"


MONITOR = """\
[monitor]
exten => s,1,Answer()
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,AGI(agi://FASTAGI/monitor,SECRET,${CHANNEL(endpoint)})
 same => n,ExecIf($["${AGISTATUS}" = "FAILURE"]?Congestion(2))
 same => n,Hangup()
"""
"""The engine gets the phone that authenticated. While an engine is away the code is refused: it knows who may."""


CALLBACK = """\
[callback]
exten => agent,1,Set(PHONE=${FILTER(0-9A-Za-z_\\x2d,${AGENT})})
 same => n,Dial(PJSIP/${PHONE},${RING_S},iIG(callback^picked-up^1)b(reserve^dial^1))
 same => n,Hangup(${HANGUPCAUSE})
exten => picked-up,1,Goto(over,1)
 same => n,Goto(caller,1)
exten => over,1,Answer()
 same => n,Hangup(16)
exten => caller,1,Set(TO=${FILTER(0-9,${NUMBER})})
 same => n,GotoIf($["${TO}" = "${NUMBER}" & ${LEN(${TO})} > 0 & ${LEN(${TO})} <= 15]?:no)
 same => n,Set(_ARRIVED=${STRFTIME(,,%s%3q)})
 same => n,Set(_CALLED_BACK=${CALLED_BACK})
 same => n,Dial(PJSIP/${TO}@outgoing,${ANSWER_S},iI)
 same => n(no),Hangup(16)
exten => citizen,1,Set(TO=${FILTER(0-9,${NUMBER})})
 same => n,GotoIf($["${TO}" = "${NUMBER}" & ${LEN(${TO})} > 0 & ${LEN(${TO})} <= 15]?:no)
 same => n,Dial(PJSIP/${TO}@outgoing,${ANSWER_S},iIG(callback^here^1))
 same => n(no),Hangup(${HANGUPCAUSE})
exten => here,1,Goto(over,1)
 same => n,Set(ARRIVED=${STRFTIME(,,%s%3q)})
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Goto(hotline,@LINE@,engine)

[nowhere]
"""
"""The engine originates `Local/agent@callback/n`. One half of it rings the agent with a Dial, whose option `i` follows
no forward; an Originate of the phone itself would follow one. When the agent answers, `G` ends that half (priority 1),
and the agent's own channel goes on (priority 2) and dials the caller. `I`: what the trunk says does not change the
caller's number. If an agent transfers the caller, ARRIVED shows that their channel belongs to the line, and
CALLED_BACK, which the engine sets, to which call. The number is a variable, because CEL would log an extension.

For an automatic call it originates `Local/citizen@callback/n`, which rings the citizen in the same way. Their own
channel then comes to the engine like a caller's, and is kept like one when an engine dies."""


DUTY = """\
[duty]
exten => ring,1,Set(TO=${FILTER(0-9,${NUMBER})})
 same => n,GotoIf($["${TO}" = "${NUMBER}" & ${LEN(${TO})} > 0 & ${LEN(${TO})} <= 15]?:no)
 same => n,Dial(PJSIP/${TO}@outgoing,${ANSWER_S},iIG(duty^asked^1))
 same => n,AGI(agi://FASTAGI/duty,SECRET,${DUTY},${DIALSTATUS})
 same => n(no),Hangup(16)
exten => asked,1,Goto(over,1)
 same => n,Set(AGIEXITONHANGUP=yes)
 same => n,Set(TRIES=0)
 same => n(engine),AGI(agi://FASTAGI/duty,SECRET,${DUTY})
 same => n,GotoIf($["${AGISTATUS}" = "HANGUP" | "${COZUM_DONE}" = "1" | ${TRIES} > 240]?over,1)
 same => n,Set(TRIES=$[${TRIES} + 1])
 same => n,Wait(0.25)
 same => n,Goto(engine)
exten => over,1,Answer()
 same => n,Hangup(16)
"""
"""The engine originates `Local/ring@duty/n`. One half of it rings the person on duty and follows no forward, as in
[callback]. When they answer, `G` sends their own channel on (priority 2), which runs our AGI; if the engine dies, it
asks again for a minute. A ring that nobody answered is told to the engine with its DIALSTATUS."""


HANDOVER = """\
[handover]
exten => _X!,1,GotoIf($["${ARRIVED}" = ""]?no)
 same => n,Set(ORDER=${HANDOVER_${FILTER(0-9,${EXTEN})}})
 same => n,Set(GLOBAL(HANDOVER_${FILTER(0-9,${EXTEN})})=)
 same => n,Gosub(clean,s,1)
 same => n,Set(TRANSFER_TO=)
 same => n,Set(TRANSFER_LEG=${BLINDTRANSFER})
 same => n,Set(DIALSTATUS=)
 same => n,Set(TO=${FILTER(0-9,${CUT(ORDER,*,1)})})
 same => n,Set(WITHIN=${FILTER(0-9,${CUT(ORDER,*,2)})})
 same => n,GotoIf($["${TO}*${WITHIN}" = "${ORDER}" & ${LEN(${TO})} >= 3 & ${LEN(${TO})} <= 15]?:back)
 same => n,Dial(PJSIP/${TO}@outside,${WITHIN},riIf(<@LINE@>))
 same => n,GotoIf($["${DIALSTATUS}" = "ANSWER"]?no)
 same => n(back),Set(OUTSIDE=${IF($["${DIALSTATUS}" = "CHANUNAVAIL" & "${HANGUPCAUSE}" = "21"]?NOANSWER:${DIALSTATUS})})
 same => n,Set(DIALSTATUS=)
 same => n,Goto(hotline,@LINE@,engine)
 same => n(no),Hangup(21)
"""
"""The engine sends a talking caller's channel here, by a transfer of the agent's leg. The extension names the variable
with the number and, after a star, the seconds; it is emptied, since the number may be a person's. The caller hears a
ringing tone. If the telephone does not answer, the caller returns to the engine with the Dial's result, which AMI may
report later and less exactly. Dial calls a telephone that declines (cause 21) unavailable; here it did not answer. `i`:
no forward is followed; `I` and `f`: the telephone shows the line's number, and the caller is not shown the
telephone's."""


def _duty(spec: InstanceSpec) -> str:
    if not spec.callback_trunk:
        return "; [duty]: no callback_trunk is set, so nobody on duty is rung."
    return DUTY.replace("FASTAGI", spec.fastagi).replace("SECRET", spec.agi_secret)


def _outgoing(spec: InstanceSpec) -> str:
    """The trunk for callbacks and hand-overs. No call comes in by it: no name and no address identifies it."""
    if not spec.callback_trunk:
        return ""
    endpoint = (
        "type = endpoint\ntransport = udp\ncontext = nowhere\nidentify_by = ip\naors = outgoing\n"
        f"from_user = {spec.line}\ncallerid = <{spec.line}>\ndisallow = all\nallow = alaw,ulaw\ndtmf_mode = auto\n"
        "direct_media = no\nallow_transfer = no\nallow_subscribe = no\ntrust_id_inbound = no\nlanguage = tr\n"
        f"rtp_timeout = {spec.rtp_timeout_s}\nrtp_timeout_hold = {spec.rtp_timeout_s}\n"
    )
    return f"[outgoing]\n{endpoint}[outside]\n{endpoint}[outgoing]\ntype = aor\ncontact = sip:{spec.callback_trunk}\n"


def _citizen(spec: InstanceSpec) -> str:
    if not spec.demo_caller:
        return "; There is none."
    media = f"media_address = {spec.local_address}\nbind_rtp_to_media_address = yes\n"
    return (
        f"[{CITIZEN}]\ntype = endpoint\ntransport = ws\nwebrtc = yes\ndtls_auto_generate_cert = yes\n"
        f"rewrite_contact = yes\ncontext = {CITIZEN}\nidentify_by = username\nauth = {CITIZEN}\n"
        "callerid = <unknown>\ntrust_id_inbound = no\ndisallow = all\nallow = alaw,ulaw\ndtmf_mode = auto\n"
        "direct_media = no\nallow_transfer = no\nallow_subscribe = no\nlanguage = tr\n"
        f"rtp_timeout = {CITIZEN_RTP_TIMEOUT_S}\n" + ("" if spec.is_wildcard else media)
    )


def _citizen_context(spec: InstanceSpec) -> str:
    if not spec.demo_caller:
        return "; There is none."
    return f"[{CITIZEN}]\nexten => {spec.line},1,Goto(hotline,{spec.line},1)"


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _manager_user(user: AmiUser, version: tuple[int, ...]) -> str:
    # Asterisk looks up this form, which names the event, by hash; the older form searches each event's whole text.
    by_name = version >= (22,) or (21, 5) <= version < (22,) or (20, 10) <= version < (21,)
    filters = [
        f"eventfilter(action(include),name({event})) =" if by_name else f"eventfilter = Event: {event}\\s"
        for event in user.events
    ]
    if "Newchannel" in user.events:
        # A caller's channel matters when it runs our AGI. Before that its texts are the caller's own.
        filters.append(
            "eventfilter(action(exclude),name(Newchannel),header(Channel),method(starts_with)) = PJSIP/trunk-"
            if by_name
            else "eventfilter = !Event: Newchannel.*Channel: PJSIP/trunk-"
        )
    if "DeviceStateChange" in user.events:
        # Each call makes a phone busy, which the call's own events tell: the engine asks whether it can be reached.
        filters.append(
            "eventfilter(action(exclude),name(DeviceStateChange),header(State),method(exact)) = BUSY"
            if by_name
            else "eventfilter = !Event: DeviceStateChange.*State: BUSY"
        )
    return "\n".join(
        [
            f"[{user.name}]",
            f"secret = {user.secret}",
            "deny = 0.0.0.0/0.0.0.0",
            "permit = 127.0.0.1/255.255.255.255",
            f"read = {','.join(user.read)}",
            f"write = {','.join(user.write)}",
            # Asterisk cuts off a reader that stalls for this many ms; one long garbage collection takes the default of
            # 100.
            "writetimeout = 5000",
            *filters,
            "",
        ]
    )


def _agent(agent: AgentPhone) -> str:
    name = agent.endpoint
    kind = "browser" if agent.webrtc else "softphone"
    counted = f"set_var = {COUNTED}={agent.extension}\n"
    return (
        f"[{name}]({kind})\nauth = {name}\naors = {name}\ncallerid = <{agent.extension}>\n{counted}"
        f"[{name}](login)\nusername = {name}\npassword = {agent.sip_password}\n"
        f"[{name}](contact)\n"
        f"[{agent.page}](page)\nauth = {agent.page}\naors = {agent.page}\ncallerid = <{agent.extension}>\n{counted}"
        f"[{agent.page}](page-contact)\n"
    )
