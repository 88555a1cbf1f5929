"""A journal with flipped bits: it is set aside by itself, and what can be read goes on serving."""

import json
import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.engine.machine import Engine
from acd.engine.model.events import EntryLost
from acd.engine.model.journal import FORMAT, Entry, JournalDamaged, JournalError, Snapshot
from bench.records import Lives
from storage.database import Database
from storage.journal import JournalReader, SqliteJournal
from storage.journal_file import ask_for_salvage
from storage.migrate import upgrade
from storage.projector import Projector
from storage.salvage import FOLDER, newest_report, open_journal
from storage.schema import metadata
from tests.storage.projected import content
from tests.storage.samples import entries, rules

CALLS = 120
SNAPSHOTS_AT = (300, 700, 1200)


class Written:
    """A real journal, as a daemon left it that was killed: the newest entries are in the write-ahead log alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "journal.db"
        journal = SqliteJournal(self.path)
        lives, self.entries = Lives(1.76e9), list[Entry]()
        engine = Engine()
        for number in range(CALLS):
            lives.call(1.76e9 + number)
            for entry in lives.take():
                journal.append([entry])
                self.entries.append(entry)
                engine.handle(entry.event)
                if entry.seq in SNAPSHOTS_AT:
                    journal.save_snapshot(Snapshot(seq=entry.seq, format=FORMAT, state=engine.snapshot()))
                if entry.seq == 1300:
                    assert journal.checkpoint()
        self.id = journal.id
        self._open = journal  # not closed: that would bring the log into the file
        self.log = self.path.with_name("journal.db-wal")

    def copy(self, to: Path) -> Path:
        """What is on the disk."""
        to.mkdir()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(self.folder / name, to / name)
        return to / "journal.db"

    def close(self) -> None:
        self._open.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    made = Written(tmp_path_factory.mktemp("written"))
    assert made.log.stat().st_size > 100_000
    yield made
    made.close()


def flip(path: Path, at: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


def noticed(path: Path) -> SqliteJournal:
    """Open the journal, and once more if what its start does not look at turns out to be damaged when it is read."""
    journal, _ = open_journal(path)
    try:
        journal.read(0, 10**6)
    except JournalDamaged as error:
        journal.close()
        ask_for_salvage(path, str(error))
        journal, salvage = open_journal(path)
        assert salvage is not None
    return journal


def checked(written: Written, path: Path, most_lost: int) -> int:
    """Open a copy and compare it with what was written. Returns how many entries are lost."""
    journal = noticed(path)
    try:
        found = journal.read(0, 10**6)
        assert [one.seq for one in found] == list(range(1, len(found) + 1))
        wrong = [one.seq for one, was in zip(found, written.entries, strict=False) if one != was]
        lost = [one.seq for one in found if isinstance(one.event, EntryLost)]
        assert wrong == lost, "an entry is neither what was written nor lost"
        assert journal.id == written.id, "the database would begin anew"
        missing = len(written.entries) - len(found)
        assert 0 <= missing + len(lost) <= most_lost, (missing, lost[:5])
        assert [one.seq for one in journal.snapshots()], "the line would begin empty"
        for snapshot in journal.snapshots():
            Engine.restore(snapshot.state)
        journal.append([Entry(seq=journal.last_seq() + 1, event=written.entries[-1].event)])
        return missing + len(lost)
    finally:
        journal.close()


def test_one_flipped_bit_anywhere_costs_one_entry_at_most(written: Written, tmp_path: Path) -> None:
    """In the file and in the log, at random places drawn from a seed, and in their headers."""
    rng = random.Random(4711)
    sizes = {name: (written.folder / name).stat().st_size for name in ("journal.db", "journal.db-wal")}
    places = [("journal.db", at, rng.randrange(8)) for at in range(0, 100, 4)]
    places += [("journal.db-wal", at, rng.randrange(8)) for at in range(0, 56, 4)]
    for _ in range(100):
        name = rng.choice(list(sizes))
        places.append((name, rng.randrange(sizes[name]), rng.randrange(8)))
    lost: Counter[int] = Counter()
    for number, (name, at, bit) in enumerate(places):
        path = written.copy(tmp_path / str(number))
        flip(path.with_name(name), at, bit)
        try:
            lost[checked(written, path, most_lost=1)] += 1
        except Exception as error:
            error.add_note(f"bit {bit} of byte {at} of {name}")
            raise
        shutil.rmtree(path.parent)
    print(f"{len(places)} flips; entries lost, and how often: {dict(lost)}")


@pytest.mark.parametrize("seed", range(6))
def test_many_flipped_bits_cost_no_more_than_what_they_hit(written: Written, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = written.copy(tmp_path / "journal")
    flips = rng.choice((5, 50, 200))
    for _ in range(flips):
        name = rng.choice(("journal.db", "journal.db-wal"))
        flip(path.with_name(name), rng.randrange(path.with_name(name).stat().st_size), rng.randrange(8))
    journal = noticed(path)
    found = journal.read(0, 10**6)
    wrong = [one for one, was in zip(found, written.entries, strict=False) if one != was]
    assert all(isinstance(one.event, EntryLost) for one in wrong)
    assert len(wrong) + len(written.entries) - len(found) <= 2 * flips + 20
    journal.close()


def test_a_page_of_noise_and_a_file_cut_off(written: Written, tmp_path: Path) -> None:
    for number, page in enumerate((0, 1, 2, 3, 4, 5, 9)):
        path = written.copy(tmp_path / str(number))
        with path.open("r+b") as file:
            file.seek(page * 4096)
            file.write(os.urandom(4096))
        journal = noticed(path)
        assert journal.id == written.id
        assert len(journal.read(0, 10**6)) == len(written.entries)
        found = newest_report(path.parent)
        assert found is None or found.lost <= 20, page
        journal.close()
    path = written.copy(tmp_path / "cut")
    os.truncate(path, path.stat().st_size // 2 + 1000)
    journal, salvage = open_journal(path)
    assert salvage is not None
    assert salvage.kept > len(written.entries) // 3
    assert journal.last_seq() == len(written.entries)
    journal.close()


def test_the_damaged_one_is_kept_and_told_of(written: Written, tmp_path: Path) -> None:
    path = written.copy(tmp_path / "data")
    before = path.read_bytes()
    body = before.index(b'"greeting"')
    flip(path, body + 1, 0)
    damaged = path.read_bytes()
    journal, salvage = open_journal(path)
    journal.close()
    assert salvage is not None
    assert (salvage.lost, salvage.kept) == (1, len(written.entries) - 1)
    folder = Path(salvage.folder)
    assert folder.parent == path.parent / FOLDER
    assert (folder / "journal.db").read_bytes()[body : body + 8] == damaged[body : body + 8]
    assert folder.stat().st_mode & 0o077 == 0
    assert json.loads((folder / "report.json").read_text())["lost"] == 1
    assert newest_report(path.parent) == salvage
    assert "1 lost" in str(salvage)
    assert "move that folder away" in str(salvage)
    again, nothing = open_journal(path)
    assert nothing is None
    assert again.last_seq() == len(written.entries)
    again.close()
    shutil.rmtree(folder)
    assert newest_report(path.parent) is None


async def project(path: Path, database: Database) -> int:
    with JournalReader(path) as reader:
        return await Projector(reader, database, rules=rules).catch_up()


@pytest.mark.parametrize("stored", [0, 500, 1400])
async def test_the_database_goes_on_where_it_was_and_has_nothing_twice(
    written: Written, tmp_path: Path, stored: int
) -> None:
    async def filled(name: str, source: Path, first: int = 0) -> dict[str, list[dict[str, object]]]:
        database = Database(f"sqlite:///{tmp_path / name}.db")
        await upgrade(database)
        if first:
            with JournalReader(written.path) as reader:
                projector = Projector(reader, database, batch=first, rules=rules)
                await projector._step()
        await project(source, database)
        try:
            return await content(database)
        finally:
            await database.close()

    expected = await filled("expected", written.path)
    path = written.copy(tmp_path / "journal")
    with JournalReader(written.path) as reader:
        hit = next(one for one in reader.read(600, 1000) if not one.facts)
    flip(path, path.read_bytes().index(b'"seq":%d,' % hit.seq) + 7, 1)
    journal, salvage = open_journal(path)
    journal.close()
    assert salvage is not None
    found = await filled("found", path, stored)
    assert set(metadata.tables) - {"checkpoints"} == set(found)
    assert found == expected


def test_a_file_of_the_version_before_is_brought_up_to_date_and_salvaged_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path)
    journal.append(entries(1, 500))
    journal.close()
    with sqlite3.connect(path) as raw:  # as version 2 left it
        raw.executescript(
            "CREATE TABLE e (seq INTEGER PRIMARY KEY, format INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
            " body BLOB NOT NULL) STRICT; INSERT INTO e SELECT seq, format, at_ms, body FROM entry; DROP TABLE entry;"
            "ALTER TABLE e RENAME TO entry; ALTER TABLE snapshot DROP COLUMN crc; ALTER TABLE mark DROP COLUMN crc;"
            "ALTER TABLE opening DROP COLUMN crc; ALTER TABLE opening DROP COLUMN journal;"
            "DELETE FROM mark WHERE name = 'version'; PRAGMA user_version = 2; VACUUM;"
        )
    raw.close()
    with pytest.raises(JournalError, match="file version 2: start the daemon once"):
        JournalReader(path)
    journal, salvage = open_journal(path)
    assert salvage is None
    journal.append(entries(501, 510))
    assert journal.read(0) == entries(1, 510)
    was = journal.id
    journal.close()
    path.write_bytes(path.read_bytes().replace(b'{"seq":77,', b'{"sdq":77,'))
    ask_for_salvage(path, "entry 77 cannot be read")
    journal, salvage = open_journal(path)
    assert salvage is not None
    assert "entry 77 cannot be read" in salvage.why
    assert (salvage.lost, salvage.kept) == (1, 509)
    assert journal.id == was
    assert journal.read(0)[75::2][:1] == [journal.read(75)[0]]
    assert [one.seq for one in journal.read(0) if isinstance(one.event, EntryLost)] == [77]
    journal.close()


def test_what_is_no_damage_is_refused_as_before(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE somebody (elses TEXT)")
    with pytest.raises(JournalError, match="no journal of ours"):
        open_journal(path)
    assert not (tmp_path / FOLDER).exists()


def test_a_salvage_gives_signs_of_life(written: Written, tmp_path: Path) -> None:
    path = written.copy(tmp_path / "journal")
    os.truncate(path, 8192 + 17)
    beats = 0

    def living() -> None:
        nonlocal beats
        beats += 1

    journal, _ = open_journal(path, living=living)
    journal.close()
    assert beats > 100
