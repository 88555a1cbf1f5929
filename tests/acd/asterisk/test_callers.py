"""Callers' sessions over a real socket: attach, flow, keys, music, offers, release, and every way to go."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from acd.asterisk.agi_codec import Environment, PeerError
from acd.asterisk.agi_server import AgiServer
from acd.asterisk.caller_channel import call_id
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callers import CallDirectory
from acd.asterisk.flow_runner import LOOK_UP_S
from acd.engine.model.commands import Announce, HoldCaller, OfferCall, PlaySurge, ReleaseCall, RunFlow
from acd.engine.model.config import ServiceClass
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    FlowFinished,
    FlowStepped,
    KeyPressed,
    OfferReturned,
    ServiceChosen,
    SurgeHeard,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.request_events import RequestTold
from ivr import flow as f
from ivr.interpreter import OWN_WAIT_S
from ivr.own import OwnWords
from tests.acd.asterisk.peer import SECRET, Channel
from tests.waiting import until

CALL = CallId("ast1-1764025361.42")

FLOW = f.Flow(
    name="hotline",
    start="main",
    fallback="agent",
    languages=("tr", "en"),
    max_turns=9,
    steps={
        "main": f.Menu(
            prompts=("greeting", "menu"),
            again=("menu",),
            keys={"1": "urgent", "3": "info", "4": "ticket", "8": "language"},
            wrong=("wrong_key",),
            no_key="agent",
            wrong_key="agent",
            timeout_s=0.3,
        ),
        "urgent": f.Menu(
            prompts=("urgent_menu",), keys={"1": "funeral", "2": "doctor"}, no_key="agent", wrong_key="agent"
        ),
        "funeral": f.Choose(service="funeral", prompts=("connecting",)),
        "doctor": f.Choose(service="doctor"),
        "agent": f.Choose(service="agent"),
        "info": f.Finish(reason="heard", prompts=("info",)),
        "language": f.Language(switch={"tr": "en", "en": "tr"}, next="main"),
        "ticket": f.Ask(
            prompts=("ticket_ask",), field="ticket", max_digits=4, next="find", no_key="agent", wrong_key="agent"
        ),
        "find": f.LookUp(kind="ticket", field="ticket", by="state", cases={"new": "new"}, otherwise="agent",
                         not_found="agent"),
        "new": f.Finish(reason="told", prompts=("ticket_new", "{ticket}")),
    },
)  # fmt: skip


class Desk:
    """A directory behind a real server, with this test in the engine's place."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.ami = True
        self.queue_possible, self.came_back = False, 0
        self.flows: dict[str, Any] = {"hotline": FLOW}
        self.found: dict[str, str] | Exception | None = None
        self.looked_up: list[tuple[str, str]] = []
        self.directory = CallDirectory(
            CallerPorts(
                post=self.events.append,
                clock=time.time,
                flow=self.flows.get,
                look_up=self.look_up,
                ami_connected=lambda: self.ami,
                queue_possible=lambda: self.queue_possible,
                came_back=self.come_back,
                label=lambda service, priority, urgent_calls, untold: f"{priority}: {service} (ğ), x",
            )
        )
        self.server = AgiServer({"/call": self.directory.serve}, secret=SECRET)

    def come_back(self) -> None:
        self.came_back += 1

    async def look_up(self, kind: str, value: str) -> dict[str, str] | None:
        self.looked_up.append((kind, value))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def caller(self, **variables: str) -> Channel:
        known = len(self.of(CallAttached))
        channel = await Channel.connect(self.server.port, **{"arg_1": "1764025361250", **variables})
        await until(lambda: len(self.of(CallAttached)) > known, "the call to attach")
        return channel

    @property
    def expecting(self) -> bool:
        """Whether something has been written to the caller's channel that is still to be answered."""
        return self.directory._sessions[CALL]._channel.expecting

    def press(self, channel: Channel, key: str, call: str = CALL) -> None:
        """A key as it happens on a line: AGI hears it if it listens, and AMI tells of it."""
        channel.key(key)
        if self.ami:
            self.directory.key(call, key)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def event(self, kind: type, count: int = 1) -> Any:
        await until(lambda: len(self.of(kind)) >= count, f"{kind.__name__}; there are {self.events}")
        return self.of(kind)[count - 1]

    def run_flow(self, step: str = "", language: str = "tr", flow: str = "hotline") -> None:
        assert self.directory.deliver(RunFlow(call=CALL, flow=flow, step=step, language=language), "7.1")

    def offer(
        self,
        nth: int = 1,
        priority: ServiceClass = "urgent",
        endpoint: str = "PJSIP/1001",
        number: str = "05321234567",
        *,
        auto_answer: bool = False,
    ) -> None:
        command = OfferCall(
            call=CALL,
            offer=OfferId(f"{CALL}#{nth}"),
            agent=AgentId("1001"),
            endpoint=endpoint,
            ring_s=14.2,
            service=ServiceId("funeral"),
            priority=priority,
            number=number,
            auto_answer=auto_answer,
        )
        assert self.directory.deliver(command, f"9.{nth}")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.server.start()
    yield desk
    await desk.server.stop()


