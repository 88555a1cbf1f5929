"""A private Asterisk, started for real."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from acd.asterisk.agi_codec import Environment
from acd.asterisk.instance import (
    AgentPhone,
    AsteriskError,
    AsteriskInstance,
    Caps,
    ConfError,
    PortTaken,
)
from acd.asterisk.provision import ensure_asterisk
from bench.stack import until
from phones import Login, Phones, scenario
from tests.acd.asterisk.peer import SECRET
from tests.acd.asterisk.private import private, processes_of, spec

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskInstance]:
    """One that tests share which leave it as it was."""
    with private(tmp_path_factory.mktemp("shared") / "asterisk") as instance:
        yield instance


# --- life


def test_two_run_side_by_side_and_end_without_a_trace(tmp_path: Path) -> None:
    one, two = private(tmp_path / "one", node="ast1"), private(tmp_path / "two", node="ast2")
    with one, two:
        assert one.health().ok
        assert two.health().ok
        assert "ast2" in two.rx("core show settings")
        one.stop()
        assert two.health().ok
        assert one.health().problems == ("the process is gone",)
    assert not one.is_running
    assert not two.is_running
    assert processes_of(tmp_path) == []
    assert not two.paths.pid.exists()


def test_it_starts_again_in_its_folder(tmp_path: Path) -> None:
    instance = private(tmp_path / "asterisk")
    with instance:
        os.kill(instance.pid or 0, signal.SIGKILL)
        until("it is gone", lambda: not instance.is_running, 60)
        assert instance.returncode == -signal.SIGKILL
        instance.start()
        assert instance.health().ok


@pytest.mark.parametrize(
    ("what", "kind"), [("sip", socket.SOCK_DGRAM), ("ws", socket.SOCK_STREAM), ("ami", socket.SOCK_STREAM)]
)
def test_a_taken_port_is_refused_in_one_line(tmp_path: Path, what: str, kind: socket.SocketKind) -> None:
    instance = private(tmp_path / "asterisk")
    port = getattr(instance.spec, f"{what}_port")
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(PortTaken, match=f"^[^\n]*127.0.0.1:{port} [^\n]*set another or free it$"):
            instance.start()
    assert instance.pid is None


def test_a_stale_pid_file_is_no_obstacle(tmp_path: Path) -> None:
    instance = private(tmp_path / "asterisk")
    instance.paths.folder.mkdir()
    instance.paths.pid.write_text(f"{os.getpid()}\n")  # some process has this number now, but it is not Asterisk's
    with instance:
        assert int(instance.paths.pid.read_text()) == instance.pid


def test_a_second_one_in_the_same_folder_is_refused(asterisk: AsteriskInstance) -> None:
    again = AsteriskInstance(spec(asterisk.spec.folder), ensure_asterisk())
    with pytest.raises(AsteriskError, match=rf"runs here already \(pid {asterisk.pid}\)"):
        again.start()
    assert asterisk.health().ok


def test_a_start_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    instance = private(tmp_path / "asterisk", extra={"modules.conf": "require = none_such.so"})
    with pytest.raises(AsteriskError, match=r"Asterisk ended with .*none_such"):
        instance.start(timeout_s=30)
    assert processes_of(tmp_path) == []


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.acd.asterisk.private import private\n"
        "private(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    folder = tmp_path / "asterisk"
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        assert len(processes_of(folder)) == 2
        parent.kill()
        parent.wait()
    until("all are gone", lambda: not processes_of(folder), 60)


def test_a_deep_folder_is_no_obstacle(tmp_path: Path) -> None:
    """A socket's path may have 107 bytes; ours has more."""
    with private(tmp_path / ("d" * 100) / "asterisk") as instance:
        assert instance.health().ok
        run = instance.paths.run
        assert not run.is_relative_to(tmp_path)
    assert not run.exists()


