"""The manager protocol's bytes: whatever the cut, the same messages; whatever the value, never a second header."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.asterisk.wire import MAX_CUT, MAX_LINE, MAX_MESSAGE, AmiProtocolError, BadAction, Decoder, Message, encode

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


# --- text of a caller's in the place of headers


def snapshot(number: str, prefix: str = "", language: bool = True) -> str:
    """What Asterisk says of a channel whose number is this text."""
    values = {
        "Channel": "PJSIP/trunk-1", "ChannelState": "4", "ChannelStateDesc": "Ring", "CallerIDNum": number,
        "CallerIDName": "Şükrü", "ConnectedLineNum": "<unknown>", "ConnectedLineName": "<unknown>", "Language": "tr",
        "AccountCode": "", "Context": "hotline", "Exten": "4440411", "Priority": "1", "Uniqueid": "ast1-1.1",
        "Linkedid": "ast1-1.1",
    }  # fmt: skip
    if not language:
        del values["Language"]
    return "".join(f"{prefix}{name}: {value}\r\n" for name, value in values.items())


def around(number: str) -> bytes:
    """A stream in which one event has this number, and one comes before and one behind it."""
    before = "Event: Hangup\r\nPrivilege: call,all\r\n" + snapshot("1") + "Cause: 16\r\n\r\n"
    event = "Event: DialBegin\r\nPrivilege: call,all\r\n" + snapshot(number) + snapshot("2", "Dest") + "\r\n"
    behind = "Event: Hangup\r\nPrivilege: call,all\r\n" + snapshot("3") + "Cause: 17\r\n\r\n"
    return GREETING + (before + event + behind).encode("utf-8", "surrogateescape")


FORGED = "Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: INVALID\r\n\r\n"
LONGEST_NUMBER = 79
"""Bytes that Asterisk takes of a number."""


@pytest.mark.parametrize(
    "number",
    [
        f"0532\r\n\r\n{FORGED}",
        f"\r\n\r\n{FORGED}",
        f"\r\nCallerIDName: x\r\n\r\n{FORGED}"[:LONGEST_NUMBER],
        "\r\n\r\n" * 19,
        "x\r\nUniqueid: ast1-9.9\r\nLinkedid: ast1-9.9",
        "x\r\nLinkedid: ast1-9.9\r\n\r\nEvent: Shutdown\r\n\r\n",
        "x\r\n\r\nResponse: Success\r\nActionID: cozum-1\r\n\r\n",
        "x\r\n\r\nLinkedid: 1\r\n\r\nEvent: Shutdown\r\n\r\n",
        "x\r\nCallerIDName: y",
        "x\r\nFoo: bar\r\n",
    ],
)
def test_no_text_in_a_number_is_an_event_or_a_header(number: str) -> None:
    for place in range(len(around(number)) + 1):
        stream = around(number)
        messages, _, error = decode([stream[:place], stream[place:]])
        assert not error
        assert [(message["Event"], message["Cause"]) for message in messages] == [("Hangup", "16"), ("Hangup", "17")]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["\r\n", "\r\n\r\n", "\r", "\n", "\0", "Event: Shutdown", "Linkedid: 9", "CallerIDName: x", ": ", "a"]
            ),
            st.text(max_size=6),
        ),
        max_size=12,
    ),
    st.lists(st.integers(0, 2**12), max_size=6),
)
def test_whatever_a_number_holds_the_events_before_and_behind_it_are_whole(
    pieces: list[str], places: list[int]
) -> None:
    number = "".join(pieces).encode("utf-8", "surrogatepass")[:LONGEST_NUMBER].decode("utf-8", "replace")
    stream = around(number)
    messages, _, error = decode(cut(stream, places))
    assert not error
    seen = [message["Event"] for message in messages]
    if "\r\n" not in number:
        assert seen == ["Hangup", "DialBegin", "Hangup"]
    else:
        assert seen in (["Hangup", "Hangup"], ["Hangup", "DialBegin", "Hangup"])
    for message in messages:
        assert message["Linkedid"] == "ast1-1.1"
    assert [message["Cause"] for message in messages if message["Event"] == "Hangup"] == ["16", "17"]


def test_a_channel_without_a_language_is_whole_too() -> None:
    stream = GREETING + ("Event: Hangup\r\n" + snapshot("1", language=False) + "Cause: 16\r\n\r\n").encode()
    messages, _, error = decode([stream])
    assert (error, messages[0]["Cause"]) == ("", "16")


def test_a_cut_whose_rest_never_comes_ends_the_connection() -> None:
    block = "Event: Newchannel\r\nChannelStateDesc: Ring\r\nCallerIDNum: 1\r\n\r\n"
    stream = GREETING + (block + "Event: Hangup\r\n\r\n" * (MAX_CUT + 1)).encode()
    messages, _, error = decode([stream])
    assert (messages, error) == ([], "AmiProtocolError")
