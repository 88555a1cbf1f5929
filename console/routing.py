"""Routers of the API. All are made here, so that the application takes their routes as they are: `include_router` of
FastAPI would make each route twice."""

from typing import Final

from fastapi import APIRouter, Depends
from fastapi.security import APIKeyCookie, HTTPBearer

from console import answers
from console.access import CSRF_HEADER
from console.cookies import SESSION

PREFIX: Final = "/api/v1"

# The middleware identifies the person or program; these put both ways into the description.
_TOKEN: Final = HTTPBearer(auto_error=False, description="A program's token, or the machine's own in data_dir/token.")
_COOKIE: Final = APIKeyCookie(
    name=SESSION, auto_error=False, description=f"A session's. Writes carry its `csrf` in the header {CSRF_HEADER}."
)


def api_router() -> APIRouter:
    """A router without routes, for some under `PREFIX`."""
    return APIRouter(prefix=PREFIX, dependencies=[Depends(_TOKEN), Depends(_COOKIE)], responses=answers.EVERY)
