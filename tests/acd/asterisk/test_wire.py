"""The manager protocol's bytes: whatever the cut, the same messages; whatever the value, never a second header."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.asterisk.wire import MAX_LINE, MAX_MESSAGE, AmiProtocolError, BadAction, Decoder, Message, encode

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def decode(pieces: list[bytes]) -> tuple[list[Message], str | None, str]:
    """What a stream cut like this comes to: messages, version, and how it failed."""
    decoder = Decoder()
    messages: list[Message] = []
    try:
        for piece in pieces:
            messages.extend(decoder.feed(piece))
    except AmiProtocolError as error:
        return messages, decoder.version, type(error).__name__
    return messages, decoder.version, ""


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces, cut at these places."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


lines = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.sampled_from(
        [b"Event: Hangup", b"ActionID: 1.2", b"CallerIDName: \xc5\x9e\xc3\xbckr\xc3\xbc \xc4\xb0", b"", b"\r", b"\n"]
    ),
)
streams = st.one_of(
    st.binary(max_size=200),
    st.lists(lines, max_size=30).map(lambda them: GREETING + b"\r\n".join(them)),
    st.lists(lines, max_size=30).map(lambda them: GREETING + b"\r\n\r\n".join(them) + b"\r\n\r\n"),
    st.integers(MAX_MESSAGE - 5, MAX_MESSAGE + 5).map(lambda n: GREETING + b"A: " + b"x" * n + b"\r\n\r\nB: 1\r\n\r\n"),
    st.integers(MAX_MESSAGE - 5, MAX_MESSAGE + 5).map(lambda n: GREETING + b"x" * n),
)


@settings(max_examples=400, deadline=None)
@given(streams, st.lists(st.integers(0, 2**17), max_size=12))
def test_any_bytes_decode_the_same_however_they_are_cut(stream: bytes, places: list[int]) -> None:
    assert decode(cut(stream, places)) == decode([stream])


def test_a_letter_cut_by_a_read_is_kept_at_every_byte() -> None:
    stream = GREETING + "Event: Newchannel\r\nCallerIDName: Şükrü İğneoğlu Çığ\r\nExten:\r\n\r\n".encode()
    for place in range(len(stream) + 1):
        messages, version, error = decode([stream[:place], stream[place:]])
        assert (version, error) == ("11.0.0", "")
        assert messages == [{"Event": "Newchannel", "CallerIDName": "Şükrü İğneoğlu Çığ", "Exten": ""}]


def test_bytes_that_are_no_utf8_stay_visible_and_cost_no_other_letter() -> None:
    messages, _, _ = decode([GREETING + b"Event: X\r\nName: a\xff\xc5\r\nNext: \xc4\xb0\r\n\r\n"])
    assert messages == [{"Event": "X", "Name": "a��", "Next": "İ"}]


def test_a_repeated_header_cannot_replace_the_first() -> None:
    messages, _, _ = decode([GREETING + b"Event: Hangup\r\nEvent: FullyBooted\r\n\r\n"])
    assert messages == [{"Event": "Hangup"}]


def test_an_endless_line_is_given_up_while_little_is_held() -> None:
    decoder = Decoder()
    list(decoder.feed(GREETING))
    for _ in range(MAX_MESSAGE // 1024):
        list(decoder.feed(b"x" * 1024))
    with pytest.raises(AmiProtocolError, match=str(MAX_MESSAGE)):
        list(decoder.feed(b"x" * 1024))


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-OpenSSH\r\n", b"\r\n", b"HTTP/1.1 400", b"Asterisk Call Manager/" + b"9" * 300]
)
def test_a_peer_that_is_no_manager_is_known_by_its_greeting(data: bytes) -> None:
    assert decode([data])[2] == "AmiProtocolError"


@settings(max_examples=300)
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_value_ever_becomes_a_second_header(name: str, value: str) -> None:
    try:
        data = encode("Setvar", {name: value}, "1.1")
    except BadAction:
        return
    assert data.count(b"\r\n") == 4
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\0" not in data
    assert data.split(b"\r\n")[2] == f"{name}: {value}".encode()


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Channel": "a\r\nAction: Originate"}, "Channel.*CR"),
        ({"Channel": "a\nb"}, "Channel.*LF"),
        ({"Channel": "a\0"}, "Channel.*NUL"),
        ({"Chan\r\nnel": "a"}, "header name"),
        ({"Channel: x": "a"}, "header name"),
        ({"": "a"}, "header name"),
        ({"Channel": "a" * 1100}, "1024"),
        ({"Channel": "\udcff"}, "UTF-8"),
        ({f"V{n}": "a" for n in range(127)}, "126"),
    ],
)
def test_what_must_not_be_written_is_refused_by_name(headers: dict[str, str], told: str) -> None:
    with pytest.raises(BadAction, match=told):
        encode("Hangup", headers, "1.1")


def test_a_line_is_measured_in_bytes_with_its_end() -> None:
    room = MAX_LINE - len("Name: \r\n")
    assert encode("X", {"Name": "a" * room}, "1")
    assert encode("X", {"Name": "ş" * (room // 2)}, "1")
    with pytest.raises(BadAction, match="1025 bytes"):
        encode("X", {"Name": "a" * (room + 1)}, "1")
    with pytest.raises(BadAction, match="Name"):
        encode("X", {"Name": "ş" * (room // 2 + 1)}, "1")


@pytest.mark.parametrize("action_id", ["1\r\nAction: Logoff", "a" * 2000])
def test_action_names_and_ids_are_checked_too(action_id: str) -> None:
    with pytest.raises(BadAction, match="ActionID"):
        encode("Ping", {}, action_id)
    with pytest.raises(BadAction, match="Action"):
        encode("Ping\r\nAction: Logoff", {}, "1")
