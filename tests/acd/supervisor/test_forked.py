"""A process that is told to reload while it starts, and which end of a process ends all."""

import subprocess
import sys
from pathlib import Path

import pytest

STARTING = """
import signal, sys, time
from collections import Counter
from pathlib import Path
from acd.config.settings import Settings
from acd.lib.serving import serve
from acd.supervisor.forked import Forked

folder = Path(sys.argv[1])

def run(settings, sign):
    async def work(stop):
        await stop.wait()
    def begin():
        (folder / "begun").touch()
        while not (folder / "told").exists():
            time.sleep(0.01)
        return work
    return serve(begin, log_level="error", sign=sign, reload=lambda: (folder / "reloaded").touch())

def until(holds):
    while not holds():
        time.sleep(0.01)

settings = Settings(data_dir=folder)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGCHLD})
ends = Counter()
process = Forked("line", run, folder / "pid", ends)
process.start(settings)
until((folder / "begun").exists)
process.reload()
(folder / "told").touch()
until(lambda: (folder / "reloaded").exists() or process.tend(settings) is not None or ends)
process.stop()
print(dict(ends), (folder / "reloaded").exists())
"""


def test_a_reload_during_the_start_neither_ends_it_nor_is_forgotten(tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-c", STARTING, str(tmp_path)), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["{} True"], done.stdout + done.stderr


ENDING = """
import os, signal, sys, time
from collections import Counter
from pathlib import Path
from acd.config.settings import Settings
from acd.supervisor.forked import Forked

folder, ends_by = Path(sys.argv[1]), sys.argv[2].split()

def run(settings, sign):
    mine = folder / "starts"
    number = len(mine.read_text()) if mine.exists() else 0
    with mine.open("a") as file:
        file.write("x")
    how = ends_by[number]
    if "beat" in how:
        os.write(sign, b".")
    if "killed" in how:
        os.kill(os.getpid(), signal.SIGKILL)
    if "stays" in how:
        signal.pause()
    return 1

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGCHLD})
settings = Settings(data_dir=folder)
process = Forked("line", run, folder / "pid", Counter())
process.start(settings)
until = time.monotonic() + 60
status = None
while status is None and len((folder / "starts").read_text() if (folder / "starts").exists() else "") < len(ends_by):
    assert time.monotonic() < until
    status = process.tend(settings)
    time.sleep(0.01)
process.stop()
print("status", status)
"""


@pytest.mark.parametrize(
    ("ends_by", "status"),
    [
        ("fault stays", 1),  # the operator has just started it, and reads why it cannot
        ("beat+fault stays", None),  # it served, though nobody has called the system ready: Redis may be away
        ("killed fault stays", None),
        ("beat+killed fault fault stays", None),
    ],
)
def test_only_a_first_start_that_never_served_ends_it_all(tmp_path: Path, ends_by: str, status: int | None) -> None:
    done = subprocess.run(
        (sys.executable, "-c", ENDING, str(tmp_path), ends_by), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines()[-1:] == [f"status {status}"], done.stdout + done.stderr
