"""What a lead reads of a call is words in both languages, and no name of a setting, a step or a part of the program."""

import re
from collections.abc import Mapping

import msgspec
import pytest

from acd.config.settings import Settings
from acd.engine.model.config import Service
from acd.engine.model.events import FlowStepped
from acd.engine.model.ids import CallId
from acd.engine.rules.registry import RULES
from acd.explain.menu_words import STEPS
from acd.explain.setting_names import SETTINGS
from acd.explain.words import Language, Words
from acd.explain.words_en import EN
from acd.explain.words_tr import TR
from tests.acd.engine.line import Line
from tests.acd.explain.telling import texts
from tests.ivr.flows import SERVICES, hotline

FILLED = re.compile(r"\{\w+\}")
INTERNAL = re.compile(r"\w*[a-z]_[a-z]\w*|\b(engine|legs?\b|channel|motor|kanal)", re.IGNORECASE)
LANGUAGES: tuple[Language, ...] = ("en", "tr")


def all_texts(language: Language) -> Mapping[str, str]:
    found = dict(EN if language == "en" else TR)
    for rule in RULES:
        found |= rule.words.get(language, {})
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_has_a_name_of_the_program(language: Language) -> None:
    said = {key: FILLED.sub("", text) for key, text in all_texts(language).items()}
    assert {key: text for key, text in said.items() if INTERNAL.search(text)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_may_change_settings_reads_the_one_behind_a_decision(language: Language) -> None:
    assert set(SETTINGS) <= set(all_texts(language))
    ours = set(Settings.model_fields) | {field.name for field in msgspec.structs.fields(Service)}
    assert set(SETTINGS.values()) <= ours, "no file has these"
    words, named = Words(language), Words(language, named=True)
    assert named.say("refused_per_hour") == f"{words.say('refused_per_hour')} [callbacks_per_hour]"
    assert named.say("not_free") == words.say("not_free")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["missed_calls", "empty_chair", "break", "meal", "prayer", "training", "other"])
def test_a_pause_is_told_in_words(language: Language, reason: str) -> None:
    assert "_" not in Words(language).pause(reason)
    assert Words(language).pause(reason) != "empty chair"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_of_the_shipped_flow_has_words(language: Language) -> None:
    steps = set(hotline().steps)
    named = set(STEPS[language])
    assert steps - named - set(SERVICES) == set(), "say in acd/explain/menu_words.py what these steps are called"
    assert named - steps == set(), "there are no such steps (any more)"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["in the menu: main menu", "pressed 4, in the menu: no key here", "in the menu: patient transfer"]),
        ("tr", ["menüde: ana menü", "4 tuşuna bastı, menüde: no key here", "menüde: patient transfer"]),
    ],
)
def test_a_step_is_told_in_words(language: Language, said: list[str]) -> None:
    """One of a town's own flow by its own name, which the page has nothing better for."""
    line = Line("1001")
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=CallId("c1"), step="main"))
    line.do(FlowStepped(at=line.at, call=CallId("c1"), step="no_key_here", key="4"))
    line.do(FlowStepped(at=line.at, call=CallId("c1"), step="patient_transfer"))
    assert texts(line, "c1", lang=language)[1:] == said
