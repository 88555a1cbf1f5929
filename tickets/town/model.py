"""The content of a town's files. Requests keep the `id` of an item, so an id in use must not change its meaning."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from tickets.clock.calendar import Calendar
from tickets.clock.rules import ClockRule
from tickets.kinds import Kind
from tickets.privacy.retention import Retention
from tickets.town.shapes import Shapes
from tickets.town.words import More, Templates

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Mail = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}\Z")]
Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]{1,300}\Z")]
Phone = Annotated[str, msgspec.Meta(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,6})\Z")]

HANDED = re.compile(r"[0-9]{3,6}|\+90[2-5][0-9]{9}|\+90444[0-9]{4}")
"""The numbers to which a caller is handed over: short ones and extensions, and Turkey's landlines, mobile telephones
and 444 numbers. Others may cost anything."""

Priority = Literal["high", "normal", "low"]
QuestionType = Literal["text", "choice", "number"]
PlaceNeed = Literal["needed", "optional", "none"]
ItemKind = Literal["mahalle", "unit", "body", "group", "topic", "clock"]


class Mahalle(msgspec.Struct, frozen=True, kw_only=True):
    """A quarter of the town. `aliases` are other names that people use for it."""

    id: Id
    name: Name
    aliases: tuple[Name, ...] = ()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a unit, with where they are notified: in the desk as `user`, by mail, by a signed webhook."""

    user: Id | None = None
    mail: Mail | None = None
    webhook: Url | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit of the municipality. `services`: the services of the line whose requests it gets first.

    `head` is the member (`user`) who is told of what is overdue. `inbox`: its people sort what has no unit yet; one
    unit of the town has it."""

    id: Id
    tr: Name
    en: Name
    services: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    head: str = ""
    inbox: bool = False


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """An outside body, and how a citizen reaches it. `transfer`: an agent may hand a caller over to its `phone`."""

    id: Id
    tr: Name
    en: Name
    phone: Phone
    web: Url | None = None
    reach_tr: Words
    """How to reach it, as it is said to a citizen: `İSKİ'ye 185 numaralı telefondan ulaşabilirsiniz`."""
    reach_en: Words
    transfer: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a question of the type `choice`."""

    id: Id
    tr: Name
    en: Name


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about a topic. The answer is kept in the request's `fields` under the question's id."""

    id: Id
    tr: Words
    en: Words
    type: QuestionType = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    least: int = 0
    most: int = 1_000_000
    personal: bool = False
    """Whether the answer identifies a person: it is masked and expires like a number."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A branch of the tree of topics. `parent` is the branch that it grows from; empty at the root."""

    id: Id
    tr: Name
    en: Name
    parent: str = ""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about. Exactly one of `unit` and `body` says who does it, unless `elsewhere` says otherwise."""

    id: Id
    group: Id
    tr: Name
    en: Name
    words: tuple[Name, ...] = ()
    """Other words that people say for it."""
    kind: Kind
    clock: str = ""
    """Id of a clock, if it is not that of the kind."""
    priority: Priority = "normal"
    why_days: Name = ""
    """Why a clock that counts days is soon enough, though the priority is high."""
    unit: str = ""
    body: str = ""
    elsewhere: dict[str, str] = {}
    """By the id of a mahalle: the unit or body that does it there."""
    photo: bool = False
    """The unit must show a photo of the work when it resolves the request."""
    hidden: bool = False
    """A report about somebody (ihbar): the unit is not told who made it, unless that person agrees."""
    place: PlaceNeed = "needed"
    questions: tuple[Question, ...] = ()


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on duty. `phone` is +90… or an internal extension."""

    name: Name
    phone: Phone


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """The people of a unit on duty, and when, in the order in which they are rung."""

    unit: str
    days: frozenset[str]
    """Of `tickets.town.times.DAYS`, and `holiday`."""
    spans: tuple[tuple[int, int], ...]
    """From, to before, in minutes since midnight; an end beyond 1,440 lies in the next day."""
    people: tuple[Person, ...]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """The name of an item. Kept for good, so that old requests stay readable when a reload takes the item away."""

    kind: ItemKind
    id: str
    tr: str
    en: str


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """All of a town's files, checked against each other. Made by `tickets.town.load.load_town`."""

    mahalle: Mapping[str, Mahalle]
    units: Mapping[str, Unit]
    bodies: Mapping[str, Body]
    groups: Mapping[str, Group]
    topics: Mapping[str, Topic]
    clocks: Mapping[str, ClockRule]
    calendar: Calendar
    words: Templates
    more: More = More()
    """Where words are read that are too long for a text message."""
    retention: Retention
    shifts: tuple[Shift, ...] = ()
    streets: Mapping[str, tuple[str, ...]] = {}
    """Names of streets by mahalle."""
    shapes: Shapes
    retired: Mapping[tuple[ItemKind, str], Named] = {}
    """Names of items that earlier files had."""

    @property
    def inbox(self) -> Unit:
        """The unit whose people sort what has no unit yet."""
        return next(unit for unit in self.units.values() if unit.inbox)

    def names(self) -> Iterator[Named]:
        """The names of all items of these files and of earlier ones. The shell stores them, and gives them back to the
        next `load_town` as `known`."""
        for kind, items in self._items():
            for item in items.values():
                tr, en = (item.name, item.name) if isinstance(item, Mahalle) else (item.tr, item.en)
                yield Named(kind=kind, id=item.id, tr=tr, en=en)
        yield from self.retired.values()

    def name(self, kind: ItemKind, item_id: str, language: str = "tr") -> str:
        """The name of an item, also of one that earlier files had; the id itself if no file ever had it."""
        item = dict(self._items())[kind].get(item_id)
        if isinstance(item, Mahalle):
            return item.name
        known = item or self.retired.get((kind, item_id))
        if known is None:
            return item_id
        return known.en if language == "en" else known.tr

    def _items(
        self,
    ) -> tuple[tuple[ItemKind, Mapping[str, Mahalle | Unit | Body | Group | Topic | ClockRule]], ...]:
        return (
            ("mahalle", self.mahalle),
            ("unit", self.units),
            ("body", self.bodies),
            ("group", self.groups),
            ("topic", self.topics),
            ("clock", self.clocks),
        )
