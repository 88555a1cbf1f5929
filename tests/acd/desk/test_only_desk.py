"""A line has one desk of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.desk.only_desk import hold_desk
from acd.lib.serving import StartError

HOLDS = (
    "import sys, pathlib, signal; from acd.config.settings import Settings; from acd.desk.only_desk import hold_desk; "
    "hold_desk(Settings(data_dir=pathlib.Path(sys.argv[1]))); "
)


def test_a_second_desk_on_one_folder_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    with subprocess.Popen(
        (sys.executable, "-c", HOLDS + "print('held', flush=True); signal.pause()", str(tmp_path)),
        stdout=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(StartError) as refused:
            hold_desk(Settings(data_dir=tmp_path))
        assert str(refused.value).startswith(f"data_dir = {str(tmp_path)!r} has a desk already (pid {first.pid}): stop")
        first.send_signal(signal.SIGKILL)
        first.wait(60)
    os.close(hold_desk(Settings(data_dir=tmp_path)))  # no file of a dead desk is in the way


def test_a_second_desk_begins_nothing(tmp_path: Path) -> None:
    lock = hold_desk(Settings(data_dir=tmp_path))
    program = (
        "import sys, pathlib; from acd.config.settings import Settings; from acd.desk.app import run; "
        "sys.exit(run(Settings(data_dir=pathlib.Path(sys.argv[1]))))"
    )
    second = subprocess.run(
        (sys.executable, "-c", program, str(tmp_path)), capture_output=True, text=True, timeout=60, check=False
    )
    assert (second.returncode, second.stderr.count("has a desk already")) == (1, 1)
    assert [one.name for one in tmp_path.iterdir()] == ["desk.lock"]
    os.close(lock)
