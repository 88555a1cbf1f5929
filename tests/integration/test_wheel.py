"""The wheel holds what a clone has for running: installed outside the clone, it serves a call."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from acd.lib import compiled_modules
from bench.stack import ROOT, Stack, until
from phones import Agent, Caller, Press, Wait
from tests.services import missing

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
PACKAGES = ("acd", "agents", "console", "ivr", "storage", "tickets")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone. pip fetches the tool that makes it, as it does when the project is set up."""
    if not (ROOT / "console" / "static" / "wall.html").is_file():
        missing("console/static (`make web`)")
    folder = tmp_path_factory.mktemp("wheel")
    made = subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "-w", folder, ROOT],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return next(folder.glob("cozum-*.whl"))


def test_it_holds_every_file_that_running_needs(wheel: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES, "asterisk-conf"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    needed = {
        f"acd/{name}" if name.startswith("asterisk-conf/") else name
        for name in listed
        if not name.startswith("console/web/") and (ROOT / name).exists()
    }
    needed |= {str(file.relative_to(ROOT)) for file in (ROOT / "console" / "static").rglob("*") if file.is_file()}
    with zipfile.ZipFile(wheel) as held:
        assert needed - set(held.namelist()) == set()


def test_a_call_is_answered_without_a_clone(wheel: Path, tmp_path: Path) -> None:
    python = install(wheel, tmp_path / "venv")
    place = tmp_path / "place"
    (place / ".cache").mkdir(parents=True)
    (place / ".cache" / "asterisk").symlink_to(ROOT / ".cache" / "asterisk")  # it is not fetched once more
    where = subprocess.run(
        [python, "-c", "import acd, acd.engine.core as c, ivr.speak as s; print(acd.__file__, s.SOUNDS, c.__file__)"],
        cwd=place, env=Stack.environment({}), capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(one).is_relative_to(tmp_path / "venv") for one in where), where
    assert Path(where[2]).suffix == (".so" if compiled_modules.fresh() else ".py"), where

    stack = Stack(tmp_path / "line", agents=1, ring_s=5.0)
    stack.python, stack.cwd = python, place
    with stack, stack.phones(tmp_path / "phones") as phones:
        phones.staff([stack.login("1001")], Agent(talk_s=0.5))
        stack.set_state("1001", "ready")
        until("1001 is ready", lambda: stack.state_of("1001") == "ready", 60)
        assert phones.call(Caller(steps=(Wait(0.3), Press("0")))).wait(60).failed == 0
        (call,) = until("the call has its row", lambda: [one for one in stack.calls() if one["outcome"]], 60)
        assert (call["service"], call["outcome"], call["agent"]) == ("agent", "answered", "1001")
        assert stack.request("GET", "/").status_code == 200, "the page"


def install(wheel: Path, folder: Path) -> Path:
    """Make a venv that holds the wheel and what its list of dependencies asks for; its Python. These packages are links
    to this clone's, which takes no minute; no other package of the clone is seen there."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    subprocess.run(
        [*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True, timeout=120,
    )  # fmt: skip
    (site,) = (folder / "lib").glob("python3*/site-packages")
    (own,) = distributions(path=[str(site)])
    ours = Path(sysconfig.get_paths()["purelib"])
    for name in asked_for(own):
        for top in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(ours / top)
    return python


def asked_for(first: Distribution) -> set[str]:
    """The packages that one needs, and those that they need in turn, as each says for this machine."""
    found: set[str] = set()
    open_: list[tuple[Distribution, str]] = [(first, "")]
    while open_:
        one, extra = open_.pop()
        for requirement in map(Requirement, one.requires or ()):
            needed = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
            if needed and requirement.name not in found:
                found.add(requirement.name)
                open_ += [(distribution(requirement.name), more) for more in ("", *requirement.extras)]
    return found
