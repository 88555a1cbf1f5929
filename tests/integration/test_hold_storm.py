"""An agent's phone that holds and unholds its caller as quickly as Asterisk takes it, on a running system."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.asterisk.holds import BURST, EVERY_S
from bench.stack import Stack, until
from phones import Caller, Phones
from tests.acd.asterisk.raw_phone import RawPhone, RawTalk
from tests.integration.conftest import choosing

STORM_S = 6.0
A_STORM = 200
"""So many changes are one: on a busy machine it lasts until there were more."""
CALM_S = 2.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("storm"), agents=1, wrapup_s=0) as stack:
        yield stack


@pytest.fixture
def phones(stack: Stack, tmp_path: Path) -> Iterator[Phones]:
    phones = stack.phones(tmp_path / "phones")
    yield phones
    phones.close()


def changes(stack: Stack) -> list[str]:
    """The changes of hold in the journal, in order."""
    with contextlib.closing(sqlite3.connect(f"file:{stack.data_dir / 'journal.db'}?mode=ro", uri=True)) as journal:
        kinds = [
            json.loads(body)["event"]["type"] for (body,) in journal.execute("SELECT body FROM entry ORDER BY seq")
        ]
    return [kind for kind in kinds if kind in ("call_held", "call_unheld")]


def test_a_storm_of_holds_does_not_fill_the_journal_and_ends_with_what_is_so(stack: Stack, phones: Phones) -> None:
    login = stack.login("1001")
    with RawPhone(int(str(stack.settings["sip_port"])), login.user, login.password) as phone:
        assert phone.register() == 200

        def is_ready() -> bool:
            with contextlib.suppress(TimeoutError):
                phone.answer(phone.next_request("OPTIONS", within_s=0.1), "200 OK")
            return stack.state_of("1001") == "ready"

        stack.set_state("1001", "ready")
        until("the agent is ready", is_ready, 60)
        callers = phones.call(Caller(steps=choosing("request"), limit_s=120), numbers=["05320000001"])
        with RawTalk(phone, phone.next_request("INVITE")) as talk:
            until("they talk", lambda: stack.state_of("1001") == "talking", 60)
            began, times = time.monotonic(), 0
            while time.monotonic() - began < STORM_S or times <= A_STORM:
                talk.changes("sendrecv" if times % 2 else "sendonly")
                times += 1
            if times % 2 == 0:
                talk.changes("sendonly")
            until("the caller is held", lambda: changes(stack)[-1] == "call_held", 60)
            calm_since = time.monotonic()
            until("they are held for a while", lambda: time.monotonic() > calm_since + CALM_S, 60)
            found = changes(stack)
            most = BURST + (time.monotonic() - began) / EVERY_S  # a busy line may hear of the storm when it is over
            assert BURST <= len(found) <= most, (times, len(found))
            talk.changes("sendrecv")
            until("the caller is taken back", lambda: changes(stack)[-1] == "call_unheld", 60)
            assert stack.state_of("1001") == "talking"
            talk.hangs_up()
            assert callers.wait(60).failed == 0
    row = until("the call is over", lambda: [one for one in stack.calls() if one["ended_at"]], 60)[0]
    assert row["outcome"] == "answered"
    assert CALM_S <= row["hold_s"] <= row["talk_s"]
