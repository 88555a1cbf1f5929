"""`/api/v1/town`: what a request can be about, what is asked of it, where it can be and who does it; all of it found as
people say it; and the outlines of its mahalle."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from acd.engine.model.config import TRANSFER_PREFIX, ServiceClass
from console import views
from console.parameters import only
from console.ports import ConsolePorts
from console.routing import api_router
from tickets.find.places import Places
from tickets.find.topics import Topics
from tickets.kinds import Kind
from tickets.states import MOVES, Need, Role, TicketState
from tickets.town.model import PlaceNeed, QuestionType, Town

MOST = 8
"""So many of each are found."""


class Named(views.View):
    """Something with a name in both languages."""

    id: str
    tr: str
    en: str


class TownQuestion(Named):
    """What is asked about a topic; the answer is kept in the request's `fields` under its id."""

    type: QuestionType
    required: bool
    choices: list[Named]
    least: int
    most: int


class TownBody(Named):
    """An outside body, and how a citizen reaches it."""

    reach_tr: str
    reach_en: str


class TownTopic(Named):
    """What a request can be about."""

    group: str
    body: str = Field(description="the outside body that does it; empty: a unit of the town does")
    elsewhere: dict[str, str] = Field(description="the unit or body that does it instead, by mahalle")
    kind: Kind
    place: PlaceNeed
    hidden: bool = Field(description="a report about somebody: the unit learns who made it only if they agree")
    photo: bool = Field(description="the unit shows a photo of the work when it resolves the request")
    questions: list[TownQuestion]


class TownGroup(Named):
    """A branch of the tree of topics; `parent` is empty at the root."""

    parent: str


class TownMahalle(views.View):
    """A quarter of the town."""

    id: str
    name: str


class TownService(views.View):
    """A service of the line."""

    id: str
    priority: ServiceClass = Field(alias="class")
    transfer_to: str = Field("", description="where an agent's phone sends a caller who asks for it; empty: nowhere")


class TownMove(views.View):
    """A move of requests from one state to another. `admin` may make every move and is not listed in `who`."""

    name: str
    before: TicketState
    after: TicketState
    who: list[Role]
    needs: list[Need]


class RetiredName(Named):
    """Something that the town's files have no more."""

    kind: str = Field(description="mahalle, unit, body, group, topic or clock")


class TownView(views.View):
    """The town as a form needs it, each list in the order of its file."""

    groups: list[TownGroup]
    topics: list[TownTopic]
    mahalle: list[TownMahalle]
    services: list[TownService]
    units: list[Named] = Field(description="who does what was asked for")
    bodies: list[TownBody] = Field(description="outside bodies that may be responsible")
    retired: list[RetiredName] = Field([], description="what earlier files had, and old requests still name")
    moves: list[TownMove] = Field(description="the moves that there are, and who may make them")


class Outline(views.View):
    """Where a mahalle lies."""

    id: str
    polygons: list[list[list[tuple[float, float]]]] = Field(
        description="each the outer ring and its holes, of longitude and latitude"
    )


class TownMap(views.View):
    """The outlines of the mahalle; empty if the town has no such file."""

    schematic: bool = Field(description="the outlines are no survey")
    outlines: list[Outline]


class FoundPlace(views.View):
    """A street that may be meant."""

    name: str
    district: str


class Found(views.View):
    """What may be meant by some words, best first."""

    topics: list[str]
    mahalle: list[str]
    streets: list[FoundPlace]
    streets_first: bool = Field(False, description="a street is likelier meant than a mahalle")


