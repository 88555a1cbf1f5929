"""What the settings and the list of agents make of the private Asterisk."""

import re
from pathlib import Path

import pytest

from acd.asterisk.conf import Paths, render
from acd.asterisk.instance import AsteriskInstance
from acd.asterisk.provision import ensure_asterisk
from acd.config.settings import Settings
from acd.supervisor.last_good import LastGood
from acd.supervisor.prepare import CannotRun, agi_secret, asterisk_spec, prepare
from acd.supervisor.supervise import Supervisor


def test_a_browser_phone_and_the_standby_reach_asterisks_files(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, standby_port=4599, standby_after_s=7.5, ring_s=12, wrapup_s=3)
    prepare(settings)
    text = settings.agents_path.read_text("utf-8")
    settings.agents_path.write_text(text.replace('extension = "1002"', 'extension = "1002"\nwebrtc = true'), "utf-8")
    spec = asterisk_spec(settings, prepare(settings))
    assert [phone.extension for phone in spec.agents if phone.webrtc] == ["1002"]
    files = render(spec, Paths(tmp_path, tmp_path / "run"), ensure_asterisk())
    assert "[1002](browser)" in files["pjsip_agents.conf"]
    assert "[1001](softphone)" in files["pjsip_agents.conf"]
    assert f"AGI(agi://127.0.0.1:4599/ask,{spec.agi_secret},${{ARRIVED}},${{CALLED_BACK}})" in files["extensions.conf"]
    assert ">= 7500]?standby)" in files["extensions.conf"]
    assert "timeout = 12\n" in files["queues.conf"]
    assert "wrapuptime = 3\n" in files["queues.conf"]


def test_every_request_of_the_dialplan_brings_the_secret_along(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    spec = asterisk_spec(settings, prepare(settings))
    dialplan = render(spec, Paths(tmp_path, tmp_path / "run"), ensure_asterisk())["extensions.conf"]
    requests = re.findall(r"AGI\(agi://([^,]+),([^,]+)", dialplan)
    assert len(requests) >= 4
    assert {secret for _, secret in requests} == {settings.agi_secret_file.read_text("ascii").strip()}
    assert dialplan.count(",AGI(") == len(requests)


def test_the_secret_outlives_a_restart_and_a_setting_counts_before_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    prepare(settings)
    first = agi_secret(settings)
    prepare(settings)
    assert agi_secret(settings) == first
    assert len(first) > 40
    assert settings.agi_secret_file.stat().st_mode & 0o077 == 0
    assert agi_secret(Settings(data_dir=tmp_path, agi_secret="of-an-asterisk-of-mine")) == "of-an-asterisk-of-mine"


def test_a_listed_switchboard_has_no_cap_however_its_number_is_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    prepare(settings)
    (tmp_path / "numbers.toml").touch(mode=0o600)
    (tmp_path / "numbers.toml").write_text('switchboards = ["0212 555 00 00", "112"]\n', "utf-8")
    spec = asterisk_spec(settings, prepare(settings))
    dialplan = render(spec, Paths(tmp_path, tmp_path / "run"), ensure_asterisk())["extensions.conf"]
    for number in ("02125550000", "2125550000", "902125550000", "00902125550000", "112"):
        assert f"exten => {number},1,Return(switchboard)\n same => n,Return(1000000)" in dialplan


def test_a_fault_of_the_desk_s_files_is_told_before_anything_starts(tmp_path: Path) -> None:
    """The desk would end with it, and the line, Asterisk and its calls with the desk."""
    settings = Settings(data_dir=tmp_path, outcome_hours="mon-fri 25:00-26:00", town_dir=tmp_path / "none")
    with pytest.raises(CannotRun, match=r"town_dir = .*: no such folder"):
        prepare(settings)
    with pytest.raises(CannotRun, match=r"outcome_hours = 'mon-fri 25:00-26:00'"):
        prepare(settings.model_copy(update={"town_dir": None}))


def test_a_data_dir_that_is_a_file_and_a_town_without_files_are_told_with_the_way_out(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place, why, way_out in (
        (file, "File exists", "set a folder"),
        (file / "run", "Not a directory", "set a folder"),
        (Path("/proc/cozum"), "No such file or directory", "set another"),
    ):
        with pytest.raises(CannotRun, match=rf"^data_dir = '{place}': {why}; {way_out}$"):
            prepare(Settings(data_dir=place))
    lacks = rf"^town_dir = '{tmp_path}': lacks mahalle\.toml, .*; docs/requests\.md says which files it needs$"
    with pytest.raises(CannotRun, match=lacks):
        prepare(Settings(data_dir=tmp_path / "data", town_dir=tmp_path))


def test_without_agents_and_demo_the_ways_to_have_agents_are_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRun) as refused:
        prepare(Settings(data_dir=tmp_path, demo=False))
    ways = "write it (docs/settings.md), name another by agents_file, or set demo = true for ten demo agents"
    assert str(refused.value) == f"{tmp_path / 'agents.toml'}: there is no list of agents; {ways}"


def test_telephones_are_sent_to_where_sip_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = Settings(data_dir=tmp_path)
    rules = prepare(here)
    settings = here.model_copy(update={"bind_host": "192.0.2.7"})  # the office's telephones; pages stay here
    asterisk = AsteriskInstance(asterisk_spec(settings, rules), ensure_asterisk())
    Supervisor(settings, _serves, _serves, _serves, asterisk, LastGood(settings, rules))._tell()
    said = capsys.readouterr().out
    assert f"line     sip:4440411@192.0.2.7:{settings.sip_port}\n" in said
    assert f"agents   1001-1010 at 192.0.2.7:{settings.sip_port} (" in said
    assert f"console  http://127.0.0.1:{settings.http_port}/\n" in said


def _serves(settings: Settings, sign: int, last: object = None) -> int:
    raise AssertionError("nothing is started here")
