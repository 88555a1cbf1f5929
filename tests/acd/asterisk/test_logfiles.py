"""Log files that may not fill the disk."""

from pathlib import Path

import pytest

from acd.asterisk.logfiles import turn_over
from bench.stack import until
from tests.acd.asterisk.private import private


def test_what_is_too_long_is_turned_over_and_the_oldest_dropped(tmp_path: Path) -> None:
    log, short = tmp_path / "messages", tmp_path / "security"
    short.write_text("x")
    for n in range(6):
        log.write_text(f"{n}" * 100)
        assert turn_over([log, short, tmp_path / "none"], most_bytes=99, kept=2) == [log]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["messages.1", "messages.2", "security"]
    assert (tmp_path / "messages.1").read_text()[0] == "5"
    assert (tmp_path / "messages.2").read_text()[0] == "4"
    assert turn_over([log, short], most_bytes=99) == []


@pytest.mark.integration
def test_asterisk_goes_on_in_a_new_file(tmp_path: Path) -> None:
    with private(tmp_path / "asterisk") as asterisk:

        def line_in(log: Path) -> bool:
            asterisk.rx("database put a b c")
            asterisk.rx("module load none_such.so")  # told as an error
            return log.exists() and "none_such" in log.read_text()

        until("it logs", lambda: line_in(asterisk.log_file), 60)
        asterisk.bound_logs(most_bytes=10)
        earlier = asterisk.log_file.with_name("messages.1")
        assert "none_such" in earlier.read_text()
        until("it logs to a new file", lambda: line_in(asterisk.log_file), 60)
        size = earlier.stat().st_size
        assert line_in(asterisk.log_file)
        assert earlier.stat().st_size == size
        asterisk.bound_logs()
        assert not asterisk.log_file.with_name("messages.2").exists()
