"""The answers to a topic's questions: which are wrong, and which are still missing."""

from collections.abc import Mapping
from typing import Any

from rapidfuzz.distance import OSA

from tickets.changes import refuse
from tickets.refusals import Refusal
from tickets.town.model import Question, Topic

LONGEST_ANSWER = 500
"""The most characters of an answer."""


def wrong_answer(topic: Topic, fields: Mapping[str, Any]) -> Refusal | None:
    """A refusal of the first answer that its question does not allow; None if there is none. Fields without a question
    are left alone: the flow and other channels keep values there."""
    for question in topic.questions:
        value = fields.get(question.id)
        if not _says_something(value):
            continue
        allowed = _allowed(question, value)
        if allowed:
            return refuse("not_allowed", f"fields.{question.id}", value, allowed)
    return None


def missing(topic: Topic, fields: Mapping[str, Any], district: str | None) -> tuple[str, ...]:
    """What still has to be asked: ids of required questions without an answer, and `district`. A ticket is opened
    without them too, since a caller may hang up early."""
    found = [one.id for one in topic.questions if one.required and not _says_something(fields.get(one.id))]
    return (*found, "district") if topic.place == "needed" and district is None else tuple(found)


def misspelt(topic: Topic, fields: Mapping[str, Any]) -> Refusal | None:
    """A refusal of the first field without a question whose name is a typing error or two away from a question that has
    no answer; None if there is none."""
    unanswered = [one.id for one in topic.questions if one.id not in fields]
    known = {one.id for one in topic.questions}
    for name, value in fields.items():
        near = [one for one in unanswered if name not in known and OSA.distance(name, one) <= min(2, len(one) // 2)]
        if near and _says_something(value):
            asked = ", ".join(one.id for one in topic.questions)
            allowed = f'{topic.id} has no such question (did you mean "{near[0]}"?); it asks {asked}'
            return refuse("unknown", f"fields.{name}", value, allowed)
    return None


def _says_something(value: object) -> bool:
    """Whether a field has an answer: blanks are none."""
    return value is not None and (not isinstance(value, str) or bool(value.strip()))


def _allowed(question: Question, value: object) -> str:
    """What is allowed, if the value is not; else empty."""
    if question.type == "choice":
        ids = [choice.id for choice in question.choices]
        return "" if value in ids else f"{', '.join(ids)} are allowed"
    if question.type == "number":
        number = isinstance(value, int) and not isinstance(value, bool)
        fits = number and question.least <= value <= question.most  # type: ignore[operator]  # `number` says that it is one
        return "" if fits else f"a whole number from {question.least} to {question.most} is allowed"
    if not isinstance(value, str) or len(value) > LONGEST_ANSWER:
        return f"a text of at most {LONGEST_ANSWER} characters is allowed"
    return ""
