"""The supervisor's messages."""

import contextlib
import signal


def say(text: str) -> None:
    """Print a line for the person who started us; a closed pipe must not stop the line."""
    with contextlib.suppress(OSError):
        print(f"cozum: {text}", flush=True)


def ended(code: int) -> str:
    """How a process ended, by its exit code."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def again(wait_s: float) -> str:
    """When it is started again."""
    return "starting it again" if wait_s == 0 else f"starting it again in {wait_s:.1f} s"
