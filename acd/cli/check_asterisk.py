"""Doctor: Asterisk, over its manager interface with the engine's own user, over SIP, and by its files."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Container
from pathlib import Path

from acd.asterisk.ami import AmiConnection, AmiError, Timings
from acd.asterisk.confcheck import Wanted, check_files
from acd.asterisk.instance import ami_answers, sip_answers
from acd.asterisk.manager_user import ORIGINATE_CLASS, write_classes
from acd.asterisk.provision import DEFAULT_ROOT, find_host_asterisk, open_root, parse_version
from acd.asterisk.release import OLDEST, Version, remarks, told
from acd.cli.check_machine import asterisk_pid
from acd.cli.finding import Finding, Findings, bad, ok, unknown, warning
from acd.config.rules import menus_of, prompts_dir
from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig
from acd.lib.networks import reached_at
from acd.lib.secret_file import read_secret
from ivr.menu_file import SpokenMenu

ANSWER_S = 3.0
NEEDED_ACTIONS = {
    "Hangup": "the write class call",
    "CoreShowChannels": "the write class reporting",
    "DeviceStateList": "the module res_manager_devicestate.so and the write class reporting",
    "ShowDialPlan": "the module pbx_config.so and the write class reporting",
}
DIALLING_ACTIONS = {"Originate": f"the write class {ORIGINATE_CLASS}, for callbacks over callback_trunk"}
"""Needed with an outgoing trunk, forbidden without one."""
FORBIDDEN_ACTIONS = (
    "Command",
    "UpdateConfig",
    "CreateConfig",
    "GetConfig",
    "ModuleLoad",
    "Reload",
    "AGI",
    "DBPut",
)
"""Rights of a manager user by which a stolen secret opens the machine, or lets somebody dial at the town's cost."""


def check_asterisk(settings: Settings) -> Findings:
    """Check everything about Asterisk; stops early if there is none."""
    found = asyncio.run(_ask(settings))
    yield from found
    if any(one.verdict == "bad" and one.name == "Asterisk" for one in found):
        return
    if settings.ami_host in ("localhost", "127.0.0.1", "::1", settings.bind_host):
        host = reached_at(settings.bind_host)
        if sip_answers(host, settings.sip_port, ANSWER_S):
            yield ok("SIP", f"answers at {host}:{settings.sip_port}/udp")
        else:
            yield bad(
                "SIP", f"no answer at {host}:{settings.sip_port}/udp in {ANSWER_S:g} s: correct sip_port or pjsip.conf"
            )


def check_channel_log(settings: Settings) -> Findings:
    """Asterisk's log of channels, from which the line learns what happened while it was away."""
    file = settings.channel_log_path
    try:
        with file.open("rb"):
            pass
    except FileNotFoundError:
        without = "calls that end while the line is away end when it is back"
        if settings.channel_log is None:
            yield unknown("CEL", f"no {file} yet: an Asterisk of your own has it elsewhere (channel_log)")
        else:
            yield warning("CEL", f"channel_log = {file} is not there: {without}; load cel_custom.so")
    except OSError as error:
        yield bad("CEL", f"{file}: {error.strerror or error}; let the line's user read it")
    else:
        yield ok("CEL", f"{file} can be read")


def check_release(now: float) -> Findings:
    """The Asterisk that is here: its release, whether that was tried, and how old it is."""
    from acd.cli.asterisk import describe

    installed = find_host_asterisk() or open_root(DEFAULT_ROOT.absolute())
    if installed is None:
        yield unknown("release", "no Asterisk here yet; `make setup` fetches one")
        return
    notes = remarks(installed.release, now)
    if not notes:
        yield ok("release", f"{describe(installed, now)}, which was tried")
        return
    way_out = "`cozum asterisk update` tries the newest" if installed.root else "do the system's packages have another?"
    yield warning("release", f"{describe(installed, now)}: {'; '.join(notes)}; {way_out}")


