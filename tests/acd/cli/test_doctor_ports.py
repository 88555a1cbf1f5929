"""The doctor: who has a port, and who may."""

import errno
import os
import socket
from pathlib import Path

import pytest

from acd.cli.processes import is_free
from acd.config.load_settings import load_settings
from acd.desk.only_desk import hold_desk
from tests.acd.cli.conftest import Cozum, Said


def ports(said: Said, mark: str) -> list[str]:
    """What is told of ports under a mark, without it."""
    return [line[2:] for line in said.out.splitlines() if line.startswith(f"{mark} ports")]


def test_a_taken_port_names_who_has_it(cozum: Cozum) -> None:
    port = int(os.environ["COZUM_HTTP_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        said = cozum("doctor")
    told = ports(said, "✗")
    assert len(told) == 1
    assert f"http_port = {port}: taken by " in told[0]
    assert f"(pid {os.getpid()}); stop that, or set another port" in told[0]


def test_a_port_that_its_user_may_not_have(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_HTTP_PORT", "443")
    monkeypatch.setattr(socket.socket, "bind", _refused)
    told = ports(cozum("doctor"), "✗")
    assert any(" http_port = 443: free, but " in line and " may not listen there" in line for line in told)
    assert not any("taken by" in line for line in told)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_port_that_root_may_have_and_its_user_not(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text("ascii"))
    if first < 2:
        pytest.skip("everybody may listen everywhere here")
    port = next(one for one in range(first - 1, 0, -1) if is_free(socket.SOCK_STREAM, "127.0.0.1", one))
    monkeypatch.setenv("COZUM_HTTP_PORT", str(port))
    assert ports(cozum("doctor"), "✓"), "root may"
    monkeypatch.setenv("COZUM_RUN_AS", "nobody")
    (told,) = ports(cozum("doctor"), "✗")
    assert f"http_port = {port}: free, but nobody may not listen there" in told


def _refused(*_: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_a_desk_without_a_supervisor_has_its_port(cozum: Cozum, data_dir: Path) -> None:
    data_dir.mkdir()
    lock = hold_desk(load_settings())
    port = int(os.environ["COZUM_HTTP_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        said = cozum("doctor")
    os.close(lock)
    (told,) = ports(said, "✓")
    assert f"HTTP {port} ours" in told


def test_an_address_that_is_not_ours(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_BIND_HOST", "192.0.2.1")
    assert any("bind_host = '192.0.2.1'" in line for line in ports(cozum("doctor"), "✗"))


def test_sip_within_the_ports_of_voices(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_SIP_PORT", "10500")
    assert any("sip_port = 10500: lies within rtp_start to rtp_end" in line for line in ports(cozum("doctor"), "✗"))
