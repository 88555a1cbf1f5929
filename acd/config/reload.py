"""Reloads settings while the line runs: which changes are taken, and which need a restart."""

from typing import Final, NamedTuple

from acd.config.load_settings import load_settings
from acd.config.rule_settings import RULE_SETTINGS
from acd.config.settings import Settings

LIVE: Final = frozenset(
    {
        "agents_file", "services_file", "numbers_file", "flow_file", "recording", "early_ring",
        "wrapup_s", "ring_s", "max_misses", "strategy", "wrapup_recall", "ring_recall", "headroom", "headroom_from",
        "empty_grace_s", "owner_first_s", "own_requests", "say_number", "backup_after_s", "escalation_key", "redial_s",
        "urgent_calls_per_hour", "urgent_calls_withheld", "first_time_agents",
        "announce_urgent", "announce_routine", "announce_after_s", "announce_every_s",
        "callback_key", "callback_offer_after_s", "callback_tries", "callback_retry_s", "callback_ring_s",
        "callbacks_per_number", "callbacks_per_hour", "callback_denied",
        "max_calls", "max_calls_per_number", "max_calls_withheld", "max_calls_per_second", "emergency_places",
        "regroup_s", "standby_after_s", "heartbeat_s", "journal_days",
    }
).union(RULE_SETTINGS)  # fmt: skip
"""Settings that a reload takes. All others are about ports, folders, connections, or figures that could no longer be
compared with earlier ones; they need a restart, which costs no call."""


class Reload(NamedTuple):
    """The result of a reload."""

    settings: Settings
    """The settings from now on."""
    taken: tuple[str, ...]
    """Names of the settings that changed and are valid now."""
    waiting: tuple[str, ...]
    """Names of the settings that changed and need a restart."""


def reload_settings(now: Settings) -> Reload:
    """Read the settings again from their source. Raises `SettingsError`; the present ones then stay.

    The environment cannot change after the start, so every change comes from the file."""
    if now.source is None:  # a program made them; there is no source
        return Reload(now, (), ())
    wanted = load_settings(now.source.file)
    changed = [name for name in Settings.model_fields if getattr(wanted, name) != getattr(now, name)]
    taken = tuple(name for name in changed if name in LIVE)
    update = {name: getattr(wanted, name) for name in taken}
    return Reload(now.model_copy(update=update), taken, tuple(name for name in changed if name not in LIVE))
