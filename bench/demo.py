"""`make demo`: a busy hour of the line in two minutes, and what becomes of what the callers ask for.

Real sipp callers and agents live it on the system that `make run` brought up; where none runs, one is brought up for it
and ended after it. The agents of agents.toml are registered and signed in (a phone of theirs that is registered already
gives way), some callers give up, one agent declines and one lets it ring. Agents take requests down, units resolve or
refuse them, and the line rings the citizens, tells them and takes a score (`bench.demo_town`). At the end stands
`cozum report`. Citizens are rung by a trunk on this machine alone. Nothing is left running.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from acd.cli.tickets import step_in_words
from acd.config.load_settings import load_settings
from acd.config.rules import load_rules
from acd.config.settings import Settings
from agents.demo import demo_password
from agents.demo_people import LEAD_EXTENSION
from bench.demo_town import KEYS, Town
from bench.stack import Stack, StackError
from phones import Agent, Caller, HangUp, Login, Phones, PhonesError, Press, Step, Talk, Wait, media
from phones.citizen import Citizen
from phones.ports import free_udp_port

LASTS_S = 120
CALLS_A_MINUTE = 33
TELL_EVERY_S = 10
STEP_S = 0.5
LAST_TOLD_S = 180.0
"""The longest time after the callers for citizens who are still to be told: a busy machine is slow to ring them."""
COMES_UP_S = 180.0
ENDS_S = 60.0
"""The supervisor gives each of its processes 10 s."""
REPORT_S = 300.0
LOOPBACK = "127.0.0.1:"
WHAT_IS_SEEN = """
Callers dial and agents answer. What a caller asks for becomes a request with a number. Its unit resolves or refuses it;
then the line itself rings the citizen, says what came of it, and takes a score of 1 to 5 by a key.
"""


def with_the_way_back() -> dict[str, str]:
    """The environment in which a system of the demo's own tells citizens: at once, by itself, and by a trunk on this
    machine. Numbers of the demo are nobody's, but a real trunk would ring somebody. The lead may listen to talks."""
    values = {
        "callback_trunk": f"{LOOPBACK}{free_udp_port()}",
        "outcome_call": "automatic",
        "outcome_hours": "mon-sun holiday 00:00-24:00",
        "outcome_quiet": "",
        "outcome_at_once": "4",
        "outcome_pause_s": "10",
        "outcome_remark_s": "0",
        "duty_ring_s": "0",
        "monitoring": "true",
        "log_level": "error",
    }
    return {f"COZUM_{name.upper()}": value for name, value in values.items()}


class Running(Stack):
    """The system that runs with these settings."""

    def __init__(self, settings: Settings) -> None:
        agents = load_rules(settings).agents
        self.folder = self.data_dir = settings.data_dir
        self.settings = {"sip_port": settings.sip_port, "http_port": settings.http_port}
        self.logins = tuple(Login(agent.extension, agent.sip_password) for agent in agents)
        self._process = None
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{settings.http_port}", timeout=10.0)


