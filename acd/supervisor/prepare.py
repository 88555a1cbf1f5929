"""Prepares a start: the data folder with its secrets, the demo agents, sound files and rules, and the configuration of
the private Asterisk."""

import errno
import secrets
from pathlib import Path

from acd.asterisk.instance_spec import AgentPhone, AmiUser, Caps, InstanceSpec
from acd.asterisk.manager_user import write_classes
from acd.config.capacity import capacity
from acd.config.exposure import refuse_root, remember
from acd.config.own_prompts import complete_own_prompts
from acd.config.rules import Rules, load_rules, prompts_dir
from acd.config.settings import Settings
from acd.desk.start_check import start_faults
from acd.engine.model.errors import BadConfig
from acd.lib.folder_lock import LockTaken, take_lock
from acd.lib.secret_file import secret_in
from agents.demo import demo_agents_toml
from agents.pins import SALT_BYTES, hash_pin


class CannotRun(Exception):
    """The system cannot be started here. One line, with the way out."""


def prepare(settings: Settings) -> Rules:
    """Make the data folder with its secrets and, for a demo, its agents; check all files. Raises `CannotRun`."""
    if settings.line_elsewhere:
        raise CannotRun(settings.line_elsewhere)
    try:
        refuse_root(settings)
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret_in(settings.token_file)
        if not settings.ami_secret:
            secret_in(settings.ami_secret_file)
        agi_secret(settings)
        seed_agents(settings)
        complete_own_prompts(settings)
        rules = load_rules(settings)
        if faults := start_faults(settings):
            raise CannotRun("\n".join(faults))
    except BadConfig as error:
        raise CannotRun(str(error)) from None
    except OSError as error:
        raise unusable(settings.data_dir, error) from None
    remember(settings, rules.agents)
    return rules


def agi_secret(settings: Settings) -> str:
    """The secret with which the dialplan's requests to engine and standby begin. It is kept over restarts, since a
    running Asterisk has it in its dialplan. Raises `OSError`."""
    return settings.agi_secret or secret_in(settings.agi_secret_file)


def unusable(folder: Path, error: OSError) -> CannotRun:
    """The message that the data folder cannot be written, with the way out."""
    way_out = "; set another"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        way_out = "; make room there, or set another"
    elif error.errno in (errno.EACCES, errno.EPERM):
        way_out = "; run as its owner, or set another"
    elif error.errno in (errno.EEXIST, errno.ENOTDIR):
        way_out = "; set a folder"
    elif error.errno == errno.EROFS:
        way_out = "; set one on a disk that can be written"
    return CannotRun(f"data_dir = {str(folder)!r}: {error.strerror or error}{way_out}")


def seed_agents(settings: Settings) -> None:
    """Write the demo agents if there is no list of agents yet and `agents_file` is not set."""
    if not settings.demo or settings.agents_file is not None or settings.agents_path.exists():
        return
    text = demo_agents_toml(lambda pin: hash_pin(pin, secrets.token_bytes(SALT_BYTES)))
    fresh = settings.agents_path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(settings.agents_path)


def phones(rules: Rules) -> tuple[AgentPhone, ...]:
    """The agents' accounts, as Asterisk needs them."""
    return tuple(
        AgentPhone(
            extension=agent.extension,
            sip_password=agent.sip_password,
            name=agent.endpoint.removeprefix("PJSIP/"),
            webrtc=agent.webrtc,
        )
        for agent in rules.agents
    )


def transfer_codes(rules: Rules) -> tuple[str, ...]:
    """The codes that agents dial after the prefix to send a caller to a service."""
    return tuple(service.transfer_code for service in rules.config.services if service.transfer_code)


def caps(settings: Settings, rules: Rules) -> Caps:
    """How many calls Asterisk accepts."""
    most = capacity(settings, len(rules.agents))
    return Caps(
        calls=most.calls + most.asked,
        per_number=most.per_number,
        withheld=most.withheld,
        per_second=most.per_second,
        switchboards=tuple(sorted(rules.config.switchboards)),
    )


def asterisk_spec(settings: Settings, rules: Rules) -> InstanceSpec:
    """The private Asterisk for these settings."""
    secret = settings.ami_secret or secret_in(settings.ami_secret_file)
    return InstanceSpec(
        folder=settings.data_dir / "asterisk",
        node=settings.node,
        bind=settings.bind_host,
        sip_port=settings.sip_port,
        ws_port=settings.ws_port,
        ami_port=settings.ami_port,
        rtp_start=settings.rtp_start,
        rtp_end=settings.rtp_end,
        fastagi=f"127.0.0.1:{settings.fastagi_port}",
        standby=f"127.0.0.1:{settings.standby_port}",
        agi_secret=agi_secret(settings),
        standby_after_s=settings.standby_after_s,
        ring_s=settings.ring_s,
        private_ring_s=settings.private_ring_s,
        wrapup_s=settings.wrapup_s,
        ami_users=(AmiUser(name=settings.ami_user, secret=secret, write=write_classes(bool(settings.callback_trunk))),),
        callback_trunk=settings.callback_trunk,
        agents=phones(rules),
        transfer_codes=transfer_codes(rules),
        prompts_dir=prompts_dir(settings),
        menus=rules.menus,
        caps=caps(settings, rules),
        trunk_hosts=settings.trunk_hosts,
        rtp_timeout_s=settings.rtp_timeout_s,
        qualify_s=settings.qualify_s,
        browser_phones=settings.browser_phones_file.absolute(),
        demo_caller=settings.demo_caller,
        monitoring=settings.monitoring,
    )


def hold_folder(folder: Path) -> int:
    """Lock the data folder as long as we or our processes live. Raises `CannotRun` if another system has it."""
    try:
        return take_lock(folder / "supervisor.lock")
    except LockTaken as taken:
        raise CannotRun(
            f"already running in {folder} (pid {taken.owner}): stop that one, or set COZUM_DATA_DIR and other ports"
        ) from None
    except OSError as error:
        raise unusable(folder, error) from None
