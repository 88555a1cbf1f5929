"""What may not happen while the menu of kinds is heard, and what happens when it is over."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Announce, AnyCommand, HoldCaller, OfferCall, ReleaseCall
from acd.engine.model.config import Announcements, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    ConfigChanged,
    EngineStarted,
    KindAsked,
    TimerFired,
)
from acd.engine.model.facts import AnyFact, CallbackQueued, CallEnded, CallOverflowed
from acd.engine.model.ids import CallId, NodeId, ServiceId, TimerId
from acd.engine.rules.announcements import AT_ONCE_S
from acd.engine.rules.kind_menu import AGAIN_S, CHANGES
from tests.acd.engine.line import Line
from tests.acd.engine.telling_kinds import (
    KINDS,
    MENU,
    MENU_S,
    SERVICES,
    line_of,
    presses,
    service_of,
    sets_kind,
    tickets,
)

C1 = CallId("c1")
TOLD = (Announcements(priority="urgent", position=True, after_s=3, every_s=0),)
OFFERS: dict[str, Any] = {"callbacks": True, "callback_key": "7", "callback_offer_after_s": 4}


def asked(line: Line, kinds: dict[str, ServiceId] = KINDS) -> None:
    """A caller who can be called back says that it is urgent."""
    line.do(
        CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1", callable="05321112233"),
        KindAsked(at=line.at, call=C1, service=ServiceId("ambulance"), kinds=kinds, music=MENU, menu_s=MENU_S),
    )


class Heard(Line):
    """A line of which each sound is noted with the time at which it begins: music by its class, prompts."""

    def __init__(self, services: tuple[Service, ...] = SERVICES, **rules: Any) -> None:
        self.sounds: list[tuple[float, str | tuple[str, ...]]] = []
        super().__init__("1001 1002", services, **rules)

    def do(self, *events: AnyEvent) -> list[AnyCommand | AnyFact]:
        out = super().do(*events)
        for one in out:
            if isinstance(one, HoldCaller | Announce):
                what = one.music if isinstance(one, HoldCaller) else one.prompts
                self.sounds.append((round(self.at - 1000, 3), what))
        return out


# --- announcements


def test_an_announcement_waits_for_the_end_of_the_menu() -> None:
    line = Heard(announcements=TOLD)
    asked(line)
    line.passes(30)
    assert line.sounds == [(0, MENU), (MENU_S, ""), (MENU_S, ("queue_position", "digit_1"))]


def test_the_offer_of_a_callback_waits_for_the_end_of_the_menu() -> None:
    line = Heard(**OFFERS)
    asked(line)
    line.passes(30)
    assert line.sounds == [(0, MENU), (MENU_S, ""), (MENU_S, ("callback_offer",))]


def test_a_key_that_ends_the_menu_ends_the_wait_for_it() -> None:
    line = Heard(announcements=TOLD, **OFFERS)
    asked(line)
    line.passes(5)
    presses(line, "1")
    line.passes(30)
    assert line.sounds == [(0, MENU), (5, ""), (5, ("queue_position", "digit_1", "callback_offer"))]


def test_what_is_due_after_the_menu_keeps_its_time() -> None:
    late = (Announcements(priority="urgent", position=True, after_s=20, every_s=0),)
    line = Heard(announcements=late)
    asked(line)
    line.passes(30)
    assert line.sounds == [(0, MENU), (MENU_S, ""), (20, ("queue_position", "digit_1"))]


def test_a_callback_by_a_key_of_the_menu_is_offered_when_the_kind_is_known() -> None:
    """Until then that key says what is urgent."""
    line = Heard(**{**OFFERS, "callback_key": "2"})
    asked(line)
    line.passes(30)
    assert line.sounds == [(0, MENU), (MENU_S, "")]
    presses(line, "1")
    line.passes(AT_ONCE_S)
    assert line.sounds[2:] == [(30, ""), (MENU_S + 2 * AT_ONCE_S, ("callback_offer",))]


def test_one_whose_phone_rings_at_the_end_of_the_menu_hears_nothing() -> None:
    line = Heard(announcements=TOLD, ring_s=60)
    line.ready("1001")
    asked(line)
    line.passes(30)
    assert line.sounds == []


def test_a_reload_in_the_menu_lets_nothing_be_spoken_over_it() -> None:
    line = Heard(announcements=TOLD, **OFFERS)
    asked(line)
    line.passes(1)
    line.do(ConfigChanged(at=line.at, config=line.config))
    line.passes(30)
    assert [at for at, what in line.sounds if isinstance(what, tuple)] == [MENU_S]


# --- keys


def moving() -> Heard:
    """A caller who has not said the kind waits for it five seconds, and then for a funeral."""
    services = (
        Service(
            id=ServiceId("ambulance"),
            priority="urgent",
            opens_ticket=True,
            max_wait_s=5.0,
            overflow_to=ServiceId("funeral"),
        ),
        Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True),
        Service(id=ServiceId("doctor"), priority="urgent", opens_ticket=True),
        Service(id=ServiceId("agent")),
    )
    return Heard(services, callbacks=True, callback_key="2")


def test_a_caller_who_is_moved_in_the_menu_hears_music_and_is_not_called_back_for_a_kind() -> None:
    line = moving()
    asked(line)
    line.passes(5)
    assert [fact.to for fact in line.facts(CallOverflowed)] == ["funeral"]
    assert line.sounds == [(0, MENU), (5, "")]
    line.passes(1)
    presses(line, "2")
    line.passes(2.9)
    presses(line, "2")
    assert line.facts(CallbackQueued) == []
    assert not [one for one in line.history if isinstance(one, ReleaseCall)]
    line.passes(MENU_S)
    presses(line, "2")
    assert [fact.reason for fact in line.facts(CallbackQueued)] == ["asked"]


def test_a_caller_whom_everybody_has_left_in_the_menu_is_not_called_back_for_a_kind() -> None:
    services = (
        Service(id=ServiceId("ambulance"), priority="urgent", leave_empty="overflow", overflow_to=ServiceId("doctor")),
        Service(id=ServiceId("doctor"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    line = Heard(services, callbacks=True, callback_key="2", empty_grace_s=4)
    asked(line)
    line.passes(4.5)
    assert [fact.why for fact in line.facts(CallOverflowed)] == ["leave_empty"]
    assert line.sounds == [(0, MENU), (4, "")]
    presses(line, "2")
    assert line.facts(CallbackQueued) == []


def test_a_caller_who_is_moved_before_the_menu_is_not_called_back_for_a_kind() -> None:
    services = (
        Service(id=ServiceId("ambulance"), priority="urgent", join_empty="overflow", overflow_to=ServiceId("doctor")),
        Service(id=ServiceId("doctor"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    line = Heard(services, callbacks=True, callback_key="2")
    asked(line)
    assert line.sounds == [(0, "")]
    line.passes(MENU_S - 0.1)
    presses(line, "2")
    assert line.facts(CallbackQueued) == []


def test_a_second_kind_pressed_at_once_asks_for_no_callback() -> None:
    line = line_of(callbacks=True, callback_key="2")
    asked(line)
    presses(line, "1")
    line.passes(1)
    presses(line, "2")
    assert (line.facts(CallbackQueued), service_of(line)) == ([], "doctor")
    line.passes(AGAIN_S)
    presses(line, "2")
    assert len(line.facts(CallbackQueued)) == 1


def test_a_key_pressed_after_too_many_changes_asks_for_no_callback_at_once_either() -> None:
    line = line_of(callbacks=True, callback_key="2")
    asked(line)
    for key in "1414"[: CHANGES + 1]:
        presses(line, key)
    line.passes(AGAIN_S - 0.1)
    presses(line, "2")
    assert (line.facts(CallbackQueued), service_of(line)) == ([], "ambulance")
    line.passes(0.1)
    presses(line, "2")
    assert len(line.facts(CallbackQueued)) == 1


def test_a_kind_that_an_agent_says_leaves_the_menus_keys_to_the_menu() -> None:
    line = line_of(callbacks=True, callback_key="2")
    asked(line)
    line.passes(1)
    sets_kind(line, "funeral")
    line.passes(5)
    presses(line, "2")
    assert (line.facts(CallbackQueued), service_of(line)) == ([], "funeral")


def test_a_key_that_the_menu_does_not_have_asks_for_no_callback_while_it_is_heard() -> None:
    line = line_of(callbacks=True, callback_key="7")
    asked(line)
    presses(line, "7")
    assert line.facts(CallbackQueued) == []
    line.passes(MENU_S)
    presses(line, "7")
    assert len(line.facts(CallbackQueued)) == 1


# --- a session that breaks


def restarted(line: Line, away_s: float) -> None:
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at), ConfigChanged(at=line.at, config=line.config))
    line.passes(away_s)
    line.attaches("c1")


@pytest.mark.parametrize("away_s", [0.0, 1.0, 8.0])
def test_after_a_restart_the_whole_menu_is_heard(away_s: float) -> None:
    """The file begins anew, and its last kinds are to be heard; also if the menu would have been over meanwhile."""
    line = Heard(announcements=TOLD, regroup_s=30)
    asked(line)
    line.passes(2)
    restarted(line, away_s)
    line.passes(30)
    begins = 2 + away_s
    over = begins + MENU_S
    assert line.sounds == [(0, MENU), (begins, MENU), (over, ""), (over, ("queue_position", "digit_1"))]


def test_a_restart_after_the_menu_does_not_bring_it_back() -> None:
    line = Heard()
    asked(line)
    line.passes(MENU_S + 1)
    restarted(line, 1.0)
    assert line.sounds == [(0, MENU), (MENU_S, ""), (MENU_S + 2, "")]
    presses(line, "1")
    assert tickets(line) == [("funeral", {})]


def test_after_a_restart_while_a_phone_rang_the_whole_menu_is_heard_too() -> None:
    line = Heard(ring_s=60)
    line.ready("1001", "1002")
    asked(line)
    line.passes(5)
    restarted(line, 1.0)
    assert [one.music for one in line.history if isinstance(one, OfferCall)] == [MENU, MENU]
    line.passes(8.5)
    line.fails("c1", "BUSY")
    assert [one.music for one in line.history if isinstance(one, OfferCall)] == [MENU, MENU, MENU]


def test_who_waited_without_a_session_past_the_menu_has_not_hung_up_in_it() -> None:
    for waited_s, wanted in ((1.0, []), (MENU_S, [("ambulance", {"kind": "untold"})])):
        line = line_of()
        asked(line)
        line.do(CallDetached(at=line.at, call=C1, lost=True))
        line.passes(waited_s)
        line.caller_gone("c1")
        assert [fact.outcome for fact in line.facts(CallEnded)] == ["abandoned"]
        assert tickets(line) == wanted
        assert "kind:c1" not in line.timers


def test_the_menus_timer_of_a_caller_without_a_session_does_nothing() -> None:
    line = line_of()
    asked(line)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.passes(MENU_S)
    assert line.do(TimerFired(at=line.at, timer=TimerId("kind:c1"))) == []


def test_a_caller_whom_the_dialplan_brings_as_if_transferred_hears_the_whole_menu() -> None:
    line = Heard()
    asked(line)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.passes(2)
    line.comes_back("c1", "PJSIP/nobody-1", "9")
    line.passes(30)
    assert line.sounds == [(0, MENU), (2, MENU), (2 + MENU_S, "")]
