"""Many calls: none fails, each has one record, memory stays flat."""

from collections import Counter

import pytest

from bench.stack import until
from phones import Agent
from tests.integration.conftest import Line, choosing
from tests.integration.witnesses import resident_mib

GROWTH_MIB = 12.0
"""What 300 calls may leave behind: caches that fill once (the metrics' windows, SQLite's pages)."""


@pytest.mark.alone
def test_300_calls_at_20_a_second_with_40_agents(line: Line) -> None:
    # As many again beforehand, so that what is made once is not taken for growth.
    line.sign_in(*(str(n) for n in range(1001, 1041)), phone=Agent(answer_after_s=0.1, talk_s=1.0))
    warm = line.dial(*choosing("request"), count=100, rate=20)
    until("the first hundred are over", lambda: not line.callers[0][0].running, 60)
    until("nobody talks", lambda: _idle(line), 60)
    before = resident_mib(line.stack.daemon.pid)

    numbers: list[str] = []
    for service, count, rate in (
        ("request", 150, 10),
        ("agent", 75, 5),
        ("funeral", 50, 10 / 3),
        ("doctor", 25, 5 / 3),
    ):
        numbers += line.dial(*choosing(service), count=count, rate=rate)
    accounts = line.finish(within_s=90)

    after = resident_mib(line.stack.daemon.pid)
    print(f"{before:.1f} MiB before, {after:.1f} after 300 calls")
    assert len(numbers) == 300
    assert set(accounts) == {*warm, *numbers}
    assert Counter(account.outcome for account in accounts.values()) == {"answered": 400}
    assert after - before < GROWTH_MIB, f"{before:.1f} MiB before, {after:.1f} after 300 calls"


def _idle(line: Line) -> bool:
    return all(agent["state"] in ("ready", "offline") for agent in line.stack.agents().values())
