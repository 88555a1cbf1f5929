"""The text that a scrape gets, read by Prometheus' own parser and, where it is installed, its own tool."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from acd.metrics import render
from acd.metrics.series import OUTCOMES
from tests.acd.metrics.journal import Line
from tests.services import missing

TOOLS = Path(__file__).resolve().parents[3] / ".cache" / "tools" / "usr" / "bin"
"""Where `scripts/setup test` unpacks it, if this machine has none."""


def busy() -> Line:
    """A line with a wide histogram family, so that it is written in several parts."""
    line = Line()
    for outcome in OUTCOMES:
        for service in ("ambulance", "request", "unheard of"):
            line.end(outcome, 6.2, service, "urgent" if service == "ambulance" else "routine")
    line.metrics.set_ami_connected("ast1", True)
    line.metrics.set_reader_lag("projector", 0)
    return line


async def test_writing_in_parts_changes_nothing() -> None:
    line = busy()
    body, _ = await render(line.metrics.registry)
    whole = generate_latest(line.metrics.registry)

    def stable(text: bytes) -> list[bytes]:
        return [row for row in text.splitlines() if not row.startswith(b"process_")]

    assert stable(body) == stable(whole)
    assert len(list(text_string_to_metric_families(body.decode()))) > 20


async def test_other_work_goes_on_between_the_parts() -> None:
    line = busy()
    turns = 0

    async def other_work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other_work())
    body, _ = await render(line.metrics.registry)
    task.cancel()
    assert turns >= body.count(b"\n") // 100


def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool", path=f"{os.environ.get('PATH', os.defpath)}:{TOOLS}")
    if promtool is None:
        missing("promtool")
    body, _ = asyncio.run(render(busy().metrics.registry))
    checked = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
