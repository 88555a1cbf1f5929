"""Where a caller is whom no session holds, by what Asterisk's list of channels says of them."""

import re

import pytest

from acd.asterisk.conf import HANDOVER, TEMPLATES
from acd.asterisk.whereabouts import BACK_CONTEXT, OUR_CONTEXTS, found
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.events import CallerFound
from acd.engine.model.ids import AgentId, CallId, NodeId

NODE, CALL, CHANNEL = NodeId("ast1"), CallId("ast1-1.1"), "PJSIP/trunk-1"
AGENTS = {"PJSIP/1001": AgentId("1001")}


def caller(application: str = "", data: str = "", context: str = "hotline", bridge: str = "") -> dict[str, str]:
    return {
        "Channel": CHANNEL,
        "Uniqueid": CALL,
        "Linkedid": CALL,
        "ChannelStateDesc": "Up",
        "Context": context,
        "Application": application,
        "ApplicationData": data,
        "BridgeId": bridge,
    }


def leg(state: str = "Up", bridge: str = "b1") -> dict[str, str]:
    own = {"Channel": "PJSIP/1001-2", "Uniqueid": "ast1-1.2", "ChannelStateDesc": state, "BridgeId": bridge}
    return caller() | own


def look(*channels: dict[str, str]) -> CallerFound:
    (one,) = found(NODE, channels, [CALL], AGENTS, 7.0)
    assert (one.at, one.call, one.node) == (7.0, CALL, NODE)
    return one


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (caller("Wait", "0.25"), "dialplan"),
        (caller("Wait", "3600", context="limbo"), "nowhere"),
        (caller("", "", context=""), "nowhere"),
        (caller("AGI", "agi://127.0.0.1:4573/call,1795,,,"), "nowhere"),
        (caller("AGI", "agi://127.0.0.1:4574/ask,1795,"), "dialplan"),
        (caller("AGI", "agi://127.0.0.1:4574/ended,1795,/call"), "dialplan"),
        (caller("AGI", "agi://127.0.0.1:4573/call,1795", context="elsewhere"), "nowhere"),
        (caller("Queue", "standby,ciI,,,2"), "dialplan"),
        (caller("Dial", "PJSIP/1002,30", context="private"), "dialplan"),
        (caller("Dial", "PJSIP/1002,30", context="elsewhere"), "dialplan"),
        (caller("AGI", "agi://127.0.0.1:4573/call,1795", bridge="b7"), "dialplan"),
    ],
)
def test_a_channel_is_nowhere_unless_something_brings_it_back(entry: dict[str, str], place: str) -> None:
    assert (look(entry).place, look(entry).channel) == (place, CHANNEL)


def test_a_channel_that_is_not_listed_is_gone() -> None:
    assert look() == CallerFound(at=7.0, call=CALL, node=NODE, place="gone")
    assert look(caller() | {"Uniqueid": "ast1-9.9", "Linkedid": "ast1-9.9"}).place == "gone"


@pytest.mark.parametrize(
    ("of_agent", "place"), [(leg(), "talking"), (leg("Ringing", bridge=""), "dialplan"), (leg(bridge="b2"), "dialplan")]
)
def test_who_shares_a_bridge_with_an_agent_talks(of_agent: dict[str, str], place: str) -> None:
    one = look(caller("Queue", "standby", bridge="b1"), of_agent)
    assert one.place == place
    assert one.leg == ("PJSIP/1001-2" if place == "talking" else "")


def test_who_was_called_back_is_known_by_the_trunk_they_were_called_by() -> None:
    theirs = caller("AGI", "agi://127.0.0.1:4573/call,1795")
    theirs |= {"Channel": "PJSIP/outgoing-7", "Uniqueid": "ast1-3.3", "Linkedid": f"{CALL}~2"}
    assert look(theirs) == CallerFound(at=7.0, call=CALL, node=NODE, place="nowhere", channel="PJSIP/outgoing-7")


def test_an_entry_without_its_headers_is_no_list() -> None:
    with pytest.raises(AmiProtocolError, match="Linkedid"):
        found(NODE, [{"Channel": CHANNEL, "Uniqueid": CALL}], [CALL], AGENTS, 7.0)


def test_the_dialplan_has_the_contexts_that_are_named_here() -> None:
    plan = (TEMPLATES / "extensions.conf").read_text("utf-8") + HANDOVER
    contexts = set(re.findall(r"^\[([a-z-]+)\]", plan, re.MULTILINE))
    assert contexts >= OUR_CONTEXTS
    assert BACK_CONTEXT in contexts
