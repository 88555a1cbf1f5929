"""What holds for all tests."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from acd.lib import compiled_modules
from tests.services import Postgres, Redis, running_postgres, running_redis

# A machine that others use too is slow at times: that is no fault of an example.
settings.register_profile("cozum", deadline=None)
settings.load_profile("cozum")

# Tests import the engine's sources, which some of them change in places. What they start runs as it does for users:
# with the compiled engine. tests/acd/engine/test_compiled.py holds one against the other.
compiled_modules.leave()


TESTS = Path(__file__).parent
COMPUTES = tuple(
    TESTS / part
    for part in (
        "acd/engine",
        "acd/explain",
        "acd/report",
        "acd/simulate",
        "agents",
        "bench/test_ewt.py",
        "ivr",
        "tickets",
    )
)
"""Folders and files of tests that compute, and wait for nothing but the processor: what they try is pure."""

LISTENS = TESTS / "integration"
"""The folder of tests that wait for what is said and pressed in whole talks, and need a tenth of a processor meanwhile.
They take about as long as all others that wait."""


def computes(path: Path) -> bool:
    """Whether the tests of a file only compute."""
    return any(path.is_relative_to(folder) for folder in COMPUTES)


def listens(path: Path) -> bool:
    """Whether the tests of a file listen to talks."""
    return path.is_relative_to(LISTENS)


def may_be_alone(path: Path) -> bool:
    """Whether a test of a file may be marked `alone`: such a mark is in the file itself."""
    return "mark.alone" in path.read_text("utf-8")


OF_PARTS: dict[str, Callable[[Path], bool]] = {
    "alone": may_be_alone,
    "computes and not alone": computes,
    "listens and not alone": listens,
    "not computes and not listens and not alone": lambda path: not computes(path) and not listens(path),
}
"""The files that have tests of a part of `scripts/tests`, by its choice of marks."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import the files of the part that runs: to import all takes half a minute of a processor."""
    has_tests = OF_PARTS.get(config.getoption("markexpr"))
    if has_tests is None or not collection_path.name.startswith("test_") or collection_path.suffix != ".py":
        return None  # whoever else has a reason may say so
    return None if has_tests(collection_path) else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that only compute, and those that listen to talks."""
    for item in items:
        if computes(item.path):
            item.add_marker("computes")
        elif listens(item.path):
            item.add_marker("listens")
        if item.get_closest_marker("alone"):
            assert may_be_alone(item.path), f"{item.nodeid} would be left out: `mark.alone` is not in its file"


def pytest_collection_finish() -> None:
    """Have the garbage collector leave out what lives as long as the process, such as thousands of tests: to look
    through them again and again takes a tenth of all processor time."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Give each test process a session of its own. Daemon and Asterisk have theirs, and Linux shares processors out
    by session (autogroup): in the shell's session, test processes that compute got several times what a daemon got
    that others waited for."""
    if hasattr(config, "workerinput"):
        os.setsid()
    # A job started in the background ignores these, and so would each process that a test starts and then interrupts.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL cluster that no test may stop: one for all tests of the process (`tests.databases`)."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis that no test may stop."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server
