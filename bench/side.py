"""Çözüm and app_queue on one Asterisk: the same system as `bench.stack` starts, with Asterisk apart from line and desk,
so that these can be away while app_queue serves, and with a queue for each size of crew."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from acd.asterisk.instance import AsteriskInstance
from acd.asterisk.provision import ensure_asterisk
from acd.config.settings import Settings
from acd.engine.model.config import AutoAnswer
from acd.supervisor.prepare import asterisk_spec, prepare
from bench.stack import ROOT, Stack, StackError, agents_toml, until
from storage.journal import JournalReader

OURS = ("line", "desk", "relay")
"""Our processes, by their commands."""
CREWS = {"4440412": 5, "4440413": 10, "4440414": 400}
"""app_queue's numbers, and how many of the agents are members."""
COZUM = "4440411"
REST_S, REST_SHARE = 0.1, 0.05
"""Processes rest when they use no more than this share of a core for so long."""
FLOW = """\
# The bench's flow: nobody is asked anything, as nobody is in app_queue.
start = "agent"
fallback = "agent"
languages = ["tr"]

[steps.agent]
type = "choose"
service = "agent"
"""


class Side(Stack):
    """One Asterisk that lives as long as the `with`; line and desk come and go (`serve`, `retire`)."""

    def __init__(self, folder: Path, *, agents: int = 400, **settings: Any) -> None:
        # What is measured is how many calls are served, not how many are let in.
        super().__init__(folder, agents=agents, max_calls_per_second=10_000, **settings)
        self._instance: AsteriskInstance | None = None
        self._ours: dict[str, subprocess.Popen[bytes]] = {}
        self.flow_file = folder / "flow.toml"

    def start(self, within_s: float = 60.0) -> None:
        """Start Asterisk alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        Path(str(self.settings["agents_file"])).write_text(agents_toml(self.logins), "utf-8")  # `serve` writes it again
        self.flow_file.write_text(FLOW, "utf-8")
        settings = Settings(**self.settings)
        spec = replace(asterisk_spec(settings, prepare(settings)), extra=self._app_queue(), qualify_s=60.0)
        self._instance = AsteriskInstance(spec, ensure_asterisk())
        self._instance.start(within_s)

    def _app_queue(self) -> dict[str, str]:
        dialplan, queues = ["[hotline](+)"], []
        for number, size in CREWS.items():
            dialplan += [
                f"exten => {number},1,Answer()", f" same => n,Queue(crew{size},,,,600)", " same => n,Hangup()",
            ]  # fmt: skip
            queues += [
                f"[crew{size}]", "strategy = leastrecent", "timeout = 15", "retry = 1", "wrapuptime = 0",
                "autofill = yes", "ringinuse = no", "joinempty = yes", "leavewhenempty = no", "musicclass = default",
                *(f"member => PJSIP/{login.user}" for login in self.logins[:size]),
            ]  # fmt: skip
        return {"extensions.conf": "\n".join(dialplan) + "\n", "queues.conf": "\n".join(queues) + "\n"}

    def serve(self, *, shipped_flow: bool = False, auto_answer: AutoAnswer = "no") -> None:
        """Start our processes, with the bench's flow, in which nobody is asked anything, or with the shipped one.
        `auto_answer` is every agent's. As sipp's phones do not speak, an empty chair is not looked for."""
        Path(str(self.settings["agents_file"])).write_text(agents_toml(self.logins, auto_answer=auto_answer), "utf-8")
        settings = {**self.settings, "empty_chair_s": 0}
        if not shipped_flow:
            settings["flow_file"] = self.flow_file
        with (self.folder / "output").open("ab") as output:
            for name in [name for name in OURS if name not in self._ours]:
                self._ours[name] = subprocess.Popen(
                    [sys.executable, "-m", "acd.cli", name], cwd=ROOT, env=self.environment(settings),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                )  # fmt: skip
        self._process = self._ours["line"]
        self.wait_ready(60)

    def retire(self) -> None:
        """End what `serve` has started in good order."""
        ours, self._ours, self._process = self._ours, {}, None
        for process in ours.values():
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self, within_s: float = 60.0, *, children_s: float = 30.0) -> None:
        """End all."""
        self.retire()
        if self._instance is not None:
            self._instance.stop()

    @property
    def daemon(self) -> psutil.Process:
        """The line's process."""
        return psutil.Process(self._ours["line"].pid)

    def engine_runs(self) -> bool:
        """Whether the line serves this side and its process lives."""
        return "line" in self._ours and super().engine_runs()

    @property
    def asterisk(self) -> psutil.Process:
        """Asterisk's process."""
        assert self._instance is not None
        assert self._instance.pid is not None
        return psutil.Process(self._instance.pid)

    def cpu_s(self) -> tuple[float, float, float]:
        """CPU seconds that Asterisk, the line, and desk with relay (0 before they serve) have used in their lives."""

        def used_s(pid: int) -> float:
            times = psutil.Process(pid).cpu_times()
            return times.user + times.system

        of_line, of_desk, of_relay = (used_s(self._ours[name].pid) if name in self._ours else 0.0 for name in OURS)
        return used_s(self.asterisk.pid), of_line, of_desk + of_relay

    def settle(self, within_s: float = 30.0) -> None:
        """Wait until the work that the last calls left behind is done: the database has every fact of the journal, and
        all processes rest. Nothing is asked of them meanwhile."""
        deadline = time.monotonic() + within_s
        if self._ours:
            until("the database has caught up", lambda: not self._unstored() or None, within_s, every_s=0.05)
        before = sum(self.cpu_s())
        while time.monotonic() < deadline:
            time.sleep(REST_S)
            before, was = sum(self.cpu_s()), before
            if before - was <= REST_S * REST_SHARE:
                return
        raise StackError(f"Asterisk, line and desk do not come to rest within {within_s:g} s")

    def _unstored(self) -> bool:
        """Whether the journal has a fact that the database lacks."""
        (after,) = self.rows("SELECT seq FROM checkpoints WHERE reader = 'projector'")[0]
        with JournalReader(self.data_dir / "journal.db") as journal:
            return any(entry.facts for entry in journal.read(after, 100_000))

    def all_ready(self, extensions: list[str]) -> None:
        """Sign these agents in, and everybody else out."""
        for extension, agent in self.agents().items():
            wish = "ready" if extension in extensions else "offline"
            if (agent["state"] == "offline") != (wish == "offline") or agent["state"] == "paused":
                self.set_state(extension, wish)
