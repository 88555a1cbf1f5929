"""The surge message, set and withdrawn against a daemon that runs."""

import json
import subprocess

import pytest

from tests.acd.cli.conftest import Cozum


def test_a_message_is_set_shown_and_withdrawn(cozum: Cozum, daemon: subprocess.Popen[bytes]) -> None:
    assert cozum("surge", "show").err == "there is no message\n"
    said = cozum("surge", "set", "Esenkent'te su kesintisi var.", "--services", "request,information", "--minutes", 60)
    assert said.code == 0, said.err
    assert "request, information" in said.out
    shown = json.loads(cozum("surge", "show", "--json").out)
    assert (shown["services"], shown["played"], shown["answered"]) == (["request", "information"], 0, 0)
    assert cozum("surge", "clear").code == 0
    assert json.loads(cozum("surge", "show", "--json").out) is None


def test_what_is_wrong_is_said_in_one_line(cozum: Cozum, daemon: subprocess.Popen[bytes]) -> None:
    said = cozum("surge", "set", "Kesinti.", "--services", "funeral")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("cozum: 'funeral' is no routine service; allowed: request, information")
    assert cozum("surge", "set", "--services", "request").code == 2
    assert cozum("surge", "set", "Kesinti.", "--prompt", "goodbye", "--services", "request").code == 2
    assert "there is no prompt 'nothing'" in cozum("surge", "set", "--prompt", "nothing", "--services", "request").err


@pytest.mark.parametrize("minutes", ["1e10", "0.5", "inf"])
def test_an_end_that_there_cannot_be_is_refused(cozum: Cozum, minutes: str) -> None:
    said = cozum("surge", "set", "Su yok", "--services", "request", "--minutes", minutes)
    assert said.code == 2
    assert f"--minutes = '{minutes}'" in said.err


def test_without_a_daemon(cozum: Cozum) -> None:
    said = cozum("surge", "show")
    assert said.code == 1
    assert "no desk ever ran" in said.err
