"""The files of the town, from `town_dir` or as they are shipped."""

import contextlib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog

from acd.config.services import parse_services, services_text
from acd.config.settings import Settings
from acd.engine.model.config import Service
from acd.engine.model.errors import BadConfig
from tickets.changes import Rules
from tickets.duty_cover import uncovered, without_unit
from tickets.outcome.hours import Hours, Opening, parse_openings
from tickets.outcome.plan import OutcomeRules
from tickets.town.haste import high_in_days
from tickets.town.load import NEEDED, OPTIONAL, load_town
from tickets.town.model import Named, Town
from tickets.town.times import BadTimes

log = structlog.get_logger()

SOONER = "name a clock in minutes (danger) in topics.toml, or say in why_days why days are soon enough"
"""What to do about a topic of priority high that is due in days."""
_NORTHMOST = 60
"""Degrees of latitude: nearer to the poles twilight may last all night, and some prayers have no time."""


def read_town(settings: Settings) -> dict[str, str]:
    """The texts of the town's files by name. Raises `BadConfig` where one cannot be read; a missing one is left out."""
    shipped = files("tickets") / "data"
    folder = settings.town_path
    if folder is not None and not folder.is_dir():
        raise BadConfig(f"town_dir = {str(folder)!r}: no such folder; docs/requests.md says which files it needs")
    texts: dict[str, str] = {}
    for name in (*NEEDED, *OPTIONAL):
        file = shipped / name if folder is None else folder / name
        if not file.is_file():
            continue
        try:
            texts[name] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig(f"{file}: cannot be read: {error}") from None
    return texts


def deadlines_by(texts: Mapping[str, str]) -> str:
    """The digest of the files by which deadlines are computed."""
    files_of = "".join(texts.get(name, "") for name in ("calendar.toml", "clocks.toml"))
    return hashlib.sha256(files_of.encode()).hexdigest()


def services_of(file: Path | None) -> Sequence[Service]:
    """The services of a file; None: of the shipped one."""
    return parse_services(*reversed(services_text(file))).services


def town_of(settings: Settings, texts: dict[str, str] | None = None, known: Iterable[Named] = ()) -> Town:
    """The town of these texts, or of the files. `known` are the names of earlier ones.

    The town's own files may name the line's services only. The shipped ones may also name the shipped services: a line
    with services of its own may have no files of its town. Their requests then go to the unit with the inbox.
    Raises `BadConfig` with every fault: file, key, value, what is allowed."""
    ids = [str(service.id) for service in services_of(settings.services_path)]
    if settings.town_path is None:
        ids = [*ids, *(str(one.id) for one in services_of(None) if str(one.id) not in ids)]
    texts = read_town(settings) if texts is None else texts
    if settings.town_path is not None and (lacking := [name for name in NEEDED if name not in texts]):
        way_out = "docs/requests.md says which files it needs"
        raise BadConfig(f"town_dir = {str(settings.town_path)!r}: lacks {', '.join(lacking)}; {way_out}")
    return load_town(texts, services=ids, line=settings.public_number, known=known)


def not_on_duty(settings: Settings, town: Town) -> list[str]:
    """What the units with urgent requests lack in duty.toml, in words; nothing where nobody is rung."""
    if not settings.rings_duty_s():
        return []
    return [one.text for one in uncovered(town, _urgent(settings))]


def urgent_without_unit(settings: Settings, town: Town) -> Sequence[str]:
    """The urgent services of the line whose requests go to no unit, so that nobody is rung about them."""
    return without_unit(town, _urgent(settings))


def _urgent(settings: Settings) -> list[str]:
    return [str(one.id) for one in services_of(settings.services_path) if one.priority == "urgent"]


def warn_of_duty(settings: Settings, town: Town) -> None:
    """Name in the log the units whose urgent requests would ring nobody, the urgent services without a unit, and the
    topics that cannot wait and are due in days.
    Services with a fault name none: a desk that comes back to a half-edited file begins all the same."""
    lacking: list[str] = []
    unserved: Sequence[str] = ()
    with contextlib.suppress(BadConfig):
        lacking, unserved = not_on_duty(settings, town), urgent_without_unit(settings, town)
    for service in unserved:
        log.warning("urgent_without_unit", service=service, way_out="name it in services of a unit, in units.toml")
    for text in lacking:
        log.warning("nobody_on_duty", lacks=text, way_out="add a shift to the town's duty.toml")
    for topic in high_in_days(town):
        log.warning("high_priority_in_days", topic=topic, way_out=SOONER)


