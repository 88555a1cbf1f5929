"""The frame of every process of ours: logs, signals, heartbeats, and an exit status."""

import asyncio
import contextlib
import faulthandler
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop

from acd.engine.model.errors import BadConfig
from acd.engine.model.journal import JournalError
from acd.lib.heartbeat import beat
from acd.lib.logging_setup import configure_logs

CANNOT_SERVE = 1
"""Exit status if settings, files or ports are wrong."""


class StartError(Exception):
    """A part could not start or go on. One line, with the way out."""


Work = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Serves until the event is set. Raises `StartError` if it cannot."""


def serve(
    begin: Callable[[], Work],
    *,
    log_level: str,
    sign: int | None,
    reload: Callable[[], None],
    stopping: Callable[[], None] = lambda: None,
) -> int:
    """Run a process's work in the foreground until SIGINT or SIGTERM.

    `begin` makes the parts on the running loop and returns the work. SIGHUP calls `reload`, SIGUSR1 `stopping`; SIGUSR2
    prints each thread's stack to standard error. `sign` is a file for heartbeats; without it a service manager that
    asks for them gets them. Returns 0 after an ordered stop, and `CANNOT_SERVE`, with a line on standard error for each
    fault, where a restart would not help.
    """
    configure_logs(log_level)
    os.umask(0o077)  # journal and database contain callers' numbers
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # each caller and each page is a connection
    with contextlib.suppress(ValueError, OSError):  # standard error is no file
        faulthandler.register(signal.SIGUSR2, all_threads=True)
    try:
        uvloop.run(_serve(begin, sign, reload, stopping))
    except (BadConfig, JournalError, StartError, OSError) as error:
        print(f"cozum: {error}".replace("\n", "\ncozum: "), file=sys.stderr)
        return CANNOT_SERVE
    return 0


async def _serve(
    begin: Callable[[], Work], sign: int | None, reload: Callable[[], None], stopping: Callable[[], None]
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    work = begin()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # one that came during the start is taken now
    loop.add_signal_handler(signal.SIGUSR1, stopping)
    gc.collect()
    gc.freeze()  # the garbage collector need not search the objects of the start again and again
    living = asyncio.create_task(beat(sign), name="beat")
    try:
        await work(stop)
    finally:
        living.cancel()


async def run_all(stop: asyncio.Event, works: dict[str, Coroutine[Any, Any, Any]]) -> None:
    """Run all works concurrently until `stop` is set, then cancel them. If one ends by itself, all end: with its error,
    or with `StartError`, so that the supervisor restarts the process."""
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
            raise StartError(f"{task.get_name()} ended by itself")
    finally:
        for task in [*tasks, stopping]:
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