def is_up(settings: Settings) -> bool:
    """Whether a system with these settings serves."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{settings.http_port}/readyz", timeout=2.0)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


@contextmanager
def system(config: Path | None) -> Iterator[tuple[Running, Settings]]:
    """The running system, brought up for us where there is none, and its settings."""
    settings = load_settings(config)
    if is_up(settings):
        yield Running(settings), settings
        return
    print("nothing runs here: bringing the system up", flush=True)
    os.environ.update(with_the_way_back())
    settings = load_settings(config)
    options = [] if config is None else ["--config", str(config)]
    process = subprocess.Popen(
        [sys.executable, "-m", "acd.supervisor.supervise", "--die-with-parent", *options], stdin=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + COMES_UP_S
        while not is_up(settings):
            if process.poll() is not None or time.monotonic() > deadline:
                raise StackError("the system did not come up; what it said stands above")
            time.sleep(0.1)
        yield Running(settings), settings
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End the system. Where it does not end in good order it is killed, and that is told."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(ENDS_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        raise StackError(f"the system did not end within {ENDS_S:g} s, and was killed") from None


def press(*keys: str) -> tuple[Step, ...]:
    """A caller who listens a little before each key."""
    return tuple(step for key in keys for step in (Wait(1.2), Press(key)))


CALLERS: tuple[tuple[str, float, Caller], ...] = (
    ("a request", 0.30, Caller(steps=press("2"))),
    ("a request, impatient", 0.10, Caller(steps=press("2"), patience_s=5.0)),
    ("information", 0.14, Caller(steps=press("3", "0"))),
    ("an agent", 0.14, Caller(steps=(Wait(8.0), Press("0")))),  # who hears the notices whole: the lead may listen
    ("nothing said", 0.05, Caller()),
    ("hung up in the menu", 0.07, Caller(steps=(Wait(3.0), HangUp()))),
    ("funeral", 0.05, Caller(steps=press("1", "1"))),
    ("doctor", 0.04, Caller(steps=press("1", "2"))),
    ("patient transfer", 0.04, Caller(steps=press("1", "3"))),
    ("ambulance", 0.04, Caller(steps=press("1", "4"))),
    ("injured animal", 0.03, Caller(steps=press("1", "5"))),
)
"""Callers, and how often they call: kind, share, what they do."""


def staff(phones: Phones, logins: Sequence[Login]) -> None:
    """Most agents talk for a while, one declines, one lets it ring."""
    willing = logins[:-2] or logins
    half = len(willing) // 2
    for group, script in (
        (willing[:half], Agent(answer_after_s=1.0, talk_s=Talk(5.0))),
        (willing[half:], Agent(answer_after_s=1.5, talk_s=Talk(9.0))),
        (logins[-2:-1] if len(logins) > 2 else (), Agent(answer_after_s=1.0, reject=603)),
        (logins[-1:] if len(logins) > 2 else (), Agent(answer_after_s=None)),
    ):
        if group:
            phones.staff(group, script)


def dial(phones: Phones, lasts_s: float, seed: int) -> int:
    """Let all callers of the hour come, each kind spread over it; how many."""
    chance = random.Random(seed)
    total = 0
    for n, (_, share, script) in enumerate(CALLERS):
        count = max(1, round(lasts_s / 60 * CALLS_A_MINUTE * share))
        rate = count / lasts_s * (1 + 0.2 * chance.random())
        phones.call(
            script, count=count, rate=rate, first_number=5_325_550_000 + 100 * n, at_most_s=int(lasts_s + LAST_TOLD_S)
        )
        total += count
    return total


def passed(began: float) -> str:
    """How long the demo lasts, as m:ss."""
    seconds = int(time.monotonic() - began)
    return f"{seconds // 60}:{seconds % 60:02d}"


def line_of(running: Running, since: str, began: float) -> str:
    """What goes on, in one line."""
    states = [str(agent["state"]) for agent in running.agents().values()]
    queue = running.queue()
    ended = [call for call in running.calls(since=since) if call["outcome"]]
    outcomes = {name: sum(call["outcome"] == name for call in ended) for name in ("answered", "abandoned")}
    urgent = sum(row["class"] == "urgent" for row in queue)
    return (
        f"{passed(began)}  {len(queue):2d} in the queue ({urgent} urgent)  "
        f"{states.count('talking'):2d} talking  {states.count('ringing'):2d} ringing  {states.count('wrapup'):2d} in "
        f"wrap-up  {states.count('ready'):2d} ready  {outcomes['answered']:3d} answered  "
        f"{outcomes['abandoned']:2d} abandoned"
    )


def told(calls: Sequence[dict[str, Any]]) -> str:
    """The figures of the demo's calls."""
    lines = [
        f"{len(calls)} calls",
        f"{'':10}{'calls':>7}{'answered':>10}{'abandoned':>11}{'mean wait':>11}{'longest':>9}",
    ]
    for priority in ("urgent", "routine"):
        own = [call for call in calls if call["class"] == priority]
        waits = [call["wait_s"] for call in own if call["outcome"] == "answered"]
        answered, abandoned = len(waits), sum(call["outcome"] == "abandoned" for call in own)
        mean, longest = (f"{sum(waits) / len(waits):.2f} s", f"{max(waits):.2f} s") if waits else ("-", "-")
        lines.append(f"{priority:10}{len(own):7}{answered:10}{abandoned:11}{mean:>11}{longest:>9}")
    return "\n".join(lines)


def citizens_of(settings: Settings, folder: Path) -> Citizen | None:
    """The telephone of all citizens, at the other end of the line's outgoing trunk; None where that is not on this
    machine."""
    trunk = settings.callback_trunk
    if not trunk.startswith(LOOPBACK) or settings.outcome_call != "automatic":
        print("citizens are not rung here: `make demo` does that where nothing runs yet; end `make run` to see it")
        return None
    script = Agent(answer_after_s=1.5, talk_s=None, keys=KEYS, sound=media.noise(0.6))
    return Citizen(folder / "citizens", int(trunk.removeprefix(LOOPBACK)), script)


