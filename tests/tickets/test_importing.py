"""Rows of another system's table: what they may say, and the requests that they become."""

from typing import Any

import msgspec
import pytest

from tests.tickets.clock.dates import ZONE, at
from tests.tickets.life import LEAD, MONDAY, RULES
from tests.tickets.towns import TOWN
from tickets.changes import Changed
from tickets.effects import NotifyInbox, RingDuty
from tickets.importing import (
    COLUMNS,
    ImportRow,
    Names,
    Origin,
    column_of,
    import_ticket,
    read_time,
    wrong_reference,
    wrong_source,
)
from tickets.opening import NewTicket
from tickets.refusals import Refusal
from tickets.yes_no import read_yes

NUMBER = "26-000001-9"
FRIDAY = at("2026-05-29 16:00")


def row(opened_at: float = FRIDAY, **values: Any) -> ImportRow:
    given = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "channel": "e_belediye", **values}
    return ImportRow(line=2, new=NewTicket(**given), opened_at=opened_at, source="e_belediye", reference="B-17")


def imported(one: ImportRow, origin: Origin | None = None) -> list[Changed]:
    made = import_ticket(NUMBER, one, LEAD, MONDAY, RULES, origin or Origin())
    assert isinstance(made, list), made
    return made


def refused(one: ImportRow) -> Refusal:
    made = import_ticket(NUMBER, one, LEAD, MONDAY, RULES, Origin())
    assert isinstance(made, Refusal), made
    return made


# --- columns


def test_headings_are_known_in_both_languages_and_however_they_are_written() -> None:
    assert [column_of(text) for text in ("Reference", "REFERANS", "Başvuru No", "basvuru_no")] == ["reference"] * 4
    assert [column_of(text) for text in ("Mahalle", "district", "Açıklama", "TARİH")] == [
        *("district", "district", "text", "opened_at"),
    ]
    assert [column_of(text) for text in ("", "plaka", "unit")] == [None, None, None]


def test_no_heading_means_two_columns() -> None:
    every = [heading for headings in COLUMNS.values() for heading in headings]
    assert len(every) == len(set(every))
    assert all(column_of(heading) == name for name, headings in COLUMNS.items() for heading in headings)
    assert all(column_of(name) == name for name in COLUMNS)


# --- times


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("2026-05-20 14:30", "2026-05-20 14:30"),
        ("2026-05-20T14:30:15", "2026-05-20 14:30:15"),
        ("2026-05-20T14:30:15.987", "2026-05-20 14:30:15"),
        ("20.05.2026 14:30", "2026-05-20 14:30"),
        ("5.6.2026 9:05", "2026-06-05 09:05"),
        ("20.05.2026", "2026-05-20 00:00"),
        ("2026-05-20", "2026-05-20 00:00"),
        ("2026-05-20T14:30:00Z", "2026-05-20 17:30"),
        ("2026-05-20T14:30:00+01:00", "2026-05-20 16:30"),
        ("2026-05-20 14:30-02:30", "2026-05-20 20:00"),
        ("2000-01-01", "2000-01-01 00:00"),
    ],
)
def test_times_as_spreadsheets_and_programs_write_them(text: str, same_as: str) -> None:
    assert read_time(text, ZONE) == at(same_as)


