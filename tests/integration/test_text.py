"""What a caller controls is text and nothing else: stored whole or refused, never a second header, a dial string or a
query."""

import contextlib
from collections.abc import Sequence
from itertools import count

import pytest

from bench.stack import StackError, until
from phones import Caller, HangUp, Press, Wait
from phones.raw import RawCaller
from tests.integration.conftest import Line
from tests.integration.witnesses import Observer

_serial = count(1)
EVIL = "X-Evil"


def call(line: Line, from_header: str, *headers: str, keys: str = "0", dialled: str = "4440411") -> bool:
    """One caller with this From, who chooses an agent, waits a moment and leaves. False if the INVITE was refused: by
    a final answer, or by none at all (Asterisk drops what is no SIP)."""
    steps = (Wait(0.3), Press(keys), Wait(0.6), HangUp())
    caller = Caller(steps=steps, from_header=from_header, headers=headers)
    callers = line.phones.call(caller, dialled=dialled)

    def is_answered() -> bool:
        return any(message.status for message in callers.messages())

    def fate() -> str:
        messages = callers.messages()
        if any(message.status == 200 for message in messages):
            return "answered"
        if any(message.status and message.status >= 400 for message in messages):
            return "refused"
        return "dropped" if len(messages) >= 4 and not is_answered() else ""

    what = until("the INVITE has an answer, or has none at the third repetition", fate, 60)
    if what == "dropped":  # or late: once a later request is answered, a second more is waited
        with RawCaller(int(str(line.stack.settings["sip_port"]))) as later:
            assert later.ask()
        with contextlib.suppress(StackError):
            until("a late answer", is_answered, 1.0)
        what = until("the INVITE has an answer, or has none", fate, 60)
    if what == "answered":
        assert callers.wait(60).failed == 0, callers.errors()
    else:
        callers.kill()
    return what == "answered"


def known(line: Line, observer: Observer, mark: int) -> tuple[str, dict[str, object]]:
    """The one call that came since `mark`: its id and record."""
    (call_id,) = until("a channel", lambda: came_since(observer, mark), 60)
    record = until("the call is recorded", lambda: _record(line, call_id), 60)
    return call_id, record


def came_since(observer: Observer, mark: int) -> set[str]:
    """The calls that came since so many channels had been there."""
    return {
        event.headers["Linkedid"]
        for event in observer.events("Newchannel")[mark:]
        if event.headers.get("Context") == "hotline"
    }


def _record(line: Line, call_id: str) -> dict[str, object] | None:
    answer = line.stack.request("GET", f"/api/v1/calls/{call_id}")
    record = answer.json() if answer.status_code == 200 else None
    return record if record and record.get("outcome") else None


def name_of(line: Line, call_id: str) -> str:
    """The caller's name in the database."""
    ((name,),) = line.stack.rows("SELECT name FROM calls WHERE id = ?", call_id)
    return str(name)


TURKISH = "Şükrü İğdırlı ÇÖĞÜ ıİ"


