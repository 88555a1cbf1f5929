"""Settings read anew while the line runs: which of them are taken, and which wait for a restart."""

from typing import Final, NamedTuple

from acd.config.load_settings import load_settings
from acd.config.rule_settings import RULE_SETTINGS
from acd.config.settings import Settings

LIVE: Final = frozenset(
    {
        "agents_file", "services_file", "numbers_file", "flow_file", "recording", "early_ring",
        "wrapup_s", "ring_s", "max_misses", "strategy", "wrapup_recall", "ring_recall", "headroom", "headroom_from",
        "empty_grace_s", "owner_first_s", "backup_after_s", "escalation_key", "redial_s",
        "urgent_calls_per_hour", "urgent_calls_withheld", "first_time_agents",
        "announce_urgent", "announce_routine", "announce_after_s", "announce_every_s",
        "callback_key", "callback_offer_after_s", "callback_tries", "callback_retry_s", "callback_ring_s",
        "callbacks_per_number", "callbacks_per_hour", "callback_denied",
        "max_calls", "max_calls_per_number", "max_calls_withheld", "max_calls_per_second", "emergency_places",
        "regroup_s", "standby_after_s", "heartbeat_s", "journal_days",
    }
).union(RULE_SETTINGS)  # fmt: skip
"""Taken on a reload. All others are about ports, folders, connections, or figures that would no longer be comparable
with those before them; these wait for a restart, which costs no call."""


class Reload(NamedTuple):
    """What a reload makes of the settings."""

    settings: Settings
    """To go by from now on."""
    taken: tuple[str, ...]
    """Names of those that changed and count now."""
    waiting: tuple[str, ...]
    """Names of those that changed and need a restart."""


def reload_settings(now: Settings) -> Reload:
    """Settings from where those in force came from. Raises `SettingsError`; those in force then stay.

    The environment is what it was when the program started, so a change is one of the file."""
    if now.source is None:  # made in a program, not read
        return Reload(now, (), ())
    wanted = load_settings(now.source.file)
    changed = [name for name in Settings.model_fields if getattr(wanted, name) != getattr(now, name)]
    taken = tuple(name for name in changed if name in LIVE)
    update = {name: getattr(wanted, name) for name in taken}
    return Reload(now.model_copy(update=update), taken, tuple(name for name in changed if name not in LIVE))