class CheckedTown(msgspec.Struct, frozen=True, kw_only=True):
    """The town and what its files say, read and checked together."""

    town: Town
    deadlines_by: str
    telling: OutcomeRules


def checked_town(settings: Settings, known: Iterable[Named] = ()) -> CheckedTown:
    """Read and check all that a desk needs of the town. `known` are the names of earlier files. Raises `BadConfig`."""
    texts = read_town(settings)
    town = town_of(settings, texts, known)
    return CheckedTown(town=town, deadlines_by=deadlines_by(texts), telling=outcome_rules(settings, town))


def town_to_start(settings: Settings, last: CheckedTown | None) -> tuple[CheckedTown, Sequence[str]]:
    """The town that a desk starts with, and the faults of the files: with a fault it is `last`, the town as it was
    read last; a desk that died must come back. Raises `BadConfig` if there is none."""
    try:
        return checked_town(settings), ()
    except Exception as error:
        if last is None:
            raise
        return last, tell_faults(error, kept="the files as they were read last")


def tell_faults(error: Exception, *, kept: str) -> list[str]:
    """Log why the town's files were not taken, and which are in force. Returns the faults, one line each."""
    if isinstance(error, BadConfig):
        faults = str(error).splitlines()
        for fault in faults:
            log.error("town_not_read", fault=fault, kept=kept)
        return faults
    log.error("town_not_read", kept=kept, exc_info=error)
    return [f"our fault, the log says more: {type(error).__name__}: {error}"]


def texts_reach_citizens(settings: Settings) -> bool:
    """Whether a text message counts as told. A file in `data_dir` does not: no citizen reads it."""
    return settings.text_gateway != "file"


def _prayer_place(settings: Settings, town: Town) -> tuple[float, float] | None:
    """Where times of prayer are computed for: of the settings, or of the town's own files. Raises `BadConfig`."""
    text = settings.outcome_prayer_place
    if not text:
        if settings.outcome_prayer_minutes and town.shapes.middle is None:
            raise BadConfig(
                f"outcome_prayer_minutes = {settings.outcome_prayer_minutes}: the town has no mahalle.geojson that "
                "says where it lies; set outcome_prayer_place = 'LATITUDE LONGITUDE', or the minutes to 0"
            )
        return town.shapes.middle
    lat, lon = (float(one) for one in text.split())
    if abs(lat) > _NORTHMOST or abs(lon) > 180:
        raise BadConfig(
            f"outcome_prayer_place = {text!r}: a latitude from -{_NORTHMOST} to {_NORTHMOST} and a longitude from -180 "
            "to 180 are allowed, in this order"
        )
    return lat, lon


def outcome_rules(settings: Settings, town: Town) -> OutcomeRules:
    """How citizens are told outcomes. Raises `BadConfig`."""
    openings: dict[str, tuple[Opening, ...]] = {}
    for key in ("outcome_hours", "outcome_quiet"):
        value = getattr(settings, key)
        try:
            openings[key] = parse_openings(value)
        except BadTimes as error:
            raise BadConfig(f"{key} = {value!r}: {error}; such as mon-fri 09:00-20:00; sat 10:00-18:00") from None
    if settings.outcome_call != "off" and not openings["outcome_hours"]:
        raise BadConfig("outcome_hours = '': days and hours are needed, or outcome_call = off")
    return OutcomeRules(
        mode=settings.outcome_call,
        tries=settings.outcome_tries,
        pause_s=settings.outcome_pause_s,
        hours=Hours(
            open=openings["outcome_hours"],
            quiet=openings["outcome_quiet"],
            prayer_minutes=settings.outcome_prayer_minutes,
            place=_prayer_place(settings, town),
        ),
        calls=bool(settings.callback_trunk),
        at_once=settings.outcome_at_once,
        report_s=settings.outcome_report_s,
        text=texts_reach_citizens(settings),
        denied=settings.callback_denied,
        task_calls=settings.task_calls_per_number,
    )


def ticket_rules(settings: Settings, town: Town) -> Rules:
    """The rules for changes of requests."""
    return Rules(
        town=town,
        zone=ZoneInfo(settings.timezone),
        reopen_days=settings.reopen_days,
        no_answer_days=settings.no_answer_days,
        texts=texts_reach_citizens(settings),
        denied=settings.callback_denied,
    )


def refused_files(faults: int, event: str) -> str:
    """Says that files have faults and were not taken, which the log names; empty without a fault."""
    told = "a fault" if faults == 1 else f"{faults} faults"
    return f"{told} in the files, so what was read before is in force; {event} in the log says which" if faults else ""