def test_a_deep_temporary_folder_is_none_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("t" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with private(deep / "asterisk") as instance:
        assert instance.health().ok


def test_a_run_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder to another user")
    with private(tmp_path / ("d" * 100) / "asterisk") as instance:
        run = instance.paths.run
    run.mkdir()
    os.chown(run, 65534, 65534)
    try:
        with (
            pytest.raises(AsteriskError, match="belongs to another user"),
            private(tmp_path / ("d" * 100) / "asterisk"),
        ):
            pass
    finally:
        run.rmdir()


# --- what it is


def test_no_complaint_at_the_start(asterisk: AsteriskInstance) -> None:
    assert re.findall(r".*(?:WARNING|ERROR).*", asterisk.log_file.read_text()) == []


def test_the_engine_may_not_do_more_than_it_must(asterisk: AsteriskInstance) -> None:
    user = asterisk.rx("manager show user cozum")
    granted = re.findall(r"(?:read|write) perm: (\S+)", user)
    assert len(granted) == 2
    assert not {"originate", "command", "config", "agent", "all"} & {*granted[0].split(","), *granted[1].split(",")}
    assert "system" not in granted[1].split(",")
    assert "127.0.0.1" in user


def test_it_listens_on_loopback_only(asterisk: AsteriskInstance) -> None:
    """But for the sockets of PJSIP's DNS client, which no setting takes away: they hear only what they asked."""
    sockets = psutil.Process(asterisk.pid).net_connections("inet")
    listening = {tuple(one.laddr) for one in sockets if one.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", asterisk.spec.ws_port), ("127.0.0.1", asterisk.spec.ami_port)}
    datagrams = [tuple(one.laddr) for one in sockets if one.type == socket.SOCK_DGRAM]
    assert ("127.0.0.1", asterisk.spec.sip_port) in datagrams
    assert len([address for address, _ in datagrams if address != "127.0.0.1"]) <= 2


def test_secrets_are_for_their_owner_only(asterisk: AsteriskInstance) -> None:
    assert asterisk.paths.folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in asterisk.paths.etc.iterdir())


def test_a_trunk_reaches_one_number_and_no_way_out(asterisk: AsteriskInstance) -> None:
    plan = asterisk.rx("dialplan show hotline")
    assert re.findall(r"'(\S+)' =>", plan) == ["4440411"]
    assert "Include" not in plan
    assert "Dial(" not in plan


def test_a_phone_has_its_prompts_and_music(asterisk: AsteriskInstance) -> None:
    assert (asterisk.paths.data / "sounds/tr").samefile(asterisk.spec.prompts_dir / "tr")
    assert "File:" in asterisk.rx("moh show files")


def test_new_agents_are_served_without_a_restart(tmp_path: Path) -> None:
    with private(tmp_path / "asterisk", agents=2) as instance:
        pid = instance.pid
        assert "Unable to find object" in instance.rx("pjsip show endpoint 1009")
        instance.reload_agents(
            [*instance.spec.agents[:1], AgentPhone(extension="1009", sip_password="demo1009", name="desk-9")]
        )
        assert instance.pid == pid
        assert "desk-9" in instance.rx("pjsip show endpoint desk-9")
        assert "Unable to find object" in instance.rx("pjsip show endpoint 1002")
        assert "Gosub(private,s,1(desk-9,1009-web))" in instance.rx("dialplan show 1009@agents")
        instance.reload_agents(
            instance.spec.agents, caps=Caps(calls=77, per_number=3, switchboards=("+902125550000", "+90112"))
        )
        assert "GROUP_COUNT(up@line)} > 77]" in instance.rx("dialplan show s@room")
        assert "Return(3)" in instance.rx("dialplan show 5321112233@most")
        for same in ("2125550000", "02125550000", "902125550000", "00902125550000", "112"):
            assert "Return(1000000)" in instance.rx(f"dialplan show {same}@most")
        assert "Return(3)" in instance.rx("dialplan show 12125550000@most"), "another country's"
        with Phones("127.0.0.1", instance.spec.sip_port, tmp_path / "phones") as phones:
            phones.staff([Login("desk-9", "demo1009")])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"extension": "10 01"}, "agent extension = '10 01': 2 to 10 digits"),
        ({"sip_password": "a;b"}, "agent 1001: sip_password"),
        ({"sip_password": "a\nb"}, "agent 1001: sip_password"),
        ({"name": "trunk"}, "agent 1001: endpoint = 'trunk'"),
        ({"name": "a]b"}, "agent 1001: endpoint"),
    ],
)
def test_what_would_break_a_file_is_refused(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ConfError, match=re.escape(told)):
        AgentPhone(**{"extension": "1001", "sip_password": "demo1001", **settings})  # type: ignore[arg-type]  # values of many types


def test_a_switchboard_that_is_no_number_is_refused() -> None:
    with pytest.raises(ConfError, match="3 to 40 digits are allowed"):
        Caps(switchboards=("5321112233,1,System(x)",))


@pytest.mark.parametrize("trunk", ["a b", "a\ncontext = hotline", "sip:x@y", "host;transport=tcp", "@x", "host:port"])
def test_a_trunk_that_is_no_host_is_refused(tmp_path: Path, trunk: str) -> None:
    with pytest.raises(ConfError, match="host or host:port is allowed"):
        private(tmp_path / "asterisk", callback_trunk=trunk)


def test_a_password_is_not_in_a_repr() -> None:
    assert "demo1001" not in repr(AgentPhone(extension="1001", sip_password="demo1001"))


# --- the dialplan


