"""A call as it is told from its stored facts alone: nothing that the journal would not tell."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Command
from acd.engine.model.facts import AnyFact, CallEnded, CallEntered, TalkEnded
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.journal import Entry
from acd.engine.model.wait_causes import WaitPart
from acd.explain.narrator import Sentence
from acd.explain.stored import PERSONAL, StoredStory, facts_of
from acd.explain.story import Story
from acd.explain.words import Words
from acd.line.runtime import handle
from tests.acd.engine.chance import Chance
from tests.acd.engine.line import Line
from tests.acd.explain.telling import entry_of, talk

UNKNOWN = {
    "relaxed": ("relaxed_due", "relaxed_vain"),
    "offer_freed": ("offer_freed",),
    "offer_from_ring": ("offer_ringing",),
    "recalled": ("recalled", "recalled_for"),
    "target_missed": ("target_missed",),
    "callback_put_off": ("callback_put_off", "callback_given_back"),
}
"""What is told in fewer words where only the event or another call would say more, and how the journal tells it."""


def steps_of(facts: Iterable[AnyFact]) -> list[dict[str, Any]]:
    """Facts of a call as the database has them."""
    found = []
    for fact in facts:
        known = msgspec.to_builtins(fact)
        data = {
            ("class" if name == "priority" else name): value
            for name, value in known.items()
            if name not in ("at", "call", "type", *PERSONAL) and value is not None
        }
        found.append({"at": fact.at, "type": known["type"], "data": data})
    return found


def stored(call: str, facts: Iterable[AnyFact], language: str = "en", **more: Any) -> list[Sentence]:
    given = {"names": {}, "parts": (WaitPart(cause="busy", agent="", ms=9000),), "target_s": 6.0, **more}
    story = StoredStory(CallId(call), Words("tr" if language == "tr" else "en"), **given)
    return story.told(facts_of(call, steps_of(facts)))


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_told_that_the_journal_would_not_tell(seed: int) -> None:
    chance, written = Chance(seed, 10), Engine()
    language: Literal["en", "tr"] = "en" if seed % 2 else "tr"
    blind: dict[str, Story] = {}
    journal: dict[str, list[Sentence]] = {}
    facts: dict[str, list[AnyFact]] = {}
    for seq, event in enumerate(chance.stream(2000), 1):
        out, _ = handle(written, event)
        chance.learn(list(out))
        entry = Entry(seq=seq, event=event, facts=tuple(one for one in out if not isinstance(one, Command)))
        for fact in entry.facts:
            if isinstance(fact, CallEntered):  # chance may give a new call the name of one that is over
                facts[fact.call], blind[fact.call] = [], Story(fact.call, Words(language))
            if (call := getattr(fact, "call", None)) is not None:
                facts.setdefault(call, []).append(fact)
                blind.setdefault(call, Story(call, Words(language)))
        for call, story in blind.items():
            journal.setdefault(call, []).extend(story.tell(None, entry))
    told = 0
    for call, own in facts.items():
        assert [type(one) for one in facts_of(call, steps_of(own))] == [type(one) for one in own]
        known = {(one.kind, one.text) for one in journal[call]}
        kinds = {one.kind for one in journal[call]}
        for one in stored(call, own, language):
            told += 1
            assert (one.kind, one.text) in known or set(UNKNOWN.get(one.kind, ())) & kinds, (call, one)
    assert told > 500


def test_a_call_is_told_with_names_and_what_its_wait_was_spent_on() -> None:
    line = Line("1001", wrapup_s=0)
    line.arrives("c1", "request")
    line.passes(9)
    line.ready("1001")
    talk(line, "c1")
    engine = Engine()
    facts = [
        fact
        for seq, event in enumerate(line.events, 1)
        for fact in entry_of(engine, event, seq).facts
        if getattr(fact, "call", None) == "c1"
    ]
    texts = [one.text for one in stored("c1", facts, names={AgentId("1001"): "Ayşe"})]
    assert any("Ayşe" in text and "answered" in text for text in texts)
    assert any(text.startswith("missed the target of 6 s by") and "9.0 s" in text for text in texts)
    assert not any("reason that the journal does not tell" in text for text in texts)


def test_stored_facts_are_the_facts_without_what_is_personal() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    talk(line, "c1")
    engine = Engine()
    facts = [
        fact
        for seq, event in enumerate(line.events, 1)
        for fact in entry_of(engine, event, seq).facts
        if getattr(fact, "call", None) == "c1"
    ]
    again = facts_of("c1", steps_of(facts))
    assert [type(one) for one in again] == [type(one) for one in facts]
    (ended,) = [one for one in again if isinstance(one, CallEnded)]
    (before,) = [one for one in facts if isinstance(one, CallEnded)]
    assert ended == msgspec.structs.replace(before, number="", name="")
    assert [one.number for one in again if isinstance(one, TalkEnded)] == [1]


def test_a_step_that_another_version_wrote_is_left_out() -> None:
    assert (
        facts_of("c1", [{"at": 1.0, "type": "call_answered", "data": {}}, {"at": 1.0, "type": "new", "data": {}}]) == []
    )
