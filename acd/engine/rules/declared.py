"""A rule as one declaration: its settings and its words. `registry.py` lists these rules.

A rule's settings are a struct of its own. Each field is a setting of the line by the same name (`COZUM_<NAME>`), with
the limits and the description that stand beside it, and a reload may change it; `acd.config` and the documents read
them from here. `settings_of` gives the struct back to the rule.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from acd.engine.core import Core


class RuleSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a rule's settings: numbers and truth values, each with a default that changes nothing."""


R = TypeVar("R", bound=RuleSettings)


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `words` are its texts for `cozum journal why`, by language and key; `shipped` has the
    settings that ship with another value than the default, which leaves the line as it was."""

    settings: type[RuleSettings]
    words: Mapping[str, Mapping[str, str]]
    shipped: Mapping[str, float] = {}


def settings_of(core: Core, kind: type[R]) -> R:
    """A rule's present settings."""
    found = core.rule_settings.get(kind)
    if not isinstance(found, kind):
        given = core.state.config.rules
        found = kind(**{name: given[name] for name in kind.__struct_fields__ if name in given})
        core.rule_settings[kind] = found
    return found
