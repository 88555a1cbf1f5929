"""Scenarios are well-formed, jump only to places that exist, and never stand still where the other side may hang up."""

import xml.etree.ElementTree as ElementTree

import pytest

from phones import Agent, Blind, Caller, Consult, HangUp, Login, Press, Talk, Wait, logins
from phones.scenario import agent, caller, register

AGENTS = (
    Agent(),
    Agent(answer_after_s=None),
    Agent(answer_after_s=0),
    Agent(reject=486, answer_after_s=0),
    Agent(reject=603),
    Agent(talk_s=None),
    Agent(talk_s=Talk(3.0)),
    Agent(rings=False),
    Agent(hold=(0.5, 1.0)),
    Agent(transfer=Blind("1002", 0.5)),
    Agent(transfer=Blind("1002", None)),
    Agent(transfer=Consult("1002", Login("1001", "demo1001"), after_s=None)),
)
CALLERS = (
    Caller(),
    Caller(steps=(Wait(1), Press("12"), HangUp())),
    Caller(patience_s=4),
    Caller(cancel_after_s=0.0),
    Caller(cancel_after_s=0.1),
    Caller(login=Login("1001", "demo1001")),
    Caller(from_header='"x" <sip:y@z>', headers=("X-Odd: 1",), speaks=False),
)


def scenarios() -> list[str]:
    kept: list[bytes] = []

    def capture(packets: bytes) -> str:
        kept.append(packets)
        return f"{len(kept)}.pcap"

    return [*map(agent, AGENTS), *(caller(script, capture) for script in CALLERS), register(), register(0, keep=False)]


@pytest.mark.parametrize("xml", scenarios())
def test_every_jump_lands(xml: str) -> None:
    root = ElementTree.fromstring(xml)
    placed = [element.get("id") for element in root.iter("label")]
    jumps = {element.get(name) for element in root for name in ("next", "ontimeout")} - {None}
    assert len(placed) == len(set(placed))
    assert jumps <= set(placed)


def test_a_caller_presses_keys_in_order() -> None:
    kept: list[bytes] = []

    def capture(packets: bytes) -> str:
        kept.append(packets)
        return f"{len(kept)}.pcap"

    xml = caller(Caller(steps=(Press("1"), Wait(0.5), Press("2"))), capture)
    played = [element.get("play_pcap_audio") for element in ElementTree.fromstring(xml).iter("exec")]
    assert played == ["1.pcap", "2.pcap", "3.pcap"]
    assert len(set(kept)) == 3


def test_the_demo_agents_passwords() -> None:
    assert logins(1001, 1010) == (Login("1001", "demo1001"), Login("1010", "demo1010"))