def live(running: Running, town: Town, lasts_s: float, since: str) -> None:
    """Let the hour pass, and then the calls about outcomes that are still to come. One request is taken down and told
    however slow the machine is."""
    began, told_at, takes = time.monotonic(), 0.0, town.takes_requests
    while (now := time.monotonic() - began) < lasts_s + LAST_TOLD_S:
        if now >= lasts_s:
            town.takes_requests = takes and not town.counts.requests
            if not (town.takes_requests or town.waits or running.queue()):
                break
        town.step()
        if now - told_at >= TELL_EVERY_S:
            told_at = now
            print(line_of(running, since, began), flush=True)
        time.sleep(STEP_S)


def what_came_of_it(running: Running, town: Town) -> str:
    """The loop in some lines, and the whole story of one request."""
    counts, scores = town.counts, town.counts.scores
    low = sum(score <= 2 for score in scores)
    lines = [
        f"{counts.requests} requests were taken down, and {counts.answered_at_once} callers were answered at once",
        f"units resolved {counts.resolved}, refused {counts.refused}, and passed on {counts.not_ours}",
        f"{counts.told} citizens were rung by the line and told what came of it",
    ]
    if scores:
        lines.append(
            f"they gave {sum(scores) / len(scores):.1f} of 5 in the mean; {low} of them 1 or 2: a person decides"
        )
        lines[-1] += " what to do, at /inbox"
    if town.story:
        ticket = running.get(f"tickets/{town.story}", language="en")
        lines += ["", f"the story of {town.story}, as `cozum tickets show {town.story}` has it:"]
        for step in ticket["story"]:
            name, words = step_in_words(step, numbers=False)
            lines.append(f"  {step['at'][11:19]}  {name:8} {words}")
    return "\n".join(lines)


def report(config: Path | None, since: str) -> None:
    """What `cozum report` says of the demo's time."""
    options = [] if config is None else ["--config", str(config)]
    print(f"\n$ cozum report --from {since}", flush=True)
    command = [sys.executable, "-m", "acd.cli", "report", "--from", since, *options]
    try:
        subprocess.run(command, check=False, timeout=REPORT_S)
    except subprocess.TimeoutExpired:
        raise StackError(f"cozum report did not end within {REPORT_S:g} s") from None


def run(config: Path | None, lasts_s: float, seed: int) -> None:
    """Live the hour."""
    with system(config) as (running, settings), tempfile.TemporaryDirectory(prefix="cozum-demo-") as folder:
        host = f"http://127.0.0.1:{settings.http_port}/"
        print(f"look at {host} while this goes on (sign in as lead, demo-lead)\n{WHAT_IS_SEEN}", flush=True)
        leads = Login(LEAD_EXTENSION, demo_password(LEAD_EXTENSION))  # their telephone is for listening
        logins = [login for login in running.logins[:10] if login != leads]
        extensions = [login.user for login in logins]
        try:
            citizens = citizens_of(settings, Path(folder))
            with running.phones(Path(folder)) as phones, citizens or nullcontext():
                staff(phones, logins)
                for extension in extensions:
                    running.set_state(extension, "ready")
                since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                trunk = None if citizens is None else citizens.process
                began = time.monotonic()
                town = Town(running, trunk, since, seed, lambda line: print(f"{passed(began)}  {line}", flush=True))
                total = dial(phones, lasts_s, seed)
                print(f"{len(extensions)} agents are signed in, {total} callers are on their way", flush=True)
                live(running, town, lasts_s, since)
        finally:
            for extension in extensions:
                running.set_state(extension, "offline")
        calls = [call for call in running.calls(since=since) if call["outcome"]]
        print(f"\n{told(calls)}\n\n{what_came_of_it(running, town)}", flush=True)
        report(config, since)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.demo", description="a busy hour in two minutes")
    parser.add_argument("--seconds", type=float, default=LASTS_S, help="how long it lasts (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--config", type=Path, help="settings of the system (default: cozum.toml here, if there is one)"
    )
    options = parser.parse_args()
    try:
        run(options.config, options.seconds, options.seed)
    except (StackError, PhonesError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