def check_configuration(settings: Settings, etc: Path | None) -> Findings:
    """Asterisk's files: those of the private instance, or those in `etc`."""
    private = settings.data_dir.absolute() / "asterisk" / "etc"
    folder = etc or private
    if not folder.is_dir():
        if etc is not None:
            yield bad("files", f"--asterisk-etc {etc}: no such folder")
        else:
            yield unknown("files", "no private Asterisk yet; --asterisk-etc FOLDER looks at another's files")
            yield from _unseen_menus(settings)
        return
    wanted = Wanted(
        node=settings.node,
        bind_host=settings.bind_host,
        sip_port=settings.sip_port,
        ws_port=settings.ws_port,
        ami_port=settings.ami_port,
        ami_user=settings.ami_user,
        fastagi_port=settings.fastagi_port,
        agi_secret=_agi_secret(settings),
        rtp_start=settings.rtp_start,
        rtp_end=settings.rtp_end,
        callbacks=bool(settings.callback_trunk),
        menus=_menus(settings),
        prompts_dir=prompts_dir(settings),
        monitoring=settings.monitoring,
    )
    faults = check_files(folder, wanted)
    if faults and etc is None and asterisk_pid(settings) is None:
        # Each start writes these files anew, so their present content is of an earlier start.
        yield warning("files", f"{faults[0]} (and {len(faults) - 1} more); {folder} is written anew at the next start")
        return
    for fault in faults:
        yield bad("files", str(fault))
    if not faults:
        yield ok(
            "files",
            f"{folder}: only what is needed is open; no way out for a trunk's callers, nor by a phone's forward",
        )


def _menus(settings: Settings) -> tuple[SpokenMenu, ...]:
    """The menus that callers hear while a phone rings. Rules that cannot be read are told by `check_rules`."""
    if settings.early_ring:
        with contextlib.suppress(BadConfig):
            return menus_of(settings)
    return ()


def _unseen_menus(settings: Settings) -> Findings:
    """An Asterisk of one's own runs. AMI does not tell of classes of music, and Asterisk plays its usual music for one
    that it lacks."""
    names = ", ".join(menu.name for menu in _menus(settings))
    if names and ami_answers(settings.ami_port, 1.0):
        yield warning(
            "menus",
            f"early_ring: urgent callers hear the classes of music {names} while a phone rings; whether the Asterisk "
            "has them only its files say: --asterisk-etc FOLDER",
        )


def _agi_secret(settings: Settings) -> str:
    """The secret with which the dialplan's requests begin; empty if there is none yet."""
    with contextlib.suppress(OSError):
        return settings.agi_secret or read_secret(settings.agi_secret_file)
    return ""


async def _ask(settings: Settings) -> list[Finding]:
    where = f"{settings.ami_host}:{settings.ami_port}"
    try:
        secret = settings.ami_secret or read_secret(settings.ami_secret_file)
    except OSError as error:
        if not ami_answers(settings.ami_port, 1.0):
            return [bad("Asterisk", f"nothing at {where}; {_way_out(settings)}")]
        text = (
            f"{settings.ami_secret_file}: {error.strerror or error}: set ami_secret to that of the Asterisk at {where}"
        )
        return [bad("Asterisk", text)]
    connection = AmiConnection(
        host=settings.ami_host,
        port=settings.ami_port,
        user=settings.ami_user,
        secret=secret,
        on_event=lambda _: None,
        timings=Timings(connect_s=ANSWER_S, boot_s=ANSWER_S, first_retry_s=ANSWER_S),
    )
    task = asyncio.create_task(connection.run())
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * ANSWER_S):
                while not connection.connected and not connection.last_error:  # noqa: ASYNC110 (failures have no event)
                    await asyncio.sleep(0.01)
        if not connection.connected:
            reason = connection.last_error or f"{where} is silent"
            return [bad("Asterisk", reason if "refused AMI user" in reason else f"{reason}; {_way_out(settings)}")]
        try:
            return [finding async for finding in _questions(connection, settings, where)]
        except AmiError as error:
            return [bad("Asterisk", f"{where}: {error}")]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _way_out(settings: Settings) -> str:
    if asterisk_pid(settings) is not None:
        return "the private Asterisk runs: it hangs (start it again), or it has another ami_port than these settings"
    installed = find_host_asterisk() or open_root(DEFAULT_ROOT.absolute())
    if installed is None:
        return "start Asterisk, or let `make run` fetch and start one"
    version = ".".join(str(part) for part in installed.version)
    return f"start Asterisk ({version} is here), or let `make run` start a private one"


