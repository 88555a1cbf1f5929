"""The compiled engine is the engine: whatever comes, both say the same to the last byte."""

import subprocess
import sys
from pathlib import Path

import pytest

from acd.engine import machine
from acd.lib import compiled_modules
from bench.stack import ROOT
from tests.acd.engine.compiled_stream import answers
from tests.services import missing

SEEDS = range(24)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    if not compiled_modules.fresh():
        missing("the compiled engine (`python -m scripts.compile`)")


def test_whatever_comes_it_says_what_the_sources_say() -> None:
    assert Path(machine.__file__).suffix == ".py", "here the sources run"
    told = subprocess.run(
        [sys.executable, "-m", "tests.acd.engine.compiled_stream", *map(str, SEEDS)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=600,
    ).stdout.split()  # fmt: skip
    assert Path(told[0]).is_relative_to(ROOT / compiled_modules.FOLDER)
    assert told[1:] == [answers(seed) for seed in SEEDS]


def test_a_fault_of_the_configuration_is_told_in_the_same_words() -> None:
    """Exceptions pass between compiled modules and others."""
    script = (
        "from acd.engine import machine\n"
        "from acd.engine.model.config import EngineConfig\n"
        "from acd.engine.model.events import ConfigChanged\n"
        "try: machine.Engine().handle(ConfigChanged(at=1.0, config=EngineConfig(default_service='none')))\n"
        "except ValueError as error: print(type(error).__name__, error)\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", before + script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for before in ("", "from acd.lib import compiled_modules; compiled_modules.leave()\n")
    ]
    assert told[0].startswith("BadConfig ")
    assert told[0] == told[1]
