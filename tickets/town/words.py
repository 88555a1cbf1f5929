"""What citizens are told of an outcome: the town's templates, in Turkish and English.

[[words]]
outcome = "resolved"            # or "refused", "not_ours"
way = "call"                    # or "text": a text message
topic = "yol_cukuru"            # left out: every topic that has no words of its own
tr = "{date} tarihli {topic} başvurunuz sonuçlandı. {words}"
en = "Your request of {date} about {topic} has been resolved. {words}"

[more]                          # may be left out: where the whole is read, if a text message is too long for it
tr = "Tamamı: belediye.example/durum, başvuru numaranız ve telefonunuzun son dört hanesiyle; ya da {line}."
en = "In full: belediye.example/durum, by the request's number and the last four digits of your telephone; or {line}."
"""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, TypeVar, get_args

import msgspec

from acd.lib.file_checks import Checker
from tickets.states import Outcome

Way = Literal["call", "text"]
Template = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
NAMES = ("number", "date", "topic", "mahalle", "unit", "words", "responsible", "reach", "line")
"""What may stand between braces. `number` is the request's, `reach` how the responsible body is reached, `line` the
line's own number; in `[more]` it is the only one."""
_LINE = "{line}"
FIELD = re.compile(r"\{([^{}]*)\}")

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_WAYS: tuple[Way, ...] = get_args(Way)
_HINTS = {
    "outcome": "resolved, refused or not_ours",
    "way": "call or text",
    "tr": "1 to 600 characters",
    "en": "1 to 600 characters",
}


_MORE_HINTS = dict.fromkeys(("tr", "en"), "1 to 200 characters")


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """A template. `topic` is empty for all topics without one of their own."""

    outcome: Outcome
    way: Way
    topic: str = ""
    tr: Template
    en: Template


class More(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a text message that is too long for the unit's words: where the whole is read."""

    tr: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = (
        "Tamamı: başvuru sorgulama sayfasında, başvuru numaranız ve telefonunuzun son dört hanesiyle."
    )
    en: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = (
        "In full: on the page for requests, by the request's number and the last four digits of your telephone."
    )


_Said = TypeVar("_Said", Words, More)

Templates = Mapping[tuple[Outcome, Way, str], Words]
"""By outcome, way and topic; each outcome has one for each way without a topic."""


def read_words(check: Checker, text: str, *, line: str) -> tuple[dict[tuple[Outcome, Way, str], Words], More]:
    """The templates of a file, and where too long words are read; what is wrong is noted in `check`. The line's number,
    as citizens read it, is filled in here: it is the same for all of them."""
    table = check.toml(text)
    rows = table.pop("words", [])
    more = check.struct(More, table.pop("more", {}), "more", hints=_MORE_HINTS) or More()
    _check_fields(check, "more", more, ["line"])
    more = _with_line(more, line)
    for key, value in table.items():
        check.unknown(key, value, "key", ["words", "more"])
    if not isinstance(rows, list):
        check.add("words", rows, "must be tables under [[words]]")
        return {}, more
    found: dict[tuple[Outcome, Way, str], Words] = {}
    for place, row in enumerate(rows):
        one = check.struct(Words, row, f"words.{place}", hints=_HINTS)
        if one is None:
            continue
        _check_template(check, f"words.{place}", one)
        if (one.outcome, one.way, one.topic) in found:
            check.add(f"words.{place}", one.topic or None, f"{one.outcome}, {one.way} stands already for this topic")
        found[one.outcome, one.way, one.topic] = _with_line(one, line)
    for outcome in _OUTCOMES if not check.problems else ():
        for way in _WAYS:
            if (outcome, way, "") not in found:
                check.add("words", None, f"words for {outcome}, {way} without a topic are missing")
    return found, more


def check_words(check: Checker, words: Templates, topics: Collection[str]) -> None:
    """Templates are of topics that the town has."""
    for one in words.values():
        if one.topic and one.topic not in topics:
            check.unknown(f"words.{one.outcome}.topic", one.topic, "topic", topics)


def _check_template(check: Checker, key: str, one: Words) -> None:
    _check_fields(check, key, one, NAMES)
    for language, text in (("tr", one.tr), ("en", one.en)):
        if not one.topic and "words" not in FIELD.findall(text):
            check.add(f"{key}.{language}", text, "must have {words}: what the unit says")


def _check_fields(check: Checker, key: str, one: Words | More, names: Collection[str]) -> None:
    for language, text in (("tr", one.tr), ("en", one.en)):
        for name in FIELD.findall(text):
            if name not in names:
                check.unknown(f"{key}.{language}", name, "name between braces", names)
        if FIELD.sub("", text).count("{") or FIELD.sub("", text).count("}"):
            check.add(f"{key}.{language}", text, "has a brace without its other half")


def _with_line(one: _Said, line: str) -> _Said:
    return msgspec.structs.replace(one, tr=one.tr.replace(_LINE, line), en=one.en.replace(_LINE, line))
