"""Files of a ticket: what is taken, from whom, and how many."""

import pytest

from tests.tickets.life import AGENT, FEN, LEAD, MONDAY, RULES, ZABITA, in_state, opened
from tickets.changes import Changed
from tickets.files import ENDINGS, MEDIA, MOST, FileAbout, NewFile, attach, saved_as, wrong_file
from tickets.refusals import Refusal
from tickets.ticket import Actor

BEGINS = {name: b"".join(mark.ljust(8, b".") for _, mark in marks) + b"rest" for name, (_, marks) in MEDIA.items()}
"""Content that begins as each type does."""


def file(about: FileAbout = "request") -> NewFile:
    return NewFile(id="f" * 32, media_type="image/jpeg", about=about, name="x.jpg", size=3, sha256="00")


@pytest.mark.parametrize("media_type", MEDIA)
def test_a_file_is_known_by_how_it_begins(media_type: str) -> None:
    assert wrong_file(media_type, "work", "a.b", BEGINS[media_type]) is None
    for other in MEDIA:
        if other != media_type:
            refusal = wrong_file(media_type, "work", "a.b", BEGINS[other])
            assert refusal is not None
            assert refusal.key == "body"


@pytest.mark.parametrize(
    ("media_type", "about", "name", "content", "key"),
    [
        ("text/html", "work", "", b"<", "content-type"),
        ("image/svg+xml", "work", "", b"<svg", "content-type"),
        ("image/jpeg", "else", "", BEGINS["image/jpeg"], "about"),
        ("image/jpeg", "work", "../x", BEGINS["image/jpeg"], "name"),
        ("image/jpeg", "work", "a\nb", BEGINS["image/jpeg"], "name"),
        ("image/jpeg", "work", "x" * 201, BEGINS["image/jpeg"], "name"),
        ("image/jpeg", "work", "", b"", "body"),
    ],
)
def test_what_is_not_taken_names_its_key(media_type: str, about: str, name: str, content: bytes, key: str) -> None:
    refusal = wrong_file(media_type, about, name, content)
    assert refusal is not None
    assert (refusal.key, bool(refusal.allowed)) == (key, True)


def test_an_attached_file_is_a_row_of_history() -> None:
    ticket = opened()
    made = attach(ticket, file(), AGENT, MONDAY, RULES, files=0)
    assert isinstance(made, Changed)
    assert (made.ticket.version, made.entry.what, made.entry.detail["about"]) == (2, "file", "request")


@pytest.mark.parametrize(
    ("actor", "about", "files", "code"),
    [
        (AGENT, "work", 0, "not_your_role"),
        (ZABITA, "work", 0, "not_your_unit"),
        (LEAD, "work", MOST, "too_many"),
    ],
)
def test_who_may_not_is_told_why(actor: Actor, about: FileAbout, files: int, code: str) -> None:
    refusal = attach(in_state("in_progress"), file(about), actor, MONDAY, RULES, files=files)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


def test_the_unit_shows_its_work_and_nobody_adds_to_a_closed_ticket() -> None:
    assert isinstance(attach(in_state("in_progress"), file("work"), FEN, MONDAY, RULES, files=0), Changed)
    refusal = attach(in_state("closed"), file(), LEAD, MONDAY, RULES, files=0)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "too_late"


@pytest.mark.parametrize(
    ("name", "media_type", "saved"),
    [
        ("çukur.jpg", "image/jpeg", "çukur.jpg"),
        ("IMG_1.JPEG", "image/jpeg", "IMG_1.JPEG"),
        ("çukur.png", "image/jpeg", "çukur.png.jpg"),
        ("fatura.hta", "application/pdf", "fatura.hta.pdf"),
        ("fatura.exe. ", "application/pdf", "fatura.exe.pdf"),
        ("çukur\u202egpj.hta", "image/jpeg", "çukurgpj.hta.jpg"),
        ("Ekran\u202f10.32", "image/png", "Ekran 10.32.png"),
        ("jpg", "image/jpeg", "jpg.jpg"),
        (".jpg", "image/jpeg", "jpg.jpg"),
        ("", "audio/wav", "f00.wav"),
        ("\u202e..", "audio/ogg", "f00.ogg"),
    ],
)
def test_a_file_is_saved_with_its_types_ending(name: str, media_type: str, saved: str) -> None:
    assert saved_as(name, media_type, "f00") == saved


def test_each_type_has_an_ending() -> None:
    assert ENDINGS.keys() == MEDIA.keys()
