"""People on duty: how Asterisk is asked to ring them, and what they hear and press, over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from acd.asterisk.agi_server import AgiServer
from acd.asterisk.ami import AmiError, BadAction, Response
from acd.asterisk.duty_rings import ROUNDS, DutyPorts, DutyRings, dialled, originate
from acd.engine.model.commands import RingDuty
from acd.engine.model.duty_events import DutyEvent, DutyKeyed, DutyPickedUp, DutyRingOver
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import NodeId
from acd.engine.model.state import DutyRing
from tests.acd.asterisk.later import later
from tests.acd.asterisk.peer import SECRET, Channel
from tests.waiting import until

WISH = "26-000123-3.2.1780473600000"
RING = RingDuty(wish=WISH, node=NodeId("ast1"), number="7101", ring_s=60)


class Desk:
    """The sessions behind a real server, with this test in the engine's place."""

    def __init__(self) -> None:
        self.told: list[AnyEvent] = []
        self.ring: DutyRing | None = DutyRing(
            wish=WISH, request="26-000123-3", number="7101", prompts=("duty_funeral", "place_x"), until=0.0, last=False
        )
        self.asked: list[dict[str, str]] = []
        self.answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.duty = DutyRings(
            DutyPorts(
                post=self.told.append,
                tell=self.tell,
                ring=lambda wish: self.ring if wish == WISH else None,
                originate=self.originate,
                clock=lambda: 1000.0,
                has=lambda prompt: prompt != "place_x",
            )
        )
        self.server = AgiServer({"/duty": self.duty.serve}, secret=SECRET)

    async def tell(self, event: DutyEvent) -> Sequence[object]:
        self.told.append(event)
        return [event] if self.ring is not None else []

    def originate(self, command_id: str, headers: dict[str, str]) -> "asyncio.Future[Response]":
        self.asked.append(headers)
        return self.answer

    async def picks_up(self, wish: str = WISH) -> Channel:
        return await Channel.connect(self.server.port, "/duty", arg_1=wish)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.server.start()
    yield desk
    await desk.server.stop()


async def hears(channel: Channel, *prompts: str) -> None:
    for prompt in prompts:
        await channel.plays(prompt)
        channel.prompt_ends()


@pytest.mark.parametrize(("key", "accepts", "said"), [("1", True, "duty_accepted"), ("2", False, "duty_declined")])
async def test_the_request_is_said_and_a_key_answers(desk: Desk, key: str, accepts: bool, said: str) -> None:
    channel = await desk.picks_up()
    await hears(channel, "duty_call", "duty_funeral")
    await channel.plays("duty_keys")
    assert channel.key(key)
    await hears(channel, said)
    await channel.ends()
    assert desk.told == [DutyPickedUp(at=1000.0, wish=WISH), DutyKeyed(at=1000.0, wish=WISH, accepts=accepts)]
    assert channel.variables["COZUM_DONE"] == "1"
    assert "place_x" not in channel.played, "a town's own prompt may be missing"


async def test_a_key_interrupts_the_words(desk: Desk) -> None:
    channel = await desk.picks_up()
    await channel.plays("duty_call")
    assert channel.key("1")
    await hears(channel, "duty_accepted")
    await channel.ends()


async def test_a_wrong_key_has_it_said_again(desk: Desk) -> None:
    channel = await desk.picks_up()
    for _ in range(ROUNDS):
        await channel.plays("duty_call")
        assert channel.key("5")
    await hears(channel, "goodbye")
    await channel.ends()
    assert desk.told[1:] == [DutyRingOver(at=1000.0, wish=WISH, result="no_answer")]


async def test_whoever_comes_too_late_is_told_so(desk: Desk) -> None:
    desk.ring = None
    channel = await desk.picks_up()
    await hears(channel, "duty_over")
    await channel.ends()
    assert channel.variables["COZUM_DONE"] == "1"


async def test_a_key_that_comes_too_late_accepts_nothing(desk: Desk) -> None:
    channel = await desk.picks_up()
    await channel.plays("duty_call")
    desk.ring = None
    assert channel.key("1")
    await hears(channel, "duty_over")
    await channel.ends()


async def test_one_who_hangs_up_has_not_answered(desk: Desk) -> None:
    channel = await desk.picks_up()
    await channel.plays("duty_call")
    await channel.hang_up()
    await until(lambda: len(desk.told) == 2, "the line to notice")
    assert desk.told[1] == DutyRingOver(at=1000.0, wish=WISH, result="no_answer")


