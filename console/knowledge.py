"""`/api/v1/articles`: the knowledge base, by topic and by words; what agents tell citizens at once.

A change needs `If-Match` with the `ETag` of the version that its author has read, as that of a request does."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from console import views
from console.answers import BODY, documented
from console.parameters import Limit, json_only, only
from console.ports import ConsolePorts, Record
from console.problems import ProblemError
from console.request_bodies import ArticleBody, NewArticleBody
from console.request_ports import ArticleQuery
from console.requests import ETAG_HEADER, IfMatch, Key, Within, Word, author_of, etag_of, json_of, seen_in
from console.routing import api_router
from tickets.articles import Language

ArticleId = Annotated[int, Path(ge=0, lt=2**31)]


class ArticleVersion(views.View):
    """A version of an article, with its author and time."""

    version: int
    updated_at: views.Time
    who: str = Field(description="the user's name, or the program's")
    topic: str | None = Field(None, description="the topic with which it is offered")
    language: Language
    title: str
    text: str = Field(description="plain text; lines that begin with `- ` are a list, `**` encloses strong words")
    words: str = Field(description="other words that people use for it")
    valid_until: date | None = Field(None, description="the last day on which it is true")
    withdrawn: bool = Field(description="it is neither offered nor found any more")


class ArticleView(ArticleVersion):
    """An article of the knowledge base as it is now."""

    id: int
    key: str | None = Field(None, description="its id in the file that it comes from")
    stale: bool = Field(description="its last day has passed")


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)
    _reads(routes, ports, answer)
    _writes(routes, ports, answer)
    return routes


def _reads(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    filters = ("q", "topic", "language", "stale", "withdrawn", "limit")

    @routes.get("/articles", response_model=list[ArticleView], dependencies=[Depends(only(*filters))])
    async def list_articles(
        q: Annotated[str, Query(max_length=200, description="words as people say or write them")] = "",
        topic: Word = None,
        language: Annotated[
            Language | None, Query(description="articles in it come first; no other is left out")
        ] = None,
        stale: Annotated[bool | None, Query(description="only those whose last day has passed, or only others")] = None,
        withdrawn: Annotated[bool, Query(description="those that were withdrawn, instead of the others")] = False,
        limit: Limit = 100,
    ) -> Response:
        """Articles, those first whose title says the words: `isik` finds `ışık`. Stale ones are last."""
        query = ArticleQuery(
            query=q.strip(), topic=topic, language=language, stale=stale, withdrawn=withdrawn, limit=limit
        )
        return json_of(await views.to_json(ArticleView, await answer("articles", ports.articles.list(query))))

    @routes.get(
        "/articles/{article}",
        response_model=ArticleView,
        responses={200: {"headers": ETAG_HEADER}, **documented(404)},
        dependencies=[Depends(only())],
    )
    async def get_article(article: ArticleId) -> Response:
        """One article."""
        record = await answer("articles", ports.articles.get(article))
        if record is None:
            raise ProblemError(404, f"there is no article {article}", key="article", value=article)
        return _whole(record)

    @routes.get(
        "/articles/{article}/versions",
        response_model=list[ArticleVersion],
        responses=documented(404),
        dependencies=[Depends(only())],
    )
    async def list_versions(article: ArticleId) -> Response:
        """Every version of an article, the newest first."""
        return json_of(await views.to_json(ArticleVersion, await answer("articles", ports.articles.versions(article))))


def _writes(routes: APIRouter, ports: ConsolePorts, answer: Within) -> None:
    @routes.post(
        "/articles",
        response_model=ArticleView,
        status_code=201,
        responses={
            201: {"headers": {**ETAG_HEADER, "Location": {"schema": {"type": "string"}}}},
            **documented(409),
            **BODY,
        },
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def add_article(request: Request, body: NewArticleBody, key: Key = None) -> Response:
        """Add an article."""
        work = ports.articles.add(body.wording(), await author_of(request, key, None), body.key)
        record = await answer("articles", work)
        response = _whole(record, 201)
        response.headers["location"] = f"{request.url.path}/{record['id']}"
        return response

    @routes.put(
        "/articles/{article}",
        response_model=ArticleView,
        responses={200: {"headers": ETAG_HEADER}, **documented(404, 412, 428), **BODY},
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def change_article(
        request: Request, article: ArticleId, body: ArticleBody, key: Key = None, if_match: IfMatch = None
    ) -> Response:
        """Replace an article's wording, or withdraw it. The version before it is kept."""
        by = await author_of(request, key, seen_in(if_match))
        return _whole(await answer("articles", ports.articles.change(article, body.wording(), by)))


def _whole(record: Record, status: int = 200) -> Response:
    response = Response(views.one(ArticleView, record), status, media_type="application/json")
    response.headers["etag"] = etag_of(record["version"])
    return response
