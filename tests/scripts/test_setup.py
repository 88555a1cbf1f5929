"""The set-up on machines that cannot do it: one line says what is missing, and nothing is left half done."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.disk import small_disk
from tests.services import missing

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "awk", "basename", "bash",
    "cat", "cut", "date", "df", "dirname", "env", "find", "flock", "grep", "head", "id", "mkdir", "mv", "rm",
    "sed", "sha256sum", "sleep", "sort", "tail", "touch", "wc", "xargs",
)  # fmt: skip
"""What any machine has."""


class Place:
    """A clone of what the set-up needs, on a machine with these programs and no others."""

    def __init__(self, folder: Path, *programs: str) -> None:
        self.folder = folder
        self.bin = folder.parent / f"{folder.name}-bin"
        self.bin.mkdir()
        self.said = ""
        """By the last run, on standard output."""
        (folder / "scripts").mkdir(parents=True)
        for name in ("setup", "web"):
            shutil.copy(ROOT / "scripts" / name, folder / "scripts" / name)
        shutil.copytree(ROOT / "console" / "web", folder / "console" / "web", ignore=lambda *_: ["node_modules"])
        for name in ("pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        for name in (*TOOLS, *programs):
            self.program(name)

    def program(self, name: str, text: str = "") -> None:
        """One of the machine's own, or a script in its place."""
        if text:
            (self.bin / name).write_text(f"#!/bin/bash\n{text}\n")
            (self.bin / name).chmod(0o755)
        else:
            found = shutil.which(name)
            assert found is not None, name
            (self.bin / name).symlink_to(found)

    def with_python(self) -> "Place":
        """Its Python packages are there already, as a set-up before this one left them."""
        base = Path(getattr(sys, "_base_executable", sys.executable))
        (self.bin / "python3").symlink_to(base)
        version, prefix = subprocess.run(
            [base, "-c", "import sys; print(sys.version.split()[0]); print(sys.base_prefix)"],
            capture_output=True, text=True, check=True,
        ).stdout.split("\n")[:2]  # fmt: skip
        project = (self.folder / "pyproject.toml").read_text("utf-8")
        lines = project.splitlines(keepends=True)
        head = "".join(lines[: next(n for n, line in enumerate(lines) if line.startswith("[tool.ruff]"))])
        locked = (self.folder / "requirements.lock").read_text("utf-8")
        venv = self.folder / ".venv"
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").write_text("#!/bin/bash\nexit 0\n")  # provisioning finds an Asterisk
        (venv / "bin" / "python").chmod(0o755)
        digest = hashlib.sha256((locked + head).encode()).hexdigest()
        (venv / ".cozum-stamp").write_text(f"{version} {prefix} {self.folder}\n{digest}\n")
        (venv / "bin" / "node").write_text("#!/bin/bash\necho v24\n")
        (venv / "bin" / "npm").write_text("#!/bin/bash\necho 'npm error network'; exit 1\n")
        for name in ("node", "npm"):
            (venv / "bin" / name).chmod(0o755)
        return self.with_pages()

    def with_pages(self) -> "Place":
        """The web desk is built already, from the source that is here."""
        static = self.folder / "console" / "static"
        static.mkdir(exist_ok=True)
        for page in (self.folder / "console" / "web" / "pages").glob("*.html"):
            (static / page.name).write_text("a page")
        sources = subprocess.run(
            ["/bin/bash", "scripts/web", "sources"], cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout
        (static / ".built-from").write_text(sources)
        return self

    def run(self, goal: str = "run", user: str = "") -> tuple[int, list[str]]:
        """Exit status and what it said on standard error."""
        command = ["/bin/bash", "scripts/setup", goal]
        if user:
            command = [str(shutil.which("runuser")), "-u", user, "--", *command]
        done = subprocess.run(
            command, cwd=self.folder, env={"PATH": str(self.bin), "HOME": "/nonexistent"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        self.said = done.stdout
        return done.returncode, done.stderr.splitlines()


def test_where_all_is_there_it_is_silent(tmp_path: Path) -> None:
    assert Place(tmp_path / "clone").with_python().run() == (0, [])


def test_without_python(tmp_path: Path) -> None:
    code, (line,) = Place(tmp_path / "clone").run()
    assert (code, line) == (
        1,
        "setup: Python 3.11 or newer is needed (found: none): run 'apt-get install python3' as root, and this again",
    )


def test_with_an_old_python(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone")
    place.program("python3", 'case "$2" in *version_info*) exit 1 ;; *) echo 3.9.2 ;; esac')
    code, (line,) = place.run()
    assert code == 1
    assert line.endswith("(found: 3.9.2): install a newer one beside it, such as python3.11, and run this again")


def test_tools_of_the_tests_that_cannot_be_installed_are_all_named(tmp_path: Path) -> None:
    """Neither apt, nor root: nothing is tried."""
    place = Place(tmp_path / "clone").with_python()
    code, (line,) = place.run("test")
    assert code == 1
    assert line.startswith("setup: missing: ")
    assert line.endswith("here is no apt-get to install them, so install them by hand")
    place.program("apt-get", "echo it was called >>called; exit 1")
    place.program("id", '[ "$1" = -u ] && echo 1000 || echo somebody')
    code, (line,) = place.run("test")
    assert code == 1
    assert "missing and not to be installed without root: run 'apt-get install" in line
    assert "sip-tester" in line or (Path("/usr/sbin/sipp").exists() and "tshark" in line)
    assert not (place.folder / "called").exists()


def test_packages_that_cannot_be_had_are_told_of_by_apts_own_word(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    place.program("apt-get", "echo 'Reading…'; echo 'E: Could not resolve a.mirror'; exit 100")
    place.program("id", '[ "$1" = -u ] && echo 0 || echo root')
    code, (line,) = place.run("test")
    assert code == 1
    assert "the package index cannot be read: E: Could not resolve a.mirror" in line


def test_what_speaks_is_tried_once_and_done_without(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    place.program("apt-get", 'echo "$*" >>called; case "$*" in *install*) echo "E: no"; exit 100 ;; esac')
    place.program("id", '[ "$1" = -u ] && echo 0 || echo root')
    assert place.run() == (0, [])
    calls = (place.folder / "called").read_text().splitlines()
    assert calls[-1].endswith("install --no-install-recommends sox espeak-ng")
    assert place.run() == (0, [])
    assert (place.folder / "called").read_text().splitlines() == calls


def test_a_line_without_a_compiler_is_told_so_once_for_these_sources(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    stub = place.folder / ".venv" / "bin" / "python"
    stub.write_text('#!/bin/bash\ncase "$*" in *scripts.compile*) exit 1 ;; esac\n')
    (place.folder / "acd").mkdir()
    (place.folder / ".cache" / "no-speech").touch()
    for _ in range(2):
        code, (line,) = place.run()
        assert code == 0
        assert "missing" in line
        assert "gcc" in line
        assert "decides more slowly" in place.said
        assert place.run() == (0, [])
        assert "slowly" not in place.said
        (place.folder / "acd" / "newer.py").touch()


def test_a_compiler_that_came_later_is_used_at_the_next_run(tmp_path: Path) -> None:
    """A person who installs the compiler by hand, as set-up has told them, changes no source."""
    place = Place(tmp_path / "clone").with_python()
    stub = place.folder / ".venv" / "bin" / "python"
    stub.write_text(
        '#!/bin/bash\ncase "$*" in *--check*) [ -e compiled ] ;; *scripts.compile*) gcc && : >compiled ;; esac\n'
    )
    (place.folder / "acd").mkdir()
    (place.folder / ".cache" / "no-speech").touch()
    assert len(place.run()[1]) == 1
    place.program("gcc", "exit 1")
    code, (line,) = place.run()  # and then it may fail, once
    assert code == 0
    assert "the engine is not compiled" in line
    assert place.run() == (0, [])
    assert "compiling" not in place.said
    (place.bin / "gcc").unlink()
    assert len(place.run()[1]) == 1
    place.program("gcc", "exit 0")
    assert place.run() == (0, [])
    assert "compiling" in place.said
    assert (place.folder / "compiled").exists()


def test_pages_that_are_older_than_their_source_are_served_where_none_can_be_built(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    (place.folder / "console" / "web" / "src" / "new.ts").write_text("export {};")
    assert place.run() == (0, [])
    assert "the built files are older than their source" in place.said


def test_without_pages_and_without_a_network_to_build_them(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    shutil.rmtree(place.folder / "console" / "static")
    code, (line,) = place.run()
    assert code == 1
    assert line.startswith(
        "web: the packages to build with cannot be had (no network?), and nothing is built yet: npm error"
    )


def test_words_and_tests_of_the_pages_are_no_reason_to_build_them(tmp_path: Path) -> None:
    place = Place(tmp_path / "clone").with_python()
    (place.folder / "console" / "web" / "README.md").write_text("other words")
    (place.folder / "console" / "web" / "src" / "new.test.ts").write_text("export {};")
    assert place.run() == (0, [])
    assert "web:" not in place.said


def test_without_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        place = Place(disk.folder / "clone")
        (place.bin / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
        code, (line,) = place.run()
        assert code == 1
        assert line.endswith("1200 are needed: make room")
        assert not (place.folder / ".venv").exists()
        disk.fill()
        code, (line,) = place.run()  # not even for a log
        assert code == 1
        assert "make room" in line


@pytest.mark.parametrize("how", ["another user's", "read-only"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, how: str) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        place = Place(disk.folder / "clone").with_python()
        assert place.run() == (0, [])
        if how == "read-only":
            remount = ["mount", "-o", "remount,ro", str(disk.folder)]
            if subprocess.run(remount, check=False).returncode:
                missing("the right to mount a tmpfs (root)")
            code, (line,) = place.run()
        else:
            for path in (disk.folder, *tmp_path.parents, tmp_path):
                if path != Path("/") and not path.stat().st_mode & 0o001:
                    path.chmod(path.stat().st_mode | 0o011)
            code, (line,) = place.run(user="nobody")
        assert code == 1
        assert f"{place.folder} cannot be written by" in line
        assert line.endswith("run this as the folder's owner, on a disk that is not read-only")