async def _questions(connection: AmiConnection, settings: Settings, where: str) -> AsyncIterator[Finding]:
    core = (await connection.send("CoreSettings")).headers
    text = core.get("AsteriskVersion", "")
    version = parse_version(f"Asterisk {text}")
    if version is not None and version[0] < OLDEST:
        yield bad("Asterisk", f"{text} at {where}: {OLDEST} is the oldest that serves; install a newer one")
    elif core.get("SystemName", "") != settings.node:
        yield bad(
            "Asterisk",
            f"systemname = {core.get('SystemName') or '(none)'} in asterisk.conf, node = {settings.node!r} here: "
            "they must be the same, or no call is known again",
        )
    elif asterisk_pid(settings) is not None and (here := _installed_version()) not in (None, version):
        yield warning(
            "Asterisk",
            f"{text.partition('+')[0]} runs at {where}, {told(here or ())} is here: it serves from a restart",
        )
    else:
        yield ok("Asterisk", f"{text.partition('+')[0]} at {where}, user {settings.ami_user}, node {settings.node}")
    actions = (await connection.send("ListCommands")).headers
    for finding in rights(actions, settings):
        yield finding
    if "ShowDialPlan" in actions:
        yield await _dialplan(connection, settings)


def rights(actions: Container[str], settings: Settings) -> Findings:
    """Whether our AMI user may do these `actions`: what the settings need, and no more."""
    dials = bool(settings.callback_trunk)
    needed = NEEDED_ACTIONS | DIALLING_ACTIONS if dials else NEEDED_ACTIONS
    forbidden = FORBIDDEN_ACTIONS if dials else (*DIALLING_ACTIONS, *FORBIDDEN_ACTIONS)
    lacking = [f"{name} (needs {why})" for name, why in needed.items() if name not in actions]
    for text in lacking:
        yield bad("AMI rights", f"user {settings.ami_user} may not do {text}: correct manager.conf or modules.conf")
    if too_much := [name for name in forbidden if name in actions]:
        enough = ",".join(write_classes(dials))
        yield bad(
            "AMI rights",
            f"user {settings.ami_user} may do {', '.join(too_much)}: too much; write = {enough} is enough",
        )
    elif not lacking:
        yield ok("AMI rights", "what is needed and no more")


def _installed_version() -> Version | None:
    """The version of the Asterisk that a start would use."""
    installed = find_host_asterisk() or open_root(DEFAULT_ROOT.absolute())
    return installed.version if installed is not None else None


async def _dialplan(connection: AmiConnection, settings: Settings) -> Finding:
    try:
        steps = await connection.send_list("ShowDialPlan", {"Context": "hotline"})
    except AmiError:
        return bad("dialplan", "there is no context [hotline]: load our extensions.conf")
    agi = [step.get("AppData", "").split(",") for step in steps if step.get("Application", "").upper() == "AGI"]
    ours = [arguments for arguments in agi if f":{settings.fastagi_port}/call" in arguments[0]]
    if not ours:
        given = f"AGI({agi[0][0]}, …)" if agi else "none"
        return bad(
            "dialplan",
            f"[hotline] leads to {given}, not to our fastagi_port = {settings.fastagi_port}: correct one of the two",
        )
    if any(arguments[1:2] != [_agi_secret(settings)] for arguments in ours):
        return bad(
            "dialplan",
            "[hotline] does not give our agi_secret as the first argument of AGI(): callers are dropped; start "
            "Asterisk again with these settings, or set agi_secret to that of its dialplan",
        )
    numbers = sorted({step["Extension"] for step in steps if step.get("Extension")})
    return ok("dialplan", f"[hotline] takes {', '.join(numbers)} and leads to port {settings.fastagi_port}")
