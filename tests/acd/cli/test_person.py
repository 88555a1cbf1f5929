"""`cozum person`: what it prints, asks and refuses."""

import json
import sqlite3
from pathlib import Path

import pytest

from acd.config.notices import KeptNotices, version_of
from ivr.catalogue import load_catalogues
from ivr.speak import SOUNDS
from tests.acd.cli.conftest import NAME, NUMBER, Cozum, Records

FUNERAL = f"{NUMBER}0001"
"""The caller of the request."""


def test_a_person_is_exported_erased_and_then_not_found(cozum: Cozum, filled: Records) -> None:
    said = cozum("person", "export", f"{FUNERAL[:4]}/{FUNERAL[4:]}")
    found = json.loads(said.out)
    assert (said.code, len(found["calls"]), len(found["requests"])) == (0, 1, 1)
    assert said.err == "cozum: 1 call and 1 request\n"
    assert NAME in said.out
    said = cozum("person", "erase", FUNERAL, "--reason", "dilekçe 17", "--yes")
    assert (said.code, said.out) == (
        0,
        "erased from 1 call, 0 requests and 0 files\n70-000001-5: open; is erased when it is closed\n",
    )
    assert "the journal names the number for 30 days at most" in said.err
    assert json.loads(cozum("person", "export", FUNERAL).out)["calls"] == []
    audit = json.loads(cozum("users", "audit", "--json").out)
    assert [one["action"] for one in audit] == ["person_exported", "person_erased", "person_exported"]
    assert NUMBER not in str(audit)


def test_the_audit_names_the_person_at_the_keyboard(
    cozum: Cozum, filled: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each command that shows or destroys personal data: the one who called sudo, or else the user."""
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.setenv("SUDO_USER", "nermin")
    for words in (
        ("person", "export", FUNERAL),
        ("tickets", "list", "--numbers"),
        ("tickets", "show", "70-000001-5", "--numbers"),
        ("journal", "why", "last", "--numbers"),
        ("person", "erase", FUNERAL, "--reason", "dilekçe 17", "--yes"),
    ):
        assert cozum(*words).code == 0, words
    audit = json.loads(cozum("users", "audit", "--json").out)
    assert {one["action"] for one in audit} == {"person_exported", "unmasked", "person_erased"}
    assert {(one["who"], one["detail"]["user"]) for one in audit} == {("cozum", "nermin")}
    assert "cozum (nermin)" in cozum("users", "audit").out
    monkeypatch.delenv("SUDO_USER")
    cozum("person", "export", FUNERAL)
    assert json.loads(cozum("users", "audit", "--json").out)[0]["detail"]["user"] == "root"


def test_it_asks_first_and_refuses_what_is_no_number(cozum: Cozum, filled: Records) -> None:
    assert cozum("person", "erase", FUNERAL, "--reason", "dilekçe", stdin="n\n").code == 1
    assert len(json.loads(cozum("person", "export", FUNERAL).out)["calls"]) == 1
    said = cozum("person", "export", "anonymous")
    assert (said.code, said.err) == (
        2,
        "cozum: NUMBER = 'anonymous': a telephone number of 7 digits or more is allowed\n",
    )
    assert "--reason = ''" in cozum("person", "erase", FUNERAL, "--reason", " ", "--yes").err


def test_the_text_of_a_notice_stands_beside_its_version(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    sound = SOUNDS / "tr" / "privacy.wav"
    version = version_of("tr", sound.read_bytes())
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("UPDATE calls SET privacy_notice_version = ?, recording_notice_version = 'tr-0'", (version,))
    KeptNotices(data_dir / "notices").keep("privacy", sound, None, 100.0)
    [call] = json.loads(cozum("person", "export", FUNERAL).out)["calls"]
    assert (call["privacy_notice_version"], call["privacy_notice_text"]) == (
        version,
        load_catalogues()["tr"]["privacy"].text,
    )
    assert (call["recording_notice_text"], call["monitoring_notice_text"]) == (None, None)
