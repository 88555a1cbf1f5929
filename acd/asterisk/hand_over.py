"""The order that hands a talking caller over to an outside telephone: a blind transfer of the agent's leg into a
context that only we can send channels to. Asterisk leaves the talk as it is if it cannot do it.

The number is a global variable that the extension names, as Asterisk's channel log has the extension: numbers of people
on duty are not for it. If the variable is not there, the dialplan brings the caller back."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Final

from acd.asterisk.ami_actions import Response
from acd.asterisk.manager_user import HANDOVER_CONTEXT
from acd.asterisk.wire import BadAction
from acd.engine.model.commands import HandOver

Start = Callable[[str, Mapping[str, str]], "asyncio.Future[Response]"]
"""Sends an action to the manager."""

MARK: Final = "*"
"""Between the number and the seconds for which it rings. No number has it."""
VARIABLE: Final = "HANDOVER_"
VARIABLES: Final = 1000
"""Orders share so many variables, since Asterisk keeps each as long as it runs. The dialplan reads one at once."""
_LEG: Final = re.compile(r"PJSIP/[A-Za-z0-9_-]{1,40}-([0-9a-f]{8})")
_NUMBER: Final = re.compile(r"[0-9]{3,15}")


def ordered(command: HandOver, start: Start) -> dict[str, str]:
    """Set the variable, and return the headers of the BlindTransfer that must follow on the same connection. Raises
    `BadAction` where a text of the order could be another one, and `AmiError`; then nothing was sent."""
    transfer, variable = _transfer(command), _variable(command)
    start("Setvar", variable).add_done_callback(_forget)
    return transfer


def _variable(command: HandOver) -> dict[str, str]:
    if not _NUMBER.fullmatch(command.number):
        raise BadAction("a number of 3 to 15 digits is allowed")
    value = f"{command.number}{MARK}{max(1, round(command.ring_s))}"
    return {"Variable": f"{VARIABLE}{_key(command)}", "Value": value}


def _transfer(command: HandOver) -> dict[str, str]:
    return {"Channel": command.leg, "Context": HANDOVER_CONTEXT, "Exten": _key(command)}


def _forget(answer: "asyncio.Future[Response]") -> None:
    """Whether the variable is there shows when the dialplan reads it."""
    if not answer.cancelled():
        answer.exception()


def _key(command: HandOver) -> str:
    """Digits that name the order: Asterisk numbers its channels one by one."""
    leg = _LEG.fullmatch(command.leg)
    if leg is None:
        raise BadAction(f"{command.leg!r} is no agent's channel")
    return str(int(leg[1], 16) % VARIABLES)