# --- coming and going


async def test_where_the_dialplan_missed_an_engine_it_is_told_that_one_is_here(desk: Desk) -> None:
    """A port alone takes callers too, while nobody serves them."""
    missed = await desk.caller(arg_4="1795566540492")
    await until(lambda: missed.variables.get("COZUM_HERE") == "1", "the word that we are here")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="flow_finished"), "8.1")
    await missed.ends()
    first = await desk.caller()
    desk.directory.deliver(ReleaseCall(call=CALL, reason="flow_finished"), "8.2")
    await first.ends()
    assert "COZUM_HERE" not in first.variables  # and costs nobody else a moment


async def test_a_caller_attaches_with_what_asterisk_tells(desk: Desk) -> None:
    await desk.caller(calleridname="Şükrü Iğdır")
    event = desk.of(CallAttached)[0]
    assert event.call == CALL
    assert event.node == "ast1"
    assert event.channel == "PJSIP/trunk-00000001"
    assert event.number == "05321234567"
    assert event.name == "Şükrü Iğdır"
    assert event.dialled == "4440411"
    assert event.arrived_at == 1764025361.25
    assert abs(event.at - time.time()) < 60
    assert len(desk.directory) == 1


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("unknown", ""),
        ("", ""),
        ("+905321234567", "+905321234567"),
        ("+90-532-123-45-67", "+905321234567"),
        ("0532.123.4567", "05321234567"),
        ("ali.veli-1", "ali.veli-1"),
        ("10-01", "10-01"),
        ("0532 123", ""),
        ("1" * 65, ""),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("numara-gizli", ""),
        ("053\r", ""),
        ("sip:x@y", ""),
    ],
)
async def test_numbers_are_whole_or_refused(desk: Desk, given: str, number: str) -> None:
    await desk.caller(callerid=given)
    assert desk.of(CallAttached)[0].number == number


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("unknown", ""),
        ("A\x07B", ""),
        ("x" * 4096, ""),
        ("Ömer 'O' \"x\"", "Ömer 'O' \"x\""),
        ("\x1b[31m", ""),
        ("Ç\ufffd", ""),
    ],
)
async def test_names_are_whole_or_refused(desk: Desk, given: str, name: str) -> None:
    await desk.caller(calleridname=given)
    assert desk.of(CallAttached)[0].name == name


@pytest.mark.parametrize("given", ["", "soon", "-5", "1.5", "9" * 30, "١٢"])
async def test_an_arrival_that_is_none_is_unknown(desk: Desk, given: str) -> None:
    await desk.caller(arg_1=given)
    assert desk.of(CallAttached)[0].arrived_at is None


@pytest.mark.parametrize("uniqueid", ["", "a b", "x" * 200, "ast1-1.2/../x", "çağrı"])
def test_a_channel_without_a_usable_id_is_refused(uniqueid: str) -> None:
    with pytest.raises(PeerError):
        call_id(Environment({"agi_uniqueid": uniqueid}))


