"""The hooks for a commit run what `make check` runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tools(command: str) -> str:
    """What a command runs, without its Python and without what differs between all files and those of a commit."""
    words = command.split()
    words = words[2:] if words[1:2] == ["-m"] else words
    return " ".join(word for word in words if word not in ("--force-exclude", ".")).removeprefix(".venv/bin/")


def test_each_tool_of_make_check_is_a_hook() -> None:
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe is not None
    commands = [line.strip() for line in recipe[1].splitlines() if not line.strip().startswith("@")]
    checked = {tools(command.replace("$(PYTHON)", ".venv/bin/python")) for command in commands}
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert {tools(entry) for entry in re.findall(r"^ *entry: (.*)$", hooks, re.MULTILINE)} == checked
