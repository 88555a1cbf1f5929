"""Messages: what is composed is parsed again, and a digest is that of the RFC."""

from acd.attack import sip


def test_what_is_composed_is_parsed_again_byte_by_byte() -> None:
    headers = [
        ("From", '"\xff\x00" <sip:0532%0D%0A@127.0.0.2>;tag=a'),
        ("To", "<sip:x@y>"),
        ("Via", "SIP/2.0/UDP a;branch=b"),
    ]
    message = sip.parse(sip.compose("INVITE sip:x@y SIP/2.0", headers, "v=0\r\n"))
    assert message is not None
    assert (message.method, message.uri, message.status, message.branch) == ("INVITE", "sip:x@y", 0, "b")
    assert message.get("from") == headers[0][1]
    assert message.get("Content-Length") == "5"
    assert message.body == "v=0\r\n"


def test_short_names_are_the_long_ones() -> None:
    message = sip.parse(b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=b\r\nf: <sip:a@b>;tag=1\r\ni: c\r\n\r\n")
    assert message is not None
    assert (message.status, message.method, message.get("Call-ID")) == (200, "", "c")
    assert sip.parameter(message.get("From"), "tag") == "1"


def test_what_is_no_sip_is_none() -> None:
    assert sip.parse(b"GET / HTTP/1.1\r\n\r\n") is None
    assert sip.parse(b"") is None


def test_addresses() -> None:
    assert sip.address('"x" <sip:1001@h:5060>;tag=a') == "sip:1001@h:5060"
    assert sip.address("sip:1001@h;tag=a") == "sip:1001@h"
    assert sip.user_of("sip:1001@h") == "1001"
    assert sip.user_of("tel:1001") == ""


def test_audio_of_an_answer() -> None:
    answer = sip.media_address(sip.sdp("127.0.0.9", 4000).replace("101", "96"))
    assert answer == sip.MediaAddress("127.0.0.9", 4000, 96)
    assert sip.media_address("") is None


def test_a_digest_without_qop_is_that_of_rfc_2617() -> None:
    """The RFC's own example, without its qop, worked out by hand from its section 3.2.2."""
    import hashlib

    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"'
    given = sip.authorization(challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html")
    first = hashlib.md5(b"Mufasa:testrealm@host.com:Circle Of Life", usedforsecurity=False).hexdigest()
    second = hashlib.md5(b"GET:/dir/index.html", usedforsecurity=False).hexdigest()
    assert (first, second) == ("939e7578ed9e3c518a452acee763bce9", "39aff3a2bab6126f332b942af96d3366")
    whole = f"{first}:dcd98b7102dd2f0e8b11d0f600bfb0c093:{second}".encode()
    assert f'response="{hashlib.md5(whole, usedforsecurity=False).hexdigest()}"' in given
    assert 'opaque="5ccc"' in given
    assert "qop" not in given
