"""Duplicates get the outcome of their parent, and each of their citizens is told exactly once."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.life import (
    AGENT,
    FEN,
    HOUR,
    LEAD,
    MACHINE,
    MONDAY,
    RULES,
    ZABITA,
    in_state,
    made,
    moved,
    opened,
    refused,
)
from tickets.changes import Changed
from tickets.effects import ChildrenFollow, NotifyInbox, NotifyUnit, OutcomeDue, OutcomeSettled, RingDuty
from tickets.joining import follow, join, part, same_place
from tickets.moves import Wish, move
from tickets.outcome.relatives import Relative, told_with
from tickets.refusals import Refusal
from tickets.states import OPEN, OUTCOMES
from tickets.ticket import SYSTEM, Actor, Ticket

PARENT = opened("26-000001-9")


def child(number: str = "26-000002-7", **values: Any) -> Ticket:
    return opened(number, MONDAY + HOUR, **values)


def joined(one: Ticket, parent: Ticket = PARENT) -> Ticket:
    done = join(one, parent, AGENT, max(one.updated_at, parent.updated_at), RULES)
    assert isinstance(done, Changed), done
    return done.ticket


def not_joined(one: Ticket, parent: Ticket, actor: Actor = AGENT, **more: Any) -> Refusal:
    done = join(one, parent, actor, one.updated_at, RULES, **more)
    assert isinstance(done, Refusal)
    return done


def test_a_duplicate_hangs_on_its_parent_and_keeps_its_own_state() -> None:
    done = join(child(), PARENT, AGENT, MONDAY + 2 * HOUR, RULES)
    assert isinstance(done, Changed)
    assert (done.ticket.parent, done.ticket.state, done.ticket.version) == (PARENT.number, "new", 2)
    assert (done.entry.what, done.entry.detail) == ("join", {"parent": PARENT.number})
    assert done.follows == ()


@pytest.mark.parametrize(
    ("one", "parent", "expected"),
    [
        (PARENT, PARENT, "number = 26-000001-9: a ticket cannot be a duplicate of itself"),
        (joined(child()), PARENT, "number = 26-000001-9: the ticket is joined to 26-000001-9 already"),
        (child("26-000003-5"), joined(child()), "number = 26-000002-7: is a duplicate itself; join to 26-000001-9"),
        (in_state("resolved"), child(), "number = 26-000002-7: a ticket that is resolved can be joined to none"),
        (child(district="fatih"), PARENT, "number = 26-000001-9: is about another place; duplicates are never"),
        (child(district=None), PARENT, "number = 26-000001-9: is about another place; duplicates are never"),
        (
            child(address="Gül Caddesi 90"),
            opened(address="Işık Sokak 1"),
            "number = 26-000001-9: is about another place; duplicates are never",
        ),
        (
            child(topic=None),
            opened(topic=None),
            "number = 26-000001-9: 26-000002-7 has no topic: say what it is about, then join",
        ),
        (child(), opened(topic=None), "number = 26-000001-9: 26-000001-9 has no topic: say what it is about"),
        (child(topic="rogar_kapagi"), PARENT, "number = 26-000001-9: is about yol_cukuru, not about rogar_kapagi"),
        (
            child(topic="bilgi_edinme", channel="paper"),
            opened(topic="bilgi_edinme", channel="paper"),
            "number = 26-000001-9: a request for information has an answer of its own",
        ),
        (
            child(kind="cimer", fields={"information": True}),
            opened(kind="cimer"),
            "number = 26-000001-9: a request for information has an answer of its own",
        ),
        (child(), in_state("closed"), "number = 26-000001-9: had its outcome before this ticket came"),
    ],
)
def test_what_cannot_be_joined(one: Ticket, parent: Ticket, expected: str) -> None:
    assert str(not_joined(one, parent)).startswith(expected)


def test_two_urgent_calls_about_one_service_are_joined_without_a_topic() -> None:
    urgent: dict[str, Any] = {"topic": None, "service_class": "urgent"}
    one, two = opened(service="ambulance", **urgent), child(service="ambulance", **urgent)
    joined_to = join(two, one, LEAD, HOUR, RULES)
    assert isinstance(joined_to, Changed), joined_to
    other = not_joined(child(service="funeral", **urgent), one)
    assert str(other).startswith("number = 26-000001-9: 26-000002-7 has no topic")


def test_who_was_answered_by_a_surge_message_hangs_on_it_without_a_topic_too() -> None:
    joined_to = join(child(topic=None), opened(topic=None), SYSTEM, HOUR, RULES)
    assert isinstance(joined_to, Changed), joined_to


def test_a_rule_joins_what_an_urgent_caller_says_again_though_no_place_is_known() -> None:
    """Their call says what it is about, and nothing else; an agent has said more of the request from before."""
    urgent: dict[str, Any] = {"service": "funeral", "service_class": "urgent"}
    bare: dict[str, Any] = {**urgent, "topic": None, "district": None}
    again = child(**bare, caller="05321112233")
    for parent in (opened(**bare), opened(**urgent, topic="cenaze"), opened(**urgent, topic=None)):
        assert isinstance(join(again, parent, SYSTEM, HOUR, RULES), Changed)
        assert not_joined(again, parent, LEAD).code in ("not_allowed", "other_place")
    for other in (
        child(**bare, caller="05329998877"),
        child(**bare, caller=""),
        child(**{**bare, "service": "ambulance"}),
        child(**{**bare, "district": "fatih"}),
        child(**bare, address="Gül Caddesi 90"),
        child(**{**bare, "service_class": "routine"}),
    ):
        assert not_joined(other, opened(**bare), SYSTEM).code == "other_place"


def test_a_ticket_with_duplicates_of_its_own_is_joined_to_none() -> None:
    assert "2 duplicates hang on the ticket" in str(not_joined(child(), PARENT, children=2))


def test_a_unit_joins_its_own_tickets_only() -> None:
    assert not_joined(child(), PARENT, FEN).code == "not_your_unit"
    one, two = moved(child(), "assigned"), moved(PARENT, "assigned")
    assert isinstance(join(one, two, FEN, one.updated_at, RULES), Changed)
    assert not_joined(one, two, ZABITA).code == "not_your_unit"
    assert not_joined(one, two, Actor(role="parent")).code == "not_your_role"


def test_points_decide_where_both_have_one() -> None:
    near = child(lat=41.0350, lon=28.6750)
    assert same_place(near, opened(lat=41.0355, lon=28.6755, district="fatih")), "on the border of two mahalle"
    assert not same_place(near, opened(lat=41.0450, lon=28.6750, district=near.district)), "a kilometre apart"
    assert same_place(near, opened(district=near.district)), "one has no point: the mahalle decides"
    assert not same_place(opened(district=None), opened(district=None)), "nowhere is no place"


def test_streets_decide_where_a_point_is_missing() -> None:
    here = opened(address="Işık Sokak 1")
    assert not same_place(here, opened(address="Gül Caddesi 90"))
    assert same_place(here, opened(address="ISIK SK. NO 12")), "another house"
    assert same_place(here, opened(address="okulun yanı")), "no street is named"
    assert not same_place(here, opened(address="Gül Caddesi 90", lat=41.035, lon=28.675)), "one has no point"
    near: dict[str, Any] = {"lat": 41.035, "lon": 28.675}
    assert same_place(opened(address="Işık Sokak 1", **near), opened(address="Gül Caddesi 90", **near)), "at a corner"


def test_a_duplicate_is_not_worked_on_by_itself() -> None:
    one = joined(child())
    refusal = refused(one, "assigned", AGENT, unit="fen_isleri", note="x")
    assert str(refusal).startswith("parent = 26-000001-9: the ticket gets the outcome of this one")
    assert refused(one, "resolved", MACHINE, note="x", photos=1).code == "follows_parent"
    assert made(one, "closed", LEAD).ticket.state == "closed", "its citizen took it back"


def test_a_duplicate_can_be_parted() -> None:
    one = joined(child())
    done = part(one, AGENT, MONDAY + 5 * HOUR, RULES, "başka çukur")
    assert isinstance(done, Changed)
    assert (done.ticket.parent, done.entry.what, done.entry.note) == (None, "leave", "başka çukur")
    assert isinstance(part(child(), AGENT, MONDAY, RULES, "x"), Refusal)
    assert isinstance(part(one, AGENT, MONDAY, RULES, " "), Refusal)
    assert isinstance(part(one, Actor(role="parent"), MONDAY, RULES, "x"), Refusal)


def test_a_unit_parts_its_own_duplicates_only() -> None:
    one = joined(moved(child(), "assigned"))
    refusal = part(one, ZABITA, MONDAY + 5 * HOUR, RULES, "x")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "not_your_unit"
    assert isinstance(part(one, FEN, MONDAY + 5 * HOUR, RULES, "x"), Changed)


@pytest.mark.parametrize("withdrawn", [False, True])
@pytest.mark.parametrize("urgent", [False, True])
def test_the_unit_of_a_duplicate_that_is_parted_is_told_or_rung(urgent: bool, withdrawn: bool) -> None:
    topic: Any = {"topic": "yol_cokmesi"} if urgent else {}
    parent = opened(PARENT.number, **topic)
    one, new = joined(moved(child(**topic), "assigned"), parent), joined(child("26-000003-5", **topic), parent)

    def parted(one: Ticket) -> Changed:
        if withdrawn:
            (done,) = follow(one, made(parent, "closed", LEAD).ticket, LEAD, MONDAY + 5 * HOUR, RULES)
            return done
        done_by_hand = part(one, AGENT, MONDAY + 5 * HOUR, RULES, "başka çukur")
        assert isinstance(done_by_hand, Changed)
        return done_by_hand

    follows = [effect for effect in parted(one).follows if not isinstance(effect, NotifyInbox)]
    told = NotifyUnit(number=one.number, unit="fen_isleri", about="assigned")
    assert follows == [told, *([RingDuty(number=one.number, unit="fen_isleri")] if urgent else [])]
    assert not [effect for effect in parted(new).follows if not isinstance(effect, NotifyInbox)], "it has no unit yet"


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_child_gets_the_outcome_in_the_same_words_from_wherever_it_is(outcome: str, state: Any) -> None:
    parent = made(moved(PARENT, "assigned", "in_progress"), outcome, FEN, result="Onarıldı.", responsible="iski").ticket
    one = msgspec.structs.replace(in_state(state), number="26-000002-7", parent=parent.number)
    (done,) = follow(one, parent, FEN, parent.updated_at, RULES)
    after = done.ticket
    assert (after.state, after.outcome, after.words, after.unit) == (outcome, outcome, "Onarıldı.", "fen_isleri")
    assert (done.entry.role, done.entry.who) == ("parent", parent.number)
    assert OutcomeDue(number=after.number, outcome=1) in done.follows
    assert (after.responsible == "iski") == (outcome == "not_ours")
    assert follow(after, parent, FEN, parent.updated_at, RULES) == (), "following twice changes nothing"
    assert part(after, AGENT, after.updated_at, RULES, "x") == Refusal(
        code="too_late",
        key="parent",
        value=parent.number,
        allowed="the ticket has its outcome already; reopen it instead",
    )


@pytest.mark.parametrize("correction", [{"district": "fatih"}, {"topic": "rogar_kapagi"}, {"kind": "information"}])
def test_a_duplicate_that_was_corrected_to_another_case_gets_no_answer_of_its_parent(
    correction: dict[str, Any],
) -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    one = msgspec.structs.replace(joined(moved(child(), "assigned")), **correction)
    (done,) = follow(one, parent, FEN, parent.updated_at, RULES, corrected=True)
    assert (done.ticket.parent, done.ticket.state, done.ticket.outcome) == (None, "assigned", None)
    assert (done.entry.what, done.entry.detail) == ("leave", {"parent": parent.number})
    assert "a correction has made it another case" in done.entry.note
    assert NotifyInbox(number=one.number, about="returned") in done.follows
    assert NotifyUnit(number=one.number, unit="fen_isleri", about="assigned") in done.follows
    assert follow(done.ticket, parent, FEN, parent.updated_at, RULES) == ()


def test_what_is_put_right_on_the_parent_sends_nobody_away() -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    corrected = msgspec.structs.replace(parent, topic="rogar_kapagi", district="fatih")
    (done,) = follow(joined(moved(child(), "assigned")), corrected, FEN, parent.updated_at, RULES)
    assert (done.ticket.parent, done.ticket.state) == (parent.number, "resolved")


def test_a_ticket_of_before_the_outcome_may_still_join_and_is_told_at_once() -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved", "told")
    done = join(child(), parent, AGENT, parent.updated_at, RULES)
    assert isinstance(done, Changed)
    assert done.follows == (ChildrenFollow(number=parent.number),)
    (after,) = follow(done.ticket, parent, AGENT, parent.updated_at, RULES)
    assert after.ticket.state == "resolved"
    late = opened("26-000003-5", parent.updated_at + HOUR)
    assert "it is a new case" in str(not_joined(late, parent))


def test_a_parent_that_is_reopened_takes_along_who_was_not_told_yet() -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    waits, told = joined(child()), joined(child("26-000003-5"))
    (waits_now,) = follow(waits, parent, FEN, parent.updated_at, RULES)
    (told_now,) = follow(told, parent, FEN, parent.updated_at, RULES)
    heard = made(told_now.ticket, "told", AGENT).ticket
    again = made(parent, "assigned", LEAD, unit="")
    assert ChildrenFollow(number=parent.number) in again.follows
    (back,) = follow(waits_now.ticket, again.ticket, LEAD, again.ticket.updated_at, RULES)
    assert (back.ticket.state, back.ticket.parent, back.ticket.unit) == ("assigned", parent.number, "fen_isleri")
    assert back.follows[0] == OutcomeSettled(number=waits.number, outcome=1, by="lead")
    assert (back.entry.role, back.entry.what, back.entry.detail) == ("lead", "reopen", {"parent": parent.number})
    assert follow(heard, again.ticket, LEAD, again.ticket.updated_at, RULES) == ()


def test_a_parent_that_is_reopened_takes_along_who_was_not_reached() -> None:
    """They count as told, and know nothing: what they are told at last must be the newest outcome."""
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    (waits,) = follow(joined(child()), parent, FEN, parent.updated_at, RULES)
    unheard = made(waits.ticket, "told", SYSTEM, how="attempts").ticket
    again = made(parent, "assigned", LEAD, unit="").ticket
    (back,) = follow(unheard, again, LEAD, again.updated_at, RULES)
    assert (back.ticket.state, back.ticket.told_at, back.ticket.told_how) == ("assigned", None, None)
    newer = moved(again, "refused", note="olmuyor")
    (done,) = follow(back.ticket, newer, LEAD, newer.updated_at, RULES)
    assert (done.ticket.state, done.ticket.words, done.ticket.outcomes) == ("refused", "olmuyor", 2)
    assert [one.ticket.words for one in follow(unheard, newer, LEAD, newer.updated_at, RULES)] == ["", "olmuyor"]
    scored = msgspec.structs.replace(unheard, score=1)
    assert follow(scored, again, LEAD, again.updated_at, RULES) == (), "somebody has reached them"


def test_a_child_that_missed_a_reopening_gets_the_newest_outcome() -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    (first,) = follow(joined(child()), parent, FEN, parent.updated_at, RULES)
    newer = moved(parent, "assigned", "refused", note="olmuyor")
    back, done = follow(first.ticket, newer, LEAD, newer.updated_at, RULES)
    assert (back.ticket.state, done.ticket.state, done.ticket.words) == ("assigned", "refused", "olmuyor")
    assert done.ticket.outcomes == 2


def test_children_of_a_withdrawn_parent_are_tickets_of_their_own_again() -> None:
    parent = made(PARENT, "closed", LEAD)
    assert ChildrenFollow(number=PARENT.number) in parent.follows
    (done,) = follow(joined(child()), parent.ticket, LEAD, parent.ticket.updated_at, RULES)
    assert (done.ticket.parent, done.ticket.state) == (None, "new")
    assert done.follows == (NotifyInbox(number=done.ticket.number, about="returned"),)
    assert follow(done.ticket, parent.ticket, LEAD, parent.ticket.updated_at, RULES) == ()
    over = made(joined(child()), "closed", LEAD).ticket
    assert follow(over, parent.ticket, LEAD, parent.ticket.updated_at, RULES) == ()


def test_a_duplicate_that_a_person_reopens_is_a_ticket_of_its_own() -> None:
    parent = moved(PARENT, "assigned", "in_progress", "resolved")
    (done,) = follow(joined(child()), parent, FEN, parent.updated_at, RULES)
    told = made(done.ticket, "told", AGENT).ticket
    again = made(told, "assigned", LEAD, unit="", note="benim sokağım duruyor").ticket
    assert (again.parent, again.state, again.unit) == (None, "assigned", "fen_isleri")


# --- whatever happens

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("parent", "tell", "parent", "tell", "join", "close", "reopen_child")),
        st.integers(0, 3),
        st.sampled_from(
            ("assigned", "assigned", "in_progress", "resolved", "resolved", "refused", "not_ours", "told", "closed")
        ),
    ),
    min_size=8,
    max_size=40,
)


CALLERS = (PARENT.caller, "+905321112244", PARENT.caller, "+905321112244")
"""The callers of the children: two are of the parent's caller, and two of one other citizen."""


