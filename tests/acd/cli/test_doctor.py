"""The doctor: nothing that is wrong is missed, and nothing that is well is called wrong."""

import json
import os
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from acd.asterisk.instance import AsteriskInstance, InstanceSpec
from acd.asterisk.instance_spec import AmiUser
from acd.cli import check_asterisk
from acd.cli import check_machine as machine
from acd.cli.check_asterisk import check_configuration
from acd.config.load_settings import load_settings
from acd.config.rules import menus_of
from acd.engine.model.journal import FORMAT, Snapshot
from acd.standby import spool
from phones.ports import free_tcp_port
from storage.journal import SqliteJournal
from tests.acd.asterisk.private import private
from tests.acd.cli.conftest import ROOT, Cozum, Records, Said, agents_file
from tests.tickets.towns import shipped_texts


def lines(said: Said, mark: str) -> list[str]:
    """What is told under a mark, without it."""
    return [line[2:] for line in said.out.splitlines() if line.startswith(f"{mark} ")]


def verdicts(said: Said) -> dict[str, str]:
    """The last verdict on each name."""
    return {check["name"]: check["verdict"] for check in json.loads(said.out)["checks"]}


def test_a_fresh_machine(cozum: Cozum, data_dir: Path) -> None:
    said = cozum("doctor")
    assert said.code == 1
    wrong = lines(said, "✗")
    assert len(wrong) == 1
    assert wrong[0].startswith(f"Asterisk    nothing at 127.0.0.1:{os.environ['COZUM_AMI_PORT']}; start Asterisk")
    assert said.out.splitlines()[-1].startswith("not fit to serve: 1 thing is wrong")
    assert not data_dir.exists()
    names = {line.split("  ")[0] for line in lines(said, "–")}
    assert names - {"release"} == {
        "token", "ami_secret", "agi_secret", "rules", "files", "journal", "database", "live store", "line", "CEL",
        "duty",
    }  # fmt: skip


def test_json(cozum: Cozum) -> None:
    said = cozum("doctor", "--json")
    assert said.code == 1
    assert json.loads(said.out)["fit"] is False
    assert verdicts(said)["Asterisk"] == "bad"
    assert verdicts(said)["Python"] == "ok"
    assert verdicts(said)["ports"] == "ok"


