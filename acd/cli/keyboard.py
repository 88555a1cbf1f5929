"""The person at the keyboard. `cozum` works without a password, so the audit has their login on this machine."""

import getpass
import os
from typing import Final

LONGEST: Final = 64


def login() -> str:
    """Their login: who called sudo, if anybody did, else whose process this is. Empty if the machine does not know."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # the process runs under a number that has no name
        return ""
    return user[:LONGEST]
