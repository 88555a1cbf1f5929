"""What is read from a capture."""

from bench.capture import Sip, idle_gaps_ms, rings_ms

AGENTS, CALLERS, ASTERISK = 7100, 7200, 5060


def sip(at: float, source: int, target: int, method: str, call: str, user: str = "", status: int = 0) -> Sip:
    return Sip(at, source, target, "" if status else method, status, method, call, user, "")


def test_the_gap_runs_from_an_agents_own_bye_to_the_next_invite_to_them() -> None:
    messages = [
        sip(1.0, ASTERISK, AGENTS, "INVITE", "a", "1001"),
        sip(1.1, ASTERISK, AGENTS, "INVITE", "b", "1002"),
        sip(2.0, AGENTS, ASTERISK, "BYE", "a"),
        sip(2.0005, AGENTS, ASTERISK, "BYE", "a"),  # sent again
        sip(2.001, ASTERISK, AGENTS, "BYE", "b"),  # the caller's end frees 1002, and is not meant
        sip(2.003, ASTERISK, AGENTS, "INVITE", "c", "1002"),
        sip(2.004, ASTERISK, AGENTS, "INVITE", "d", "1001"),
        sip(2.5, ASTERISK, AGENTS, "INVITE", "d", "1001"),  # sent again
    ]
    assert [round(gap, 3) for gap in idle_gaps_ms(messages, [AGENTS])] == [4.0]


def test_a_ring_runs_from_the_lines_answer_to_the_invite_to_the_agent() -> None:
    messages = [
        sip(1.0, ASTERISK, CALLERS, "INVITE", "x", status=200),
        sip(1.002, ASTERISK, AGENTS, "INVITE", "a", "1001"),
        sip(1.5, ASTERISK, CALLERS, "INVITE", "x", status=200),  # sent again
        sip(2.0, ASTERISK, CALLERS, "INVITE", "y", status=200),
        sip(2.003, ASTERISK, AGENTS, "INVITE", "b", "1002"),
    ]
    assert [round(ring, 3) for ring in rings_ms(messages, [CALLERS], [AGENTS])] == [2.0, 3.0]
