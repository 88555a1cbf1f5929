"""A process that is told to reload while it starts."""

import subprocess
import sys
from pathlib import Path

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
