"""`cozum tickets open`, `amend`, `move` and what else changes a request, through the running desk, which alone
writes them."""

import uuid
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import typer

from acd.cli.parts import HIDDEN, Config, Json, print_json, print_table, rfc3339, settings_of
from acd.lib.cli_error import WRONG_USE, CliError
from tickets.files import ENDINGS
from tickets.importing import TIME_ALLOWED, read_time
from tickets.outcome.report import Reported
from tickets.ticket import Contact

if TYPE_CHECKING:
    from acd.client import Api

KNOWN_ENDINGS: Final = {ending: media for media, endings in ENDINGS.items() for ending in endings}
"""The media type of a file by the ending of its name."""
INFORMATION: Final = "information"
"""The field that says of an application by CİMER that it is one for information."""
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="As written or typed: 26-000123-3 or 260001233.")]
Version = Annotated[
    int | None, typer.Option("--version", min=1, help="Only if it has this version still, as `show` said.")
]
Note = Annotated[str, typer.Option("--note", help="Why; for the people who work on it.")]


def open_(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="Such as request.")],
    text: Annotated[str, typer.Option("--text", help="What the citizen says.")] = "",
    topic: Annotated[str | None, typer.Option("--topic", help="Id of a topic, such as yol_cukuru.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="If it is not that of the topic.")] = None,
    district: Annotated[str | None, typer.Option("--district", help="Id of a mahalle, such as esenkent.")] = None,
    address: Annotated[str, typer.Option("--address")] = "",
    lat: Annotated[float | None, typer.Option("--lat", help="With --lon: where it is, in degrees.")] = None,
    lon: Annotated[float | None, typer.Option("--lon")] = None,
    caller: Annotated[str, typer.Option("--caller", help="The citizen's number.")] = "",
    name: Annotated[str, typer.Option("--name", help="The citizen's name.")] = "",
    call: Annotated[str | None, typer.Option("--call", help="Id of the call in which they say it.")] = None,
    follows: Annotated[str | None, typer.Option("--follows", help="The closed request that it follows up.")] = None,
    agrees: Annotated[
        bool, typer.Option("--agrees", help="The unit may learn who makes a report about somebody.")
    ] = False,
    contact: Annotated[
        str, typer.Option("--contact", help=f"How the citizen is told: {', '.join(get_args(Contact))}.")
    ] = "call",
    source: Annotated[str | None, typer.Option("--source", help="Another system that knows it, such as cimer.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="Its number there, with --source.")] = None,
    fields: Annotated[list[str] | None, typer.Option("--field", help="An answer: yeri='parkın önü'.")] = None,
    received: Annotated[
        str | None,
        typer.Option("--received", help="When a request in writing came, such as 2026-05-20 14:30: its clock's start."),
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option("--channel", help="How it came: phone (usual), paper (usual with --received), email or another."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Open a request."""
    settings = settings_of(config)
    body: dict[str, Any] = {
        "service": service,
        "text": text,
        "address": address,
        "caller": caller,
        "name": name,
        "fields": _answers(fields or ()),
        "agrees": agrees,
        "contact": contact,
    }
    body |= _given(topic=topic, kind=kind, district=district, lat=lat, lon=lon, call=call, follows=follows)
    received_at = _moment(received, ZoneInfo(settings.timezone))
    body |= _given(external_source=source, external_number=reference, received_at=received_at)
    body |= _given(channel=channel or ("paper" if received else None))
    from acd.client import Api

    api, key = Api(settings), {"Idempotency-Key": str(uuid.uuid4())}
    if fields and topic is not None:
        _check_answers(api, topic, body["fields"])
    _told(api.post("tickets", body, key), as_json=as_json)


def _given(**values: object) -> dict[str, object]:
    """Those that are given."""
    return {name: value for name, value in values.items() if value is not None}


def _answers(fields: Sequence[str]) -> dict[str, str]:
    """The answers by question. Raises `CliError` for a text that is none."""
    answers = {}
    for one in fields:
        question, equals, said = one.partition("=")
        if not equals:
            raise CliError(f"--field = {one!r}: QUESTION=ANSWER is allowed", WRONG_USE)
        answers[question] = said
    return answers


def _check_answers(api: "Api", topic: str, answers: Collection[str], known: Collection[str] = ()) -> None:
    """Check that the topic asks what is answered; `known` are fields that the request has. The API keeps what a flow or
    another channel has learnt beside the answers, but whoever types an answer means a question. Raises `CliError`."""
    about = next((one for one in api.get("town")["topics"] if one["id"] == topic), None)
    if about is None:
        return  # the API names the topics that there are
    asked = [one["id"] for one in about["questions"]]
    for name in answers:
        if name not in (*asked, *known, INFORMATION):
            allowed = f"it asks {', '.join(asked)}" if asked else "it asks nothing; say it in --text"
            raise CliError(f"--field = {name!r}: {topic} has no such question; {allowed}", WRONG_USE)


def _moment(written: str | None, zone: ZoneInfo) -> str | None:
    """A time as the API takes it. Raises `CliError` for a text that is none."""
    if written is None:
        return None
    at = read_time(written, zone)
    if at is None:
        raise CliError(f"--received = {written!r}: {TIME_ALLOWED}", WRONG_USE)
    return rfc3339(at)


def amend(
    number: Number,
    caller: Annotated[str | None, typer.Option("--caller", help="The citizen's right number.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The citizen's name.")] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help=f"How the citizen is told: {', '.join(get_args(Contact))}.")
    ] = None,
    agrees: Annotated[
        bool | None, typer.Option("--agrees/--agrees-not", help="The unit may learn who makes a report about somebody.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", help="The citizen's, such as tr.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What the citizen says.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Such as request.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Id of a topic, such as yol_cukuru.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="If it is not that of the topic.")] = None,
    district: Annotated[str | None, typer.Option("--district", help="Id of a mahalle, such as esenkent.")] = None,
    address: Annotated[str | None, typer.Option("--address")] = None,
    lat: Annotated[float | None, typer.Option("--lat", help="With --lon: where it is, in degrees.")] = None,
    lon: Annotated[float | None, typer.Option("--lon")] = None,
    follows: Annotated[str | None, typer.Option("--follows", help="The closed request that it follows up.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="An answer: yeri='parkın önü'. All answers are given anew.")
    ] = None,
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Put right what is wrong on a request. An outcome that nobody has heard is told anew at another number."""
    given = {
        "caller": caller,
        "name": name,
        "contact": contact,
        "agrees": agrees,
        "language": language,
        "text": text,
        "service": service,
        "topic": topic,
        "kind": kind,
        "district": district,
        "address": address,
        "lat": lat,
        "lon": lon,
        "follows": follows,
        "fields": _answers(fields) if fields else None,
    }
    body = {key: value for key, value in given.items() if value is not None}
    if "fields" in body:
        _check_amended(config, number, body)
    if not body:
        raise CliError("nothing to put right is given: such as --caller; `cozum tickets amend --help`", WRONG_USE)
    _change(config, number, "", body, version, as_json=as_json)


def _check_amended(config: Path | None, number: str, body: dict[str, Any]) -> None:
    """Check the answers of a correction by the topic that the request has after it."""
    from acd.client import Api

    api = Api(settings_of(config))
    before = api.get(f"tickets/{_wanted(number)}")
    topic = body.get("topic") or before["topic"]
    if topic is not None:
        _check_answers(api, topic, body["fields"], before["fields"])


def move(
    number: Number,
    to: Annotated[str, typer.Argument(metavar="STATE", help="Such as accepted; docs/states.md has the moves.")],
    result: Annotated[str, typer.Option("--result", help="What the citizen is told.")] = "",
    note: Note = "",
    unit: Annotated[str, typer.Option("--unit", help="Id of the unit that gets it.")] = "",
    responsible: Annotated[str, typer.Option("--responsible", help="The outside body that must do it.")] = "",
    awaits: Annotated[str, typer.Option("--awaits", help="answer or fee, for waiting_citizen.")] = "answer",
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Move a request to another state."""
    body = {"to": to, "result": result, "note": note, "unit": unit, "responsible": responsible, "awaits": awaits}
    _change(config, number, "moves", body, version, as_json=as_json)


def note(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Note something for the people who work on a request."""
    _change(config, number, "notes", {"note": text}, version, as_json=as_json)


def score(
    number: Number,
    value: Annotated[int, typer.Argument(metavar="SCORE", help="1 to 5.")],
    remark: Annotated[str, typer.Option("--remark", help="What the citizen says.")] = "",
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """What the citizen thinks of the outcome."""
    _change(config, number, "score", {"score": value, "remark": remark}, version, as_json=as_json)


def called(
    call: Annotated[str, typer.Argument(metavar="CALL", help="Id of the call in which the citizen was to be told.")],
    result: Annotated[str, typer.Argument(metavar="RESULT", help=f"One of {', '.join(get_args(Reported))}.")],
    score: Annotated[int | None, typer.Option("--score", help="1 to 5, by a citizen who was told.")] = None,
    remark: Annotated[str, typer.Option("--remark", help="What the citizen says.")] = "",
    number: Annotated[str, typer.Option("--number", help="The request, if they were told several outcomes.")] = "",
    config: Config = None,
    as_json: Json = False,
) -> None:
    """How a call went in which a citizen was to be told an outcome. It is said once."""
    from acd.client import Api

    path = f"calls/{quote(call, safe='')}/outcome"
    body = {"result": result, "score": score, "remark": remark, "number": number}
    told = Api(settings_of(config)).post(path, body)
    if as_json:
        print_json(told)
    else:
        print_table(("request", "state", "call"), [(told["number"], told["state"], told["result"])])


def extend(
    number: Number,
    days: Annotated[int, typer.Argument(metavar="DAYS")],
    reason: Annotated[str, typer.Option("--reason", help="The citizen is told it.")],
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """More time, in what the clock of the request counts."""
    _change(config, number, "extension", {"days": days, "reason": reason}, version, as_json=as_json)


def join(
    number: Number,
    parent: Annotated[str, typer.Argument(metavar="PARENT", help="The request that it is a duplicate of.")],
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Hang a request on another one as its duplicate."""
    _change(config, number, "duplicate-of", {"number": parent}, version, as_json=as_json)


def part(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why the two are not the same.")],
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make a duplicate a request of its own again."""
    _change(config, number, "duplicate-of", {"number": None, "note": reason}, version, as_json=as_json)


def attach(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"{', '.join(KNOWN_ENDINGS)}.")],
    about: Annotated[
        str, typer.Option("--about", help="request: from the citizen; work: of the work that was done.")
    ] = "request",
    name: Annotated[str | None, typer.Option("--name", help="Its name there, if not that of the file.")] = None,
    version: Version = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Attach a photo, a recording or a document."""
    from acd.client import Api

    wanted, media_type = _wanted(number), KNOWN_ENDINGS.get(file.suffix.lower().removeprefix("."))
    if media_type is None:
        raise CliError(f"FILE = {str(file)!r}: a name that ends in {', '.join(KNOWN_ENDINGS)} is allowed", WRONG_USE)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CliError(f"FILE = {str(file)!r}: {error.strerror}", WRONG_USE) from None
    path = f"tickets/{wanted}/files?{urlencode({'about': about, 'name': file.name if name is None else name})}"
    _told(Api(settings_of(config)).send(path, content, media_type, _headers(version)), as_json=as_json)


def _headers(version: int | None) -> dict[str, str]:
    """The headers of a change that is made once: to the request as it is, or as it had this version."""
    return {"Idempotency-Key": str(uuid.uuid4()), "If-Match": "*" if version is None else f'"{version}"'}


def _change(
    config: Path | None, number: str, what: str, body: dict[str, Any], version: int | None, *, as_json: bool
) -> None:
    """Change a request by the route `what`; empty: amend it."""
    from acd.client import Api

    wanted = _wanted(number)
    headers = _headers(version)
    api = Api(settings_of(config))
    if what:
        _told(api.post(f"tickets/{wanted}/{what}", body, headers), as_json=as_json)
    else:
        _told(api.patch(f"tickets/{wanted}", body, headers), as_json=as_json)


def _wanted(number: str) -> str:
    """A request's number, from one as it was typed. Raises `CliError`."""
    from tickets.number import BadNumber, TicketNumber

    try:
        return str(TicketNumber.parse(number))
    except BadNumber as error:
        raise CliError(f"number = {number!r}: {error}", WRONG_USE) from None


def _told(ticket: dict[str, Any], *, as_json: bool) -> None:
    """The request as it is now, without who asked for it."""
    if as_json:
        hidden = {name: HIDDEN if ticket[name] else "" for name in ("caller", "name")}
        print_json(ticket | hidden | {"fields": dict.fromkeys(ticket["fields"], HIDDEN)})
        return
    row = (ticket["number"], ticket["state"], ticket["unit"], ticket["due_at"], ticket["version"])
    print_table(("number", "state", "unit", "due", "version"), [row])