class Engine:
    """The least engine there is: a socket where AGI sessions arrive."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self._server = socket.create_server((host, int(port)))
        self._server.settimeout(60)
        self._session: socket.socket | None = None

    def session(self) -> dict[str, str]:
        """Take the next session; its environment."""
        self._session, _ = self._server.accept()
        self._session.settimeout(60)
        with self._session.makefile("rb") as lines:
            text = iter(lambda: lines.readline().decode().rstrip("\n"), "")
            variables = dict(line.partition(": ")[::2] for line in text)
        assert variables["agi_arg_1"] == SECRET
        return Environment(variables).shifted().variables

    def tell(self, command: str) -> str:
        """A command; its answer."""
        assert self._session is not None
        self._session.sendall(f"{command}\n".encode())
        with self._session.makefile("rb") as lines:
            return lines.readline().decode().rstrip("\n")

    def die(self) -> None:
        """End the session without a word."""
        assert self._session is not None
        self._session.close()

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._session.close()
        self._server.close()


@pytest.fixture
def phones(asterisk: AsteriskInstance, tmp_path: Path) -> Iterator[Phones]:
    with Phones("127.0.0.1", asterisk.spec.sip_port, tmp_path / "phones") as phones:
        yield phones
    until("no channel is left", lambda: "0 active channels" in asterisk.rx("core show channels"), 60)


def test_a_caller_waits_on_music_for_an_engine_and_survives_its_death(
    asterisk: AsteriskInstance, phones: Phones
) -> None:
    before = time.time()
    caller = phones.call(scenario.Caller(), names=["Ayşe Çağlayan"], numbers=["05321234567"])
    until("the caller waits without an engine", lambda: "!Wait!" in asterisk.rx("core show channels concise"), 60)
    with Engine(asterisk.spec.fastagi) as engine:
        first = engine.session()
        assert first["agi_network_script"] == "call"
        assert first["agi_uniqueid"].startswith("ast1-")
        assert (first["agi_callerid"], first["agi_calleridname"]) == ("05321234567", "Ayşe Çağlayan")
        assert before - 1 < int(first["agi_arg_1"]) / 1000 < time.time()
        engine.die()
        second = engine.session()
        assert second["agi_uniqueid"] == first["agi_uniqueid"]
        assert second["agi_arg_1"] == first["agi_arg_1"]
        assert engine.tell("SET VARIABLE COZUM_DONE 1") == "200 result=1"
        engine.die()
        counts = caller.wait(60)
    assert (counts.successful, counts.failed) == (1, 0)
    assert first["agi_uniqueid"] in asterisk.cel_file.read_text()


def test_a_number_that_is_not_ours_does_not_exist(asterisk: AsteriskInstance, phones: Phones) -> None:
    for dialled in ("112", "1001", "*45", "005551234567"):
        caller = phones.call(scenario.Caller(), dialled=dialled)
        assert caller.wait(60).failed == 1
        assert {m.status for m in caller.messages() if m.status and m.status >= 200} == {404}


def test_an_agent_asks_by_star_code_as_the_phone_that_authenticated(asterisk: AsteriskInstance, phones: Phones) -> None:
    login = Login("1001", "demo1001")
    for code, wish in (("*45", "login"), ("*46", "logout"), ("*47", "pause"), ("*48", "ready")):
        with Engine(asterisk.spec.fastagi) as engine:
            caller = phones.call(scenario.Caller(login=login), dialled=code)
            environment = engine.session()
            assert environment["agi_network_script"] == f"agent/{wish}"
            assert environment["agi_arg_1"] == "1001"
            engine.die()  # before it has answered: the phone is told so, and hears no silence
            assert caller.wait(60).failed == 1
            assert re.search(r"SIP/2\.0 (4|5|6)\d\d", caller.errors()), caller.errors()


def test_agents_call_each_other(asterisk: AsteriskInstance, phones: Phones) -> None:
    phones.staff([Login("1002", "demo1002")], scenario.Agent(answer_after_s=0.05, talk_s=0.2))
    caller = phones.call(scenario.Caller(login=Login("1001", "demo1001")), dialled="1002")
    assert caller.wait(60).failed == 0


@pytest.mark.alone
def test_a_phone_that_vanishes_is_noticed(tmp_path: Path) -> None:
    with (
        private(tmp_path / "asterisk", qualify_s=1.0) as instance,
        Phones("127.0.0.1", instance.spec.sip_port, tmp_path / "phones") as phones,
    ):

        def state() -> str:
            found = re.search(r"Contact: +1001/\S+ +\S+ +(\S+)", instance.rx("pjsip show aor 1001"))
            return found[1] if found else "none"

        desk = phones.staff([Login("1001", "demo1001")])
        until("the phone answers OPTIONS", lambda: state() == "Avail", 20)
        desk.kill()
        until("it is known to be gone", lambda: state() == "Unavail", 8)
