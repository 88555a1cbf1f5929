"""Asks Asterisk whether an agent's phone is gone, before that is believed.

A phone that is gone takes an agent out of service, and an event is only text on a stream. So an event is the reason to
ask, and the answer counts. Two questions by `Getvar`, which needs no further right, are enough:

    DEVICE_STATE(PJSIP/1001)          UNAVAILABLE or INVALID: gone; NOT_INUSE: there
    PJSIP_AOR(1001,contact)           of a phone with a call up, whose device state says nothing: no contact: gone;
    PJSIP_CONTACT(<contact>,status)   else it is gone if no contact is reachable

Asterisk publishes the end of a contact before the device's state changes. A question between the two finds the phone
still there. The change of the state then comes as another event, and we ask again.

The answer is of a later moment than the event. A phone may have gone and come back in between, such as a page that
another page has replaced. What rang or talked at the first one is dead then. So a page with a call up that is there
after all counts as gone for a moment. A telephone on a desk does not: one that registers anew has its call still.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from acd.asterisk.ami_actions import OnAnswer, Response
from acd.asterisk.wire import AmiError, BadAction
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.config import PAGE
from acd.engine.model.events import AnyEvent

_GONE = ("UNAVAILABLE", "INVALID")
_THERE = ("Reachable", "NonQualified")


class Start(Protocol):
    """`AmiConnection.start`."""

    def __call__(self, action: str, headers: Mapping[str, str], *, on_answer: OnAnswer) -> object: ...


def when_gone(start: Start, event: DeviceStateChanged, pass_on: Callable[[tuple[AnyEvent, ...]], None]) -> None:
    """Ask whether the phone of the event is gone, and pass the event on, in the order of the stream, if it is. If it is
    a page that is there and has a call up, pass on that it was gone for a moment. Nothing is passed on if the phone is
    there otherwise, or if the connection ends: the next lists then show the state."""
    gone = (event,)
    there_again = (event, msgspec.structs.replace(event, state="available"))

    def ask(function: str, then: OnAnswer) -> None:
        try:
            start("Getvar", {"Variable": function}, on_answer=then)
        except (AmiError, BadAction):
            return

    def on_state(answer: Response) -> None:
        state = _value(answer)
        if state in _GONE:
            pass_on(gone)
        elif state != "NOT_INUSE":
            ask(f"PJSIP_AOR({event.endpoint.partition('/')[2]},contact)", on_contacts)

    def on_contacts(answer: Response) -> None:
        contacts = [one for one in _value(answer).split(",") if one]
        if not contacts:
            pass_on(gone)
            return
        left = len(contacts)

        def on_status(answer: Response) -> None:
            nonlocal left
            left -= 1
            if left >= 0 and _value(answer) in _THERE:
                left = -1
                if event.endpoint.endswith(PAGE):
                    pass_on(there_again)
            elif left == 0:
                pass_on(gone)

        for contact in contacts:
            ask(f"PJSIP_CONTACT({contact},status)", on_status)

    ask(f"DEVICE_STATE({event.endpoint})", on_state)


def _value(answer: Response) -> str:
    return answer.headers.get("Value", "") if answer.success else ""
