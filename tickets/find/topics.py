"""Topics of a town, found by what people say (`sokağımızda lambalar yanmıyor`)."""

from collections.abc import Iterable

import msgspec

from tickets.find.folding import words
from tickets.find.index import WordIndex
from tickets.town.model import Group, Topic

_NO_HELP = frozenset(
    (
        *("ve", "veya", "ile", "icin", "bir", "bu", "o", "da", "de", "mi", "mu", "cok", "var", "yok", "olan", "oldu"),
        *("olarak", "gibi", "ben", "biz", "bize", "bizim", "benim", "sizin", "the", "a", "of"),
    )
)
"""Words that say nothing about a topic."""


class FoundTopic(msgspec.Struct, frozen=True):
    """A topic that may be meant; `score` is at most 1."""

    topic: Topic
    score: float


class Topics:
    """The topics of a town."""

    def __init__(self, topics: Iterable[Topic], groups: Iterable[Group] = ()) -> None:
        names = {group.id: f"{group.tr} {group.en}" for group in groups}
        self._topics: list[Topic] = []
        entries: list[list[str]] = []
        for topic in topics:
            for text in (topic.tr, topic.en, *topic.words, f"{topic.tr} {names.get(topic.group, '')}"):
                self._topics.append(topic)
                entries.append(_telling(text))
        self._index = WordIndex(entries, inflected=True)

    def search(self, text: str, limit: int = 8) -> list[FoundTopic]:
        """The topics that may be meant, best first."""
        best: dict[str, FoundTopic] = {}
        for hit in self._index.search(_telling(text), len(self._topics)):
            topic = self._topics[hit.place]
            best.setdefault(topic.id, FoundTopic(topic, hit.score))
        return list(best.values())[:limit]


def _telling(text: str) -> list[str]:
    """The folded words that tell something; all of them if none does."""
    found = words(text)
    return [word for word in found if word not in _NO_HELP] or found
