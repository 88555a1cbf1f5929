"""Two phones call one another: what one sends, the other takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from acd.attack import sip
from acd.attack.phone import BUSY, PICK_UP, RING, Answer, Phone
from tests.waiting import until


@asynccontextmanager
async def two_phones() -> AsyncIterator[tuple[Phone, Phone]]:
    """One that calls and one that is called."""
    called = await Phone.opened(("127.0.0.1", 9), "127.0.0.1", "1002", "")
    caller = await Phone.opened((called.host, called.port), "127.0.0.1", "1001", "")
    called.server = caller.host, caller.port
    try:
        yield caller, called
    finally:
        caller.close()
        called.close()


async def test_a_call_is_answered_talks_by_keys_and_ends() -> None:
    async with two_phones() as (caller, called):
        called.on_invite = lambda _: PICK_UP
        call = caller.dial("1002")
        assert await call.begin() == 200
        await until(lambda: called.calls, "the call is up")
        (leg,) = called.calls.values()
        media = leg.media
        assert media is not None
        await call.press("1")
        await until(lambda: media.heard > 5, "silence and the key are heard")
        assert leg.tags == (call.tags[1], call.tags[0])
        await leg.bye()
        assert call.ended.is_set()
        assert not call.up


async def test_a_redirection_is_told_as_it_was_given_and_not_followed() -> None:
    async with two_phones() as (caller, called):
        called.on_invite = lambda _: Answer(302, (("Contact", "<sip:0900@127.0.0.1:1>"),))
        call = caller.dial("1002")
        assert await call.begin() == 302
        assert not call.up
        assert [one.uri for one in called.invited] == [f"sip:1002@{caller.line}"]


async def test_a_call_that_rings_can_be_given_up() -> None:
    async with two_phones() as (caller, called):
        called.on_invite = lambda _: RING
        call = caller.dial("1002")
        ringing = asyncio.create_task(call.begin())
        await until(lambda: called.invited, "it rings")
        await call.cancel()
        assert await ringing == 487


async def test_what_rings_can_be_answered_otherwise_later() -> None:
    async with two_phones() as (caller, called):
        called.on_invite = lambda _: RING
        ringing = asyncio.create_task(caller.dial("1002").begin())
        await until(lambda: called.invited, "it rings")
        called.now(lambda _: BUSY)
        assert await ringing == 486
        assert len(called.invited) == 1


async def test_an_invite_that_comes_again_while_it_rings_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller who hears nothing for half a second sends it again: a busy machine may be later with its first word."""
    async with two_phones() as (caller, called):
        called.on_invite = lambda _: RING
        sent: list[bytes] = []
        send = caller.send

        def sends(data: bytes) -> None:
            sent.append(data)
            send(data)

        monkeypatch.setattr(caller, "send", sends)
        call = caller.dial("1002")
        ringing = asyncio.create_task(call.begin())
        await until(lambda: called.invited, "it rings")
        send(sent[0])
        await call.cancel()
        assert await ringing == 487
        assert len(called.invited) == 1


async def test_a_lost_request_is_sent_again() -> None:
    """Nobody is there for the first one."""
    called = await Phone.opened(("127.0.0.1", 9), "127.0.0.1")
    address = called.host, called.port
    called.close()
    caller = await Phone.opened(address, "127.0.0.1", "1001")
    try:
        asking = asyncio.create_task(caller.request("OPTIONS", f"sip:{address[0]}:{address[1]}"))
        await asyncio.sleep(0.1)
        loop = asyncio.get_running_loop()
        late = Phone((caller.host, caller.port), "", "")
        late.host, late.port = address
        await loop.create_datagram_endpoint(lambda: late, local_addr=address)
        reply = await asking
        late.close()
    finally:
        caller.close()
    assert reply is not None
    assert reply.status == 200


async def test_headers_are_those_that_were_given() -> None:
    async with two_phones() as (caller, called):
        forged = "<sip:05320%0D%0A%0D%0AEvent%3A%20x@127.0.0.2>"
        await caller.dial("1002", headers=[("From", forged), ("Diversion", "a"), ("Diversion", "b")]).begin()
        (invite,) = called.invited
        assert invite.get("From").startswith(forged + ";tag=")
        assert invite.all("Diversion") == ["a", "b"]
        assert sip.user_of(invite.uri) == "1002"
