"""Reads the line's settings and rules anew, and says what came of it: to the log, and to desks."""

import time

import structlog

from acd.config.reload import reload_settings
from acd.config.rules import Rules, load_rules
from acd.config.settings import Settings, SettingsError
from acd.engine.model.errors import BadConfig
from acd.link.messages import Reloaded
from ivr.menu_file import BadSound

log = structlog.get_logger(__name__)


def rules_to_start(settings: Settings) -> Rules:
    """The rules that a line starts with. Without an early ring if a prompt of its menu cannot be used: a line that died
    must come back, and urgent callers hear the menu before a phone rings. A reload takes the mended prompt. Raises
    `BadConfig`."""
    try:
        return load_rules(settings)
    except BadSound as error:
        for fault in str(error).splitlines():
            log.error("early_ring_off", fault=fault, until="a reload with that prompt mended")
        return load_rules(settings.model_copy(update={"early_ring": False}))


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
    except Exception as error:  # whatever a file makes of a reload, the calls go on
        log.exception("reload_failed", kept="the rules in force")
        fault = f"our fault, the log says more: {type(error).__name__}: {error}"
        return settings, None, Reloaded(began=began, refused=(fault,))
    log.info("reloaded", agents=len(rules.agents), services=len(rules.config.services), settings=list(taken))
    if waiting:
        log.warning("settings_need_restart", settings=list(waiting))
    return fresh, rules, Reloaded(began=began, waiting=waiting)
