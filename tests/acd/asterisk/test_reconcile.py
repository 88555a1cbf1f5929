"""The truth about a node, and the order in which it and the events are believed."""

import pytest

from acd.asterisk.reconcile import Gate, in_the_queue, reconciled
from acd.asterisk.wire import AmiProtocolError
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.events import (
    AnyEvent,
    CallerGone,
    HangupRequested,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferRinging,
    SeenCall,
)
from acd.engine.model.ids import AgentId, CallId, NodeId

AGENTS = {f"PJSIP/{extension}": AgentId(str(extension)) for extension in range(1001, 1005)}
NODE = NodeId("ast1")


def channel(name: str, own: int, linked: int, state: str = "Up") -> dict[str, str]:
    """An entry of CoreShowChannels."""
    return {"Channel": name, "Uniqueid": f"ast1-1.{own}", "Linkedid": f"ast1-1.{linked}", "ChannelStateDesc": state}


def seen(*entries: dict[str, str]) -> NodeReconciled:
    return reconciled(NODE, entries, (), AGENTS, 1.0)


def test_waiting_ringing_and_talking_callers_are_told_apart() -> None:
    truth = seen(
        channel("PJSIP/trunk-00000001", 1, 1),
        channel("PJSIP/trunk-00000002", 2, 2),
        channel("PJSIP/1001-00000004", 4, 2, "Ringing"),
        channel("PJSIP/1002-00000005", 5, 3),
        channel("PJSIP/trunk-00000003", 3, 3),
    )
    assert truth.calls == (
        SeenCall(call=CallId("ast1-1.1"), channel="PJSIP/trunk-00000001"),
        SeenCall(call=CallId("ast1-1.2"), channel="PJSIP/trunk-00000002", leg="PJSIP/1001-00000004"),
        SeenCall(call=CallId("ast1-1.3"), channel="PJSIP/trunk-00000003", leg="PJSIP/1002-00000005", talking=True),
    )
    assert truth.agent_channels == {"1001": ("PJSIP/1001-00000004",), "1002": ("PJSIP/1002-00000005",)}


def test_whom_asterisks_own_queue_has_may_be_asked_since_when_they_talk() -> None:
    queue, agi = {"Application": "Queue"}, {"Application": "AGI"}
    entries = (
        channel("PJSIP/trunk-1", 1, 1) | queue,
        channel("PJSIP/1001-2", 2, 1),
        channel("PJSIP/trunk-3", 3, 3) | queue,
        channel("PJSIP/1002-4", 4, 3, "Ringing"),
        channel("PJSIP/trunk-5", 5, 5) | agi,
        channel("PJSIP/1003-6", 6, 5),
        channel("PJSIP/trunk-7", 7, 7) | queue,
    )
    assert in_the_queue(entries) == ["PJSIP/trunk-1"]
    told = {"PJSIP/trunk-1": "1795566540492"}
    calls = reconciled(NODE, entries, (), AGENTS, 1.0, told).calls
    assert [call.answered_at for call in calls] == [1795566540.492, None, None, None]
    for nonsense in ("", "x", "-1", "179556654049", "17955665404921", "１795566540492"):
        assert reconciled(NODE, entries, (), AGENTS, 1.0, {"PJSIP/trunk-1": nonsense}).calls[0].answered_at is None


def test_of_two_legs_the_one_that_talks_counts() -> None:
    for order in (1, -1):
        legs = [
            channel("PJSIP/1001-4", 4, 1, "Down"),
            channel("PJSIP/1002-5", 5, 1),
            channel("PJSIP/1003-6", 6, 1, "Ring"),
        ]
        (call,) = seen(channel("PJSIP/trunk-1", 1, 1), *legs[::order]).calls
        assert (call.leg, call.talking) == ("PJSIP/1002-5", True)


def test_the_service_for_which_an_agent_was_asked_is_the_account_code_of_their_leg() -> None:
    legs = [channel("PJSIP/1002-5", 5, 1) | {"AccountCode": "*815"}, channel("PJSIP/1003-6", 6, 2)]
    callers = [channel("PJSIP/trunk-1", 1, 1) | {"AccountCode": "*811"}, channel("PJSIP/trunk-2", 2, 2)]
    assert [one.dialled for one in seen(*callers, *legs).calls] == ["*815", ""]


def test_agents_own_calls_make_their_phones_busy() -> None:
    truth = seen(
        channel("PJSIP/1001-00000001", 1, 1),
        channel("PJSIP/1002-00000002", 2, 1, "Ringing"),
        channel("PJSIP/1003-00000003", 3, 3),
        channel("PJSIP/1003-00000004", 4, 4),
        channel("PJSIP/1004-00000005<ZOMBIE>", 5, 3),
        channel("Local/1001@x-00000006;1", 6, 6),
    )
    assert [call.call for call in truth.calls] == ["ast1-1.1", "ast1-1.3", "ast1-1.4"]
    assert truth.agent_channels == {
        "1001": ("PJSIP/1001-00000001",),
        "1002": ("PJSIP/1002-00000002",),
        "1003": ("PJSIP/1003-00000003", "PJSIP/1003-00000004"),
    }