class Family:
    """A parent and its children, and what the citizens were told: what the shell does, without a database."""

    def __init__(self) -> None:
        self.parent = moved(PARENT, "assigned", "in_progress")
        children = [child(f"26-00001{n}-x", caller=caller) for n, caller in enumerate(CALLERS)]
        self.children = [*(joined(one, self.parent) for one in children[:3]), children[3]]
        self.due: dict[str, set[int]] = {}
        self.settled: dict[str, set[int]] = {}
        self.told: dict[str, list[int]] = {}
        self.heard: Counter[tuple[str, str]] = Counter()
        """How often a citizen was called and heard these words."""
        self.wanted: Counter[str] = Counter()
        """How often a person reopened a request of a citizen."""
        self.reopened: dict[str, int] = {}
        """How often a person reopened a child whose citizen had been told."""
        self.now = self.parent.updated_at

    def take(self, done: Changed) -> None:
        """Write a change: its effects too."""
        for effect in done.follows:
            if isinstance(effect, OutcomeDue):
                assert effect.outcome not in self.due.setdefault(effect.number, set()), "asked for twice"
                self.due[effect.number].add(effect.outcome)
            if isinstance(effect, OutcomeSettled):
                self.settled.setdefault(effect.number, set()).add(effect.outcome)
        if done.entry.what == "tell":
            self.told.setdefault(done.ticket.number, []).append(done.ticket.outcomes)
        if done.ticket.number == self.parent.number:
            self.parent = done.ticket
        else:
            self.children = [done.ticket if one.number == done.ticket.number else one for one in self.children]
        if ChildrenFollow(number=self.parent.number) in done.follows:
            for one in list(self.children):
                for change in follow(one, self.parent, LEAD, self.now, RULES):
                    self.take(change)

    def tell(self, one: Ticket) -> Changed | Refusal:
        """The citizen is called, unless they have heard it in the call about another request of theirs."""
        others = [other for other in (self.parent, *self.children) if other.caller == one.caller]
        others = [other for other in others if other.number != one.number and self.parent.number in _family_of(other)]
        relative = told_with(one, self.parent, [Relative(ticket=other) for other in others])
        if self.parent.number not in _family_of(one):
            relative = None
        done = move(one, Wish(to="told", how="parent" if relative else "call"), SYSTEM, self.now, RULES)
        if isinstance(done, Changed) and relative is None:
            self.heard[one.caller, one.words] += 1
        return done

    def step(self, what: str, place: int, to: str) -> None:
        self.now += HOUR
        one = self.children[place]
        done: Changed | Refusal
        if what == "parent" and to == "told":
            done = self.tell(self.parent)
        elif what == "parent":
            unit = "fen_isleri" if self.parent.unit != "fen_isleri" else "zabita"
            wish = Wish(
                to=to, note="not", result=f"{to} {self.parent.version}", unit=unit, responsible="iski", photos=1
            )
            done = move(self.parent, wish, MACHINE, self.now, RULES)
        elif what == "join":
            done = join(one, self.parent, AGENT, self.now, RULES)
        elif what == "tell":
            done = self.tell(one)
        elif what == "close":
            done = move(one, Wish(to="closed", note="x"), LEAD, self.now, RULES)
        else:
            done = move(one, Wish(to="assigned", note="x", unit="zabita"), LEAD, self.now, RULES)
        if isinstance(done, Changed):
            if what == "reopen_child" and one.told_at is not None:
                self.reopened[one.number] = self.reopened.get(one.number, 0) + 1
            if what == "reopen_child":
                self.wanted[one.caller] += 1
            self.take(done)


