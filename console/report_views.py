"""What the API shows of requests in a time: the fields of `requests` in `cozum report --json`."""

from typing import Annotated

from pydantic import Field

from console.views import Time, View

Share = Annotated[float, Field(ge=0, le=1)]


class RequestScores(View):
    """Scores that citizens gave."""

    scored: int = Field(description="how many scores were given")
    score: float | None = Field(description="their mean, 1 to 5; null: none was given")


class RequestFigures(RequestScores):
    """Some requests, counted. A reopening takes nothing away."""

    opened: int
    resolved: int = Field(description="how many had their first outcome")
    resolved_in_time: int = Field(description="of them those in time")
    in_time: Share | None = Field(
        description="resolved_in_time / those of which it is known (some must be told in time); null: none"
    )
    median_days: float | None = Field(description="from the opening to the first outcome")
    overdue: int = Field(description="now")
    told: int = Field(description="how often citizens were told an outcome")


class UnitFigures(RequestFigures):
    """The requests of one unit."""

    unit: str | None = Field(description="null: those without a unit")
    name: str | None
    name_en: str | None = Field(None, description="the same in English")


class TopicFigures(RequestFigures):
    """The requests of one topic."""

    topic: str | None = Field(description="null: those without a topic")
    name: str | None
    name_en: str | None = Field(None, description="the same in English")


class DistrictFigures(RequestFigures):
    """The requests of one mahalle."""

    district: str | None = Field(description="null: those without a mahalle")
    name: str | None
    name_en: str | None = Field(None, description="the same in English")


class AgentScores(RequestScores):
    """The scores that one person passed on."""

    agent: str | None = Field(description="user name; null: the line took them in automatic calls")
    name: str | None
    name_en: str | None = Field(None, description="the same: a user name")


class RequestsReport(View):
    """Requests of one or more days; tables are in the order of a Turkish dictionary."""

    begin: Time = Field(alias="from")
    end: Time = Field(alias="to")
    timezone: str
    all: RequestFigures
    units: list[UnitFigures]
    topics: list[TopicFigures]
    districts: list[DistrictFigures]
    agents: list[AgentScores]
