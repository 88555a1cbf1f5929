"""`cozum tickets dispose` and `dispositions`: what became of calls that opened no request, by the running desk."""

from typing import Annotated
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import Config, Json, note, print_json, print_table, rfc3339, settings_of
from acd.cli.spans import WHEN, ends_of
from tickets.dispositions import DISPOSITIONS

MOST = 1000


def dispose(
    call: Annotated[str, typer.Argument(metavar="CALL", help="Id of a call that an agent had.")],
    disposition: Annotated[str, typer.Argument(metavar="DISPOSITION", help=f"One of {', '.join(DISPOSITIONS)}.")],
    topic: Annotated[str | None, typer.Option("--topic", help="Id of what it was about, such as vergi.")] = None,
    district: Annotated[str | None, typer.Option("--district", help="Id of a mahalle, such as esenkent.")] = None,
    article: Annotated[int | None, typer.Option("--article", help="The article that answered it.")] = None,
    number: Annotated[str | None, typer.Option("--number", help="The open request that it was about.")] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Say what became of a call that opened no request; the last word counts."""
    from acd.client import Api

    body = {"disposition": disposition, "topic": topic, "district": district, "article": article, "number": number}
    said = Api(settings_of(config)).post(f"calls/{quote(call, safe='')}/disposition", body)
    if as_json:
        print_json(said)
        return
    row = tuple(said[name] for name in ("call", "disposition", "topic", "district", "who"))
    print_table(("call", "disposition", "topic", "district", "said by"), [row])
    if said["asks_topic"]:
        note("cozum: answered at once, and nobody knows what about: say it again with --topic")


def dispositions(
    disposition: Annotated[
        str | None, typer.Option("--disposition", help=f"Only these: {', '.join(DISPOSITIONS)}.")
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only calls in which this extension has talked.")] = None,
    since: Annotated[str | None, typer.Option("--since", help=f"Calls that came from then on: {WHEN}.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until then; a day is taken whole.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="The most calls that are looked at.")] = 100,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """What agents have said of calls that opened no request, the newest call first."""
    from acd.client import Api

    settings = settings_of(config)
    zone = ZoneInfo(settings.timezone)
    first, last = ends_of(since, until, zone)
    wanted: dict[str, object] = {"limit": limit}
    wanted |= {name: rfc3339(at) for name, at in (("since", first), ("until", last)) if at is not None}
    wanted |= {name: one for name, one in (("disposition", disposition), ("agent", agent)) if one is not None}
    listed = Api(settings).get(f"calls?{urlencode(wanted)}")
    names = ("id", "entered_at", "agent", "service", "disposition")
    found = [{name: one[name] for name in names} for one in listed if one["disposition"] is not None]
    if as_json:
        print_json(found)
        return
    rows = [tuple(one[name] for name in names) for one in found]
    print_table(("call", "came", "agent", "service", "disposition"), rows)
    if len(listed) == limit:
        note(f"cozum: of the newest {limit:,} calls; --limit and --until show others")