def test_the_channel_log_is_one_that_can_be_read(cozum: Cozum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "Master.csv"
    monkeypatch.setenv("COZUM_CHANNEL_LOG", str(log))
    assert any(line.startswith(f"CEL         channel_log = {log} is not there") for line in lines(cozum("doctor"), "!"))
    log.touch()
    assert verdicts(cozum("doctor", "--json"))["CEL"] == "ok"
    log.unlink()
    log.mkdir()
    assert verdicts(cozum("doctor", "--json"))["CEL"] == "bad"


def test_a_unit_whose_urgent_requests_ring_nobody_is_named(
    cozum: Cozum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COZUM_CALLBACK_TRUNK", "trunk")
    assert verdicts(cozum("doctor", "--json"))["duty"] == "ok"
    town = tmp_path / "town"
    town.mkdir()
    for name, text in shipped_texts().items():
        (town / name).write_text(text.replace('unit = "zabita"\ndays', 'unit = "fen_isleri"\ndays'), encoding="utf-8")
    monkeypatch.setenv("COZUM_TOWN_DIR", str(town))
    (line,) = [line for line in lines(cozum("doctor"), "!") if line.startswith("duty")]
    assert line.startswith("duty        zabita has no shift in duty.toml")


def test_an_urgent_service_that_goes_to_no_unit_is_named(
    cozum: Cozum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = tmp_path / "town"
    town.mkdir()
    for name, text in shipped_texts().items():
        (town / name).write_text(text.replace('services = ["funeral"]\n', ""), encoding="utf-8")
    monkeypatch.setenv("COZUM_TOWN_DIR", str(town))
    told = [line for line in lines(cozum("doctor"), "!") if line.startswith("duty")]
    assert any("the urgent service funeral goes to no unit" in line for line in told)
    monkeypatch.setenv("COZUM_CALLBACK_TRUNK", "trunk")
    assert verdicts(cozum("doctor", "--json"))["duty"] == "warning"


def test_bad_settings_are_named_each(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_SIP_PORT", "0")
    monkeypatch.setenv("COZUM_BIND_HOST", "here")
    said = cozum("doctor")
    assert said.code == 1
    told = lines(said, "✗")
    assert any(line.startswith("settings    environment COZUM_SIP_PORT: sip_port = '0'") for line in told)
    assert any("bind_host = 'here': an IP address or localhost is allowed" in line for line in told)
    assert said.out.splitlines()[-1] == "not fit to serve: 2 things are wrong"


@pytest.mark.parametrize(
    ("settings", "mark", "told"),
    [
        ({}, "✓", "calls       at most 440 at once with 500 pairs of RTP ports and 10 agents, 44 of these places"),
        ({"MAX_CALLS": "600"}, "!", "calls       max_calls = 600: 500 pairs of RTP ports and 10 agents allow 440"),
        ({"RTP_START": "10000", "RTP_END": "10003"}, "!", "calls       at most 1 at once, fewer than there are agents"),
        ({"MAX_CALLS": "1"}, "!", "calls       max_calls = 1: fewer than there are agents (10)"),
    ],
)
def test_how_many_calls_the_line_takes(
    cozum: Cozum, data_dir: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], mark: str, told: str
) -> None:
    data_dir.mkdir()
    agents_file(data_dir)
    for name, value in settings.items():
        monkeypatch.setenv(f"COZUM_{name}", value)
    (line,) = [line for line in lines(cozum("doctor"), mark) if line.startswith("calls ")]
    assert line.startswith(told)


def test_secrets_that_others_can_read(cozum: Cozum, data_dir: Path) -> None:
    agents_file(data_dir).chmod(0o644)
    for name in ("token", "ami_secret", "agi_secret"):
        (data_dir / name).write_text("secret\n", "ascii")
        (data_dir / name).chmod(0o644)
    said = cozum("doctor")
    told = "\n".join(lines(said, "✗"))
    assert f"{data_dir / 'token'} has mode 644, others can read it: run `chmod 600 {data_dir / 'token'}`" in told
    assert f"{data_dir / 'ami_secret'} has mode 644" in told
    assert any(line.startswith("agents ") for line in lines(said, "!"))
    (data_dir / "token").write_text("", "ascii")
    assert any("is empty: remove it" in line for line in lines(cozum("doctor"), "✗"))
    assert "secret\n" not in said.out


def test_every_fault_of_the_rules_has_its_line(cozum: Cozum, data_dir: Path) -> None:
    agents = agents_file(data_dir)
    agents.write_text(agents.read_text("utf-8").replace("demo1003", "x").replace('"1005"', '"5"'), "utf-8")
    told = [line for line in lines(cozum("doctor"), "✗") if line.startswith("rules")]
    assert len(told) == 2
    assert "agent.2.sip_password = ***" in told[0]
    assert 'agent.4.extension = "5"' in told[1]


def test_what_the_desk_reads_at_its_start(
    cozum: Cozum, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fault of these files would end the line's start."""
    town = tmp_path / "town"
    shutil.copytree(ROOT / "tickets" / "data", town)
    (town / "topics.toml").write_text("half = [", "utf-8")
    for key, value in (
        ("town_dir", town), ("outcome_hours", "mon-fri 25:00-26:00"), ("https_cert", tmp_path / "none.pem"),
        ("https_key", tmp_path / "none.key"), ("smtp_server", "mail.example:25"), ("mail_from", "a@x.example"),
        ("smtp_password_file", tmp_path / "none"),
    ):  # fmt: skip
        monkeypatch.setenv(f"COZUM_{key.upper()}", str(value))

    def told() -> list[str]:
        return [line for line in lines(cozum("doctor"), "✗") if line.startswith("desk files")]

    wrong = told()
    for name in ("topics.toml", "https_cert = ", "smtp_password_file = "):
        assert any(name in line for line in wrong), name
    monkeypatch.delenv("COZUM_TOWN_DIR")
    assert "outcome_hours = 'mon-fri 25:00-26:00'" in told()[0]
    for key in ("OUTCOME_HOURS", "HTTPS_CERT", "HTTPS_KEY", "SMTP_PASSWORD_FILE"):
        monkeypatch.delenv(f"COZUM_{key}")
    assert told() == []


@pytest.mark.parametrize(("days", "verdict"), [(-1, "bad"), (1, "warning"), (29, "warning"), (31, "ok")])
def test_a_certificate_is_renewed_before_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, verdict: str
) -> None:
    monkeypatch.setattr("acd.config.https.ends_at", lambda _: 1e9 + days * 86_400)
    settings = load_settings(https_cert=tmp_path / "cert.pem", https_key=tmp_path / "key.pem")
    (found,) = machine.check_certificate(settings, 1e9)
    assert (found.name, found.verdict) == ("certificate", verdict)
    assert str(tmp_path / "cert.pem") in found.text


def test_a_folder_that_cannot_be_written(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_DATA_DIR", "/proc/cozum")
    told = lines(cozum("doctor"), "✗")
    assert any(line.startswith("data_dir    data_dir = '/proc/cozum': cannot write in /proc") for line in told)


def test_a_disk_that_is_full(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    usage = namedtuple("usage", "total used free")
    for free, verdict in ((100 * 2**20, "bad"), (500 * 2**20, "warning"), (5 * 2**30, "ok")):
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: usage(0, 0, free))
        [found] = machine.check_folder(load_settings())
        assert found.verdict == verdict, found


def test_a_clock_that_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1764011052.0)
    [found] = machine.check_clock(1764011052.0 + 7200)
    assert found.verdict == "bad"
    assert "2025-11-24 19:04:12 UTC is 2 h 00 min before the journal's last entry" in found.text
    [found] = machine.check_clock(1764011052.0 - 5)
    assert found.verdict in ("ok", "warning")


def test_journal_and_database(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    said = cozum("doctor")
    well = "\n".join(lines(said, "✓"))
    assert f"journal     {filled.last} entries" in well
    assert "database    SQLite" in well
    data = bytearray(filled.file.read_bytes())
    data[4096 * 2 : 4096 * 2 + 400] = b"\xff" * 400
    filled.file.write_bytes(data)
    (data_dir / "cozum.db").write_bytes(b"")
    told = "\n".join(lines(cozum("doctor"), "✗"))
    assert "journal     journal" in told
    assert "is damaged" in told
    assert "database    SQLite" in told
    assert "without tables: run `cozum db upgrade`" in told


def test_folders_that_settings_name_and_that_cannot_be_used(
    cozum: Cozum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line starts without them: a disk that is away keeps no caller waiting."""
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("COZUM_RECORDINGS_DIR", str(file / "recordings"))
    monkeypatch.setenv("COZUM_PLAN_DIR", str(tmp_path / "plans"))
    told = " ".join(cozum("doctor").out.split())
    assert "recordings_dir" not in told, "nothing is recorded"
    assert f"! plan_dir plan_dir = '{tmp_path / 'plans'}': no such folder, so no day has a plan" in told
    monkeypatch.setenv("COZUM_RECORDING", "all")
    told = " ".join(cozum("doctor").out.split())
    why = "cannot write there: Not a directory; talks are not recorded. Mount its disk, give it to the line's user"
    assert f"✗ recordings recordings_dir = '{file / 'recordings'}': {why}" in told
    monkeypatch.setenv("COZUM_RECORDINGS_DIR", str(tmp_path / "disk" / "recordings"))
    (tmp_path / "plans").mkdir()
    told = cozum("doctor").out
    assert not {"recordings ", "plan_dir "} & {line[2:13] for line in told.splitlines()}


def test_a_journal_that_is_empty_or_has_a_snapshot_nobody_can_read(
    cozum: Cozum, filled: Records, data_dir: Path
) -> None:
    journal = SqliteJournal(filled.file)
    journal.save_snapshot(Snapshot(seq=filled.last, format=FORMAT, state=b"{"))
    journal.close()
    told = "\n".join(lines(cozum("doctor"), "!"))
    assert f"snapshot {filled.last} cannot be read: a start takes an older one" in " ".join(told.split())
    filled.file.write_bytes(b"")
    told = "\n".join(lines(cozum("doctor"), "!"))
    assert "is empty: a new journal is begun" in " ".join(told.split())


def test_what_the_standby_put_down_and_nobody_read(cozum: Cozum, data_dir: Path) -> None:
    assert any("spool       nothing is left" in line for line in lines(cozum("doctor"), "✓"))
    file = spool.write(data_dir / "spool", spool.Record(call="ast1-1.1", arrived_at=1.0))
    os.utime(file, (1, 1))
    assert any("1 calls of the standby's are not in the journal yet" in line for line in lines(cozum("doctor"), "!"))
    spool.set_aside(file)
    told = " ".join("\n".join(lines(cozum("doctor"), "!")).split())
    assert "1 in" in told
    assert "could not be read: look at them" in told


def test_a_database_that_is_damaged(cozum: Cozum, filled: Records, data_dir: Path) -> None:
    (data_dir / "cozum.db").write_bytes(b"\xff" * 9000)
    told = " ".join("\n".join(lines(cozum("doctor"), "✗")).split())
    assert "it is damaged: stop the daemon, move it away with its -wal and -shm files, `cozum db rebuild`" in told


def test_servers_that_are_away(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_DATABASE_URL", f"postgresql+asyncpg://cozum:hunter2@127.0.0.1:{free_tcp_port()}/cozum")
    monkeypatch.setenv("COZUM_REDIS_URL", f"redis://127.0.0.1:{free_tcp_port()}/0")
    said = cozum("doctor")
    told = "\n".join(lines(said, "✗"))
    assert "database    database postgresql+asyncpg://cozum:***@127.0.0.1" in told
    assert "live store  live store 127.0.0.1" in told
    assert "hunter2" not in said.out


def test_a_journal_held_by_one_who_does_not_answer(cozum: Cozum, data_dir: Path) -> None:
    journal = SqliteJournal(data_dir / "journal.db")
    try:
        told = lines(cozum("doctor"), "✗")
    finally:
        journal.close()
    assert any(line.startswith("desk        does not answer: ") for line in told)


def test_a_daemon_that_is_not_ready(cozum: Cozum, daemon: subprocess.Popen[bytes], data_dir: Path) -> None:
    said = cozum("doctor")
    told = lines(said, "✗")
    assert any(" is not ready: asterisk: no connection" in line for line in told)
    assert any("ports       HTTP" in line and "ours" in line for line in lines(said, "✓"))
    os.environ["COZUM_DATA_DIR"] = str(data_dir.parent / "other")  # monkeypatch of data_dir puts it back
    told = lines(cozum("doctor"), "✗")
    assert any("answers, but not from data_dir" in line for line in told)


# --- with an Asterisk


def settings_for(spec: InstanceSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are those that the instance was made with."""
    fastagi = spec.fastagi.rpartition(":")[2]
    for key, value in (
        ("sip_port", spec.sip_port), ("ws_port", spec.ws_port), ("ami_port", spec.ami_port), ("fastagi_port", fastagi),
        ("rtp_start", spec.rtp_start), ("rtp_end", spec.rtp_end), ("ami_secret", spec.ami_users[0].secret),
        ("agi_secret", spec.agi_secret),
    ):  # fmt: skip
        monkeypatch.setenv(f"COZUM_{key.upper()}", str(value))


def start(data_dir: Path, monkeypatch: pytest.MonkeyPatch, user: AmiUser) -> AsteriskInstance:
    agents_file(data_dir)
    monkeypatch.chdir(ROOT)  # where the private Asterisk's program is
    asterisk = private(data_dir / "asterisk", ami_users=(user,), menus=menus_of(load_settings()))
    settings_for(asterisk.spec, monkeypatch)
    return asterisk


def test_with_an_asterisk_all_is_well(cozum: Cozum, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with start(data_dir, monkeypatch, AmiUser(name="cozum", secret="x" * 43)) as asterisk:
        said = cozum("doctor")
        assert lines(said, "✗") == []
        assert (said.code, said.out.splitlines()[-1].partition(";")[0]) == (0, "fit to serve")
        well = "\n".join(lines(said, "✓"))
        assert f"Asterisk    {asterisk.installed.version[0]}." in well
        assert "AMI rights  what is needed and no more" in well
        assert f"dialplan    [hotline] takes {asterisk.spec.line} and leads to port" in well
        assert "SIP         answers at 127.0.0.1:" in well
        assert "files       " in well
        assert f"SIP {asterisk.spec.sip_port} ours" in well

        monkeypatch.setenv("COZUM_NODE", "ast2")
        monkeypatch.setenv("COZUM_FASTAGI_PORT", str(free_tcp_port()))
        told = "\n".join(lines(cozum("doctor"), "✗"))
        assert "systemname = ast1 in asterisk.conf, node = 'ast2' here" in told
        assert "dialplan    [hotline] leads to AGI(agi://127.0.0.1:" in told
        assert "files       asterisk.conf:" in told
        monkeypatch.delenv("COZUM_NODE")

        monkeypatch.setenv("COZUM_FASTAGI_PORT", asterisk.spec.fastagi.rpartition(":")[2])
        monkeypatch.setenv("COZUM_AGI_SECRET", "not-that-of-its-dialplan")
        told = "\n".join(lines(cozum("doctor"), "✗"))
        assert "dialplan    [hotline] does not give our agi_secret as the first argument of AGI()" in told
        assert "/call, …): its first argument is not our agi_secret" in told
        assert asterisk.spec.agi_secret not in told
        assert "not-that-of" not in told

        monkeypatch.setenv("COZUM_AMI_SECRET", "not-the-one")
        told = "\n".join(lines(cozum("doctor"), "✗"))
        assert "refused AMI user 'cozum'" in told
        assert "not-the-one" not in told

        monkeypatch.setenv("COZUM_AMI_PORT", str(free_tcp_port()))
        told = "\n".join(lines(cozum("doctor"), "✗"))
        assert "the private Asterisk runs: it hangs (start it again), or it has another ami_port" in told


def test_a_manager_who_may_do_too_much_or_too_little(
    cozum: Cozum, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = AmiUser(name="cozum", secret="x" * 43, write=("call", "originate", "command"))
    with start(data_dir, monkeypatch, user):
        told = "\n".join(lines(cozum("doctor"), "✗"))
    assert "AMI rights  user cozum may not do CoreShowChannels (needs the write class reporting)" in told
    assert "AMI rights  user cozum may do Originate, Command: too much; write = call,reporting is enough" in told
    assert "files       manager.conf:" in told
    assert "write = command, originate: more than is needed" in told


@pytest.mark.parametrize("trunk", ["", "trunk.example.net"])
def test_a_line_that_dials_out_needs_the_right_to_it_and_another_may_not_have_it(
    cozum: Cozum, data_dir: Path, monkeypatch: pytest.MonkeyPatch, trunk: str
) -> None:
    """For an Asterisk of one's own nothing else tells that callbacks lack their right."""
    monkeypatch.setenv("COZUM_CALLBACK_TRUNK", trunk)
    reporting = dict.fromkeys(check_asterisk.NEEDED_ACTIONS, "")

    def told(actions: dict[str, str]) -> list[str]:
        return [one.text for one in check_asterisk.rights(actions, load_settings()) if one.verdict == "bad"]

    without, dialling = told(reporting), told(reporting | {"Originate": ""})
    too_much = told(reporting | {"Originate": "", "Command": ""})
    if trunk:
        needs = "needs the write class originate, for callbacks over callback_trunk"
        assert without == [f"user cozum may not do Originate ({needs}): correct manager.conf or modules.conf"]
        assert dialling == []
        assert too_much == ["user cozum may do Command: too much; write = call,reporting,originate is enough"]
    else:
        assert without == []
        assert dialling == ["user cozum may do Originate: too much; write = call,reporting is enough"]
        assert too_much == ["user cozum may do Originate, Command: too much; write = call,reporting is enough"]


def test_files_of_another_asterisk(cozum: Cozum, tmp_path: Path) -> None:
    said = cozum("doctor", "--asterisk-etc", tmp_path / "nowhere")
    assert any("no such folder" in line for line in lines(said, "✗"))
    etc = tmp_path / "etc"
    etc.mkdir()
    (etc / "manager.conf").write_text("[general]\nenabled = yes\n[cozum]\nread = all\nwrite = all\n", "utf-8")
    told = "\n".join(lines(cozum("doctor", "--asterisk-etc", etc), "✗"))
    assert "files       manager.conf:5 [cozum]: write = all: more than is needed" in told
    assert "files       pjsip.conf: No such file or directory" in told or "pjsip.conf" in told
    assert "etc/musiconhold.conf: No such file or directory" in told


def test_the_menus_of_an_asterisk_whose_files_are_not_looked_at(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AMI tells nothing of them, and an Asterisk without them plays music instead."""

    def told() -> dict[str, str]:
        return {one.name: f"{one.verdict} {one.text}" for one in check_configuration(load_settings(), None)}

    assert "menus" not in told(), f"there is no Asterisk, and the private one of {data_dir} will have them"
    monkeypatch.setattr(check_asterisk, "ami_answers", lambda *_: True)
    assert told()["menus"].startswith(
        "warning early_ring: urgent callers hear the classes of music urgent-tr, urgent-en"
    )
    monkeypatch.setenv("COZUM_EARLY_RING", "false")
    assert "menus" not in told()