@pytest.mark.parametrize("how", ["hangup", "eof"])
@pytest.mark.parametrize("when", ["idle", "music", "prompt", "gather", "dial"])
async def test_a_caller_who_goes_is_told_of_once(desk: Desk, how: str, when: str) -> None:
    channel = await desk.caller()
    match when:
        case "music":
            desk.directory.deliver(HoldCaller(call=CALL))
            await until(lambda: channel.music)
        case "prompt":
            desk.run_flow()
            await channel.plays("greeting")
        case "gather":
            desk.run_flow(step="urgent")
            await channel.plays("urgent_menu")
            channel.prompt_ends()
            await until(lambda: channel.waiting)
        case "dial":
            desk.offer()
            await until(lambda: channel.dialling != "")
    await (channel.hang_up() if how == "hangup" else channel.vanish())
    await desk.event(CallDetached)
    await until(lambda: desk.server.sessions == 0)
    assert len(desk.of(CallDetached)) == 1
    assert isinstance(desk.events[-1], CallDetached)
    assert len(desk.directory) == 0
    assert not desk.directory.deliver(HoldCaller(call=CALL))
    returned = desk.of(OfferReturned)
    if when == "dial" and how == "hangup":
        assert [event.status for event in returned] == ["CANCEL"]
    else:
        assert not returned
    assert not desk.of(ServiceChosen)


async def test_a_stopping_server_detaches_its_callers(desk: Desk) -> None:
    channels = [await desk.caller(uniqueid=f"ast1-1.{number}") for number in range(3)]
    await desk.server.stop()
    assert {event.call for event in desk.of(CallDetached)} == {f"ast1-1.{number}" for number in range(3)}
    for channel in channels:
        await channel.ends()
        assert "COZUM_DONE" not in channel.variables


async def test_a_caller_who_comes_back_takes_the_place_of_the_dead_session(desk: Desk) -> None:
    old = await desk.caller()
    new = await desk.caller()
    await old.ends()
    assert [type(event) for event in desk.events] == [CallAttached, CallDetached, CallAttached]
    desk.run_flow()
    await new.plays("greeting")
    await until(lambda: desk.server.sessions == 1)
    assert len(desk.directory) == 1


async def test_commands_for_calls_that_are_not_here(desk: Desk) -> None:
    assert not desk.directory.deliver(HoldCaller(call=CallId("ast1-9.9")))
    desk.directory.answered(CallId("ast1-9.9"))
    desk.directory.key("ast1-9.9", "1")


# --- the flow


