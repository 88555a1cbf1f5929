"""Reasons of pauses, and the names of agents' states. Pure."""

from typing import Literal

import msgspec

from acd.engine.model.facts import AgentState

Language = Literal["tr", "en"]


class PauseReason(msgspec.Struct, frozen=True, kw_only=True):
    """The reason of a pause. `key` chooses it on the phone; empty: no key does."""

    id: str
    key: str
    tr: str
    en: str


PAUSE_REASONS = (
    PauseReason(id="break", key="1", tr="Mola", en="Break"),
    PauseReason(id="meal", key="2", tr="Yemek", en="Meal"),
    PauseReason(id="prayer", key="3", tr="Namaz", en="Prayer"),
    PauseReason(id="training", key="4", tr="Eğitim", en="Training"),
    PauseReason(id="other", key="", tr="Diğer", en="Other"),
    PauseReason(id="missed_calls", key="", tr="Yanıtlanmayan çağrı", en="Missed calls"),
    PauseReason(id="empty_chair", key="", tr="Açılan çağrıda ses yok", en="Nobody spoke"),
)
"""In the order of the menu. `other` is for an agent who chose none on the phone."""
GIVEN_BY_THE_LINE = ("missed_calls", "empty_chair")
"""Reasons that nobody may choose: the engine sets them for an agent who missed too many offers, or whose phone answered
by itself while nobody was there."""
CHOOSABLE = tuple(reason.id for reason in PAUSE_REASONS if reason.id not in GIVEN_BY_THE_LINE)

_BY_ID = {reason.id: reason for reason in PAUSE_REASONS}
_BY_KEY = {reason.key: reason for reason in PAUSE_REASONS if reason.key}

STATE_LABELS: dict[AgentState, tuple[str, str]] = {
    "offline": ("Çıkış yaptı", "Signed out"),
    "ready": ("Hazır", "Ready"),
    "paused": ("Ara verdi", "Paused"),
    "ringing": ("Telefonu çalıyor", "Ringing"),
    "talking": ("Görüşmede", "Talking"),
    "wrapup": ("Görüşme sonrası işlem", "After-call work"),
    "busy": ("Kendi görüşmesinde", "On their own call"),
    "unavailable": ("Telefonu bağlı değil", "Phone not connected"),
}
"""Turkish, English."""


def pause_reason_by_key(key: str) -> PauseReason | None:
    """The reason an agent chose by a key of their phone; None if the key means nothing."""
    return _BY_KEY.get(key)


def reason_fault(reason: str) -> str:
    """Why an agent cannot be paused with a reason; empty if they can, or if none is given."""
    if not reason or reason in CHOOSABLE:
        return ""
    given = f"; {reason} is given by the line itself" if reason in GIVEN_BY_THE_LINE else ""
    return f"{', '.join(CHOOSABLE)} are allowed{given}"


def pause_label(reason: str, language: Language = "tr") -> str:
    """The name of a pause reason; an unknown one is shown as it is."""
    known = _BY_ID.get(reason)
    if known is None:
        return reason
    return known.tr if language == "tr" else known.en


def state_label(state: AgentState, language: Language = "tr") -> str:
    """The name of an agent's state."""
    return STATE_LABELS[state][0 if language == "tr" else 1]
