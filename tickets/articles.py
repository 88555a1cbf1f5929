"""Articles of the knowledge base: what an agent tells a citizen at once, by topic.

The text of an article is plain. Three signs of it are shown as a form and never run as markup: an empty line ends a
paragraph, `- ` begins an item of a list, and `**` encloses strong words. A page shows the rest as it stands.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal, get_args

import msgspec

from acd.lib.turkish import tr_sort_key
from tickets.changes import refuse
from tickets.find.folding import words
from tickets.refusals import Refusal
from tickets.town.model import Town

Language = Literal["tr", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LONGEST_TITLE: Final = 160
LONGEST_TEXT: Final = 6000
LONGEST_WORDS: Final = 400
"""The most characters."""

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that reverse the direction of what stands behind them."""


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What an author writes."""

    title: str
    text: str
    topic: str | None = None
    """The topic with which it is offered; None: it is found by its words alone."""
    language: Language = "tr"
    words: str = ""
    """Other words that people use for it, separated by blanks."""
    valid_until: date | None = None
    """The last day on which it is true; None: it does not expire."""
    withdrawn: bool = False
    """Whether it is neither offered nor found any more. It stays readable."""


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """An article as it is now. `version` counts from 1; each version is kept with its author and time."""

    id: int
    key: str | None = None
    """Its id in the file from which it was imported."""
    version: int = 1
    updated_at: float
    """Unix seconds."""
    role: str = ""
    who: str = ""
    wording: Wording


def written(wording: Wording, town: Town, before: Wording | None = None) -> Wording | Refusal:
    """The wording as it is kept, or why it is not. A topic that a reload took away may stay where it was before."""
    kept = msgspec.structs.replace(
        wording,
        title=" ".join(_seen(wording.title).split()),
        text=_seen(wording.text.replace("\r\n", "\n")).strip(),
        words=" ".join(_seen(wording.words).split()),
    )
    for key, text, most in (
        ("title", kept.title, LONGEST_TITLE),
        ("text", kept.text, LONGEST_TEXT),
        ("words", kept.words, LONGEST_WORDS),
    ):
        if len(text) > most:
            return refuse("not_allowed", key, text, f"must have at most {most} characters, but has {len(text)}")
        if not text and key != "words":
            return refuse("missing", key, None, f"must have 1 to {most} characters")
    if kept.language not in LANGUAGES:
        return refuse("unknown", "language", kept.language, f"{', '.join(LANGUAGES)} are allowed")
    known = kept.topic is None or kept.topic in town.topics or (before is not None and before.topic == kept.topic)
    if not known:
        return refuse("unknown", "topic", kept.topic, "no such topic; `topics.toml` of the town has them")
    return kept


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text)


def is_stale(wording: Wording, today: date) -> bool:
    """Whether its last day has passed. It is still shown, as old."""
    return wording.valid_until is not None and today > wording.valid_until


def folded_article(wording: Wording, town: Town) -> str:
    """The searched text: title, other words, text, and the words of its topic."""
    topic = town.topics.get(wording.topic or "")
    texts = (
        wording.title,
        wording.words,
        *((topic.tr, topic.en, *topic.words) if topic else ()),
        wording.text,
    )
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))


def ranked(found: Iterable[Article], query: str, language: str | None, today: date) -> Sequence[Article]:
    """Articles in the order in which they are shown: valid ones first, then those in the language of the call, then
    those with more words of the query in their title or its other words, then by title."""
    asked = words(query)

    def place(one: Article) -> tuple[bool, bool, int, object]:
        told = words(f"{one.wording.title} {one.wording.words}")
        hits = sum(any(word.startswith(begin) for word in told) for begin in asked)
        other = language is not None and one.wording.language != language
        return is_stale(one.wording, today), other, -hits, tr_sort_key(one.wording.title)

    return sorted(found, key=place)
