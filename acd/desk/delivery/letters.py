"""The words of what is sent. They are made when it is sent, so nobody is told what is no longer so.

Units are told which request, what it is about and until when. The citizen's name is seen in the desk alone: a mail lies
in many places."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from storage.requests.outbox import Parcel
from tickets.changes import Rules
from tickets.outcome.words import LONGEST_TEXT_MESSAGE, say
from tickets.states import OPEN
from tickets.ticket import Ticket

ABOUT: Final[Mapping[str, str]] = {
    "assigned": "biriminize geldi",
    "answered": "vatandaş yanıtladı",
    "reopened": "yeniden açıldı",
    "handed_on": "biriminize aktarıldı",
    "returned": "birim geri verdi",
    "extended": "süresi uzatıldı",
    "unaccepted": "birim zamanında kabul etmedi",
    "warned": "süresi dolmak üzere",
    "overdue": "süresi doldu",
    "escalated": "süresi dolalı çok oldu, sonuçlanmadı",
    "unanswered": "nöbetçiler yanıtlamadı",
}
"""What units are told of a request, by `tickets.effects.NoticeAbout`."""


def needless(parcel: Parcel, rules: Rules) -> bool:
    """Whether it need not be sent any more, as the request stands now."""
    ticket = parcel.ticket
    if parcel.kind == "text":
        if parcel.about == "question":
            return ticket.state != "waiting_citizen"
        if parcel.about == "extension":
            return ticket.state not in OPEN
        if not ticket.caller or ticket.contact == "none":
            return True
        is_other = parcel.payload.get("outcome", ticket.outcomes) != ticket.outcomes
        return parcel.about == "outcome" and (ticket.outcome is None or is_other)
    unit = parcel.payload.get("unit")
    return ticket.state == "closed" or (unit != rules.town.inbox.id and unit != ticket.unit)


def subject(parcel: Parcel) -> str:
    """The subject of a mail to a unit."""
    return f"{parcel.ticket.number}: {ABOUT[parcel.about]}"


def mail(parcel: Parcel, rules: Rules) -> str:
    """A mail to a member of a unit."""
    ticket, town = parcel.ticket, rules.town
    lines = [
        f"{ticket.number} numaralı başvuru: {ABOUT[parcel.about]}.",
        "",
        f"Konu: {town.name('topic', ticket.topic) if ticket.topic else 'belirtilmedi'}",
        f"Mahalle: {town.name('mahalle', ticket.district) if ticket.district else 'belirtilmedi'}",
        f"Birim: {town.name('unit', ticket.unit) if ticket.unit else 'yok'}",
        _due(ticket, rules),
        "",
        "Ayrıntılar ve başvuran birim masasında görülür.",
    ]
    return "\n".join(lines)


def _due(ticket: Ticket, rules: Rules) -> str:
    """Until when: a day, or a time of day where the clock runs in minutes."""
    if ticket.due_at is None:
        return "Son gün: süre durdu"
    if rules.clock_rule(ticket).counts != "minutes":
        return f"Son gün: {_moment(ticket.due_at, rules)}"
    return f"Son an: {datetime.fromtimestamp(ticket.due_at, rules.zone).strftime('%d.%m.%Y %H.%M')}"


def webhook(parcel: Parcel, rules: Rules) -> dict[str, Any]:
    """The body of a webhook. It has nothing of the citizen."""
    ticket, town = parcel.ticket, rules.town
    return {
        "key": parcel.key,
        "number": ticket.number,
        "about": parcel.about,
        "unit": parcel.payload.get("unit"),
        "state": ticket.state,
        "version": ticket.version,
        "class": ticket.service_class,
        "kind": ticket.kind,
        "priority": ticket.priority,
        "topic": ticket.topic,
        "topic_name": town.name("topic", ticket.topic) if ticket.topic else None,
        "district": ticket.district,
        "due_at": None if ticket.due_at is None else datetime.fromtimestamp(ticket.due_at, rules.zone).isoformat(),
    }


def text(parcel: Parcel, rules: Rules) -> str:
    """A text message to the citizen, in their language."""
    ticket = parcel.ticket
    english = ticket.language == "en"
    match parcel.about:
        case "question":
            said = (
                f"About your request {ticket.number}: {ticket.words}"
                if english
                else f"{ticket.number} numaralı başvurunuz için: {ticket.words}"
            )
        case "outcome":
            said = say(ticket, "text", rules.town, rules.zone)
        case "written":
            words = parcel.payload.get("words", "")
            said = (
                f"About your request {ticket.number}: {words}"
                if english
                else f"{ticket.number} numaralı başvurunuz için: {words}"
            )
        case "extension":
            said = _extension(ticket, rules, english=english)
        case _:
            said = (
                f"We have your request. Its number is {ticket.number}."
                if english
                else f"Başvurunuz alındı. Numarası: {ticket.number}."
            )
    return said if len(said) <= LONGEST_TEXT_MESSAGE else f"{said[: LONGEST_TEXT_MESSAGE - 1]}…"


def _extension(ticket: Ticket, rules: Rules, *, english: bool) -> str:
    """Why it takes longer, and until when."""
    reason = ticket.clock.extensions[-1].reason if ticket.clock.extensions else ""
    due = "" if ticket.due_at is None else _moment(ticket.due_at, rules)
    if english:
        return f"Your request {ticket.number} takes longer{f', until {due}' if due else ''}. Reason: {reason}"
    return f"{ticket.number} numaralı başvurunuzun süresi uzatıldı{f' ({due})' if due else ''}. Gerekçe: {reason}"


def _moment(at: float, rules: Rules) -> str:
    return datetime.fromtimestamp(at, rules.zone).strftime("%d.%m.%Y")
