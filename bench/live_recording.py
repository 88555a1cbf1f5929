"""Record the live stream of a real system under a little traffic, for the front end's tests.

    python -m bench.live_recording FILE

One client follows the stream from its first state; others come now and then and take a state of their own. A state and
its changes must be what each of these is told at the same version: `console/web/src/live/view.test.ts` checks the
page's part of it on what is recorded here. Numbers are masked in the stream already, and these callers are made up.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from bench.stack import Stack, until
from phones import Agent, Caller, Press, Wait

SECONDS = 40.0
EVERY_S = 2.5
KEYS = ("11", "12", "2", "3", "0", "2")


def events(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each event of one client's stream, from its first on."""
    token = (stack.data_dir / "token").read_text().strip()
    url = f"http://127.0.0.1:{stack.settings['http_port']}/api/v1/live"
    with httpx.stream("GET", url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as answer:
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                yield name, json.loads(line[6:])


def traffic(stack: Stack, folder: Path, seconds: float) -> None:
    """Agents who talk and pause, callers who come, wait and give up."""
    chance = random.Random(1)
    ends = time.monotonic() + seconds
    with stack.phones(folder) as phones:
        phones.staff(stack.logins[:4], Agent(answer_after_s=0.3, talk_s=2.0))
        for login in stack.logins[:4]:
            stack.set_state(login.user, "ready")
        number = 5_325_550_100
        while time.monotonic() < ends:
            keys = chance.choice(KEYS)
            steps = tuple(step for key in keys for step in (Wait(0.3), Press(key)))
            number += 1
            phones.call(Caller(steps=(*steps, Wait(chance.uniform(1, 8)))), count=1, rate=10, first_number=number)
            if chance.random() < 0.3:
                who = chance.choice(stack.logins).user
                state = chance.choice(["ready", "paused", "offline"])
                stack.set_state(who, state, "meal" if state == "paused" else "")
            time.sleep(chance.uniform(0.3, 1.5))


def record(stack: Stack, folder: Path, seconds: float) -> dict[str, Any]:
    """The first state, the changes behind it, and the states that others were given meanwhile."""
    kept: dict[str, Any] = {"first": None, "changes": [], "others": []}
    over = threading.Event()

    def follow() -> None:
        for name, told in events(stack):
            if name == "state":
                kept["first"] = told
                kept["changes"].clear()
            else:
                kept["changes"].append(told)
            if over.is_set():
                return

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    until("the first state has come", lambda: kept["first"] is not None, 10)
    calls = threading.Thread(target=traffic, args=(stack, folder, seconds))
    calls.start()
    while calls.is_alive():
        time.sleep(EVERY_S)
        kept["others"].append(next(events(stack))[1])
    over.set()
    follower.join(10)
    first, last = kept["first"]["seq"], kept["changes"][-1]["seq"]
    kept["others"] = [one for one in kept["others"] if first < one["seq"] <= last]
    return kept


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_recording", description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    file: Path = parser.parse_args().file
    with tempfile.TemporaryDirectory(prefix="cozum-live-") as name:
        place = Path(name)
        with Stack(place, agents=6, wrapup_s=1.0, ring_s=3.0) as stack:
            kept = record(stack, place / "phones", SECONDS)
    file.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
    print(f"{file}: {len(kept['changes'])} changes, {len(kept['others'])} other states")
    return 0


if __name__ == "__main__":
    sys.exit(main())
