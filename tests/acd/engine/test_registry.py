"""Rules that are declared as one piece."""

import pytest

from acd.config.load_settings import load_settings
from acd.config.rule_settings import RULE_SETTINGS
from acd.config.settings import Settings, SettingsError
from acd.engine.machine import TIMERS
from acd.engine.rules.declared import Declared
from acd.engine.rules.registry import RULES
from acd.explain.words import Words
from acd.explain.words_en import EN
from acd.explain.words_tr import TR

SET = [rule for rule in RULES if rule.settings.__struct_fields__]
"""The rules that have settings."""


@pytest.mark.parametrize("rule", SET, ids=lambda rule: rule.settings.__name__)
def test_a_rule_has_its_words_in_both_languages_and_takes_nobody_elses(rule: Declared) -> None:
    assert set(rule.words["en"]) == set(rule.words["tr"]) != set()
    for language, texts in (("en", EN), ("tr", TR)):
        assert not set(rule.words[language]) & set(texts)
    assert all(key in Words("tr") for key in rule.words["tr"])


@pytest.mark.parametrize("rule", SET, ids=lambda rule: rule.settings.__name__)
def test_each_of_its_settings_is_one_of_the_line_with_its_default_or_as_shipped_and_a_description(
    rule: Declared,
) -> None:
    defaults = rule.settings()
    for name in rule.settings.__struct_fields__:
        assert name in RULE_SETTINGS
        field = Settings.model_fields[name]
        assert (field.default, bool(field.description)) == (rule.shipped.get(name, getattr(defaults, name)), True)


def test_a_setting_of_a_rule_is_held_against_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_URGENT_RING_S", "301")
    with pytest.raises(SettingsError, match=r"environment COZUM_URGENT_RING_S: urgent_ring_s = '301': .* 300"):
        load_settings()


def test_the_engine_has_each_timer_that_a_rule_declares_and_no_two_of_a_name() -> None:
    declared = {timer: fire for rule in RULES for timer, fire in rule.timers.items()}
    assert len(declared) == 7
    assert {timer: TIMERS[timer] for timer in declared} == declared
    assert len({timer.name for timer in TIMERS}) == len(TIMERS)