async def test_a_line_that_dies_says_nothing_of_it(desk: Desk) -> None:
    """The dialplan brings the person to the next line."""
    channel = await desk.picks_up()
    await channel.plays("duty_call")
    await desk.server.stop()
    await channel.ends()
    assert desk.told == [DutyPickedUp(at=1000.0, wish=WISH)]
    assert "COZUM_DONE" not in channel.variables


@pytest.mark.parametrize(
    ("status", "result"),
    [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CHANUNAVAIL", "unreachable"), ("CONGESTION", "unreachable")],
)
async def test_a_ring_that_nobody_answers_is_told(desk: Desk, status: str, result: str) -> None:
    channel = await Channel.connect(desk.server.port, "/duty", arg_1=WISH, arg_2=status)
    await channel.ends()
    assert desk.told == [DutyRingOver(at=1000.0, wish=WISH, result=result)]  # type: ignore[arg-type]  # one of the results
    assert channel.played == []


# --- the order


def test_asterisk_is_asked_to_ring_by_the_dialplan() -> None:
    assert originate(RING) == {
        "Channel": "Local/ring@duty/n",
        "Context": "duty",
        "Exten": "over",
        "Priority": "1",
        "Timeout": "65000",
        "ChannelId": f"ast1-duty-{WISH}",
        "Variable": f"_NUMBER=7101,_ANSWER_S=60,_DUTY={WISH}",
        "Async": "true",
    }


def test_a_name_without_a_time_is_of_an_earlier_version() -> None:
    ring = RingDuty(wish="26-000123-3.2", node=NodeId("ast1"), number="7101", ring_s=60)
    assert originate(ring)["ChannelId"] == "ast1-duty-26-000123-3.2"


@pytest.mark.parametrize("number", ["", "71", "71O1", "7101,X=1", "7101&PJSIP", "٧١٠١", "1" * 16])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(BadAction, match="3 to 15 digits"):
        originate(RingDuty(wish=WISH, node=NodeId("ast1"), number=number, ring_s=60))


@pytest.mark.parametrize(
    "wish", ["", "26-000123-3", "26 1.1", "26-1.1,NUMBER=112", "26-1.1\r\nX: y", "26-1.1.", "26-1.1.1.1"]
)
def test_a_name_that_could_be_more_is_refused(wish: str) -> None:
    with pytest.raises(BadAction, match="must be like"):
        originate(RingDuty(wish=wish, node=NodeId("ast1"), number="7101", ring_s=60))


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("7101", "7101"), ("112", "112"), ("+905321112233", "05321112233"), ("05321112233", "05321112233"),
        ("+4915123456789", ""), ("+909001234567", ""), ("12", ""), ("71x1", ""), ("", ""),
    ],
)  # fmt: skip
def test_an_extension_is_dialled_as_it_is_and_a_telephone_as_for_callbacks(number: str, digits: str) -> None:
    assert dialled(number) == digits


@pytest.mark.parametrize("how", ["refused", "away", "later away", "bad"])
async def test_a_ring_that_asterisk_does_not_make_is_over(desk: Desk, how: str) -> None:
    if how == "refused":
        desk.answer.set_result(Response(False, "no", {}))
    elif how == "later away":
        desk.answer.set_exception(AmiError("gone"))
    elif how == "away":

        def away(command_id: str, headers: dict[str, str]) -> "asyncio.Future[Response]":
            raise AmiError("not connected")

        desk.duty._ports = DutyPorts(
            post=desk.told.append, tell=desk.tell, ring=lambda wish: None, originate=away, clock=lambda: 1000.0
        )
    desk.duty.ring("1.1", RING if how != "bad" else RingDuty(wish=WISH, node=NodeId("a"), number="x", ring_s=1))
    await until(lambda: desk.told, "word of it")
    assert desk.told == [DutyRingOver(at=1000.0, wish=WISH, result="failed")]


async def test_a_ring_that_asterisk_has_not_confirmed_yet_is_not_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the manager is seconds late. The next person would be rung beside the first."""
    desk.duty.ring("1.1", RING)
    await asyncio.sleep(0)
    later(monkeypatch)
    done, _ = await asyncio.wait(desk.duty._tasks, timeout=0.1)
    assert (done, desk.told) == (set(), [])
    desk.answer.set_result(Response(True, "queued", {}))
    await until(lambda: not desk.duty._tasks, "the answer to be read")
    assert desk.told == []


async def test_a_ring_that_asterisk_makes_is_not_over(desk: Desk) -> None:
    desk.duty.ring("1.1", RING)
    desk.answer.set_result(Response(True, "queued", {}))
    await until(lambda: not desk.duty._tasks, "the answer to be read")
    assert (desk.told, len(desk.asked)) == ([], 1)
