"""Tasks of the inbox, and what they come of."""

import itertools
import sqlite3
import time

from bench.stack import until
from ivr.tones import as_wav, sine
from tests.browser.conftest import Desk
from tests.browser.requests import ask, move, opened

_calls = itertools.count(1)
MESSAGE_S = 30.0
"""Longer than a slow machine takes from one key to the next: a message that is over begins again."""


def low_score(desk: Desk, remark: str = "Yarısı yapılmış") -> tuple[str, int]:
    """A request whose citizen gave 1, and the task that came of it."""
    number = opened(desk)
    for to in ("in_progress", "resolved"):
        move(desk, number, to, result="Yapıldı")
    # This line has no trunk to call by, so the desk wants a person to tell it, sooner or later.
    wanted = "SELECT 1 FROM tasks WHERE number = ? AND kind = 'outcome'"
    until("a person is to tell it", lambda: desk.stack.rows(wanted, number), 60)
    move(desk, number, "told", result="Yapıldı")
    ask(desk, "POST", f"/tickets/{number}/score", score=1, remark=remark)
    answer = desk.stack.request("GET", "/api/v1/tasks", kind="low_score", limit=1000)
    (task,) = (one for one in answer.json() if one["number"] == number)
    return number, task["id"]


def heard(desk: Desk) -> tuple[str, int]:
    """A caller has left a message: its request, and the task of whoever is to hear it. The recording lies where
    Asterisk leaves it, of a call that is over."""
    stack = desk.stack
    call = f"ast1-{time.time():.0f}.7{next(_calls):03d}"
    now = round(time.time() * 1000)
    with sqlite3.connect(stack.data_dir / "cozum.db", timeout=30) as database:
        database.execute(
            "INSERT INTO calls (id, node, caller, name, dialled, service, class, outcome, language, arrived_at,"
            " entered_at, ended_at, hold_s) VALUES (?, 'ast1', '05329998877', '', '4440411', 'request', 'routine',"
            " 'message_left', 'tr', ?, ?, ?, 0)",
            (call, now - 30_000, now - 20_000, now),
        )
    folder = stack.data_dir / "messages"
    folder.mkdir(exist_ok=True)
    (folder / "draft").write_bytes(as_wav(sine(440, MESSAGE_S, 0.4)))
    (folder / "draft").rename(folder / f"{call}.wav")

    def task() -> tuple[str, int] | None:
        for one in stack.request("GET", "/api/v1/tasks", kind="hear_message", limit=1000).json():
            if ask(desk, "GET", f"/tickets/{one['number']}")["call"] == call:
                return str(one["number"]), int(one["id"])
        return None

    found: tuple[str, int] = until("the desk has the message", task, 60)
    return found


def not_reached(desk: Desk, number: str) -> int:
    """The task of a resolved request whose citizen neither two calls nor a text reached. The test writes it, since this
    line has no trunk to call by."""
    now = round(time.time() * 1000)
    tries = [(1, now - 7_200_000, "no_answer", False), (2, now - 3_600_000, "voicemail", True)]
    with sqlite3.connect(desk.stack.data_dir / "cozum.db", timeout=30) as database:
        for attempt, at, result, automatic in tries:
            database.execute(
                "INSERT INTO outcome_attempts (number, outcome, attempt, at, caller, result, automatic, ended_at)"
                " VALUES (?, 1, ?, ?, '', ?, ?, ?)",
                (number, attempt, at, result, automatic, at + 30_000),
            )
        database.execute(
            "INSERT INTO outbox"
            ' (key, number, version, kind, "to", about, payload, state, tries, made_at, next_at, done_at, error)'
            " VALUES (?, ?, 1, 'text', '', 'outcome', '{}', 'failed', 1, ?, ?, ?, '')",
            (f"{number}/text", number, now, now, now - 1_800_000),
        )
        database.execute(
            "INSERT INTO duty_rings (number, ring, duty, unit, person, phone, at, result, last)"
            " VALUES (?, 1, 0, 'fen_isleri', 'Ali Usta', '', ?, 'no_answer', 0)",
            (number, now - 9_000_000),
        )
        added = database.execute(
            "INSERT INTO tasks (number, kind, why, opened_at, assigned_to, done_by, note)"
            " VALUES (?, 'not_reached', '', ?, '', '', '')",
            (number, now - 1_700_000),
        )
        return int(added.lastrowid or 0)


def tasks(desk: Desk, number: str, *, done: bool) -> list[tuple[str, str, str]]:
    """Kind, holder and note of a request's tasks, but of that to tell its outcome."""
    answer = desk.stack.request("GET", "/api/v1/tasks", done=done, limit=1000)
    return [
        (one["kind"], one["assigned_to"], one["note"])
        for one in answer.json()
        if one["number"] == number and one["kind"] != "outcome"
    ]
