"""`python -m acd.standby --data-dir DIR (--port PORT | --listener FD)`: started by the supervisor, or by hand."""

import argparse
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from acd.lib.secret_file import secret_in
from acd.standby.server import Server
from acd.standby.sessions import Standby

SECRET_IN = "COZUM_AGI_SECRET"  # noqa: S105 (a name)
"""The environment variable with the secret of our requests; without it, the secret in data_dir is used."""


def say(text: str) -> None:
    """A line for the operator; a closed pipe is no reason to stop."""
    with contextlib.suppress(OSError):
        print(f"cozum: standby: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m acd.standby", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, help="listen on this port of loopback")
    where.add_argument("--listener", type=int, help="a file that is a listening socket already")
    parser.add_argument("--beat", type=int, help="a file to write a byte to once a second")
    parser.add_argument("--parent", type=int, help="end when this process ends, our parent")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # a supervisor has some blocked, and the mask is inherited
    if options.parent is not None:
        from acd.lib.process import die_with_parent

        die_with_parent(options.parent, signal.SIGKILL)
    if options.beat is not None:
        os.set_blocking(options.beat, False)
    listener = (
        socket.socket(fileno=options.listener)
        if options.listener is not None
        else socket.create_server(("127.0.0.1", options.port), backlog=1024)
    )
    try:
        secret = os.environ.get(SECRET_IN) or secret_in(options.data_dir / "agi_secret")
    except OSError as error:
        say(f"{options.data_dir}: there is no secret to know Asterisk by: {error.strerror or error}")
        return 1
    Server(listener, Standby(options.data_dir, secret=secret, say=say).serve, say=say).run(options.beat)
    return 0


if __name__ == "__main__":
    sys.exit(main())
