"""`cozum doctor --attack` on the tree as it is, and on lines with a wall taken down: there it must find the gap."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk import conf
from acd.attack.attack import Outcome
from acd.attack.run import attack_line, attacks
from acd.config.settings import Settings
from bench.stack import ROOT, Stack
from tests.acd.asterisk.private import processes_of
from tests.integration.other_user import OutOfReach, as_user

NAMES = [attack.name for attack in attacks()]
WITHIN_S = 180.0
PATIENCE_S = 120.0
"""For a line that becomes ready, and for an attack, where no time is promised: beside other tests both take longer."""


@pytest.fixture(scope="module")
def said() -> Iterator[dict[str, Any]]:
    """What the command says, run by an ordinary user where that can be had (the other tests are root's, if we are),
    with settings of the user's that it must neither use nor touch."""
    command = [sys.executable, "-m", "acd.cli", "doctor", "--attack", "--json"]
    if os.geteuid() == 0:
        with contextlib.suppress(OutOfReach):
            command = as_user(command)
    folder = Path(tempfile.mkdtemp(prefix="cozum-attacked-", dir="/tmp"))
    folder.chmod(0o777)
    settings = {"data_dir": folder / "data", "sip_port": 5061, "max_misses": 3}
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=Stack.environment(settings) | {"TMPDIR": str(folder)}, capture_output=True, text=True,
        timeout=WITHIN_S, check=False,
    )  # fmt: skip
    took_s = time.monotonic() - began
    assert done.stdout, done.stderr
    yield {**json.loads(done.stdout), "code": done.returncode, "took_s": took_s, "stderr": done.stderr}
    assert list(folder.glob("cozum-*")) == [], "its folder is gone"
    assert processes_of(folder) == [], "nothing of it runs on"
    assert not (folder / "data").exists(), "the user's folder was not touched"
    shutil.rmtree(folder)


@pytest.mark.alone  # an attack that is not done in time counts as not played
@pytest.mark.parametrize("name", NAMES)
def test_an_attack_comes_to_nothing(said: dict[str, Any], name: str) -> None:
    check = next(one for one in said["checks"] if one["name"] == name)
    assert check["tried"] > 0
    assert check["verdict"] == "ok", (check["left"], check["moved"], check["unplayed"])


@pytest.mark.alone  # it needs what the one above needs
def test_the_exit_status_says_whether_anything_came_of_it(said: dict[str, Any]) -> None:
    assert [one["name"] for one in said["checks"]] == NAMES
    wrong = [one["name"] for one in said["checks"] if one["verdict"] == "bad"]
    assert said["fit"] is (not wrong)
    assert said["code"] == (1 if wrong else 0)
    assert said["stderr"] == ""


@pytest.mark.alone  # the minute is of a machine that does nothing else
def test_it_takes_less_than_a_minute(said: dict[str, Any]) -> None:
    if any(one["verdict"] == "bad" for one in said["checks"]):
        pytest.xfail("attacks that come to something take longer")
    assert said["took_s"] < 60


# --- lines with a wall taken down

Weaken = Callable[[str, str, str], None]
DIALS_OUT = "exten => _X!,1,Dial(PJSIP/${EXTEN}@outgoing,5,iI)\n"


@pytest.fixture
def weaken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weaken:
    """`weaken("file", "text", "other text")`: Asterisk's configuration with that change."""
    folder = tmp_path / "asterisk-conf"
    folder.mkdir()
    for file in conf.TEMPLATES.glob("*.conf"):
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")

    def change(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text, f"{name} has no {old!r}"
        (folder / name).write_text(text.replace(old, new), "utf-8")

    monkeypatch.setattr(conf, "TEMPLATES", folder)
    return change


def played(name: str, **settings: object) -> Outcome:
    """What comes of one attack, however long it takes."""
    for key in [key for key in os.environ if key.startswith("COZUM_")]:
        raise AssertionError(f"{key} is set: the outcome would be another")
    wanted = [replace(attack, within_s=PATIENCE_S) for attack in attacks() if attack.name == name]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("acd.attack.line.READY_S", PATIENCE_S)
        (outcome,) = attack_line(Settings().model_copy(update=settings), lambda _: None, wanted)
    return outcome


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "found"),
    [
        pytest.param(
            "accounts", "pjsip.conf", "rewrite_contact = yes", "rewrite_contact = no",
            "INVITE sip:0900000000@", id="a phone registers an address elsewhere",
        ),
        pytest.param(
            "accounts", "pjsip.conf", "rewrite_contact = yes", "rewrite_contact = no",
            "calls for 1002 now go to sip:0900000000@", id="and the witness sees it",
        ),
        pytest.param(
            "addresses", "extensions.conf", "include => colleagues\n", f"include => colleagues\n{DIALS_OUT}",
            "INVITE sip:09000000", id="phones reach what dials out",
        ),
        pytest.param(
            "addresses", "extensions.conf", "[hotline]\n", "[hotline]\ninclude => agents\n",
            "the trunk dialled sip:*45@", id="the trunk reaches the agents",
        ),
        pytest.param(
            "REFER", "extensions.conf", "[transfers]\n", f"[transfers]\n{DIALS_OUT}",
            "INVITE sip:09000000", id="a transfer reaches what dials out",
        ),
        pytest.param(
            "302 private", "extensions.conf", "@PRIVATE_RING_S@,i)", "@PRIVATE_RING_S@)",
            "INVITE sip:09000000", id="a private call follows a redirection",
        ),
        pytest.param(
            "Diversion", "extensions.conf", "X-Caller:From)", "X-Caller:P-Asserted-Identity)",
            "P-Asserted-Identity: the ", id="the trunk's callers say who they are",
        ),
        pytest.param(
            "flood", "extensions.conf", "Gosub(room,s,1)", "NoOp()",
            "of its calls were taken at once, 5 at most may be", id="calls are not capped",
        ),
        pytest.param(
            "flood", "extensions.conf", "Gosub(room,s,1)", "Hangup(17)",
            "an urgent caller was with no agent within", id="emergencies are refused",
        ),
        pytest.param(
            "forged text", "pjsip.conf", "callerid = <unknown>\n", "",
            "From user: a manager user was told", id="Asterisk takes the number from From",
        ),
        pytest.param(
            "302 standby", "extensions.conf", "Queue(standby,ciI", "Queue(standby,cI",
            "INVITE sip:09000000", id="the standby's queue follows a redirection",
        ),
        pytest.param(
            "methods", "modules.conf", "load = chan_pjsip.so", "load = chan_pjsip.so\nload = res_pjsip_messaging.so",
            "MESSAGE by the trunk to 4440411", id="messages are taken",
        ),
    ],
)  # fmt: skip
def test_a_wall_that_is_down_is_found(weaken: Weaken, name: str, file: str, old: str, new: str, found: str) -> None:
    weaken(file, old, new)
    outcome = played(name)
    told = "\n".join([*outcome.left, *outcome.moved])
    assert found in told, outcome


def test_a_rule_that_is_off_is_found() -> None:
    """The rules are the user's: without this one everybody who says it is urgent is alike."""
    outcome = played("urgent key", urgent_calls_per_hour=0)
    assert any("stands behind" in one for one in outcome.moved), outcome
