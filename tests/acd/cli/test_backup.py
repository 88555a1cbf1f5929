"""A copy from which a line is there again: its request, the photo, the recording."""

import asyncio
import errno
import json
import shutil
import stat
from pathlib import Path

import pytest

import tickets
from acd.config.load_settings import load_settings
from acd.config.own_prompts import begin_own_prompts
from ivr.speak import SOUNDS
from storage.journal import SqliteJournal
from storage.recordings import sealed_path
from storage.requests.attachments import Attachments
from storage.sealed_files import SealedFile, SealKey, seal_copy
from tests.acd.cli.conftest import Cozum, agents_file
from tests.databases import new_sqlite
from tests.storage.requests.desk import ROAD, Desk
from tests.tickets.life import MACHINE
from tickets.files import NewFile
from tickets.opening import NewTicket

TOWN = Path(tickets.__file__).parent / "data"
OWN = ("agents.toml", "webhook_secret", "versions/1.toml", "prompts/tr/open.wav", "surge/1764000000000/tr.wav")
WORDS = b"what was said" * 1000


async def a_request(data_dir: Path) -> tuple[str, str]:
    """A request with a photo: its number, and the photo's id."""
    desk = Desk(await new_sqlite(data_dir / "cozum.db"))
    number = (await desk.store.open(NewTicket(**ROAD), MACHINE)).number
    name, digest = Attachments(data_dir / "files", data_dir / "recordings_key").put(b"photo")
    photo = NewFile(id=name, media_type="image/jpeg", about="request", name="", size=5, sha256=digest)
    await desk.store.attach(number, photo, MACHINE)
    await desk.database.close()
    return number, name


def a_recording(data_dir: Path, call: str) -> None:
    plain, sealed = data_dir / "plain", sealed_path(data_dir / "recordings", call)
    plain.write_bytes(WORDS)
    sealed.parent.mkdir(parents=True)
    seal_copy(SealKey.kept_in(data_dir / "recordings_key"), plain, sealed)
    plain.unlink()


