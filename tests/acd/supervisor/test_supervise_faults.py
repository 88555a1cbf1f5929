"""`make run` for real: what is wrong in its files, settings, ports or on its disk."""

import os
import re
import shutil
import signal
import socket
import subprocess
from functools import partial
from pathlib import Path

import pytest

from acd.config.services import services_text
from acd.config.settings import Settings
from acd.desk.town_files import read_town
from bench.stack import until
from ivr.speak import SOUNDS
from tests.acd.asterisk.private import processes_of
from tests.acd.supervisor.supervised import SUPERVISE, Running, alive, another, refused, running, says
from tests.disk import small_disk

__all__ = ["running"]

pytestmark = pytest.mark.integration


def test_a_bad_prompt_ends_no_call_at_a_reload_and_a_dead_line_comes_back_with_it(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    shutil.copytree(SOUNDS, prompts)
    system = Running(tmp_path, prompts_dir=prompts).start()
    try:
        until("ready", system.ready, 60)
        before = (system.asterisk(), system.daemon())
        (prompts / "tr" / "option_ambulance.wav").write_bytes(b"")
        os.kill(system.pid, signal.SIGHUP)
        until("both say so", lambda: "not reloaded" in system.said() and "reload_refused" in system.said(), 60)
        assert system.said().count("option_ambulance.wav: it is empty or cut short") >= 2
        assert (system.asterisk(), system.daemon()) == before
        os.kill(before[1], signal.SIGKILL)
        until("another line", lambda: system.daemon() != before[1] and "early_ring_off" in system.said(), 60)
        until("ready again", system.ready, 60)
        assert system.asterisk() == before[0]
    finally:
        system.end()
    assert processes_of(system.data) == []


def test_half_edited_files_keep_neither_a_dead_line_nor_a_dead_desk_away(tmp_path: Path) -> None:
    services, town = tmp_path / "services.toml", tmp_path / "town"
    services.write_text(services_text(None)[1], "utf-8")
    town.mkdir()
    for name, text in read_town(Settings(data_dir=tmp_path / "none")).items():
        (town / name).write_text(text, "utf-8")
    trunk = "sip.example.org"  # so the desk asks the services for whose requests people on duty are rung
    system = Running(tmp_path, services_file=services, town_dir=town, callback_trunk=trunk).start()
    try:
        until("ready", system.ready, 60)
        asterisk = system.asterisk()
        services.write_text("[service.agent", "utf-8")
        (town / "units.toml").write_text("[unit.", "utf-8")
        os.kill(system.pid, signal.SIGHUP)
        told = ("not reloaded", "reload_refused", "town_not_read")
        until("all say so", lambda: all(one in system.said() for one in told), 60)
        for name, said in (("cozum", "the rules as they were read last"), ("desk", "the files as they were read last")):
            dead = {(system.data / f"{name}.pid").read_text()}
            os.kill(int(*dead), signal.SIGKILL)
            until("another one", partial(another, system.data / f"{name}.pid", dead), 60)
            until("it says what it does", partial(says, system, said), 60)
            until("ready again", system.ready, 60)
        assert system.asterisk() == asterisk
        system.end()
        assert "services.toml" in refused(system), "a first start has somebody who reads it"
    finally:
        system.end()
    assert processes_of(system.data) == []


def test_a_second_one_in_the_same_folder_is_refused(running: Running, tmp_path: Path) -> None:
    second = Running(tmp_path / "second", data_dir=running.data)
    second.start()
    assert second.wait() == 2
    assert re.search(rf"cozum: already running in .* \(pid {running.pid}\): stop that one.*\n", second.said())
    assert running.ready()


@pytest.mark.parametrize("which", ["sip_port", "ws_port", "ami_port", "fastagi_port", "standby_port", "http_port"])
def test_a_taken_port_is_refused_in_one_line(tmp_path: Path, which: str) -> None:
    system = Running(tmp_path)
    port = int(str(system.settings[which]))
    kind = socket.SOCK_DGRAM if which == "sip_port" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        assert f"{which} = {port}: 127.0.0.1:{port} cannot be had" in refused(system)


def test_neither_root_nor_demo_passwords_are_served_beyond_loopback(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, bind_host="0.0.0.0"))
    assert "bind_host = '0.0.0.0'" in line
    assert ("root serves on loopback only" if os.geteuid() == 0 else "demo password") in line


