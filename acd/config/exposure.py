"""Refuses to serve beyond loopback as root, or with passwords and PINs that everybody can guess."""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig
from agents.demo import with_demo_password
from agents.directory import Agent
from agents.pins import verify_pin

CHECKED = "pins_checked"
"""A file of data_dir: digests of the PINs that passed the check, so that a start does not check them again. One check
takes 20 ms."""


def refuse_root(settings: Settings) -> None:
    """Raise `BadConfig` if this user may not serve."""
    if not settings.is_loopback and os.geteuid() == 0:
        raise BadConfig(
            f"{_where(settings)}: root serves on loopback only, since whoever breaks into Asterisk "
            "would have this machine; give it a user of its own with run_as (docs/security.md), or bind to 127.0.0.1"
        )


def _where(settings: Settings) -> str:
    return " and ".join(f"{name} = {getattr(settings, name)!r}" for name in settings.open_hosts)


def guessable(settings: Settings, agents: Sequence[Agent]) -> list[str]:
    """Faults of agents whose password or PIN everybody can guess, beyond loopback; one line each, for the operator."""
    if settings.is_loopback:
        return []
    faults = []
    if demo := with_demo_password(agents):
        faults.append(
            f"{_where(settings)}: agents {', '.join(demo)} in {settings.agents_path} have the demo "
            "password, which everybody knows; give them others or bind to 127.0.0.1"
        )
    if same := _with_extension_as_pin(agents, settings.data_dir / CHECKED):
        faults.append(
            f"{_where(settings)}: the PIN of agents {', '.join(same)} in {settings.agents_path} is "
            "their extension, which everybody knows; give them others (`cozum agents pin`) or bind to 127.0.0.1"
        )
    return faults


def remember(settings: Settings, agents: Sequence[Agent]) -> None:
    """Record in data_dir that these agents' PINs passed `guessable` and need no further check."""
    if settings.is_loopback:
        return
    file, digests = settings.data_dir / CHECKED, {_digest(agent) for agent in agents}
    if digests != _checked(file):
        fresh = file.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):  # on a full disk they are checked again
            fresh.touch(mode=0o600)
            fresh.write_text("\n".join(sorted(digests)) + "\n", "ascii")
            fresh.replace(file)


def _with_extension_as_pin(agents: Sequence[Agent], file: Path) -> list[str]:
    before = _checked(file)
    return [
        agent.extension
        for agent in agents
        if _digest(agent) not in before and verify_pin(agent.extension, agent.pin_hash)
    ]


def _checked(file: Path) -> set[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return set(file.read_text("ascii").split())
    return set()


def _digest(agent: Agent) -> str:
    return hashlib.sha256(f"{agent.extension}:{agent.pin_hash}".encode()).hexdigest()