def test_a_copy_in_an_empty_folder_has_request_photo_and_recording_again(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.mkdir()
    shutil.copytree(TOWN, data_dir / "town")
    number, photo = asyncio.run(a_request(data_dir))
    a_recording(data_dir, "ast1-1.1")
    for name in OWN:
        (data_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (data_dir / name).write_text(name, encoding="utf-8")
    (data_dir / "asterisk").mkdir(exist_ok=True)
    (data_dir / "asterisk" / "log").write_text("much", encoding="utf-8")
    line = SqliteJournal(data_dir / "journal.db")  # it runs
    journal = line.id
    copy = tmp_path / "copy"
    said = cozum("backup", copy)
    assert said.code == 0, said.err
    line.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert not (copy / "asterisk").exists(), "the next start makes it"
    restored = tmp_path / "restored"
    shutil.copytree(copy, restored)
    shutil.rmtree(data_dir)
    monkeypatch.setenv("COZUM_DATA_DIR", str(restored))
    settings = load_settings()
    opened = SqliteJournal(settings.journal_file)
    assert opened.id == journal
    opened.close()
    assert number in cozum("tickets", "show", number).out
    assert Attachments(settings.files_dir, settings.recordings_key_file).get(photo) == b"photo"
    key, sealed = SealKey.kept_in(settings.recordings_key_file), sealed_path(settings.recordings_path, "ast1-1.1")
    with SealedFile(key, sealed) as recording:
        assert b"".join(recording.read()) == WORDS
    for name in OWN:
        assert (restored / name).read_text(encoding="utf-8") == name


def test_the_doctor_finds_a_copy_well(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    agents_file(data_dir)
    recording = begin_own_prompts(load_settings()) / "tr" / "greeting.wav"
    recording.unlink()
    shutil.copy(SOUNDS / "tr" / "goodbye.wav", recording)
    assert cozum("backup", tmp_path / "copy").code == 0
    assert not (tmp_path / "copy/prompts/tr/greeting.wav").is_symlink()
    monkeypatch.setenv("COZUM_DATA_DIR", str(tmp_path / "copy"))
    found = json.loads(cozum("doctor", "--json").out)["checks"]
    assert {one["verdict"] for one in found if one["name"] == "rules"} == {"ok"}, found


def test_files_that_settings_name_elsewhere_are_copied_too(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    sealed = tmp_path / "disk" / "aa" / "ast1-1.1.wav.sealed"
    sealed.parent.mkdir(parents=True)
    sealed.write_bytes(b"sealed")
    services = tmp_path / "services.toml"
    services.write_text("ours", encoding="utf-8")
    monkeypatch.setenv("COZUM_RECORDINGS_DIR", str(tmp_path / "disk"))
    monkeypatch.setenv("COZUM_SERVICES_FILE", str(services))
    plans = tmp_path / "ours" / "2026-01.csv"
    plans.parent.mkdir()
    plans.write_text("a plan", encoding="utf-8")
    monkeypatch.setenv("COZUM_PLAN_DIR", str(plans.parent))
    password = tmp_path / "smtp"
    password.write_text("hunter2", encoding="utf-8")
    monkeypatch.setenv("COZUM_SMTP_PASSWORD_FILE", str(password))
    said = cozum("backup", tmp_path / "copy")
    assert said.code == 0
    assert f"not copied: smtp_password_file = '{password}'; keep copies" in said.err
    assert (tmp_path / "copy/plans/2026-01.csv").read_text(encoding="utf-8") == "a plan"
    assert (tmp_path / "copy/recordings/aa/ast1-1.1.wav.sealed").read_bytes() == b"sealed"
    assert (tmp_path / "copy/services.toml").read_text(encoding="utf-8") == "ours"


def test_a_folder_with_files_is_refused(cozum: Cozum, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "there").touch()
    said = cozum("backup", data_dir)
    assert (said.code, said.err) == (2, f"cozum: {data_dir} is not empty: choose a new folder\n")


def test_a_file_in_the_way_stays(cozum: Cozum, data_dir: Path, tmp_path: Path) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    (tmp_path / "ours").touch()
    said = cozum("backup", tmp_path / "ours")
    assert (said.code, said.err) == (1, f"cozum: {tmp_path / 'ours'}: File exists; nothing was copied\n")


PG_DUMP = """#!/bin/sh
echo "$PGPASSWORD" "$@" > "$0.told"
[ ! -e "$0.fails" ] || { echo "server version mismatch" >&2; exit 1; }
"""


def test_postgresql_is_copied_by_its_own_tool(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    monkeypatch.setenv("COZUM_DATABASE_URL", "postgresql+asyncpg://cozum:hunter2@127.0.0.1:1/cozum")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    said = cozum("backup", tmp_path / "one")
    assert said.code == 1
    assert "pg_dump is not installed" in said.err
    assert "so nothing was copied: install the client of PostgreSQL" in said.err
    assert not (tmp_path / "one").exists(), "the journal alone would look like a copy"
    doctor = " ".join(cozum("doctor").out.split())
    assert "! backup pg_dump is not installed" in doctor
    tool = tmp_path / "bin" / "pg_dump"
    tool.parent.mkdir()
    tool.write_text(PG_DUMP, encoding="ascii")
    tool.chmod(0o755)
    assert cozum("backup", tmp_path / "two").code == 0
    password, _, told = tool.with_suffix(".told").read_text(encoding="utf-8").partition(" ")
    assert password == "hunter2"
    assert f"--file={tmp_path / 'two' / 'cozum.dump'}" in told
    assert "--dbname=postgresql://cozum@127.0.0.1:1/cozum" in told
    assert "! backup" not in cozum("doctor").out
    tool.with_suffix(".fails").touch()
    said = cozum("backup", tmp_path / "three")
    three = tmp_path / "three"
    not_whole = f"the copy in {three} is not whole: remove it, and begin again in a new folder"
    assert (said.code, said.err) == (1, f"cozum: pg_dump: server version mismatch; {not_whole}\n")
    assert (three / "NOT-WHOLE").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left on device")])
def test_a_copy_that_was_not_finished_says_so(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    agents_file(data_dir)
    copy = tmp_path / "copy"

    def ends(*_: object) -> None:
        raise error

    with monkeypatch.context() as within:
        within.setattr(shutil, "copy2", ends)
        said = cozum("backup", copy)
    assert said.code != 0
    assert (copy / "NOT-WHOLE").read_text(encoding="utf-8").startswith("This copy is not whole")
    monkeypatch.setenv("COZUM_DATA_DIR", str(copy))
    doctor = " ".join(cozum("doctor").out.split())
    assert f"✗ data_dir {copy} is a copy that `cozum backup` did not finish: bring back another one" in doctor
    monkeypatch.setenv("COZUM_DATA_DIR", str(data_dir))
    assert cozum("backup", tmp_path / "again").code == 0
    assert not (tmp_path / "again" / "NOT-WHOLE").exists()


def test_what_is_not_there_is_told(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(data_dir / "journal.db").close()
    monkeypatch.setenv("COZUM_RECORDINGS_DIR", str(tmp_path / "unplugged"))
    said = cozum("backup", tmp_path / "copy")
    assert said.code == 0
    missing = f"{data_dir / 'cozum.db'} (the database), recordings_dir = '{tmp_path / 'unplugged'}'"
    assert f"cozum: not there, so not copied: {missing}\n" in said.err
