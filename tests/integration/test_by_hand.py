"""The README's walk without a softphone: an agent's phone, a sign-in by *45, and a caller, all as commands."""

import subprocess
import sys

from bench.stack import PIN, ROOT, Stack, until
from tests.integration.conftest import Line


def phones(stack: Stack, *words: str) -> subprocess.Popen[str]:
    """`python -m bench.phones …` against this system."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench.phones", *words], cwd=ROOT, env=stack.environment(stack.settings), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_an_agent_and_a_caller_by_hand(line: Line) -> None:
    stack = line.stack
    agent = phones(stack, "agent", "1001", "--after", "0.2")
    try:
        signing = phones(stack, "call", "--to", "*45", "--as", "1001", "--press", f"{PIN}#", "--stay", "20")
        assert signing.wait(120) == 0, signing.communicate()[0]
        line.await_state("1001", "ready")
        before = {one["id"] for one in stack.calls()}
        caller = phones(stack, "call", "--press", "1,1", "--stay", "5")
        assert caller.wait(60) == 0, caller.communicate()[0]
        (call,) = until(
            "the call has its row",
            lambda: [one for one in stack.calls() if one["id"] not in before and one["outcome"]],
            60,
        )
        assert (call["service"], call["outcome"], call["agent"]) == ("funeral", "answered", "1001")
        assert call["hangup_by"] == "caller"
    finally:
        said, _ = agent.communicate("\n", timeout=60)
    assert agent.returncode == 0, said
    assert said.startswith("1001 registered")
    line.phones_gone([["1001"]])


def test_who_has_no_such_account_is_told(line: Line) -> None:
    caller = phones(line.stack, "call", "--to", "*45", "--as", "1099", "--stay", "1")
    said, _ = caller.communicate(timeout=60)
    assert caller.returncode == 1, said
    assert "over: {'Failed" in said
