"""A phone cannot make the line call anybody else, on a real Asterisk."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.asterisk.instance import AsteriskInstance
from bench.stack import until
from phones import Caller, Login, Phones
from tests.acd.asterisk.private import private
from tests.acd.asterisk.raw_phone import RawPhone

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskInstance]:
    with private(tmp_path_factory.mktemp("out") / "asterisk", qualify_s=1.0) as instance:
        yield instance


@pytest.mark.parametrize("user", ["1001", "0900123", "PJSIP%2Ftrunk%2Fsip%3A0900123%40127.0.0.1"])
def test_a_phone_is_rung_where_it_is_and_not_where_it_says(
    asterisk: AsteriskInstance, tmp_path: Path, user: str
) -> None:
    """By a Contact of somebody else's a phone would have the line call them, and send them OPTIONS for ever."""
    port = asterisk.spec.sip_port
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as world,
        RawPhone(port, "1001", "demo1001") as phone,
        Phones("127.0.0.1", port, tmp_path) as phones,
    ):
        world.bind(("127.0.0.1", 0))
        world.setblocking(False)
        assert phone.register(f"<sip:{user}@127.0.0.1:{world.getsockname()[1]}>") == 200

        def reached() -> bool:
            """Asterisk asks each second, and does not believe an answer that comes late."""
            with contextlib.suppress(TimeoutError):
                phone.answer(phone.next_request("OPTIONS", within_s=0.05), "200 OK")
            return "Avail" in asterisk.rx("pjsip show aor 1001")

        until("the phone can be reached", reached, 60)
        caller = phones.call(Caller(login=Login("1002", "demo1002")), dialled="1001")
        invite = phone.next_request("INVITE")
        phone.answer(invite, "486 Busy Here")
        assert caller.wait(60).failed == 1
        with pytest.raises(BlockingIOError):
            world.recv(65535)
