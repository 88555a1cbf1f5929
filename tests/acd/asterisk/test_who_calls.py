"""The caller's identity, as the dialplan reads it from a phone's INVITE, on a real Asterisk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.asterisk.conf import identified_by
from acd.asterisk.instance import AsteriskInstance, ConfError
from acd.engine.model.phone_numbers import NO_NUMBER
from bench.stack import until
from phones import Agent, Caller, Login, Phones
from phones.raw import RawCaller
from tests.acd.asterisk.private import private
from tests.acd.asterisk.test_instance import Engine

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskInstance]:
    with private(tmp_path_factory.mktemp("who") / "asterisk") as instance:
        yield instance


def attached(asterisk: AsteriskInstance, **headers: bytes) -> dict[str, str]:
    """The environment with which this caller's channel runs our AGI."""
    with Engine(asterisk.spec.fastagi) as engine, RawCaller(asterisk.spec.sip_port, **headers) as caller:
        assert caller.invite() == 200
        environment = engine.session()
        engine.tell("SET VARIABLE COZUM_DONE 1")
        caller.hang_up()
    until("no channel is left", lambda: "0 active channels" in asterisk.rx("core show channels"), 60)
    assert not [key for key in environment if not key.startswith("agi_") or key == "agi_x"]
    return environment


NONE = "unknown"
"""What AGI says of a number or name that is empty."""
TURKISH = "Şükrü İğdırlı ÇÖĞÜ ıİ"


@pytest.mark.parametrize(
    ("sent", "number", "name"),
    [
        (f'"{TURKISH}" <sip:05321110001@x>'.encode(), "05321110001", TURKISH),
        (b"Ali Veli <sip:05321110001@x>", "05321110001", "Ali Veli"),
        (b"sip:05321110001@x", "05321110001", NONE),
        (b"<sip:+905321110001@x;user=phone>", "+905321110001", NONE),
        (b"<sip:%2B905321110001@x>", "+905321110001", NONE),
        (b"<sips:05321110001@x>", "05321110001", NONE),
        (b"<SIP:05321110001@[::1]>", "05321110001", NONE),
        (b'"Tel" <tel:+90-532-111;phone-context=x>', "+90-532-111", "Tel"),
        (b"<sip:05321110001;phone-context=national:pw@x>", "05321110001", NONE),
        (b"<sip:ali.veli_1@x>", "ali.veli_1", NONE),
        (b"<sip:192.0.2.7>", NONE, NONE),
        (b'"" <sip:0532@x>', "0532", NONE),
        (b'"O\'Brien \\"Bobby\\" Tables" <sip:0532@x>', "0532", "O'Brien \"Bobby\" Tables"),
        (b'"a\\" <sip:666@x>" <sip:0532@x>', "0532", 'a" <sip:666@x>'),
        (b'"a\\\\" <sip:0532@x>', "0532", "a/"),
        (b'"x" <sip:0532@x>;p="<sip:666@x>"', "0532", "x"),
        (b'"a: b? (c ${X} , d" <sip:0532@x>', "0532", "a: b? (c ${X} , d"),
        (b'"${SHELL(id)}" <sip:$%7BEXTEN%7D@x>', NONE, "${SHELL(id)}"),
        (b'"x" <sip:0532%0D%0Aagi_x:%20y@x>', NONE, "x"),
        (b'"x" <sip:0532%00111@x>', NONE, "x"),
        (b"<sip:1001%0aforged@x>", NONE, NONE),
        (b"<sip:a%22%20&%20$%5b1@x>", NONE, NONE),
        (b'"' + b"a" * 160 + b'" <sip:0532@x>', "0532", "a" * 160),
        (b'"' + b"a" * 161 + b'" <sip:0532@x>', "0532", NONE),
        (b'"' + b"a" * 5000 + b'" <sip:0532@x>', NONE, NONE),
        (b"<sip:" + b"5" * 40 + b"@x>", "5" * 40, NONE),
        (b"<sip:" + b"5" * 41 + b"@x>", NONE, NONE),
        (b'"a\x0bb\x1b[2Jc\x07\x7f\rd" <sip:0532@x>', "0532", "ab[2Jcd"),
    ],
)  # fmt: skip
def test_number_and_name(asterisk: AsteriskInstance, sent: bytes, number: str, name: str) -> None:
    environment = attached(asterisk, **{"from": sent})
    assert (environment["agi_callerid"], environment["agi_calleridname"]) == (number, name)