def _family_of(one: Ticket) -> tuple[str | None, str]:
    return one.parent, one.number


@settings(derandomize=True, max_examples=400)
@given(STEPS)
def test_the_citizens_of_a_parent_are_all_told_exactly_once(steps: list[tuple[str, int, str]]) -> None:
    family = Family()
    for step in steps:
        family.step(*step)
        for one in family.children:
            if one.parent and family.parent.outcome is not None:
                assert one.state not in OPEN, "nobody is left open when the parent has its outcome"
            pending = family.due.get(one.number, set()) - family.settled.get(one.number, set())
            assert pending == ({one.outcomes} if one.state in OUTCOMES else set()), "one telling is asked for, or none"
    for one in list(family.children):
        if one.state in OUTCOMES:
            family.now += HOUR
            done = family.tell(one)
            assert isinstance(done, Changed)
            family.take(done)
    for (caller, words), times in family.heard.items():
        assert times <= 1 + family.wanted[caller], f"{caller} was called {times} times to hear {words}"
    for one in family.children:
        told = family.told.get(one.number, [])
        assert len(told) == len(set(told)), "no outcome is told twice"
        assert len(told) <= 1 + family.reopened.get(one.number, 0), "told once, until a person reopens it"
        if one.parent and family.parent.outcome is not None and one.state == "told":
            assert told[-1:] == [one.outcomes]
            assert family.heard[one.caller, one.words], "whoever is told with another request has heard it there"
