"""`/api/v1/surge`: the message that callers of some services hear before they queue."""

from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from console import answers, views
from console.parameters import json_only, only, since_seconds
from console.ports import ConsolePorts
from console.routing import api_router
from console.within import Within

PATH: Final = "/surge"
SPEAKING_S: Final = 30.0
"""Seconds for speaking a text, before the answer is a 503."""

Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


# One of the two, in the words of a JSON schema.
SPOKEN: Final[JsonDict] = {
    "required": ["text"],
    "properties": {"text": {"type": "object", "minProperties": 1}, "prompt": {"type": "null"}},
}
NAMED: Final[JsonDict] = {
    "required": ["prompt"],
    "properties": {"prompt": {"type": "string"}, "text": {"type": "null"}},
}


class SurgeWish(BaseModel):
    """A message to be heard from now: a text to be spoken, or a prompt there is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": [SPOKEN, NAMED]})

    services: list[str] = Field(min_length=1, max_length=100, description="routine services whose callers hear it")
    text: dict[Literal["tr", "en"], Text] | None = Field(None, description="what is spoken, by language")
    prompt: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = Field(
        None, description="or the name of a prompt"
    )
    ticket: str | None = Field(None, max_length=32, description="number of the ticket that stands for all of them")
    until: Annotated[float | None, BeforeValidator(lambda at: None if at is None else since_seconds(at))] = Field(
        None,
        description="RFC 3339; null: until it is withdrawn",
        json_schema_extra={"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.prompt is None) or self.text == {}:
            raise ValueError("either text or prompt is needed, and not both")
        return self


class Surge(views.View):
    """The message, and whom it reached."""

    id: str
    since: views.Time
    services: list[str]
    prompts: dict[str, str] = Field(description="by language: a prompt's name or the sound file's path")
    ticket: str | None = None
    until: views.Time | None = None
    played: int = Field(description="callers who heard it")
    answered: int = Field(description="callers whom it answered: they needed no agent")


def router(ports: ConsolePorts, within: Within, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()

    @routes.get(PATH, response_model=Surge | None, responses=answers.documented(409), dependencies=[Depends(only())])
    async def get_surge() -> Response:
        """The message there is; `null` if there is none."""
        record = await within(timeout_s, "engine", ports.get_surge())
        return _json(b"null" if record is None else views.one(Surge, record))

    @routes.put(
        PATH,
        response_model=Surge,
        responses=answers.BODY | answers.documented(409),
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def set_surge(wish: SurgeWish) -> Response:
        """Set a message, in place of the one there is. Answers once callers hear it."""
        record = await within(SPEAKING_S, "speech", ports.set_surge(wish.model_dump()))
        return _json(views.one(Surge, record))

    @routes.delete(PATH, response_model=Surge | None, responses=answers.documented(409), dependencies=[Depends(only())])
    async def clear_surge() -> Response:
        """Withdraw the message; answers with what it came to, `null` if there was none."""
        record = await within(timeout_s, "engine", ports.clear_surge())
        return _json(b"null" if record is None else views.one(Surge, record))

    return routes


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