@pytest.mark.parametrize(
    ("from_header", "number", "names"),
    [
        pytest.param(f'"{TURKISH}" <sip:05321110001@127.0.0.1>', "05321110001", {TURKISH}, id="turkish"),
        pytest.param('"O\'Brien \\"Bobby\\" Tables" <sip:05321110002@127.0.0.1>', "05321110002",
                     {"O'Brien \"Bobby\" Tables"}, id="quotes"),
        pytest.param("\"'); DROP TABLE calls; --\" <sip:05321110003@127.0.0.1>", "05321110003",
                     {"'); DROP TABLE calls; --"}, id="sql"),
        pytest.param('"${SHELL(id)} ${CALLERID(num)}" <sip:05321110004@127.0.0.1>', "05321110004",
                     {"${SHELL(id)} ${CALLERID(num)}"}, id="dialplan"),
        pytest.param('"a,b&PJSIP/1001|c" <sip:05321110005@127.0.0.1>', "05321110005", {"a,b&PJSIP/1001|c"}, id="dial"),
        pytest.param(f'"{"n" * 2048}" <sip:05321110006@127.0.0.1>', "05321110006", {""}, id="2 KB name"),
        pytest.param(f'"{"n" * 4096}" <sip:05321110006@127.0.0.1>', "", {""}, id="4 KB name"),
        pytest.param(f'"n" <sip:{"5" * 2048}@127.0.0.1>', "", {"n"}, id="2 KB number"),
        *(
            pytest.param(f'"{name}" <sip:05321110020@127.0.0.1>', "05321110020", {name}, id=f"long, of {name[:2]}")
            for letter in "ğ€🐕"
            for name in (letter * 39, f"n{letter * 39}")
        ),
        pytest.param(f'"{"ğ" * 80}" <sip:05321110030@127.0.0.1>', "05321110030", {"ğ" * 80}, id="as long as may be"),
        pytest.param(f'"{"ğ" * 81}" <sip:05321110031@127.0.0.1>', "05321110031", {""}, id="longer than may be"),
        pytest.param(f'"x" <sip:0532%0d%0a{EVIL}%3a%20yes%0d%0a%0d%0aEvent%3a%20Shutdown%0d%0a%0d%0a@127.0.0.1>',
                     "", {"x"}, id="CR LF in the number"),
        pytest.param('"x" <sip:0532%00111@127.0.0.1>', "", {"x"}, id="NUL in the number"),
        pytest.param(f'"x\r\n {EVIL}: yes" <sip:05321110009@127.0.0.1>', None, None, id="folded header"),
        pytest.param('"&PJSIP/1001" <sip:PJSIP%2F1001%26Local%2F1002%40agents@127.0.0.1>', "", {"&PJSIP/1001"},
                     id="dial string in the number"),
        pytest.param('"x" <sip:anonymous@anonymous.invalid>', "", {"x"}, id="withheld"),
        pytest.param("<sip:127.0.0.1>", "", {""}, id="no user"),
    ],
)  # fmt: skip
def test_name_and_number(
    line: Line, observer: Observer, from_header: str, number: str | None, names: set[str] | None
) -> None:
    mark = len(observer.events("Newchannel"))
    before = len(line.stack.calls())
    if not call(line, from_header):
        assert number is None, "this is text that a phone may send"
        assert len(observer.events("Newchannel")) == mark
        assert len(line.stack.calls()) == before
        return
    call_id, record = known(line, observer, mark)
    if number is not None:
        assert record["caller"] == number
    assert set(str(record["caller"])) <= set("0123456789+*#._-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    if names is not None:
        assert name_of(line, call_id) in names
    assert not set(name_of(line, call_id)) & set("\r\n\0")
    assert len(line.stack.calls()) == before + 1
    nothing_grew_from_it(observer)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param((f"Subject: a%0d%0a{EVIL}: yes",), id="encoded line end"),
        pytest.param((f"Alert-Info: <http://x>\r\n\t{EVIL}: folded",), id="folded"),
        pytest.param((f"User-Agent: {'u' * 4096}",), id="4 KB"),
        pytest.param((f"Subject: {'Şğüıöç İIĞÜŞÖÇ ' * 90}",), id="Turkish letters"),
        pytest.param(("P-Asserted-Identity: \"1001\" <sip:1001@127.0.0.1>",), id="asserted identity of an agent"),
        pytest.param(("Diversion: <sip:1001@127.0.0.1>;reason=unconditional",), id="diversion"),
    ],
)  # fmt: skip
def test_headers(line: Line, observer: Observer, headers: Sequence[str]) -> None:
    number = f"0532222{next(_serial):04d}"
    mark = len(observer.events("Newchannel"))
    assert call(line, f"<sip:{number}@127.0.0.1>", *headers)
    _, record = known(line, observer, mark)
    assert record["caller"] == number
    nothing_grew_from_it(observer)


def test_odd_keys(line: Line, observer: Observer) -> None:
    """A, B, C and D are keys too, and those of no menu."""
    mark = len(observer.events("Newchannel"))
    number = f"0532222{next(_serial):04d}"
    assert call(line, f"<sip:{number}@127.0.0.1>", keys="ABCD#*0")
    _, record = known(line, observer, mark)
    assert record["caller"] == number