def test_phones_in_use_can_be_reached_and_unknown_ones_cannot() -> None:
    states = {"1001": "NOT_INUSE", "1002": "BUSY", "1003": "UNAVAILABLE", "1004": "UNKNOWN", "trunk": "NOT_INUSE"}
    devices = [{"Device": f"PJSIP/{name}", "State": state} for name, state in states.items()]
    assert reconciled(NODE, (), devices, AGENTS, 1.0) == NodeReconciled(
        at=1.0, node=NODE, available=(AgentId("1001"), AgentId("1002")), pages=()
    )


def test_an_agent_at_their_page_is_told_apart_from_one_at_the_telephone() -> None:
    phones = {**AGENTS, "PJSIP/1001-web": AgentId("1001"), "PJSIP/1002-web": AgentId("1002")}
    states = {"1001": "UNAVAILABLE", "1001-web": "NOT_INUSE", "1002": "NOT_INUSE", "1002-web": "UNAVAILABLE"}
    devices = [{"Device": f"PJSIP/{name}", "State": state} for name, state in states.items()]
    truth = reconciled(NODE, (), devices, phones, 1.0)
    assert (truth.available, truth.pages) == (("1001", "1002"), ("1001",))


def test_an_entry_without_its_header_is_the_peers_fault() -> None:
    with pytest.raises(AmiProtocolError, match="Linkedid"):
        seen({"Channel": "PJSIP/trunk-1", "Uniqueid": "ast1-1.1"})


# --- the order

CALL = CallId("ast1-1.1")
LEG = "PJSIP/1001-4"


def opened(n: int) -> AgentChannelOpened:
    return AgentChannelOpened(at=float(n), agent=AgentId("1001"), channel=f"PJSIP/1001-{n}")


def truth(n: int) -> NodeReconciled:
    return NodeReconciled(at=float(n), node=NODE)


def test_what_comes_after_the_first_list_waits_for_the_second() -> None:
    posted: list[AnyEvent] = []
    gate = Gate(posted.append)
    gate.listed()
    gate.pass_on([opened(1), opened(2)])
    gate.pass_on([opened(3)])
    assert posted == []
    assert not gate.is_open
    gate.open(truth(4))
    gate.pass_on([opened(5)])
    assert posted == [truth(4), opened(1), opened(2), opened(3), opened(5)]
    assert gate.is_open


def test_before_the_list_only_what_stays_true_is_kept() -> None:
    posted: list[AnyEvent] = []
    gate = Gate(posted.append)
    endings: list[AnyEvent] = [
        HangupRequested(at=1.0, call=CALL, by="agent"),
        AgentChannelClosed(at=2.0, agent=AgentId("1001"), channel=LEG),
        LegGone(at=3.0, call=CALL, channel=LEG),
        CallerGone(at=4.0, call=CALL),
    ]
    undoing: list[AnyEvent] = [
        opened(1),
        OfferRinging(at=1.0, call=CALL, channel=LEG),
        OfferAnswered(at=1.0, call=CALL, channel=LEG),
        DeviceStateChanged(at=1.0, agent=AgentId("1001"), state="available"),
    ]
    gate.pass_on([*undoing, *endings, *undoing])
    gate.listed()
    gate.pass_on([opened(5)])
    gate.open(truth(6))
    assert posted == [truth(6), *endings, opened(5)]


def test_asked_again_on_a_good_connection_nothing_is_dropped_or_reordered() -> None:
    posted: list[AnyEvent] = []
    gate = Gate(posted.append)
    gate.listed()
    gate.open(truth(1))
    gate.pass_on([opened(2)])
    gate.listed()  # asked again, and once more before the answer to that was whole
    gate.pass_on([opened(3)])
    gate.open(truth(4))
    gate.pass_on([opened(5)])
    gate.listed()
    gate.pass_on([opened(6)])
    gate.open(truth(7))
    assert posted == [truth(1), opened(2), truth(4), opened(3), opened(5), truth(7), opened(6)]


def test_what_was_held_goes_with_the_connection() -> None:
    posted: list[AnyEvent] = []
    gate = Gate(posted.append)
    gate.pass_on([CallerGone(at=1.0, call=CALL)])
    gate.listed()
    gate.pass_on([opened(2)])
    gate.shut()
    gate.pass_on([opened(3)])
    gate.listed()
    gate.open(truth(4))
    assert posted == [truth(4)]