class Finder:
    """Finds in the town there is now; what it finds with is made anew with the town."""

    def __init__(self, ports: ConsolePorts) -> None:
        self._ports = ports
        self._town: Town | None = None

    def find(self, text: str, district: str | None, what: Literal["topics", "places"]) -> dict[str, Any]:
        """Topics, or mahalle and streets, as `Found` has them."""
        self._make()
        if what == "topics":
            return {"topics": [one.topic.id for one in self._topics.search(text, MOST)], "mahalle": [], "streets": []}
        mahalle = self._places.search(text, MOST)
        # The mahalle that was chosen need not be the street's: of streets of one name its own comes first.
        own = self._places.streets(text, district, MOST) if district else []
        others = [one for one in self._places.streets(text, None, MOST) if one.mahalle.id != district]
        streets = sorted([*own, *others], key=lambda one: one.score, reverse=True)[:MOST]
        return {
            "topics": [],
            "mahalle": [one.mahalle.id for one in mahalle],
            "streets": [{"name": one.name, "district": one.mahalle.id} for one in streets],
            "streets_first": bool(streets) and (not mahalle or streets[0].score > mahalle[0].score),
        }

    def _make(self) -> None:
        town = self._ports.town()
        if town is not self._town:
            self._topics = Topics(town.topics.values(), town.groups.values())
            self._places = Places(town.mahalle.values(), town.streets)
            self._town = town


def router(ports: ConsolePorts) -> APIRouter:
    """The routes."""
    routes = api_router()
    finder = Finder(ports)

    @routes.get("/town", response_model=TownView, dependencies=[Depends(only())])
    async def get_town() -> Response:
        """Topics with their questions, mahalle, services, units and outside bodies, and the moves of requests."""
        town = ports.town()
        record = {
            "groups": [_fields(one) for one in town.groups.values()],
            "topics": [_topic(one) for one in town.topics.values()],
            "mahalle": [{"id": one.id, "name": one.name} for one in town.mahalle.values()],
            "services": _services(ports),
            "units": [_named(one) for one in town.units.values()],
            "bodies": [
                _named(one) | {"reach_tr": one.reach_tr, "reach_en": one.reach_en} for one in town.bodies.values()
            ],
            "retired": [_fields(one) for one in town.retired.values()],
            "moves": [
                {"name": move.name, "before": before, "after": after, "who": move.who, "needs": move.needs}
                for (before, after), move in MOVES.items()
            ],
        }
        return Response(views.one(TownView, record), media_type="application/json")

    @routes.get("/town/map", response_model=TownMap, dependencies=[Depends(only())])
    async def get_map() -> Response:
        """The outlines of the mahalle, to draw a map of the town by."""
        shapes = ports.town().shapes
        outlines = [{"id": one.mahalle, "polygons": one.polygons} for one in shapes.all]
        record = {"schematic": shapes.schematic, "outlines": outlines}
        return Response(views.one(TownMap, record), media_type="application/json")

    @routes.get("/town/found", response_model=Found, dependencies=[Depends(only("q", "what", "district"))])
    async def find_in_town(
        q: Annotated[str, Query(min_length=1, max_length=200, description="words as people say or write them")],
        what: Annotated[Literal["topics", "places"], Query(description="topics, or mahalle and streets")],
        district: Annotated[
            str | None, Query(max_length=64, pattern=r"^[a-z0-9_]+$", description="streets of this mahalle come first")
        ] = None,
    ) -> Response:
        """What may be meant: `isik yanmiyor` finds the street lighting."""
        return Response(views.one(Found, finder.find(q, district, what)), media_type="application/json")

    return routes


def _services(ports: ConsolePorts) -> list[dict[str, Any]]:
    codes = ports.transfer_codes()
    return [
        {"id": name, "class": priority, "transfer_to": TRANSFER_PREFIX + codes[name] if name in codes else ""}
        for name, priority in ports.services().items()
    ]


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__struct_fields__}


def _named(item: Any) -> dict[str, str]:
    return {"id": item.id, "tr": item.tr, "en": item.en}


def _topic(topic: Any) -> dict[str, Any]:
    questions = [
        {**_fields(question), "choices": [_fields(one) for one in question.choices]} for question in topic.questions
    ]
    return {**_fields(topic), "questions": questions}
