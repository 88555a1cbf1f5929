"""An action of the manager that waits for its answer or list, and the ways in which it fails."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from panoramisk.actions import Action

from acd.asterisk.wire import AmiError, AmiProtocolError, Message, encode


class AmiDisconnected(AmiError):
    """There is no connection, or it went before the answer came. The action may or may not have been carried out."""


class AmiTimeout(AmiError):
    """No answer came in time. The action may or may not have been carried out."""


class AmiRefused(AmiError):
    """Asterisk answered with an error."""


class AmiLoginRefused(AmiError):
    """Asterisk does not let us in: the user, the secret or the address is not in its manager.conf."""


@dataclass(frozen=True, slots=True)
class Response:
    """Asterisk's answer to one action."""

    success: bool
    message: str
    headers: Message


Headers = Callable[[], Mapping[str, str]]
"""Makes an action's headers."""
OnAnswer = Callable[[Response], None]
OnList = Callable[[list[Message]], None]


class PendingAction(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action that waits for its answer. Creating it raises if it could not be written safely."""

    def __init__(
        self,
        name: str,
        headers: Mapping[str, str],
        action_id: str,
        on_list: OnList | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        self.wire = encode(name, headers, action_id)
        super().__init__({"Action": name, "ActionID": action_id})
        self.listed: list[Message] | None = None if on_list is None else []
        self.on_list = on_list
        self.on_answer = on_answer

    def add_message(self, message: Message) -> bool:
        """Take an answer; returns whether it was the last one. An action for which nobody waits any more still takes
        its answers, so that the rest of its list is not mistaken for events."""
        if self.listed is None:
            answer = _response(message)
            if self.on_answer is not None and not self.future.done():
                self.on_answer(answer)
            return self._finish(answer)
        if "Response" in message:
            answer = _response(message)
            if not answer.success:
                return self._fail(AmiRefused(f"{self['Action']}: {answer.message}"))
            if message.get("EventList", "").lower() != "start":
                return self._fail(AmiProtocolError(f"{self['Action']} was answered without a list"))
            return False
        ending = message.get("EventList", "").lower()
        if not ending:
            self.listed.append(message)
            return False
        if ending != "complete":
            return self._fail(AmiRefused(f"{self['Action']}: the list was {ending}"))
        if self.on_list is not None and not self.future.done():
            self.on_list(self.listed)
        return self._finish(self.listed)

    def _finish(self, result: object) -> bool:
        if not self.future.done():
            self.future.set_result(result)
        return True

    def _fail(self, error: AmiError) -> bool:
        if not self.future.done():
            self.future.set_exception(error)
        return True


def _response(message: Message) -> Response:
    return Response(message.get("Response", "") in ("Success", "Goodbye"), message.get("Message", ""), message)


async def failure_of(lists: Iterable["asyncio.Future[list[Message]]"], within_s: float) -> str:
    """Wait until all lists are whole. Returns what is wrong with them; empty: nothing."""
    try:
        async with asyncio.timeout(within_s):
            for one in lists:
                await one
    except TimeoutError:
        return f"no whole list in {within_s:g} s"
    except AmiError as error:
        return str(error)
    return ""
