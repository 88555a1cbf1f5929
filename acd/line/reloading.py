"""Reads the line's settings and rules anew, and says what came of it: to the log, and to desks."""

import time

import structlog

from acd.config.reload import reload_settings
from acd.config.rules import Rules, load_rules
from acd.config.settings import Settings, SettingsError
from acd.engine.model.errors import BadConfig
from acd.link.messages import Reloaded

log = structlog.get_logger(__name__)


def read_anew(settings: Settings) -> tuple[Settings, Rules | None, Reloaded]:
    """Settings and rules from now on, and what desks are told. Rules of None: a fault, and the present ones stay."""
    began = time.monotonic()
    try:
        fresh, taken, waiting = reload_settings(settings)
        rules = load_rules(fresh)
    except (SettingsError, BadConfig) as error:
        faults = tuple(str(error).splitlines())
        for fault in faults:
            log.error("reload_refused", fault=fault, kept="the rules in force")
        return settings, None, Reloaded(began=began, refused=faults)
    log.info("reloaded", agents=len(rules.agents), services=len(rules.config.services), settings=list(taken))
    if waiting:
        log.warning("settings_need_restart", settings=list(waiting))
    return fresh, rules, Reloaded(began=began, waiting=waiting)