def test_a_trunk_that_is_the_whole_internet_stops_the_start(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, trunk_hosts='["0.0.0.0/0"]'))
    assert "COZUM_TRUNK_HOSTS: trunk_hosts = ['0.0.0.0/0']: 0.0.0.0/0 is no trunk but a large part of the" in line


def test_a_bad_setting_is_refused(tmp_path: Path) -> None:
    line = refused(Running(tmp_path, ring_s=0))
    assert "ring_s" in line


def test_a_reload_says_of_each_changed_setting_whether_it_took_it(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("standby_after_s = 9\n")
    system = Running(tmp_path, command=(*SUPERVISE, "--config", str(file)))
    try:
        until("ready", system.start().ready, 60)
        file.write_text("standby_after_s = 7\nservice_level_s = 30\n")
        os.kill(system.pid, signal.SIGHUP)
        told = "cozum: settings taken: standby_after_s; needs a restart: service_level_s\n"
        until("it is told", lambda: told in system.said(), 60)
        assert ">= 7000]" in (system.data / "asterisk/etc/extensions.conf").read_text()
        file.write_text("standby_after_s = 0\n")
        os.kill(system.pid, signal.SIGHUP)
        until("it is refused", lambda: "not reloaded, the old rules stay: " in system.said(), 60)
        assert "standby_after_s = 0" in system.said()
        assert ">= 7000]" in (system.data / "asterisk/etc/extensions.conf").read_text()
    finally:
        system.end()


def test_on_a_full_disk_the_line_goes_on_and_a_dead_daemon_still_comes_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        try:
            until("ready", system.start().ready, 60)
            asterisk, before = system.asterisk(), system.daemon()
            disk.fill()
            os.kill(before, signal.SIGKILL)
            pid_file = disk.folder / "data/cozum.pid"
            until("it says so", lambda: f"{pid_file} cannot be written: No space left on device" in system.said(), 60)
            os.kill(system.pid, signal.SIGHUP)
            until("a reload is refused", lambda: "not reloaded, the old rules stay" in system.said(), 60)
            until("the next one answers", lambda: system.answers("/healthz"), 60)
            assert not system.ready()  # since its journal cannot be written
            assert (system.asterisk(), alive(asterisk)) == (asterisk, True)
            disk.free()
            until("ready again", system.ready, 60)
        finally:
            system.end()


def test_a_disk_that_is_full_from_the_start_is_told_of_in_one_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        disk.fill()
        line = refused(Running(tmp_path, data_dir=disk.folder / "data"))
        assert re.fullmatch(r"cozum: data_dir = '.*': No space left on device; make room there, or set another", line)
        disk.free()
        assert [path.name for path in (disk.folder / "data").glob("*") if not path.stat().st_size] == []


def test_a_start_on_a_disk_that_has_filled_up_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        until("ready", system.start().ready, 60)
        system.end()
        disk.fill()
        line = refused(system)
        assert re.fullmatch(r"cozum: data_dir = '.*': No space left on device; make room there, or set another", line)


def test_a_folder_that_has_become_read_only_is_told_of_in_one_line(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 60) as disk:
        system = Running(tmp_path, data_dir=disk.folder / "data")
        until("ready", system.start().ready, 60)
        system.end()
        subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
        line = refused(system)
        assert re.fullmatch(
            r"cozum: data_dir = '.*': Read-only file system; set one on a disk that can be written", line
        )
