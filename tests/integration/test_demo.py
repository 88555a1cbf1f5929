"""`make demo` where nothing runs yet: requests come in, units resolve, citizens are told, scores come back."""

import re
import subprocess
import sys
from pathlib import Path

import psutil

from bench.stack import ROOT
from phones.ports import free_ports

PORTS = ("sip_port", "ws_port", "ami_port", "fastagi_port", "standby_port", "http_port")
LASTS_S = 40


def test_the_demo_shows_the_loop_and_leaves_nothing_running(tmp_path: Path) -> None:
    config = tmp_path / "cozum.toml"
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    data_dir = tmp_path / "data"
    lines = [f"{name} = {port}" for name, port in ports.items()]
    config.write_text("\n".join([*lines, f'data_dir = "{data_dir}"', ""]), "utf-8")
    demo = [sys.executable, "-m", "bench.demo", "--seconds", str(LASTS_S), "--config", str(config)]
    done = subprocess.run(
        demo, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False
    )
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert int(found(r"(\d+) requests were taken down", said)) > 0
    assert int(found(r"units resolved (\d+), refused", said)) > 0
    assert int(found(r"(\d+) citizens were rung by the line and told what came of it", said)) > 0
    assert 1.0 <= float(found(r"they gave (\d\.\d) of 5 in the mean", said)) <= 5.0
    story = said[said.index("the story of ") : said.index("$ cozum report")]
    for step in ("history  assign", "call     ", "history  accept", "tell     outcome 1, by the line itself: told"):
        assert step in story, story
    report = said[said.index("$ cozum report") :]
    assert int(found(r"\ntold: .*automatic (\d+)", report)) > 0
    given = found(r"\nscores: (.*); mean", report)
    assert sum(int(count) for count in re.findall(r"\d: (\d+)", given)) > 0
    assert 1.0 <= float(found(r"\nscores: .*; mean (\d\.\d)", report)) <= 5.0
    running = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    left = [line for line in running if str(data_dir) in line]
    assert left == [], "nothing is left running"


def found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    assert match, f"{pattern} is not in: {said}"
    return match[1]
