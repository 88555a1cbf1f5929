"""Reads the line's settings and rules anew, and says what came of it: to the log, and to desks."""

import time

import structlog

from acd.config.reload import reload_settings
from acd.config.rules import Rules, load_rules
from acd.config.settings import Settings, SettingsError
from acd.engine.model.errors import BadConfig
from acd.lib.clock import clock
from acd.link.messages import Reloaded
from ivr.menu_file import BadSound

log = structlog.get_logger(__name__)


def rules_to_start(settings: Settings, last: Rules | None = None) -> tuple[Rules, Reloaded]:
    """The rules that a line starts with, and what desks are told. With a fault in the files they are `last`, the rules
    as they were read last: a line that died must come back. Raises `BadConfig` if there are none."""
    began = time.monotonic()
    try:
        return _rules_of_files(settings), Reloaded()
    except Exception as error:
        if last is None:
            raise
        refused = _refused(error, began, kept="the rules as they were read last")
    return last.with_hours(clock(), settings.timezone, clock.ahead_s), refused


def _rules_of_files(settings: Settings) -> Rules:
    """Without an early ring if a prompt of its menu cannot be used: urgent callers hear the menu before a phone rings.
    A reload takes the mended prompt."""
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
    except Exception as error:  # whatever a file makes of a reload, the calls go on
        return settings, None, _refused(error, began, kept="the rules in force")
    log.info("reloaded", agents=len(rules.agents), services=len(rules.config.services), settings=list(taken))
    if waiting:
        log.warning("settings_need_restart", settings=list(waiting))
    return fresh, rules, Reloaded(began=began, waiting=waiting)


def _refused(error: Exception, began: float, *, kept: str) -> Reloaded:
    """Log why the files were not taken, and which rules are in force."""
    if isinstance(error, SettingsError | BadConfig):
        faults = tuple(str(error).splitlines())
        for fault in faults:
            log.error("reload_refused", fault=fault, kept=kept)
        return Reloaded(began=began, refused=faults)
    log.error("reload_failed", kept=kept, exc_info=error)
    fault = f"our fault, the log says more: {type(error).__name__}: {error}"
    return Reloaded(began=began, refused=(fault,))
