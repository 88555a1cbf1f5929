"""Agents: listed, moved, checked, and their PINs hashed."""

import json
import subprocess
from pathlib import Path

import pytest

from agents.demo import NAMES
from agents.pins import verify_pin
from tests.acd.cli.conftest import A_HASH, Cozum, agents_file

# --- check


def test_a_good_file(cozum: Cozum, data_dir: Path) -> None:
    agents_file(data_dir)
    said = cozum("agents", "check")
    assert said.code == 0
    assert f"{data_dir / 'agents.toml'}: 10 agents, well\n" in said.out
    assert "1001, 1002" in said.out
    assert "have the demo password" in said.out


def test_every_problem_of_a_bad_file(cozum: Cozum, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(
        f'[[agent]]\nextension = "0"\nname = "A"\npin_hash = "1234"\nsip_password = "hunter22"\n'
        f'[[agent]]\nextension = "1002"\nname = "B"\npin_hash = "{A_HASH}"\nsip_password = "x"\n'
        f'[[agent]]\nextension = "1003"\nname = "C"\npin_hash = "{A_HASH}"\nsip_password = "demo1003"\n'
        'services = ["funral"]\n',
        "utf-8",
    )
    said = cozum("agents", "check", file)
    assert said.code == 1
    assert len(said.err.splitlines()) == 4
    assert 'agent.0.extension = "0": must be three to six digits' in said.err
    assert "agent.0.pin_hash = ***: must be an argon2id hash, as `cozum agents pin` prints it" in said.err
    assert "agent.1.sip_password = ***" in said.err
    assert 'agent.2.services.0 = "funral": no such service (did you mean "funeral"?)' in said.err
    assert "hunter22" not in said.err
    record = json.loads(cozum("agents", "check", file, "--json").out)
    assert (record["ok"], len(record["problems"])) == (False, 4)


def test_a_file_that_is_not_there(cozum: Cozum) -> None:
    said = cozum("agents", "check", "nowhere.toml")
    assert said.code == 1
    assert said.err.startswith("cozum: nowhere.toml: cannot be read")


# --- pin


def test_a_pins_hash_is_all_that_is_printed(cozum: Cozum) -> None:
    said = cozum("agents", "pin", stdin="7391\n")
    assert (said.code, said.err) == (0, "")
    assert verify_pin("7391", said.out.strip())
    assert cozum("agents", "pin", stdin="7391\n").out != said.out


@pytest.mark.parametrize(
    ("pin", "words", "text"),
    [
        ("1234", (), "digits in a row"),
        ("12", (), "a PIN has 4 to 12 digits"),
        ("", (), "a PIN has 4 to 12 digits"),
        ("2081", ("--extension", "2081"), "must not be the extension"),
    ],
)
def test_pins_nobody_should_have(cozum: Cozum, pin: str, words: tuple[str, ...], text: str) -> None:
    said = cozum("agents", "pin", *words, stdin=f"{pin}\n")
    assert (said.code, said.out) == (1, "")
    assert text in said.err
    assert said.err.count("\n") == 1


# --- list and state


def test_without_a_daemon_the_files_agents(cozum: Cozum, data_dir: Path) -> None:
    agents_file(data_dir)
    said = cozum("agents", "list", "--by-name")
    assert said.code == 0
    names = [line[11:29].strip() for line in said.out.splitlines()[1:]]
    assert names[:4] == ["Ayşe Yılmaz", "Çiğdem Irmak", "Elif Işık", "Gülsüm Ünal"]
    assert sorted(names) == sorted(NAMES)
    assert "`make run` starts one; shown is" in said.err


def test_a_state_without_a_daemon(cozum: Cozum, data_dir: Path) -> None:
    agents_file(data_dir)
    said = cozum("agents", "state", "1001", "ready")
    assert (said.code, said.out) == (1, "")
    assert "no desk ever ran in this data_dir" in said.err
    (data_dir / "token").write_text("x\n", "ascii")
    assert "no desk there; `make run` starts it, or correct http_port" in cozum("agents", "state", "1001", "ready").err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("1001", "redy"), "state = 'redy': ready, paused, offline are allowed"),
        (
            ("1001", "paused", "--reason", "lunch"),
            "--reason = 'lunch': break, meal, prayer, training, other are",
        ),
        (("1001", "paused", "--reason", "missed_calls"), "other are allowed; missed_calls is given by the line itself"),
        (("1001", "ready", "--reason", "meal"), "--reason = 'meal': goes with paused only"),
        (("../calls", "ready"), "extension = '../calls': digits are allowed"),
    ],
)
def test_wrong_states(cozum: Cozum, words: tuple[str, ...], text: str) -> None:
    said = cozum("agents", "state", *words)
    assert said.code == 2
    assert text in said.err


def test_with_a_daemon(cozum: Cozum, daemon: subprocess.Popen[bytes], data_dir: Path) -> None:
    said = cozum("agents", "list")
    assert (said.code, said.err) == (0, "")
    assert "extension  name" in said.out
    assert "Signed out" in said.out

    said = cozum("agents", "state", "1003", "ready")
    assert said.out == "1003 Zeynep Şahin: signed in, but their phone is not registered: calls come when it is\n"
    said = cozum("agents", "state", "1003", "paused", "--reason", "meal")
    assert said.out == "1003 Zeynep Şahin: paused\n"
    assert "Paused (Meal)" in cozum("agents", "list").out
    record = json.loads(cozum("agents", "state", "1003", "offline", "--json").out)
    assert (record["extension"], record["state"]) == ("1003", "offline")
    assert len(json.loads(cozum("agents", "list", "--json").out)) == 10

    said = cozum("agents", "state", "9999", "ready")
    assert said.code == 1
    assert said.err.startswith("cozum: there is no agent '9999'; allowed: 1001, ")
    (data_dir / "token").chmod(0o600)
    (data_dir / "token").write_text("wrong\n", "ascii")
    said = cozum("agents", "list")
    assert said.code == 1
    assert "is not this desk's: correct data_dir or http_port" in said.err
