"""Says the number of the request that a call has opened, to a caller whose agent has hung up first."""

from collections.abc import Awaitable, Mapping
from typing import Final

from acd.asterisk.voice import Voice
from ivr.spoken import digit_prompt

NUMBER: Final = "ticket_number"
LATER: Final = "message_number_later"
WITHHELD: Final = "message_number_withheld"
"""For a caller whose request cannot be found by their telephone."""
GOODBYE: Final = "outcome_goodbye"


def number_prompts(number: str) -> tuple[str, ...]:
    """The prompts that say a request's number, digit by digit; none for an empty one."""
    digits = tuple(digit_prompt(letter) for letter in number if letter in "0123456789")
    return (NUMBER, *digits) if digits else ()


def without_number(caller: str) -> str:
    """The prompt for a request whose number cannot be said now: how it is found nevertheless. `caller` is the number of
    the caller's telephone; nothing is promised that would not be so."""
    return LATER if caller.removeprefix("+").isdecimal() else WITHHELD


async def say_number(
    voice: Voice, asked: Awaitable[Mapping[str, str] | None], may_have_opened: bool, language: str, caller: str
) -> None:
    """Say it and goodbye, to the end or until the caller hangs up. A call that has opened no request hears nothing. If
    nobody can tell soon, a caller who `may_have_opened` one hears that it cannot be said now, and how the request is
    found. Raises what `AgiChannel` raises."""
    found = await asked
    if found is None:
        prompts: tuple[str, ...] = (without_number(caller),) if may_have_opened else ()
    else:
        prompts = number_prompts(found.get("number", ""))
    if not prompts:
        return
    await voice.set_language(language)
    for prompt in (*prompts, GOODBYE):
        await voice.say(prompt)
