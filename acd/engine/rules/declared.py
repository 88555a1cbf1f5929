"""A rule as one declaration: its settings, its timers and its words. `registry.py` lists these rules.

A rule's settings are a struct of its own. Each field is a setting of the line by the same name (`COZUM_<NAME>`), with
the limits and the description that stand beside it, and a reload may change it; `acd.config` and the documents read
them from here. `settings_of` gives the struct back to the rule.

`acd.engine.machine` starts and fires a rule's timers, and starts them again after a restart. `acd.explain` tells what
its facts mean.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from acd.engine.core import Core
from acd.engine.timers import Timer


class RuleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a rule's settings: numbers and truth values, each with a default that changes nothing."""


R = TypeVar("R", bound=RuleSettings)


class Told(msgspec.Struct, frozen=True):
    """What a fact of a rule means for its call: the key of one of the rule's words, and what is filled in."""

    key: str
    seconds: Mapping[str, float] = {}
    """Durations in the text, by name."""


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. A part that a rule does not need is left out."""

    settings: type[RuleSettings] = RuleSettings
    shipped: Mapping[str, float | bool] = {}
    """Settings that ship with another value than the default, which leaves the line as it was."""
    timers: Mapping[Timer[Any], Callable[[Core, Any], None]] = {}
    """Its timers, each with what it does."""
    words: Mapping[str, Mapping[str, str]] = {}
    """Its texts for `cozum journal why`, by language and key."""
    tells: Mapping[type, Callable[[Any], Told | None]] = {}
    """Which of its words a fact of a call is told with, by the fact's class; None: nothing is said. It stands under
    the sentence of that fact, or is a sentence of its own where there is none."""


def settings_of(core: Core, kind: type[R]) -> R:
    """A rule's present settings."""
    found = core.rule_settings.get(kind)
    if not isinstance(found, kind):
        given = core.state.config.rules
        found = kind(**{name: given[name] for name in kind.__struct_fields__ if name in given})
        core.rule_settings[kind] = found
    return found
