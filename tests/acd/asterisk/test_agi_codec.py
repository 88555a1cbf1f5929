"""The AGI codec: what it reads, what it refuses, and that the way the bytes were cut makes no difference."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.asterisk.agi_codec import (
    COMMAND_LIMIT,
    AgiReader,
    Environment,
    HangupNotice,
    Item,
    Limits,
    PeerError,
    Reply,
    UnsafeArgument,
    encode,
)

BLOCK = b"agi_network: yes\nagi_request: agi://127.0.0.1:4573/call\nagi_uniqueid: ast1-1.2\nagi_arg_1: 17\n\n"


def read(*pieces: bytes, limits: Limits | None = None) -> tuple[list[Item], str]:
    """What a reader makes of pieces: its items, and the error that ended it."""
    reader = AgiReader(limits or Limits())
    items: list[Item] = []
    for piece in pieces:
        reader.feed(piece)
        try:
            while (item := reader.next_item()) is not None:
                items.append(item)
        except PeerError as error:
            return items, str(error)
    return items, ""


def replies(text: bytes) -> list[Item]:
    items, error = read(BLOCK + text)
    assert not error
    return items[1:]


def refused(data: bytes, limits: Limits | None = None) -> str:
    _, error = read(data, limits=limits)
    assert error
    return error


# --- the environment


def test_the_environment_tells_path_and_arguments() -> None:
    (environment,), error = read(BLOCK)
    assert not error
    assert isinstance(environment, Environment)
    assert environment.path == "/call"
    assert environment.get("uniqueid") == "ast1-1.2"
    assert environment.get("nothing") == ""
    assert environment.argument(1) == "17"
    assert environment.argument(2) == ""


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        ("agi://h/call", "/call"),
        ("agi://h:1/agent/login?x=/y", "/agent/login"),
        ("agi://h", "/"),
        ("call", "/"),
        ("agi://[::1]:4573/call", "/call"),
    ],
)
def test_the_path_of_a_request(request_: str, path: str) -> None:
    assert Environment({"agi_request": request_}).path == path


def test_of_a_variable_given_twice_the_first_counts() -> None:
    forged = b"agi_request: agi://h/call\nagi_uniqueid: real\nagi_calleridname: x\nagi_uniqueid: forged\n\n"
    (environment,), _ = read(forged)
    assert isinstance(environment, Environment)
    assert environment.get("uniqueid") == "real"


def test_a_turkish_letter_cut_by_a_read_is_whole() -> None:
    block = "agi_request: agi://h/call\nagi_calleridname: Şükrü Iğdır İzmir\n\n".encode()
    for cut in range(len(block)):
        (environment,), _ = read(block[:cut], block[cut:])
        assert isinstance(environment, Environment)
        assert environment.get("calleridname") == "Şükrü Iğdır İzmir"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    (environment,), _ = read(b"agi_request: agi://h/call\nagi_calleridname: \xc5x\xff\n\n")
    assert isinstance(environment, Environment)
    assert environment.get("calleridname") == "\ufffdx\ufffd"


@pytest.mark.parametrize(
    "data",
    [
        b"\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"agi_channel: x\n\n",
        b"agi_request:\n\n",
        b"agi_request: agi://h/call\nno colon\n",
        b"agi_request: agi://h/\0call\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\n",
    ],
)
def test_what_is_no_environment_is_refused(data: bytes) -> None:
    refused(data)


def test_limits_hold() -> None:
    limits = Limits(line=100, block=300, variables=4)
    assert "100 bytes" in refused(b"agi_request: " + b"x" * 200, limits)
    assert "100 bytes" in refused(b"x" * 101, limits)
    assert "300 bytes" in refused(b"agi_request: agi://h/call\n" + b"agi_a: " + b"x" * 90 + b"\n" * 1 +
                                  (b"agi_a: " + b"x" * 90 + b"\n") * 3, limits)  # fmt: skip
    many = b"".join(b"agi_arg_%d: x\n" % number for number in range(5))
    assert "4 variables" in refused(many, limits)
    assert "a line of more" in refused(BLOCK + b"2" * 20_000)
    assert "a block of more" in refused(BLOCK + b"520-Invalid\n" + b"usage\n" * 20_000)


def test_an_error_stays() -> None:
    reader = AgiReader()
    reader.feed(b"garbage\n")
    for _ in range(2):
        with pytest.raises(PeerError):
            reader.next_item()
    reader.feed(BLOCK)
    with pytest.raises(PeerError):
        reader.next_item()
    with pytest.raises(PeerError):
        reader.end()


def test_an_end_amid_an_item_is_an_error() -> None:
    reader = AgiReader()
    reader.feed(BLOCK)
    assert not reader.began
    assert reader.next_item() is not None
    assert reader.began
    reader.end()
    reader.feed(b"200 res")
    assert reader.next_item() is None
    with pytest.raises(PeerError):
        reader.end()


# --- replies


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0", Reply(200, "0")),
        (b"200 result=-1", Reply(200, "-1")),
        (b"200 result=1 (ANSWER)", Reply(200, "1", "ANSWER")),
        (b"200 result=1 ()", Reply(200, "1", "")),
        (b"200 result=1 (a (b) c) d)", Reply(200, "1", "a (b) c) d")),
        (b"200 result=1 (x) endpos=5 ()", Reply(200, "1", "x) endpos=5 (")),
        (b"200 result=49 endpos=8000", Reply(200, "49", None, 8000)),
        (b"200 result=0 (timeout) endpos=16", Reply(200, "0", "timeout", 16)),
        (b"200 result=12# (timeout)", Reply(200, "12#", "timeout")),
        (b"200 result=", Reply(200, "")),
        ("200 result=1 (Iğdır)".encode(), Reply(200, "1", "Iğdır")),
        (b"510 Invalid or unknown command", Reply(510, data="Invalid or unknown command")),
        (b"511 Command Not Permitted on a dead channel", Reply(511, data="Command Not Permitted on a dead channel")),
        (b"520 Invalid command syntax.", Reply(520, data="Invalid command syntax.")),
    ],
)
def test_replies(line: bytes, reply: Reply) -> None:
    assert replies(line + b"\n") == [reply]


def test_a_usage_text_is_one_reply() -> None:
    text = (
        b"520-Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n\n 200 result=0\n520 End of proper usage.\n"
    )
    assert replies(text + b"200 result=0\n") == [
        Reply(520, data="Invalid command syntax.  Proper usage follows:\nUsage: NOOP\n\n 200 result=0"),
        Reply(200, "0"),
    ]


def test_hangups_come_between_replies() -> None:
    assert replies(b"200 result=0\nHANGUP\nHANGUP\n200 result=1\n") == [
        Reply(200, "0"),
        HangupNotice(),
        HangupNotice(),
        Reply(200, "1"),
    ]


@pytest.mark.parametrize(
    "line",
    [b"", b"200", b"200 ok", b"200 result=1 (cut", b"200 result=0 endpos=x", b"1 result=0", b"hangup", b"999 x",
     b"200 result=0 endpos=" + b"9" * 40, "٢٠٠ result=0".encode()],
)  # fmt: skip
def test_what_is_no_reply_is_refused(line: bytes) -> None:
    refused(BLOCK + line + b"\n")


# --- any split, any garbage

WORDS = st.sampled_from(
    [b"200 result=0", b"200 result=1 (\xc4\x9f)", b"HANGUP", b"\n", b"\n\n", b"520-Usage", b"520 End of proper usage.",
     b"agi_request: agi://h/call", b"agi_x: ", b"\0", b" endpos=7", b"511 dead", b"\xff"],
)  # fmt: skip
STREAMS = st.one_of(
    st.binary(max_size=200),
    st.lists(WORDS, max_size=20).map(b"".join),
    st.lists(WORDS, max_size=20).map(lambda words: BLOCK + b"\n".join(words) + b"\n"),
)


@settings(deadline=None)
@given(STREAMS, st.lists(st.integers(0, 400), max_size=12))
def test_any_split_gives_the_same(stream: bytes, cuts: list[int]) -> None:
    limits = Limits(line=60, block=120, variables=6)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges)]
    assert read(*pieces, limits=limits) == read(stream, limits=limits)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_garbage_raises_nothing_else_and_stays_small(pieces: list[bytes]) -> None:
    limits = Limits(line=60, block=120, variables=6)
    reader = AgiReader(limits)
    for piece in pieces:
        reader.feed(piece)
        try:
            while reader.next_item() is not None:
                pass
        except PeerError:
            return
        assert len(reader._buffer) <= limits.line


# --- commands


def arguments_of(line: bytes) -> list[str]:
    """As Asterisk's res_agi takes a command line apart (`parse_args`)."""
    arguments: list[str] = []
    quoted = escaped = False
    between = True
    for letter in line.decode():
        if letter == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                arguments.append("")
                between = False
        elif letter in " \t" and not quoted and not escaped:
            between = True
        elif letter == "\\" and not escaped:
            escaped = True
            continue
        else:
            if between:
                arguments.append("")
                between = False
            arguments[-1] += letter
        escaped = False
    return arguments


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40), min_size=1,
                max_size=8))  # fmt: skip
def test_every_word_arrives_as_one_argument(words: list[str]) -> None:
    line = encode(*words)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert arguments_of(line[:-1]) == words


@pytest.mark.parametrize("evil", ["a\nHANGUP", "a\rb", "a\0b", "\ud800"])
def test_what_cannot_be_carried_is_refused(evil: str) -> None:
    with pytest.raises(UnsafeArgument):
        encode("SET", "VARIABLE", "X", evil)


def test_a_command_too_long_is_refused() -> None:
    with pytest.raises(UnsafeArgument):
        encode("SET", "VARIABLE", "X", "ş" * COMMAND_LIMIT)
