"""A call's story for the console: what happened to it and why, in sentences, from what the database has of it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from acd.config.services import parse_services, services_text
from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.wait_causes import WaitPart
from acd.explain.stored import StoredStory, facts_of
from acd.explain.words import Words
from console.ports import Record
from tickets.town.model import Town


def call_story(
    settings: Settings, town: Town, call: Record, language: Literal["tr", "en"], names: Mapping[str, str]
) -> Sequence[Record]:
    """The sentences, as `console.ports.ConsolePorts.tell_call`. `names` are the agents'. It reads a file."""
    labels = _labels(settings) if language == "tr" else {}
    story = StoredStory(
        CallId(call["id"]),
        Words(language),
        label=lambda service: labels.get(ServiceId(service), service.replace("_", " ")),
        outside=lambda key: _outside(town, key, language),
        target_s=settings.target_wait_s,
        names=names,
        parts=_parts(call),
    )
    told = story.told(facts_of(call["id"], call["history"]))
    return [{"at": one.at, "text": one.text, "detail": one.detail} for one in told]


def _parts(call: Record) -> tuple[WaitPart, ...]:
    """What the wait was spent on; one part of unknown cause for a call from before this was kept."""
    found = [
        WaitPart(cause=one["cause"], agent=one["agent"], ms=round(one["waited_s"] * 1000)) for one in call["waits"]
    ]
    if not found and call["wait_s"]:
        found = [WaitPart(cause="unknown", agent="", ms=round(call["wait_s"] * 1000))]
    return tuple(sorted(found, key=lambda one: -one.ms))


def _outside(town: Town, key: str, language: Literal["tr", "en"]) -> str:
    """The body, or the unit whose person on duty it was; the key of one that the town's files no longer have."""
    to = town.bodies.get(key) or town.units.get(key.partition(".")[0])
    if to is None:
        return key.replace("_", " ")
    return to.tr if language == "tr" else to.en


def _labels(settings: Settings) -> Mapping[ServiceId, str]:
    """Turkish names of services; none if their file cannot be read now."""
    try:
        source, text = services_text(settings.services_path)
        return parse_services(text, source).labels
    except BadConfig:
        return {}
