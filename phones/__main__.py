"""Phones by hand, for who has no softphone: an agent who picks up, or one call.

    python -m bench.phones agent 1001                         # until Enter
    python -m bench.phones call --press 1,1                   # the line's menu: urgent, a funeral; until hung up
    python -m bench.phones call --to '*45' --as 1001 --press 1001#

They speak to the system of these settings (COZUM_SIP_PORT); keys need root, since sipp sends them over a raw socket.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from acd.config.load_settings import load_settings
from phones import Agent, Caller, HangUp, Login, Phones, PhonesError, Press, Step, Wait

LINE = "4440411"


def answer(phones: Phones, extensions: Sequence[str], after_s: float) -> None:
    """Agents' phones that pick up every call, until Enter."""
    phones.staff([account(extension) for extension in extensions], Agent(answer_after_s=after_s, talk_s=None))
    with contextlib.suppress(EOFError):
        input(f"{', '.join(extensions)} registered; each call is picked up after {after_s:g} s. Enter ends it. ")


def call(phones: Phones, to: str, keys: str, by: str, stay_s: float) -> int:
    """One call; its exit status."""
    pressed = [step for group in keys.split(",") if group for step in (Wait(2.0), Press(group))]
    steps: list[Step] = [*pressed, Wait(stay_s), HangUp()]
    caller = Caller(steps=steps, login=account(by) if by else None)
    print(f"calling {to}{f', pressing {keys}' if keys else ''}; hangs up after {stay_s:g} s", flush=True)
    counts = phones.call(caller, dialled=to).wait(stay_s + 60)
    print(f"over{'' if not counts.failed else f': {counts.reasons}'}")
    return 1 if counts.failed else 0


def account(extension: str) -> Login:
    """The SIP password of a demo agent."""
    return Login(extension, f"demo{extension}")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.phones", description="phones by hand")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("agent", help="demo agents' phones that pick up, until Enter")
    one.add_argument("extensions", nargs="+", metavar="EXTENSION", help="such as 1001")
    one.add_argument("--after", type=float, default=2.0, metavar="SECONDS", help="to the pick-up (default: 2)")
    one = commands.add_parser("call", help="one call, to the line if nothing else is said")
    one.add_argument("--to", default=LINE, metavar="NUMBER", help=f"what is dialled (default: {LINE})")
    one.add_argument("--press", default="", metavar="KEYS", help="keys, two seconds before each comma's group: 1,1")
    one.add_argument("--as", dest="by", default="", metavar="EXTENSION", help="as this demo agent, not as the trunk")
    one.add_argument("--stay", type=float, default=40.0, metavar="SECONDS", help="then hang up (default: 40)")
    options = parser.parse_args()
    port = load_settings().sip_port
    try:
        with (
            tempfile.TemporaryDirectory(prefix="cozum-phones-") as folder,
            Phones("127.0.0.1", port, Path(folder)) as phones,
        ):
            if options.command == "agent":
                answer(phones, options.extensions, options.after)
                return 0
            return call(phones, options.to, options.press, options.by, options.stay)
    except PhonesError as error:
        print(f"phones: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
