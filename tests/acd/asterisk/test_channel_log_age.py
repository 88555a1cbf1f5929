"""Old rows of Asterisk's log of channels are destroyed where they stand; nothing newer is."""

from pathlib import Path

import pytest

from acd.asterisk.channel_log import Row, read_since
from acd.asterisk.channel_log_age import blank_before
from tests.acd.asterisk.test_channel_log import a_call

ROWS = a_call(0.0).count("\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "Master.csv"


def test_old_rows_go_and_the_file_keeps_its_length(log: Path) -> None:
    log.write_text(a_call(100.0) + a_call(200.0))
    assert blank_before(log, 150.0) == (ROWS, 105.5)
    text = log.read_text()
    assert len(text) == len(a_call(100.0) + a_call(200.0)), "a program that appends is not disturbed"
    assert text.endswith(a_call(200.0))
    assert not text.removesuffix(a_call(200.0)).strip()
    assert blank_before(log, 150.0) == (0, 0.0), "once"
    assert blank_before(log, 1000.0) == (ROWS, 205.5)
    assert not log.read_text().strip()


def test_what_is_written_meanwhile_stays(log: Path) -> None:
    log.write_text(a_call(100.0))
    with log.open("a") as asterisk:
        asterisk.write(a_call(300.0)[:40])
        asterisk.flush()
        assert blank_before(log, 150.0) == (ROWS, 105.5)
        asterisk.write(a_call(300.0)[40:])
    rows = read_since(log, 0.0)
    assert rows is not None
    assert [row.at for row in rows] == [row.at for row in _rows(log, a_call(300.0))]


def _rows(log: Path, text: str) -> list[Row]:
    other = log.with_name("other.csv")
    other.write_text(text)
    found = read_since(other, 0.0)
    assert found
    return list(found)


def test_earlier_files_are_looked_at_too(log: Path) -> None:
    log.write_text(a_call(400.0))
    log.with_name("Master.csv.1").write_text(a_call(200.0) + a_call(300.0))
    log.with_name("Master.csv.3").write_text(a_call(100.0))
    assert blank_before(log, 250.0) == (2 * ROWS, 205.5)
    rows = read_since(log, 0.0)
    assert rows is not None
    assert {row.at // 100 for row in rows} == {3.0, 4.0}


def test_a_row_that_cannot_be_read_goes_with_an_older_one_behind_it_only(log: Path) -> None:
    log.write_text("what\n" + a_call(100.0) + "is this\n" + a_call(200.0))
    assert blank_before(log, 150.0) == (ROWS + 1, 105.5)
    assert log.read_text().strip() == "is this\n" + a_call(200.0).strip()
    log.write_text("what\n" + a_call(200.0))
    assert blank_before(log, 150.0) == (0, 0.0)
    assert log.read_text() == "what\n" + a_call(200.0)


def test_without_a_log_nothing_is_done(log: Path) -> None:
    assert blank_before(log, 1e12) == (0, 0.0)