async def test_a_caller_is_led_to_a_service(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("menu")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    desk.press(channel, "1")
    await channel.plays("connecting")
    channel.prompt_ends()
    chosen = await desk.event(ServiceChosen)
    assert (chosen.service, chosen.language, chosen.cause) == ("funeral", "tr", "7.1")
    steps = [(event.step, event.key) for event in desk.of(FlowStepped)]
    assert steps == [("main", ""), ("urgent", "1"), ("funeral", "1")]
    assert channel.played == ["greeting", "menu", "urgent_menu", "connecting"]
    assert "CHANNEL(language)" not in channel.variables


async def test_silence_ends_at_an_agent(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    for prompt in ("greeting", "menu"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_a_flow_resumes_at_a_step_in_a_language(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent", language="en")
    await channel.plays("urgent_menu")
    assert channel.variables["CHANNEL(language)"] == "en"


async def test_the_language_can_be_changed(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "8")
    await until(lambda: channel.variables.get("CHANNEL(language)") == "en")
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).language == "en"


@pytest.mark.parametrize("hash_key", ["", "#"])
async def test_a_ticket_is_asked_for_looked_up_and_told(desk: Desk, hash_key: str) -> None:
    """Also for those who press the hash after a full entry: it does not cut off what is said next."""
    desk.found = {"state": "new"}
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "1234" + hash_key:
        desk.press(channel, key)
    for prompt in ("ticket_new", "digit_1", "digit_2", "digit_3", "digit_4"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert (await desk.event(FlowFinished)).reason == "told"
    assert desk.looked_up == [("ticket", "1234")]


async def test_the_hash_ends_an_entry(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    await desk.event(ServiceChosen)
    assert desk.looked_up == [("ticket", "12")]


async def test_who_looks_a_request_up_is_linked_with_it(desk: Desk) -> None:
    desk.found = {"state": "new", "number": "26-000001-9"}
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    told = await desk.event(RequestTold)
    assert (told.call, told.ticket, told.how, told.cause) == (CALL, "26-000001-9", "number", "7.1")


@pytest.mark.parametrize("whole", [True, False])
async def test_who_hears_of_their_request_whole_is_linked_with_it(desk: Desk, whole: bool) -> None:
    async def own(number: str) -> dict[str, str]:
        return {"count": "1", "number1": "26-000001-9"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    await channel.plays("own_about")
    if whole:
        channel.prompt_ends()
        await channel.plays("own_unit")
        channel.prompt_ends()
        await channel.plays("options")
    desk.press(channel, "1")
    await desk.event(ServiceChosen)
    assert [(one.ticket, one.how) for one in desk.of(RequestTold)] == ([("26-000001-9", "unasked")] if whole else [])


async def test_a_look_up_that_fails_has_found_nothing(desk: Desk) -> None:
    desk.found = RuntimeError("the database is gone")
    channel = await desk.caller()
    desk.run_flow(step="ticket")
    await channel.plays("ticket_ask")
    for key in "12#":
        desk.press(channel, key)
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_the_engine_is_told_which_agent_knows_the_caller(desk: Desk) -> None:
    asked: list[str] = []

    async def preferred(number: str) -> AgentId:
        asked.append(number)
        return AgentId("1002")

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    await desk.caller(callerid="05321234567")
    desk.run_flow(flow="nothing")
    assert (await desk.event(ServiceChosen)).preferred == "1002"
    assert asked == ["05321234567"]


@pytest.mark.parametrize("fails", [True, False])
async def test_nobody_waits_for_word_of_who_knows_them(desk: Desk, fails: bool) -> None:
    async def preferred(number: str) -> AgentId:
        if fails:
            raise RuntimeError("the database is gone")
        await asyncio.Event().wait()
        raise AssertionError("never comes here")

    desk.directory.ports = dataclasses.replace(desk.directory.ports, preferred_agent=preferred)
    await desk.caller(callerid="05321234567")
    desk.run_flow(flow="nothing")
    assert (await desk.event(ServiceChosen)).preferred is None


OWN_FLOW = msgspec.structs.replace(
    FLOW,
    own=OwnWords(about_other="own_about", unit_other="own_unit", due="own_due"),
    steps={
        **FLOW.steps,
        "main": f.Menu(
            prompts=("greeting", "{own}", "options"),
            keys={"1": "agent", "4": "mine"},
            no_key="agent",
            wrong_key="agent",
        ),
        "mine": f.LookUp(kind="own", otherwise="said", not_found="ticket"),
        "said": f.Play(prompts=("{own_all}",), next="agent"),
    },
)


async def caller_of(desk: Desk, own: Callable[[str], Awaitable[dict[str, str] | None] | None], **known: str) -> Channel:
    desk.flows["hotline"] = OWN_FLOW
    desk.directory.ports = dataclasses.replace(desk.directory.ports, own=own)
    channel = await desk.caller(**known)
    desk.run_flow()
    await channel.plays("greeting")
    return channel


async def test_a_caller_hears_of_their_request_if_the_desk_has_answered_by_then(desk: Desk) -> None:
    asked: list[str] = []

    async def own(number: str) -> dict[str, str]:
        asked.append(number)
        return {"count": "1"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    for prompt in ("own_about", "own_unit", "options"):
        await channel.plays(prompt)
        channel.prompt_ends()
    assert asked == ["05321234567"]


@pytest.mark.parametrize("how", ["hangs", "fails", "is off", "withheld"])
async def test_nobody_waits_for_word_of_their_request(desk: Desk, how: str) -> None:
    async def own(number: str) -> dict[str, str]:
        assert how != "withheld", "nobody is looked up"
        if how == "hangs":
            await asyncio.Event().wait()
        raise RuntimeError("the database is gone")

    port = (lambda number: None) if how == "is off" else own
    channel = await caller_of(desk, port, callerid="anonymous" if how == "withheld" else "05321234567")
    channel.prompt_ends()
    await channel.plays("options")
    desk.press(channel, "4")
    begun = time.monotonic()
    await channel.plays("ticket_ask")
    waited_s = time.monotonic() - begun
    assert (waited_s >= OWN_WAIT_S - 0.05) == (how == "hangs"), "only where the answer may still come"
    assert waited_s < LOOK_UP_S / 2


async def test_a_key_in_the_midst_of_it_counts_at_once(desk: Desk) -> None:
    async def own(number: str) -> dict[str, str]:
        return {"count": "1"}

    channel = await caller_of(desk, own, callerid="05321234567")
    channel.prompt_ends()
    await channel.plays("own_about")
    desk.press(channel, "1")
    assert (await desk.event(ServiceChosen)).service == "agent"


@pytest.mark.parametrize(("key", "answered"), [("1", True), ("5", False)])
async def test_a_surge_message_can_be_all_a_caller_needs(desk: Desk, key: str, answered: bool) -> None:
    channel = await desk.caller()
    desk.directory.deliver(PlaySurge(call=CALL, prompt="/surge/tr/1", language="tr"), "7.2")
    await channel.plays("/surge/tr/1")
    desk.press(channel, key)
    heard = await desk.event(SurgeHeard)
    assert (heard.answered, heard.cause) == (answered, "7.2")


async def test_keys_from_the_menu_do_not_answer_a_surge_message(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.key(CALL, "1")
    desk.directory.deliver(PlaySurge(call=CALL, prompt="/surge/tr/1", language="tr"), "7.2")
    await channel.plays("/surge/tr/1")
    desk.press(channel, "0")
    assert not (await desk.event(SurgeHeard)).answered


async def test_a_flow_that_is_not_there_ends_at_the_default_service(desk: Desk) -> None:
    await desk.caller()
    desk.run_flow(flow="nothing")
    assert (await desk.event(ServiceChosen)).service == ""


async def test_a_flow_that_fails_ends_at_its_fallback(desk: Desk) -> None:
    desk.flows["hotline"] = f.Flow(
        name="x", start="main", fallback="agent", languages=("tr",), max_turns=3,
        steps={"main": f.Play(prompts=(), next="nowhere"), "agent": f.Choose(service="agent")},
    )  # fmt: skip
    await desk.caller()
    desk.run_flow()
    assert (await desk.event(ServiceChosen)).service == "agent"


async def test_a_prompt_without_a_file_is_skipped(desk: Desk) -> None:
    channel = await desk.caller()
    channel.missing = {"greeting"}
    desk.run_flow()
    await channel.plays("menu")


# --- keys


async def test_a_key_pressed_before_the_session_counts(desk: Desk) -> None:
    desk.directory.key(CALL, "1")
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("urgent_menu")
    assert channel.played == ["urgent_menu"]  # no prompt is begun that a key would cut off at once


async def test_keys_pressed_ahead_lead_through_without_a_word(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "12":
        desk.press(channel, key)
    desk.run_flow()
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert channel.played == []


@pytest.mark.parametrize("ami_first", [True, False])
async def test_a_key_told_by_both_counts_once(desk: Desk, ami_first: bool) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    if ami_first:
        desk.directory.key(CALL, "1")
        channel.key("1")
    else:
        channel.key("1")
        desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    await asyncio.sleep(0.05)
    assert channel.playing == "urgent_menu"


@pytest.mark.alone
async def test_a_key_that_fell_between_two_commands_stops_the_prompt(desk: Desk) -> None:
    """AGI dropped it; AMI tells of it when the next prompt has begun."""
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    loop = asyncio.get_running_loop()
    started = loop.time()
    desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    assert loop.time() - started < 0.2
    assert "NOOP" in channel.commands


async def test_a_key_that_fell_before_a_wait_ends_the_wait(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.directory.key(CALL, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_without_ami_the_keys_of_agi_do(desk: Desk) -> None:
    desk.ami = False
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_a_key_before_the_last_words_does_not_swallow_them(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "33":
        desk.press(channel, key)
    desk.run_flow()
    await channel.plays("info")
    channel.prompt_ends()
    await desk.event(FlowFinished)


async def test_keys_while_waiting_and_ringing_are_told(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.press(channel, "9")
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.press(channel, "2")
    assert [event.key for event in desk.of(KeyPressed)] == ["9", "2"]


async def test_keys_pressed_in_talk_are_nobodys_business(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.answered(CALL)
    for key in "4539":
        desk.press(channel, key)
    assert not desk.of(KeyPressed)


async def test_a_key_left_over_from_the_menu_is_told_when_waiting(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "129":
        desk.press(channel, key)
    desk.run_flow()
    await desk.event(ServiceChosen)
    desk.directory.deliver(HoldCaller(call=CALL))
    assert (await desk.event(KeyPressed)).key == "9"


# --- waiting and offers


async def test_holding_plays_music_once_in_the_callers_language(desk: Desk) -> None:
    channel = await desk.caller()
    for _ in range(2):
        desk.directory.deliver(HoldCaller(call=CALL, language="en"))
    await until(lambda: channel.music)
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.commands[:-1] == ['SET VARIABLE "CHANNEL(language)" en', "SET MUSIC on default"]


async def test_an_offer_is_one_line(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    before = len(channel.commands)
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert len(channel.commands) == before + 1
    assert channel.dialling == "PJSIP/1001,15,giImf(urgent: funeral  ğ   x <05321234567>)"


async def test_an_offer_excludes_the_legs_of_asterisks_own_queue_while_a_caller_may_be_there(desk: Desk) -> None:
    desk.queue_possible = True
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.dialling == "PJSIP/1001,15,giImb(reserve^dial^1)f(urgent: funeral  ğ   x <05321234567>)"


@pytest.mark.parametrize(("away", "times"), [("", 0), ("1764025361250", 1)])
async def test_a_caller_who_had_been_without_an_engine_is_told_of(desk: Desk, away: str, times: int) -> None:
    await desk.caller(arg_2="", arg_3="", arg_4=away)
    assert desk.came_back == times


async def test_a_phone_is_asked_to_answer_by_itself_and_its_agent_to_hear_a_beep(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer(auto_answer=True)
    await until(lambda: channel.dialling != "")
    assert "b(reserve^auto^1)A(cozum_beep)f(" in channel.dialling


async def test_a_caller_who_waits_on_after_an_answer_is_no_call_that_is_over(desk: Desk) -> None:
    """The agent was not heard and hung up. If the engine dies now, the dialplan must bring the caller back."""
    channel = await desk.caller()
    desk.offer(auto_answer=True)
    await until(lambda: channel.dialling != "")
    channel.dial_ends("ANSWER")
    await desk.event(OfferReturned)
    assert channel.variables["DIALSTATUS"] == "ANSWER"
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert channel.variables["DIALSTATUS"] == ""
    desk.directory.deliver(ReleaseCall(call=CALL, reason="timed_out"))
    await until(lambda: channel.variables.get("COZUM_DONE") == "1")


@pytest.mark.parametrize("number", ["", "anonymous", "asterisk"])
async def test_an_agent_sees_that_a_number_is_withheld(desk: Desk, number: str) -> None:
    """An empty one Asterisk would show as "asterisk"."""
    channel = await desk.caller(callerid=number)
    desk.offer(number=number)
    await until(lambda: channel.dialling != "")
    shown = channel.dialling.partition("f(")[2]
    assert shown == "urgent: funeral  ğ   x: numara gizli <numara-gizli>)"


async def test_to_a_caller_who_only_waits_the_dial_is_written_at_once(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music and not desk.expecting)  # the answer to it is here too
    desk.offer()
    assert desk.expecting  # before anything else had a turn
    desk.offer(2)  # AMI told of the failure before AGI did
    await until(lambda: channel.dialling != "")
    channel.dial_ends("BUSY")
    await until(lambda: channel.dialling != "")
    channel.dial_ends("NOANSWER")
    await until(lambda: len(desk.of(OfferReturned)) == 2)
    assert [event.offer for event in desk.of(OfferReturned)] == [f"{CALL}#1", f"{CALL}#2"]


async def test_a_server_that_stops_on_a_dial_just_written_ends_in_good_order(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.offer()
    await desk.server.stop()
    assert (await desk.event(CallDetached)).lost


@pytest.mark.parametrize("status", ["ANSWER", "NOANSWER", "BUSY", "CHANUNAVAIL", "CONGESTION"])
async def test_an_offers_end_is_told_with_its_status(desk: Desk, status: str) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends(status)
    returned = await desk.event(OfferReturned)
    assert (returned.call, returned.offer, returned.status, returned.cause) == (CALL, f"{CALL}#1", status, "9.1")


@pytest.mark.parametrize(("cause", "forwarded"), [("17", False), ("0", True), ("16", True), ("", True)])
async def test_busy_without_its_cause_is_a_phone_that_forwarded(desk: Desk, cause: str, forwarded: bool) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.variables["HANGUPCAUSE"] = cause
    channel.dial_ends("BUSY")
    assert (await desk.event(OfferReturned)).forwarded == forwarded


async def test_an_announcement_is_said_and_music_goes_on(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3"), language="en"))
    for prompt in ("queue_position", "digit_3"):
        await channel.plays(prompt)
        channel.music = False
        channel.prompt_ends()
    await until(lambda: channel.music)
    assert channel.commands[-1] == 'SET MUSIC "on" "default"' or channel.commands[-1].startswith("SET MUSIC")
    assert channel.variables["CHANNEL(language)"] == "en"


@pytest.mark.parametrize("ami", [True, False])
async def test_a_key_ends_an_announcement_and_is_told(desk: Desk, ami: bool) -> None:
    desk.ami = ami
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3")))
    await channel.plays("queue_position")
    channel.music = False
    desk.press(channel, "9")
    assert (await desk.event(KeyPressed)).key == "9"
    await until(lambda: channel.music)
    assert channel.played == ["queue_position"]
    assert len(desk.of(KeyPressed)) == 1


async def test_an_offer_cuts_an_announcement_and_none_of_it_is_said_later(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3")))
    await channel.plays("queue_position")
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert channel.played == ["queue_position"]
    desk.directory.deliver(Announce(call=CALL, prompts=("no_such_prompt",)))
    channel.missing.add("no_such_prompt")
    channel.dial_ends("NOANSWER")
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert len(desk.directory) == 1


async def test_after_an_offer_the_next_one_follows_and_music_comes_back(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.offer(1)
    await until(lambda: channel.dialling != "")
    desk.offer(2)  # AMI told of the failure before AGI did
    desk.directory.deliver(HoldCaller(call=CALL))
    channel.dial_ends("BUSY")
    await until(lambda: channel.dialling != "")
    assert len(desk.of(OfferReturned)) == 1
    channel.dial_ends("NOANSWER")
    await until(lambda: channel.music)
    assert [event.offer for event in desk.of(OfferReturned)] == [f"{CALL}#1", f"{CALL}#2"]


async def test_a_status_we_do_not_know_is_a_failure(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends("INVALIDARGS")
    assert (await desk.event(OfferReturned)).status == "CONGESTION"


@pytest.mark.parametrize("endpoint", ["PJSIP/1001&PJSIP/1002", "PJSIP/1001,300", "1001", "PJSIP/${X}", "PJSIP/1 2"])
async def test_an_endpoint_that_is_none_is_out_of_reach(desk: Desk, endpoint: str) -> None:
    channel = await desk.caller()
    desk.offer(endpoint=endpoint)
    assert (await desk.event(OfferReturned)).status == "CHANUNAVAIL"
    assert not any(line.startswith("EXEC") for line in channel.commands)


async def test_an_offer_cuts_a_prompt_off(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.offer()
    await until(lambda: channel.dialling != "")
    channel.dial_ends("ANSWER")
    await desk.event(OfferReturned)
    assert channel.played == ["greeting"]
    assert not desk.of(ServiceChosen)


async def test_holding_ends_a_flow(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    assert not channel.waiting


# --- release


async def test_release_says_goodbye_marks_the_call_and_closes(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(
        ReleaseCall(call=CALL, reason="timed_out", announce="queue_goodbye_timed_out", language="en")
    )
    await channel.plays("queue_goodbye_timed_out")
    assert not channel.key("1")  # its words are said to their end
    assert channel.variables["CHANNEL(language)"] == "en"
    channel.prompt_ends()
    await channel.ends()
    assert channel.variables["COZUM_DONE"] == "1"
    assert len(desk.of(CallDetached)) == 1


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"number": "26-000123-3"}, ["ticket_number", *(f"digit_{one}" for one in "260001233"), "outcome_goodbye"]),
        ({}, []),
        (None, ["message_number_later", "outcome_goodbye"]),
    ],
)
async def test_the_number_is_said_when_the_agent_has_hung_up(
    desk: Desk, found: dict[str, str] | None, said: list[str]
) -> None:
    """After the Dial, when the agent is free; a call without a new request ends at once."""
    asked: list[str] = []

    async def opened(call: CallId) -> dict[str, str] | None:
        asked.append(call)
        return found

    desk.directory.ports = dataclasses.replace(
        desk.directory.ports, opened=opened, opens_ticket=lambda service: service == "funeral"
    )
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    assert asked == []
    channel.dial_ends("ANSWER")
    for prompt in said:
        await channel.plays(prompt)
        assert desk.of(CallDetached) == []
        channel.prompt_ends()
    await channel.ends()
    assert asked == [CALL]
    assert [one.lost for one in desk.of(CallDetached)] == [False]
    assert "COZUM_DONE" not in channel.variables, "a talk is the dialplan's own mark"


async def test_nobody_hears_of_a_number_who_may_have_opened_nothing(desk: Desk) -> None:
    async def opened(call: CallId) -> None:
        return None

    desk.directory.ports = dataclasses.replace(desk.directory.ports, opened=opened)
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.ends()
    assert channel.played == []


async def test_a_caller_who_hangs_up_during_the_number_is_not_lost(desk: Desk) -> None:
    async def opened(call: CallId) -> dict[str, str]:
        return {"number": "26-000123-3"}

    desk.directory.ports = dataclasses.replace(desk.directory.ports, opened=opened)
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.plays("ticket_number")
    await channel.hang_up()
    assert not (await desk.event(CallDetached)).lost


async def test_release_waits_for_the_dial_and_cuts_a_flow(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="talk_ended"))
    channel.dial_ends("ANSWER")
    await channel.ends()
    assert [type(event) for event in desk.events[1:]] == [OfferReturned, CallDetached]
    assert "COZUM_DONE" not in channel.variables, "a talk is the dialplan's own mark"

    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.directory.deliver(ReleaseCall(call=CALL, reason="rejected"))
    await channel.ends()
    assert channel.variables["COZUM_DONE"] == "1"


NOTICES = f.Flow(
    name="hotline",
    start="main",
    fallback="agent",
    languages=("tr",),
    max_turns=9,
    steps={
        "main": f.Menu(
            prompts=("greeting", "monitoring", "menu"), keys={"1": "urgent"}, no_key="agent", wrong_key="agent"
        ),
        "urgent": f.Menu(
            notice=("monitoring_short",), prompts=("urgent_menu",), keys={"1": "agent"}, no_key="agent",
            wrong_key="agent",
        ),
        "agent": f.Choose(service="agent"),
    },
)  # fmt: skip


async def test_a_notice_counts_as_soon_as_it_was_heard_whatever_is_said_after_it(desk: Desk) -> None:
    """The caller may hang up in the menu that follows."""
    menu = f.Menu(prompts=("greeting", "privacy", "menu"), keys={"1": "agent"}, no_key="agent", wrong_key="agent")
    steps = {**NOTICES.steps, "main": menu}
    desk.flows["hotline"] = f.Flow(
        name="hotline", start="main", fallback="agent", languages=("tr",), max_turns=9, steps=steps
    )
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("privacy")
    assert desk.of(NoticeHeard) == []
    channel.prompt_ends()
    await channel.plays("menu")
    heard = await desk.event(NoticeHeard)
    assert (heard.notice, heard.prompt, heard.call) == ("privacy", "privacy", CALL)


async def test_a_notice_of_monitoring_counts_only_if_it_is_heard_whole(desk: Desk) -> None:
    desk.flows["hotline"] = NOTICES
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("monitoring")
    desk.press(channel, "1")  # cuts it short
    await channel.plays("monitoring_short")
    assert desk.of(NoticeHeard) == []
    channel.prompt_ends()
    await channel.plays("urgent_menu")
    desk.press(channel, "1")  # what was said before it was heard
    await until(lambda: bool(desk.of(NoticeHeard)), "the notice")
    assert [one.call for one in desk.of(NoticeHeard)] == [CALL]


async def test_a_notice_without_sound_is_none(desk: Desk) -> None:
    desk.flows["hotline"] = NOTICES
    channel = await desk.caller()
    channel.missing = {"monitoring"}
    desk.run_flow()
    await channel.plays("greeting")
    channel.prompt_ends()
    await channel.plays("menu")
    assert desk.of(NoticeHeard) == []
