"""Whatever happens, every call can be told, and truly."""

import re
import string
from typing import get_args

import pytest

from acd.engine.core import Core
from acd.engine.machine import Engine
from acd.engine.model.events import (
    ConfigChanged,
)
from acd.engine.model.fact_base import ChosenBy, OutcomeResult
from acd.engine.model.facts import CallAnswered, CallEnded, CallEntered, OfferMade
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry
from acd.engine.model.wait_causes import WaitFold
from acd.engine.rules.choice import Lead
from acd.explain.reasons import Why
from acd.explain.scene import lacks, need_at, skipped_by
from acd.explain.six_seconds import Target
from acd.explain.story import Story
from acd.explain.words import Words
from acd.explain.words_en import EN
from acd.explain.words_tr import REASONS_TR, TR
from acd.line.runtime import handle
from agents.presence import PAUSE_REASONS
from tests.acd.engine.chance import Chance
from tests.acd.explain.telling import entry_of


def test_both_languages_have_the_same_texts_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert list(EN) == list(TR)
    # Of "{agent}, longest …" Turkish may name the agent once where English does twice, never another blank.
    assert {key: blanks(EN[key]) for key in EN} == {key: blanks(TR[key]) for key in TR}
    assert set(REASONS_TR) == {reason.id for reason in PAUSE_REASONS}


@pytest.mark.parametrize("chosen", get_args(ChosenBy))
def test_each_reason_of_an_offer_has_words(chosen: str) -> None:
    for words in (Words("en"), Words("tr")):
        assert f"offer_{chosen}" in words


@pytest.mark.parametrize("how", get_args(Lead))
def test_each_way_to_be_before_another_caller_has_words(how: str) -> None:
    keys = ("before_urgent", "before_outcome") if how == "class" else (f"before_{how}", f"them_{how}")
    for words in (Words("en"), Words("tr")):
        assert all(key in words for key in keys)


TOLD: set[str] = set()
"""What the tests below have been told, all of them together."""


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_every_call_can_be_told_truly(seed: int) -> None:
    chance, engine, written = Chance(seed, 10), Engine(), Engine()
    words = Words("en" if seed % 2 else "tr")
    stories: dict[CallId, Story] = {}
    kinds: set[str] = set()
    fold, targets = WaitFold(), dict[CallId, Target]()
    for seq, event in enumerate(chance.stream(2500), 1):
        out, _ = handle(written, event)
        chance.learn(list(out))
        entry = Entry(seq=seq, event=event, facts=tuple(one for one in out if hasattr(one, "at")))  # type: ignore[misc]  # facts alone have a time
        for fact in entry.facts:
            if isinstance(fact, CallEntered):
                stories[fact.call] = Story(fact.call, words)
                targets[fact.call] = Target(fact.call, 6.0, words, Why(words, str, str))
            parts = fold.take(fact)
            for target in targets.values():
                target.take(fact, engine.state, entry)
            if parts is not None and isinstance(fact, CallAnswered | CallEnded) and fact.call in targets:
                assert targets[fact.call].parts == parts  # though it has seen the call's own time alone
        for call, story in stories.items():
            sentences = story.tell(engine.state, entry)
            kinds |= {one.kind for one in sentences}
            for one in sentences:  # words that say "no reason known" must never be needed
                assert not re.search(r"(: |; )(free|boşta): \d|other reasons|başka nedenle", one.text), one
            made = [fact for fact in entry.facts if isinstance(fact, OfferMade) and fact.call == call]
            offers = [one for one in sentences if one.kind.startswith("offer_")]
            assert len(offers) == len(made)
            if len(made) == 1 and offers[0].kind == "offer_longest_idle" and not isinstance(event, ConfigChanged):
                idle = Core(engine.state).idle.in_order()
                chosen = engine.state.agents[made[0].agent]
                details = " ".join(one.text for one in sentences if one.detail)
                held_back = "".join(re.findall(r"(?:for urgent callers|için ayrılmış): ([\d, ]+)", details))
                assert all(
                    one.order >= chosen.order
                    for one in idle
                    if not lacks(engine.state, one, need_at(engine.state, call, made[0].service, entry.facts))
                    if one.profile.id not in skipped_by(engine.state, call, event, entry.facts)
                    if one.profile.id not in held_back
                    if not [
                        fact
                        for fact in entry.facts
                        if one.profile.id in (getattr(fact, "agent", ""), getattr(fact, "by", ""))
                    ]
                )
        handle(engine, event)
    TOLD.update(kinds)


@pytest.mark.parametrize("seed", range(10))
def test_a_restored_engine_tells_the_same(seed: int) -> None:
    """`cozum journal why` goes on from a snapshot: it must not matter from which."""
    chance, written = Chance(seed, 8), Engine()
    engines = [Engine(), Engine()]
    stories: list[dict[CallId, Story]] = [{}, {}]
    for seq, event in enumerate(chance.stream(1200), 1):
        entry = entry_of(written, event, seq)
        chance.learn([*entry.facts, *written.core.out])
        for calls in stories:
            calls.update(
                (one.call, Story(one.call, Words("en"))) for one in entry.facts if isinstance(one, CallEntered)
            )
        told_by = [
            [story.tell(engine.state, entry) for story in calls.values()]
            for engine, calls in zip(engines, stories, strict=True)
        ]
        assert told_by[0] == told_by[1]
        for engine in engines:
            handle(engine, event)
        if seq % 20 == 0:
            engines[1] = Engine.restore(engines[1].snapshot())


def test_the_random_lines_have_told_of_everything() -> None:
    assert {"offer_only", "answered", "overtaken", "first", "nobody"} <= TOLD


@pytest.mark.parametrize(
    ("number", "said"), [(2, "second"), (3, "third"), (6, "6th"), (11, "11th"), (22, "22nd"), (113, "113th")]
)
def test_ordinals(number: int, said: str) -> None:
    assert Words("en").ordinal(number) == said
    assert Words("tr").ordinal(number) == f"{number}."


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("result", get_args(OutcomeResult))
def test_each_result_of_an_automatic_call_has_words(result: str, lang: str) -> None:
    assert f"outcome_{result}" in (EN if lang == "en" else TR)
