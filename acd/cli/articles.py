"""`cozum articles`: the knowledge base, read straight from the database and changed through the desk."""

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, local, new_app, note, print_json, print_table, rfc3339, settings_of
from acd.lib.cli_error import NOT_WELL, CliError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from acd.config.settings import Settings
    from storage.requests.knowledge_base import KnowledgeBase

T = TypeVar("T")

app = new_app("What agents tell citizens at once: the knowledge base.")
MOST = 1000


@app.command("list")
def list_(
    words: Annotated[str, typer.Option("--search", help="Only those with these words, as people write them.")] = "",
    topic: Annotated[str | None, typer.Option("--topic", help="Only those of this topic, by its id.")] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Only those whose last day has passed.")] = False,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Those that were withdrawn.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many.")] = MOST,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Articles, valid ones first."""
    from storage.requests.knowledge_base import Wanted

    settings = settings_of(config)
    wanted = Wanted(query=words, topic=topic, stale=True if stale else None, withdrawn=withdrawn, limit=limit)
    found = _asked(settings, lambda articles: articles.list(wanted))
    if as_json:
        print_json([_record(one) for one in found])
        return
    rows = [
        (
            one["id"],
            one["language"],
            one["topic"],
            one["title"],
            "stale" if one["stale"] else one["valid_until"] and one["valid_until"].isoformat(),
            one["version"],
            one["who"] or one["role"],
        )
        for one in found
    ]
    print_table(("id", "language", "topic", "title", "valid until", "version", "by"), rows, right=("id", "version"))
    if not found:
        note("cozum: no article" + (" like that" if wanted != Wanted(limit=limit) else ""))


@app.command()
def show(
    article: Annotated[int, typer.Argument(metavar="ID", min=0, help="As `list` gives it.")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """One article with its versions."""
    settings = settings_of(config)

    async def read(articles: "KnowledgeBase") -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        found = await articles.get(article)
        return found, [] if found is None else list(await articles.versions(article))

    found, versions = _asked(settings, read)
    if found is None:
        raise CliError(f"there is no article {article}; `cozum articles list` has them", NOT_WELL)
    if as_json:
        print_json(_record(found) | {"versions": [_record(one) for one in versions]})
        return
    zone = ZoneInfo(settings.timezone)
    until = found["valid_until"]
    for name, value in (
        ("title", found["title"]),
        ("topic", found["topic"] or "none"),
        ("language", found["language"]),
        ("words", found["words"]),
        ("valid", ("until " + until.isoformat() if until else "always") + (", stale" if found["stale"] else "")),
        *((("state", "withdrawn"),) if found["withdrawn"] else ()),
    ):
        print(f"{name:10} {value}")
    for one in versions:
        by = " ".join(part for part in (one["role"], one["who"]) if part)
        print(f"{'version':10} {one['version']}, {local(one['updated_at'], zone)[:19]} by {by}")
    print(f"\n{found['text']}")


@app.command("import")
def import_(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A file of articles; without it that of the town.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Also replace the articles that are there already.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add the articles of a TOML file, each once: its `id` in the file is kept with it. An article that is there
    already stays as people have written it, unless --overwrite is given."""
    from acd.client import Api
    from acd.desk.knowledge import articles_text
    from acd.desk.town_files import town_of
    from tickets.article_file import read_articles

    settings = settings_of(config)
    name, text = articles_text(settings, file)
    wordings = read_articles(text, town_of(settings), name)
    api = Api(settings)
    known = {
        one["key"]: one
        for withdrawn in ("false", "true")
        for one in api.get(f"articles?limit={MOST}&withdrawn={withdrawn}")
        if one["key"] is not None
    }
    counts = {"added": 0, "replaced": 0, "kept": 0}
    for key, wording in wordings.items():
        body = _body(wording)
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        there = known.get(key)
        if there is None:
            api.post("articles", body | {"key": key}, headers)
            counts["added"] += 1
        elif overwrite and any(there[field] != value for field, value in body.items()):
            tag = f'"{there["version"]}"'
            api.put(f"articles/{there['id']}", body, headers | {"If-Match": tag})
            counts["replaced"] += 1
        else:
            counts["kept"] += 1
    if as_json:
        print_json(counts)
        return
    print(", ".join(f"{count} {what}" for what, count in counts.items()))


def _body(wording: Any) -> dict[str, Any]:
    import msgspec

    body: dict[str, Any] = msgspec.to_builtins(wording)
    return body


def _asked(settings: "Settings", question: "Callable[[KnowledgeBase], Awaitable[T]]") -> T:
    """The answer of the database's knowledge base."""
    from acd.cli.asking import ask
    from acd.desk.town_files import ticket_rules, town_of
    from acd.lib.clock import clock as now
    from storage.requests.knowledge_base import KnowledgeBase

    rules = ticket_rules(settings, town_of(settings))
    return ask(settings, lambda _, database: question(KnowledgeBase(database, lambda: rules, now)))


def _record(article: dict[str, Any]) -> dict[str, Any]:
    """As the API tells it."""
    until = article["valid_until"]
    written = until if until is None or isinstance(until, str) else until.isoformat()
    return article | {"updated_at": rfc3339(article["updated_at"]), "valid_until": written}