def test_nobody_dials_out(line: Line, observer: Observer) -> None:
    """From the trunk only the line's own number is there: no agent, no code, no number of the world."""
    for dialled in ("1001", "*45", "05321234567", "s", "4440411@agents", "%2a45"):
        mark = len(observer.events("Newchannel"))
        assert not call(line, "<sip:05322220000@127.0.0.1>", dialled=dialled), dialled
        assert len(observer.events("Newchannel")) == mark


INJECTED = b"\r\nX-Evil: yes\r\n\r\nAction: Originate\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"from": b'"a\x00b" <sip:05323330001@127.0.0.1>'}, id="NUL in the name"),
        pytest.param({"from": b'"x" <sip:0532\x003330001@127.0.0.1>'}, id="NUL in the number"),
        pytest.param({"from": b'"\xc5" <sip:05323330001@127.0.0.1>'}, id="half a letter"),
        pytest.param({"from": b'"\xff\xfe\x80 \xed\xa0\x80" <sip:05323330001@127.0.0.1>'}, id="no UTF-8"),
        pytest.param({"from": b'"a\x0bb\x1b[2Jc\x07\x7f" <sip:05323330001@127.0.0.1>'}, id="control characters"),
        pytest.param({"from": b'"a\rb" <sip:05323330001@127.0.0.1>'}, id="CR alone in the name"),
        pytest.param({"from": b'"a\nb" <sip:05323330001@127.0.0.1>'}, id="LF alone in the name"),
        pytest.param({"from": b'"a' + INJECTED + b'" <sip:05323330001@127.0.0.1>'}, id="a header in the name"),
        pytest.param({"to": b'"O\'x\\" \x00" <sip:4440411@127.0.0.1>'}, id="NUL in To"),
        pytest.param({"to": b'"' + b"\xc4\x9f" * 2048 + b'" <sip:4440411@127.0.0.1>'}, id="4 KB of letters in To"),
        pytest.param({"to": b'"\xff\xc5" <sip:1001@127.0.0.1>'}, id="an agent in To"),
        pytest.param({"contact": b"<sip:" + b"c" * 4096 + b"@127.0.0.1:%PORT%>"}, id="4 KB in Contact"),
        pytest.param({"x_long": b"\x01" * 4096}, id="4 KB of control characters"),
        pytest.param({"subject": b"${SHELL(id)}%0d%0aX-Evil: yes; DROP TABLE calls"}, id="everything in Subject"),
    ],
)
def test_bytes_that_no_phone_sends(line: Line, observer: Observer, headers: dict[str, bytes]) -> None:
    """Whatever is on the wire: a call whose texts are whole and clean, or none. And the line answers the next one."""
    mark = len(observer.events("Newchannel"))
    port = int(str(line.stack.settings["sip_port"]))
    with RawCaller(port, **headers) as caller:
        status = caller.invite_if_read()
        if status == 200:
            call_id = until("a channel", lambda: next(iter(came_since(observer, mark)), ""), 60)
            path = f"/api/v1/calls/{call_id}"
            until("the line has them", lambda: line.stack.request("GET", path).status_code == 200, 60)
            caller.hang_up()
    if status == 200:
        record = until("the call is recorded", lambda: _record(line, call_id), 60)
        assert record["caller"] in ("", "05323330001", "05320000000"), record
        ((name, dialled),) = line.stack.rows("SELECT name, dialled FROM calls WHERE id = ?", call_id)
        assert dialled == "4440411"
        assert name.isprintable(), repr(name)
        assert "\ufffd" not in name, "half a letter"
    else:
        assert came_since(observer, mark) == set()
    nothing_grew_from_it(observer)
    with RawCaller(port) as caller:
        assert caller.invite() == 200
        assert caller.hang_up() == 200


def nothing_grew_from_it(observer: Observer) -> None:
    """No AMI event carries a header of the caller's, none is the caller's, and nothing was dialled or run."""
    for event in observer.events():
        assert not any(key.strip().lower().startswith(EVIL.lower()) for key in event.headers), event
        assert event.name not in ("OriginateResponse", "Shutdown"), event
