"""Dispositions: the results of calls that opened no ticket. With them first-contact resolution can be computed."""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from tickets.articles import Article
from tickets.changes import refuse
from tickets.refusals import Refusal
from tickets.town.model import Town

Disposition = Literal["answered", "transferred", "existing", "wrong_number", "abandoned", "no_words", "test"]
DISPOSITIONS: Mapping[Disposition, tuple[str, str]] = {
    "answered": ("hemen yanıtlandı", "answered at once"),
    "transferred": ("başka yere bağlandı", "transferred"),
    "existing": ("açık başvurusu için aradı", "about an open request"),
    "wrong_number": ("yanlış numara", "wrong number"),
    "abandoned": ("konuşma sırasında kapattı", "hung up in the talk"),
    "no_words": ("ses yok", "nobody spoke"),
    "test": ("deneme araması", "test call"),
}
"""Turkish and English."""
RESOLVED_AT_ONCE: frozenset[Disposition] = frozenset({"answered"})
NO_CONTACT: frozenset[Disposition] = frozenset({"wrong_number", "abandoned", "no_words", "test"})
"""Dispositions that say nothing about how well citizens are served."""


REPORTS: frozenset[Disposition] = frozenset({"answered", "transferred"})
"""Dispositions of callers who told of something: outbreaks are found among them too. A caller about an open request has
told of it before."""


class CallEnding(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended for the citizen."""

    disposition: Disposition
    topic: str | None = None
    article: int | None = None
    """The article that answered it."""
    district: str | None = None
    """The mahalle that it was about."""

    @property
    def asks_topic(self) -> bool:
        """Whether the agent is asked what the call was about: it was answered at once, and nobody knows what by."""
        return self.disposition in RESOLVED_AT_ONCE and self.topic is None and self.article is None


def disposed(
    town: Town, disposition: str, topic: str | None, article: Article | None = None, district: str | None = None
) -> CallEnding | Refusal:
    """The disposition of a call. `topic` and `district` say what and which mahalle it was about; they may be missing,
    since an agent has seconds. An `article` that answered the call gives its topic where no other is given."""
    known = next((one for one in get_args(Disposition) if one == disposition), None)
    if known is None:
        return refuse("unknown", "disposition", disposition, f"{', '.join(DISPOSITIONS)} are allowed")
    if topic is not None and topic not in town.topics:
        return refuse("unknown", "topic", topic, "no such topic; `topics.toml` of the town has them")
    if district is not None and district not in town.mahalle:
        return refuse("unknown", "district", district, f"no such mahalle; allowed: {', '.join(town.mahalle)}")
    if article is None:
        return CallEnding(disposition=known, topic=topic, district=district)
    if known not in RESOLVED_AT_ONCE:
        allowed = "an article answers a call: disposition = answered, or no article"
        return refuse("not_allowed", "article", article.id, allowed)
    if topic is None and article.wording.topic in town.topics:
        topic = article.wording.topic
    return CallEnding(disposition=known, topic=topic, article=article.id, district=district)


def first_contact_resolution(counts: Mapping[Disposition, int], tickets: int) -> float | None:
    """Calls resolved at once ÷ calls that wanted something; `tickets` is how many calls opened one. None if there were
    no such calls."""
    wanted = tickets + sum(count for one, count in counts.items() if one not in NO_CONTACT)
    resolved = sum(count for one, count in counts.items() if one in RESOLVED_AT_ONCE)
    return resolved / wanted if wanted else None
