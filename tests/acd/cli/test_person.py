"""`cozum person`: what it prints, asks and refuses."""

import json
import sqlite3
from pathlib import Path

import pytest

from acd.config.notices import KeptNotices, version_of
from ivr.catalogue import load_catalogues
from ivr.speak import SOUNDS
from storage.recordings import sealed_path
from storage.requests.attachments import Attachments
from storage.sealed_files import SealKey, seal
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
        "erased from 1 call, 0 requests and 0 files\n70-000001-5: waits; "
        "is erased in the night after it is closed and its duplicates have its outcome\n",
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


def test_the_files_of_a_person_are_written_beside_what_is_known(
    cozum: Cozum, filled: Records, data_dir: Path, tmp_path: Path
) -> None:
    """Their photo, their message and the recording of their talk, which is sealed, whole; nobody else may read them."""
    files, key = Attachments(data_dir / "files", data_dir / "recordings_key"), data_dir / "recordings_key"
    photo, message = files.put(b"\xff\xd8\xff photo")[0], files.put(b"RIFF message", spoken=True)[0]
    call = json.loads(cozum("person", "export", FUNERAL).out)["calls"][0]["id"]
    plain = tmp_path / "plain"
    plain.write_bytes(b"RIFF talk")
    sealed = sealed_path(data_dir / "recordings", call)
    sealed.parent.mkdir(parents=True)
    seal(SealKey.kept_in(key), plain, sealed)
    attach(data_dir, "70-000001-5", {photo: "image/jpeg", message: "audio/wav"}, call)
    assert "--to FOLDER writes them" in cozum("person", "export", FUNERAL).err
    folder = tmp_path / "for them"
    said = cozum("person", "export", FUNERAL, "--to", folder)
    assert (said.code, said.out) == (0, "")
    found = json.loads((folder / "person.json").read_text())
    [request] = found["requests"]
    named = [one["saved_as"] for one in (*request["files"], *found["recordings"])]
    assert [(folder / name).read_bytes() for name in named] == [b"\xff\xd8\xff photo", b"RIFF message", b"RIFF talk"]
    assert [Path(name).suffix for name in named] == [".jpg", ".wav", ".wav"]
    there = [path for path in folder.rglob("*") if path.is_file()]
    assert (len(there), {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}) == (4, {0})
    assert json.loads(cozum("users", "audit", "--json").out)[0]["detail"]["files"] == 2
    again = cozum("person", "export", FUNERAL, "--to", folder)
    assert (again.code, "name a folder that is new or empty" in again.err) == (2, True)
    sealed.unlink()
    said = cozum("person", "export", FUNERAL, "--to", tmp_path / "once more")
    assert (said.code, f"recordings/{call}.wav: " in said.err) == (1, True), "what cannot be read is said"
    kept = [one.name for one in (tmp_path / "once more").rglob("*") if one.is_file()]
    assert len(kept) == 3, "and the rest is there"


def attach(data_dir: Path, number: str, files: dict[str, str], call: str) -> None:
    """Have a request these files (ids and types), and the call a recording."""
    with sqlite3.connect(data_dir / "cozum.db") as database:
        for at, (name, media_type) in enumerate(files.items(), 1):
            kind = "audio" if media_type.startswith("audio") else "photo"
            row = (name, number, kind, "request", 0, "a.b", media_type, 9, "0", at, "agent", "1001")
            names = "id, number, kind, about, outcomes, name, media_type, size, sha256, at, role, who"
            database.execute(f"INSERT INTO ticket_files ({names}) VALUES ({', '.join('?' * len(row))})", row)
        query = "INSERT INTO recordings (call, state, why, began_at, sha256, pauses) VALUES (?, 'kept', '', 1, '0', 0)"
        database.execute(query, (call,))


def test_a_person_is_named_by_a_number_or_by_a_request_without_one(
    cozum: Cozum, filled: Records, data_dir: Path
) -> None:
    for words in ((), (FUNERAL, "--request", "70-000001-5")):
        said = cozum("person", "export", *words)
        assert (said.code, "by --request if they gave no number" in said.err) == (2, True), words
    said = cozum("person", "export", "--request", "70-000001-5")
    assert (said.code, said.out) == (2, "")
    assert "its person gave a telephone number" in said.err
    assert NUMBER not in said.err
    assert "there is no request 70-000009-0" in cozum("person", "export", "--request", "700000090").err
    assert "--request = 'x'" in cozum("person", "erase", "--request", "x", "--reason", "dilekçe", "--yes").err
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("UPDATE tickets SET caller = '' WHERE number = '70-000001-5'")
        database.execute("UPDATE calls SET caller = ''")
    found = json.loads(cozum("person", "export", "--request", "70-000001-5").out)
    assert (found["request"], len(found["calls"]), len(found["requests"])) == ("70-000001-5", 1, 1)
    said = cozum("person", "erase", "--request", "70-000001-5", "--reason", "dilekçe 17", "--yes")
    assert said.out.splitlines()[0] == "erased from 1 call, 0 requests and 0 files"
    assert json.loads(cozum("users", "audit", "--json").out)[0]["action"] == "person_erased"


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
