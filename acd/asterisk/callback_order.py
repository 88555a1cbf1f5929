"""The Originate that begins a callback: it rings the agent, and the agent's channel then calls the caller."""

import re

from acd.asterisk.callerid import caller_id, masked
from acd.asterisk.channel_names import CALLBACK_MARK
from acd.asterisk.manager_user import CALLBACK_CHANNEL, CALLBACK_CONTEXT, CITIZEN_CHANNEL
from acd.asterisk.wire import BadAction
from acd.engine.model.commands import CallBack, RingCitizen
from acd.engine.model.ids import TASK_MARK

RING_GRACE_S = 5.0
"""Seconds after the end of the ring at which Asterisk gives up a callback if the dialplan has not done so."""
_ENDPOINT = re.compile(r"PJSIP/[A-Za-z0-9_-]{1,40}")


def channel_id(command: CallBack | RingCitizen) -> str:
    """The Uniqueid of the channel that the order makes, which is the Linkedid of all that follows from it. A later
    offer of the same call has another one."""
    offer = command.offer.rpartition("#")[2] if isinstance(command, CallBack) else "0"
    return f"{command.call}{CALLBACK_MARK}{offer}"


def originate(command: CallBack, phone: str, label: str) -> dict[str, str]:
    """The headers of Originate. `phone` is the endpoint that rings, `label` what it shows. Whoever works on a task has
    the number masked by the page, so their telephone shows no more. Raises `BadAction` where a text of the order could
    be another one."""
    _check(command.number)
    if not _ENDPOINT.fullmatch(command.endpoint):
        raise BadAction(f"endpoint {command.endpoint!r} must be like PJSIP/1001")
    variables = {  # dialled channels inherit each of these; the caller's channel also inherits the call it belongs to
        "_AGENT": phone.partition("/")[2],
        "_RING_S": f"{command.ring_s:g}",
        "_NUMBER": command.number,
        "_ANSWER_S": str(max(1, round(command.answer_s))),
        "_CALLED_BACK": command.call,
    }
    return {
        "Channel": CALLBACK_CHANNEL,
        "Context": CALLBACK_CONTEXT,
        "Exten": "over",
        "Priority": "1",
        "Timeout": str(round((command.ring_s + RING_GRACE_S) * 1000)),
        "CallerID": caller_id(label, masked(command.number) if TASK_MARK in command.call else command.number),
        "ChannelId": channel_id(command),
        "Variable": ",".join(f"{name}={value}" for name, value in variables.items()),
        "Async": "true",
    }


def originate_citizen(command: RingCitizen) -> dict[str, str]:
    """The headers of Originate that ring a citizen alone."""
    _check(command.number)
    variables = {"_NUMBER": command.number, "_ANSWER_S": str(max(1, round(command.answer_s))),
                 "_CALLED_BACK": command.call}  # fmt: skip
    return {
        "Channel": CITIZEN_CHANNEL,
        "Context": CALLBACK_CONTEXT,
        "Exten": "over",
        "Priority": "1",
        "Timeout": str(round((command.answer_s + RING_GRACE_S) * 1000)),
        "ChannelId": channel_id(command),
        "Variable": ",".join(f"{name}={value}" for name, value in variables.items()),
        "Async": "true",
    }


def _check(number: str) -> None:
    if not (number.isascii() and number.isdigit() and 5 <= len(number) <= 15):
        raise BadAction("a number of 5 to 15 digits is allowed")