@pytest.mark.parametrize("word", sorted({*NO_NUMBER, "Anonymous", "UNAVAILABLE"}))
def test_a_word_in_place_of_a_number_is_no_number(asterisk: AsteriskInstance, word: str) -> None:
    environment = attached(asterisk, **{"from": f'"Anonymous" <sip:{word}@anonymous.invalid>'.encode()})
    assert environment["agi_callerid"] == NONE


def test_no_other_header_tells_who_calls(asterisk: AsteriskInstance) -> None:
    number, name = "05009876543", "Somebody Else"  # no clock and no thread of Asterisk's reads like either
    other = f'"{name}" <sip:{number}@127.0.0.1>'.encode()
    headers = dict.fromkeys(
        ("p_asserted_identity", "p_preferred_identity", "remote_party_id", "diversion", "contact", "reply_to"), other
    )
    environment = attached(asterisk, **{"from": b'"Ali" <sip:0532@x>'}, **headers)
    assert (environment["agi_callerid"], environment["agi_calleridname"]) == ("0532", "Ali")
    told = " ".join(environment.values())
    assert number not in told
    assert name not in told


# --- who is the trunk, and who is an agent


def test_a_callers_number_may_be_an_agents_extension(tmp_path: Path) -> None:
    """Where the trunk has an address of its own they are a caller, and phones are phones as ever."""
    with private(tmp_path / "asterisk", trunk_hosts=("127.0.0.2",)) as asterisk:
        port = asterisk.spec.sip_port
        environment = attached(asterisk, source=b"127.0.0.2", **{"from": b"<sip:1001@127.0.0.1>"})
        assert environment["agi_callerid"] == "1001"
        with RawCaller(port, **{"from": b"<sip:1001@127.0.0.1>"}) as stranger:
            assert stranger.invite() == 401
        with RawCaller(port, **{"from": b"<sip:05321110001@127.0.0.1>"}) as stranger:
            assert stranger.invite() == 401
        with Phones("127.0.0.1", port, tmp_path / "phones") as phones:
            phones.staff([Login("1002", "demo1002")], Agent(answer_after_s=0.1, talk_s=0.1))
            caller = phones.call(Caller(login=Login("1001", "demo1001")), dialled="1002")
            assert caller.wait(60).failed == 0


def test_on_loopback_which_phones_share_with_the_trunk_they_are_asked_for_a_password(
    asterisk: AsteriskInstance,
) -> None:
    with RawCaller(asterisk.spec.sip_port, **{"from": b"<sip:1001@127.0.0.1>"}) as caller:
        assert caller.invite() == 401


@pytest.mark.parametrize(
    ("hosts", "order"),
    [
        (("127.0.0.1",), "username,ip"),
        (("192.0.2.1", "127.0.0.0/8"), "username,ip"),
        (("::1",), "username,ip"),
        (("192.0.2.1",), "ip,username"),
        (("127.0.0.2", "2001:db8::/32"), "ip,username"),
    ],
)
def test_what_tells_whose_a_request_is(hosts: tuple[str, ...], order: str) -> None:
    assert identified_by(hosts) == order


@pytest.mark.parametrize("hosts", [("0.0.0.0/0",), ("192.0.2.1", "::/0"), ("192.0.2.1/24",), ("here",)])
def test_a_trunk_that_is_everybody_is_refused(tmp_path: Path, hosts: tuple[str, ...]) -> None:
    with pytest.raises(ConfError, match="trunk_hosts = "):
        private(tmp_path / "asterisk", trunk_hosts=hosts)