@pytest.mark.parametrize(
    "text",
    [
        *("", "dün", "2026-13-01", "31.02.2026", "2026-05-20 25:00", "2026-05-20 14:60", "20/05/2026", "1999-12-31"),
        *("2026-05-20Z", "2026-05-20 14", "2026-05-20 14:30 ", "2026-05-20 14:30+24:00", "20.05.26", "0206-05-20"),
        *("٢٠٢٦-٠٥-٢٠", "2026-05-20 14:30:99", "46162.6", "2026-W21-3"),
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert read_time(text, ZONE) is None


# --- identity


@pytest.mark.parametrize("source", ["", "phone", "surge", "outbreak", "CİMER", "Cimer", "a b", "x" * 65, "eski/sistem"])
def test_a_source_is_an_id_and_none_of_our_own_channels(source: str) -> None:
    refusal = wrong_source(source)
    assert refusal is not None
    assert refusal.key == "source"
    assert "surge" in refusal.allowed


def test_a_sound_source() -> None:
    assert [wrong_source(one) for one in ("cimer", "e_belediye_2", "x" * 64)] == [None] * 3


@pytest.mark.parametrize("reference", ["", "x" * 101, "4711\n", "47\x0011"])
def test_a_reference_is_a_short_text(reference: str) -> None:
    refusal = wrong_reference(reference)
    assert refusal is not None
    assert (refusal.key, refusal.code) == ("reference", "not_allowed" if reference else "missing")


def test_a_sound_reference() -> None:
    assert [wrong_reference(one) for one in ("1", "2026/B-17 ş", "x" * 100)] == [None] * 3


# --- names


def test_topics_mahalle_and_kinds_are_known_by_their_names_too() -> None:
    names = Names(TOWN)
    topic = TOWN.topics["asfalt_talebi"]
    assert [names.topic(text) for text in ("asfalt_talebi", topic.tr.upper(), topic.en)] == ["asfalt_talebi"] * 3
    assert [names.district(text) for text in ("esenkent", "ESENKENT Mah.", "Esenkent Mahallesi")] == ["esenkent"] * 3
    assert [names.kind(text) for text in ("Şikâyet", "SIKAYET", "complaint", "cimer")] == [
        *("complaint", "complaint", "complaint", "cimer"),
    ]
    assert (names.topic("uzay"), names.district("Paris"), names.kind("dilek")) == ("uzay", "Paris", "dilek")


def test_a_name_that_two_have_means_neither() -> None:
    one = TOWN.topics["asfalt_talebi"]
    twin = msgspec.structs.replace(one, id="ikiz")
    town = msgspec.structs.replace(TOWN, topics={**TOWN.topics, "ikiz": twin})
    assert Names(town).topic(one.tr) == one.tr
    assert Names(town).topic("ikiz") == "ikiz"


# --- what they become


def test_the_deadline_counts_from_the_time_given_and_the_history_says_when_it_was_imported() -> None:
    origin = Origin(file="mayis.csv", user="ayse")
    opened, assigned = imported(row(), origin)
    ticket = assigned.ticket
    assert (ticket.opened_at, ticket.clock.started_at, ticket.updated_at) == (FRIDAY, FRIDAY, MONDAY)
    by_hand = import_ticket(NUMBER, row(MONDAY), LEAD, MONDAY, RULES, origin)
    assert isinstance(by_hand, list)
    assert ticket.due_at is not None
    assert by_hand[0].ticket.due_at is not None
    assert ticket.due_at < by_hand[0].ticket.due_at
    entry = opened.entry
    assert (entry.what, entry.at, entry.role, entry.who, entry.after) == ("import", MONDAY, "lead", "lead", "new")
    assert entry.detail == {"source": "e_belediye", "reference": "B-17", "file": "mayis.csv", "user": "ayse"}
    assert (assigned.entry.what, assigned.entry.at, assigned.entry.unit) == ("assign", MONDAY, "fen_isleri")
    assert [one.entry.version for one in (opened, assigned)] == [1, 2]


@pytest.mark.parametrize(
    ("values", "clock", "due"),
    [
        ({}, "cimer", "2026-06-29"),
        ({"fields": {"information": True}}, "cimer_information", "2026-06-19"),
        ({"topic": "bilgi_edinme"}, "cimer_information", "2026-06-19"),
    ],
)
def test_a_cimer_application_for_information_has_the_limit_of_its_law(
    values: dict[str, Any], clock: str, due: str
) -> None:
    ticket = imported(row(kind="cimer", **values))[-1].ticket
    assert (ticket.clock.rule, ticket.due_at) == (clock, at(f"{due} 23:59:59"))


def test_a_cell_says_yes_or_no() -> None:
    assert [read_yes(text) for text in ("yes", "Evet", "EVET", "no", "Hayır", "HAYIR", "x", "")] == [
        *(True, True, True, False, False, False, None, None),
    ]


def test_what_is_not_known_of_its_origin_is_left_out() -> None:
    assert imported(row())[0].entry.detail == {"source": "e_belediye", "reference": "B-17"}


def test_without_a_unit_the_inbox_is_told() -> None:
    (only,) = imported(row(topic=None, district=None))
    assert (only.ticket.state, only.ticket.unit) == ("new", None)
    assert any(isinstance(effect, NotifyInbox) for effect in only.follows)


def test_the_rules_are_those_of_any_opening() -> None:
    assert refused(row(topic="uzay")).key == "topic"
    assert refused(row(district="paris")).key == "district"
    assert refused(row(kind="wish")).key == "kind"
    assert refused(row(text="x" * 4001)).key == "text"


def test_a_time_in_the_future_is_refused_and_this_very_moment_is_not() -> None:
    assert imported(row(MONDAY))
    late = refused(row(MONDAY + 1))
    assert (late.key, late.value) == ("opened_at", "2026-06-01 10:00:01+03:00")
    assert "not in the future" in late.allowed


@pytest.mark.parametrize(
    ("values", "key", "value"),
    [
        ({"service": "funeral", "service_class": "urgent", "topic": None, "kind": "urgent"}, "service", "funeral"),
        ({"topic": "rogar_kapagi"}, "topic", "rogar_kapagi"),
    ],
)
def test_nobody_on_duty_is_rung_unless_that_was_wished(values: dict[str, Any], key: str, value: str) -> None:
    refusal = refused(row(**values))
    assert (refusal.key, refusal.value) == (key, value)
    changes = imported(row(**values), Origin(rings_duty=True))
    assert any(isinstance(effect, RingDuty) for one in changes for effect in one.follows)
