"""Processes that do not outlive their parent, in whatever way it ends."""

import ctypes
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, number: signal.Signals) -> None:
    """Have the kernel send us `number` when the thread of `parent`, our parent process, that started us ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # the parent died before this call
        os.kill(os.getpid(), number)


def parent_was_interrupted() -> Callable[[], bool]:
    """A question: did our parent get a SIGINT or SIGHUP that it caught when this was called and now no longer catches?

    make behaves so: on a signal it restores the default handler and waits for us, assuming that we got the signal too.
    From a terminal we did; by `kill` we did not."""
    parent = os.getppid()
    wanted = 1 << (signal.SIGINT - 1) | 1 << (signal.SIGHUP - 1)
    at_first = _caught(parent) & wanted
    return lambda: os.getppid() == parent and _caught(parent) & wanted != at_first


def _caught(pid: int) -> int:
    """The signals for which a process has handlers, as bits; 0 if it cannot be read."""
    try:
        found = re.search(r"^SigCgt:\s*([0-9a-f]+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1], 16) if found else 0
