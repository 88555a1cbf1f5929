"""A phone hangs up by our word, also if that comes before its call is up."""

import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.stack import until
from phones import Agent, Agents, Login, Phones
from phones.sipp import PhonesError
from tests.phones.test_sent_again import Exchange
from tests.services import missing


def test_a_call_that_is_not_up_yet_is_waited_for(tmp_path: Path) -> None:
    if shutil.which("sipp") is None:
        missing("sipp")
    exchange = Exchange()
    registrar = threading.Thread(target=exchange.register)
    registrar.start()
    with Phones("127.0.0.1", exchange.port, tmp_path) as phones, ThreadPoolExecutor(1) as other:
        staff = phones.staff([Login("1001", "x")], Agent(answer_after_s=1.0, talk_s=None))
        registrar.join()
        with pytest.raises(PhonesError, match="no call came up"):
            staff.hang_up(within_s=0.1)
        exchange.send("INVITE")
        exchange.next(b"SIP/2.0 180")
        over = other.submit(staff.hang_up)
        answer = exchange.next(b"SIP/2.0 200")
        to = re.search(rb"^To:\s*([^\r]*)", answer, re.MULTILINE)
        assert to is not None
        time.sleep(0.5)  # a word that came before the ACK would have sipp give the call up, by a BYE of its own
        exchange.send("ACK", to=to[1].decode())
        assert re.search(rb"^CSeq: *9 BYE", exchange.next(b"BYE"), re.MULTILINE)
        over.result(60)
        assert [leg.ended_by for leg in staff.legs() if leg.incoming] == ["phone"]
        staff.hang_up(within_s=0.1)  # what is over already is no fault
    exchange.close()


def words(staff: Agents) -> int:
    """How many words of ours the phones have had."""
    return sum(one.method == "MESSAGE" and not one.sent for one in staff.messages())


def test_a_word_that_comes_while_a_phone_waits_for_an_answer_is_minded_after_it(tmp_path: Path) -> None:
    if shutil.which("sipp") is None:
        missing("sipp")
    exchange = Exchange()
    registrar = threading.Thread(target=exchange.register)
    registrar.start()
    with Phones("127.0.0.1", exchange.port, tmp_path) as phones, ThreadPoolExecutor(1) as other:
        staff = phones.staff([Login("1001", "x")], Agent(answer_after_s=0.2, talk_s=None, hold=(0.1, 60.0)))
        registrar.join()
        exchange.send("INVITE")
        to = re.search(rb"^To:\s*([^\r]*)", exchange.next(b"SIP/2.0 200"), re.MULTILINE)
        assert to is not None
        exchange.send("ACK", to=to[1].decode())
        asked = exchange.next(b"INVITE")
        over = other.submit(staff.hang_up)
        until("some words have come", lambda: words(staff) > 1, 60)
        exchange.accept(asked)
        exchange.next(b"ACK")
        assert re.search(rb"^CSeq: *9 BYE", exchange.next(b"BYE"), re.MULTILINE)
        over.result(60)
    exchange.close()
