"""The documents say what the program says, lead nowhere that is not there, and are of no machine in particular."""

import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from acd.attack import run
from acd.config import hours, number_lists
from acd.engine.model.facts import Outcome
from scripts import draw_docs

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([a-z][\w./-]*/[\w.-]+\.(?:py|md|toml|conf|svelte|ts|json|sh))`")
MAKE = re.compile(r"\bmake ([a-z]+)\b")

OF_A_MACHINE = re.compile(
    r"(?<![\w.@}/\\-])/(?:work|root|home|Users)/"
    r"|\b(?:deb|security|snapshot|ftp)\.debian\.org\b|\b(?:archive|security|ports)\.ubuntu\.com\b"
    r"|\bpypi\.org\b|\bpythonhosted\.org\b|\bregistry\.npmjs\.org\b|\bproxy\.golang\.org\b"
    r"|--(?:extra-)?index-url\b"
)
"""Folders of one machine, and where one network fetches its packages from."""
PROGRAM = frozenset({"acd", "agents", "console", "ivr", "storage", "tickets"})
NOT_TEXT = frozenset({".wav", ".png", ".pcap", ".gsm", ".ico"})


def committed() -> list[Path]:
    """Files of the repository as they stand here; of an unpacked archive, all that `.gitignore` does not name."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        files = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    else:
        ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()}
        files = [path for path in ROOT.rglob("*") if not ignored.intersection(path.relative_to(ROOT).parts)]
    return [path for path in files if path.is_file()]


def markdown() -> list[Path]:
    """Every document."""
    return [path for path in committed() if path.suffix == ".md"]


def anchors(path: Path) -> set[str]:
    """Names of a document's headings, as GitHub and its like make them."""
    headings = re.findall(r"^#{1,6} (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().casefold()).replace(" ", "-") for heading in headings}


def dead_links(path: Path) -> Iterator[str]:
    """Relative links of a document that lead nowhere."""
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text("utf-8")))
    for target in LINK.findall(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            yield f"{path.relative_to(ROOT)}: {target}: there is no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{path.relative_to(ROOT)}: {target}: {file.name} has no such heading"


def test_each_file_that_a_document_names_is_there() -> None:
    rooms = {path.relative_to(ROOT).parts[0] for path in committed()}
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in markdown()
        if path.name != "CHANGELOG.md"  # it tells of its day
        for name in NAMED.findall(path.read_text("utf-8"))
        if name.split("/")[0] in rooms and not (ROOT / name).exists()
    }
    assert gone == set()


def test_the_drawn_documents_are_what_the_program_says() -> None:
    assert draw_docs.stale() == [], "run `make docs`"


def test_no_link_is_dead() -> None:
    assert [link for path in markdown() for link in dead_links(path)] == []


def test_a_dead_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docs.test_docs.ROOT", tmp_path)
    (tmp_path / "b.md").write_text("# Bir şey: iki\n", "utf-8")
    page = tmp_path / "a.md"
    page.write_text("[x](b.md) [y](c.md) [z](b.md#bir-şey-iki) [w](b.md#no) [u](https://a.invalid/x.md)\n", "utf-8")
    assert list(dead_links(page)) == [
        "a.md: c.md: there is no such file",
        "a.md: b.md#no: b.md has no such heading",
    ]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = re.compile(r"`([^`\n]+)`|^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
    named = {
        (path.name, target)
        for path in markdown()
        for piece in code.finditer(path.read_text("utf-8"))
        for target in MAKE.findall(piece[1] or piece[2])
    }
    assert ("README.md", "run") in named
    assert {(name, target) for name, target in named if target not in targets} == set()


def test_both_readmes_run_the_same_commands() -> None:
    """Comments aside, the Turkish one says to type what the English one says to type."""
    blocks = []
    for name in ("README.md", "README.tr.md"):
        text = "\n".join(re.findall(r"^```sh\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.MULTILINE | re.DOTALL))
        blocks.append([line for raw in text.splitlines() if (line := re.sub(r"(^|\s+)#.*", "", raw).strip())])
    assert blocks[0] == blocks[1]


def shown_by(text: str) -> list[tuple[str, str]]:
    """Files and functions of the tests that a document names."""
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)


def test_every_threat_names_tests_and_attacks_that_there_are() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    defended, _, left_open = text.partition("## What is not defended")
    assert left_open.count("\n- ") >= 5
    rows = [row for row in defended.splitlines() if re.match(r"\| (?!threat|---)", row)]
    told = " ".join(found for row in rows for found in re.findall(r"attacks? (`[^;|]*`)", row))
    attacks = set(re.findall(r"`([^`]+)`", told))
    assert attacks == {attack.name for attack in run.attacks()}
    for row in rows:
        assert shown_by(row) or "attack" in row.split("|")[3], row
    missing = [
        f"{name}::{test}"
        for name, test in shown_by(text)
        if not (ROOT / name).is_file() or f"def {test}(" not in (ROOT / name).read_text("utf-8")
    ]
    assert missing == []


def test_every_outcome_is_listed_with_its_meaning() -> None:
    text = (ROOT / "docs" / "states.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| [A-Z][^|]+\.", text.partition("### How a call ends")[2], re.MULTILINE)
    assert listed[: len(get_args(Outcome))] == list(get_args(Outcome))


def test_the_command_line_is_told_command_by_command() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for words in ("tickets list", "tickets move", "db upgrade", "db rebuild", "journal verify", "agents pin"):
        section = text.partition(f"### cozum {words}\n")[2].partition("\n##")[0]
        assert len(section) > 60, words
    assert "| `--open` | Only those whose outcome is still to come. |" in text
    assert "| `--limit` *number* | At most so many, the newest. By default `50`. |" in text


def test_the_formats_of_hours_and_numbers_are_told_key_by_key() -> None:
    """The keys that the files may have, from what reads them."""
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for reader, heading in ((hours._Row, "### [hours.NAME]"), (number_lists._File, "## numbers.toml")):
        section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
        assert set(re.findall(r"^\| `\[?(\w+)\]?` \|", section, re.MULTILINE)) == set(reader.__struct_fields__)


def test_every_decision_says_context_decision_and_consequences() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert len({path.name[:4] for path in decisions}) == len(decisions)
    for path in decisions:
        headings = re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], path.name


def test_operations_tell_of_every_log_event_metric_and_check() -> None:
    told = (ROOT / "docs" / "operations.md").read_text("utf-8")
    source = {path: path.read_text("utf-8") for path in committed() if path.suffix == ".py" and path.parts[-2] != "cli"}
    program = "\n".join(text for path, text in source.items() if path.relative_to(ROOT).parts[0] in PROGRAM)
    names = re.findall(r"\blog\.(?:info|warning|error|exception)\(\s*\"([a-z_.]+)\"", program)
    desk = "\n".join(text for path, text in source.items() if path.is_relative_to(ROOT / "acd" / "desk"))
    names += re.findall(r"\bCheck\(\s*name=\"([a-z_]+)\"", desk)
    metrics = "\n".join(text for path, text in source.items() if path.is_relative_to(ROOT / "acd" / "metrics"))
    names += re.findall(r"\"(cozum_[a-z_]+)\"", metrics)
    assert {"journal_failed", "asterisk", "database", "cozum_ami_connected"} <= set(names)
    assert sorted(name for name in set(names) if name not in told) == []


def test_names_beside_a_module_are_in_it() -> None:
    """What stands beside a link to a module, as in the answers to the questions, is defined there."""
    beside: list[tuple[Path, str]] = []
    for document in (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md"):
        text = document.read_text("utf-8")
        for target, names in re.findall(r"\]\(([^)\s]+\.py)\)((?:,?(?: \([^)]*\))?(?: and)? `\w+`)+)", text):
            beside += [(document.parent / target, name) for name in re.findall(r"`(\w+)`", names)]
        for name, target in re.findall(r"`(\w+)` (?:of|in)\s+\[[^\]]*\]\(([^)\s]+\.py)\)", text):
            beside.append((document.parent / target, name))
    known = {
        "match_call",
        "match_agent",
        "call_timer",
        "line_timer",
        "HANDLERS",
        "HANDLERS_TIMERS",
        "EN",
        "TR",
        "_write_again",
    }
    assert known - {name for _, name in beside} == set()
    for module, name in beside:
        defined = rf"^ *(?:(?:async )?def |class |self\.|\")?{name}\"?(?::| =|\(|\[)"
        assert re.search(defined, module.read_text("utf-8"), re.MULTILINE), f"{module.name} has no {name}"


def test_the_worked_example_is_the_rule_that_is_there() -> None:
    """CONTRIBUTING.md quotes a rule's module and its test; what it quotes is in them."""
    quoted = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    rule, example, timer = (textwrap.dedent(text).strip() for text in quoted)
    files = {
        rule: "acd/engine/rules/urgent_ring.py",
        example: "tests/acd/engine/test_urgent_ring.py",
        timer: "acd/engine/rules/telling.py",
    }
    for text, file in files.items():
        for part in text.split("\n\n\n"):
            assert part in (ROOT / file).read_text("utf-8"), f"{file} has it otherwise:\n{part}"


@pytest.mark.parametrize("text", ["see /home/ali/x", "path=/work/main", "https://deb.debian.org/debian"])
def test_what_is_of_a_machine_is_found(text: str) -> None:
    assert OF_A_MACHINE.search(text)


@pytest.mark.parametrize("text", [".cache/asterisk/root/usr", "docs/work/x", "${HOME}/home/", "at home / at work"])
def test_what_is_of_no_machine_is_let_pass(text: str) -> None:
    assert not OF_A_MACHINE.search(text)


def test_nothing_committed_is_of_one_machine() -> None:
    found = []
    for path in committed():
        if path.suffix in NOT_TEXT or path == Path(__file__).resolve():
            continue
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1):
            if hit := OF_A_MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {hit[0]}")
    assert found == []


def test_no_diagram_has_what_ends_a_statement_in_mermaid() -> None:
    """A semicolon inside a message is a broken picture for whoever reads the page."""
    for path in (ROOT / "docs").rglob("*.md"):
        for diagram in re.findall(r"```mermaid\n(.*?)```", path.read_text("utf-8"), re.S):
            assert ";" not in diagram, (path, diagram)


def test_the_architecture_has_a_line_for_every_module_of_the_engine_and_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.partition("### The engine's rooms")[2].partition("\n## ")[0]
    modules = {path.stem for path in (ROOT / "acd" / "engine").rglob("*.py")} - {"__init__"}
    assert modules - set(re.findall(r"`(\w+)(?:\.py)?`", table)) == set()
    folders = {path.relative_to(ROOT).parts[0] for path in committed() if len(path.relative_to(ROOT).parts) > 1}
    assert {name for name in folders if not name.startswith(".")} - {"docs"} - set(
        re.findall(r"\]\(\.\./([\w-]+)", text)
    ) == set()
