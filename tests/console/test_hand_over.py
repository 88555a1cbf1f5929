"""Hand-overs over the API: the list, the wish, who may, and that a target is named and never a number."""

from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from acd.config.load_settings import load_settings
from acd.desk.hand_overs import HandOvers, check_ordered
from acd.desk.seen_line import SeenLine
from acd.engine.model.facts import AnyFact, CallReturned
from acd.engine.model.handover_facts import HandOverOrdered, HandOverRefused
from acd.engine.model.ids import AgentId, CallId
from console.ports import HandOverBy, Refused, Unavailable
from tests.console.desk import Desk
from tests.console.known_people import EXTENSION, KnownPeople
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.tickets.towns import TOWN
from tickets.handover import Target, target

PATH = "/api/v1/calls/ast1-9.1/hand-over"
NIGHT = datetime(2026, 6, 2, 0, 0, tzinfo=UTC).timestamp()  # three in the morning in Turkey


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    desk.up["ast1-9.1"] = {"id": "ast1-9.1"}
    return desk


def problem(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("key")


async def test_the_list_and_the_wish(desk: Desk) -> None:
    async with desk.client(desk.app()) as client:
        (one,) = (await client.get("/api/v1/hand-over-targets")).json()
        assert one == {"target": "acil_112", "kind": "body", "name": {"tr": "112 Acil", "en": "112"}, "phone": "112"}
        answer = await client.post(PATH, json={"target": "acil_112"})
    assert (answer.status_code, answer.json()) == (
        *(200, {"id": "ast1-9.1", "target": "acil_112", "name": {"tr": "112 Acil", "en": "112"}}),
    )
    assert desk.handed_over == [("ast1-9.1", "acil_112", HandOverBy(who="token", agent=None))]


async def test_an_agent_hands_over_their_own_caller_and_a_lead_anybody_s(desk: Desk, people: KnownPeople) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        for role in ("agent", "lead", "admin"):
            answer = await client.post(PATH, json={"target": "acil_112"}, headers=of_role(role))
            assert answer.status_code == 200, answer.text
    assert [by.agent for _, _, by in desk.handed_over] == [EXTENSION, None, None]
    assert [(one[1], one[2]) for one in people.notes] == [("call_handed_over", "ast1-9.1")] * 3


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"target": ""}, {"target": "112 "}, {"target": "+905321112233"}, {"target": "iski@outside"}),
        *({"target": "112*25"}, {"target": "a" * 65}, {"target": "İSKİ"}, {"target": 112}, {"target": None}),
        *({"target": "acil_112", "number": "112"}, {"number": "112"}, {"target": "acil_112\n"}, {"target": "a,1"}),
    ],
)
async def test_what_names_no_target_is_refused_by_its_shape(desk: Desk, body: dict[str, Any]) -> None:
    async with desk.client(desk.app()) as client:
        answer = await client.post(PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert desk.handed_over == []


async def test_a_number_that_looks_like_a_name_is_no_target(desk: Desk) -> None:
    async with desk.client(desk.app()) as client:
        assert problem(await client.post(PATH, json={"target": "112"})) == (409, "target")
        assert problem(await client.post("/api/v1/calls/x/hand-over", json={"target": "acil_112"})) == (404, "call")
    assert desk.handed_over == []


# --- the desk


class FewWishes:
    """A line that is told of hand-overs."""

    def __init__(self) -> None:
        self.wishes: list[tuple[str, Target, HandOverBy]] = []

    async def hand_over(self, call: str, to: Target, by: HandOverBy) -> None:
        self.wishes.append((call, to, by))


def hand_overs(line: FewWishes, *, trunk: bool = True) -> HandOvers:
    settings = load_settings(callback_trunk="127.0.0.1:5099" if trunk else "", timezone="Europe/Istanbul")
    return HandOvers(settings, cast(SeenLine, line), lambda: TOWN, lambda: NIGHT)


async def test_the_desk_finds_the_target_in_the_town_s_files_at_its_local_time() -> None:
    line, by = FewWishes(), HandOverBy(who="1001", agent="1001")
    desk = hand_overs(line)
    listed = {one["target"]: one for one in desk.list()}
    assert listed["saglik_isleri.1"]["phone"] == "7203", "who is on duty at night"
    told = await desk.order("ast1-9.1", "saglik_isleri.1", by)
    assert told == {"id": "ast1-9.1", "target": "saglik_isleri.1", "name": listed["saglik_isleri.1"]["name"]}
    ((call, to, named),) = line.wishes
    assert (call, to.phone, named) == ("ast1-9.1", "7203", by)


@pytest.mark.parametrize("key", ["112", "7203", "nobody", "saglik_isleri", "saglik_isleri.9", "", "iski\n"])
async def test_the_desk_dials_no_other(key: str) -> None:
    line = FewWishes()
    with pytest.raises(Refused) as error:
        await hand_overs(line).order("ast1-9.1", key, HandOverBy(who="1001", agent="1001"))
    assert (error.value.key, error.value.value, line.wishes) == ("target", key, [])
    assert "acil_112" in list(cast(list[str], error.value.allowed))


async def test_without_a_trunk_there_is_nobody() -> None:
    line = FewWishes()
    desk = hand_overs(line, trunk=False)
    assert desk.list() == ()
    with pytest.raises(Refused, match="set callback_trunk"):
        await desk.order("ast1-9.1", "acil_112", HandOverBy(who="1001", agent=None))
    assert line.wishes == []


def test_the_line_s_word_is_the_answer() -> None:
    to = target(TOWN, "acil_112", datetime.fromisoformat("2026-06-02 03:00"))
    assert to is not None
    call = CallId("ast1-9.1")
    ordered = HandOverOrdered(at=1.0, call=call, to=to.key, by=AgentId("1001"))
    refused = HandOverRefused(at=1.0, call=call, to=to.key, why="not_yours")
    check_ordered(to, [CallReturned(at=1.0, call=call), ordered])
    with pytest.raises(Refused, match="another agent has this call") as error:
        check_ordered(to, [refused])
    assert (error.value.key, error.value.value) == ("hand_over", "not_yours")
    nothing: list[AnyFact] = []
    with pytest.raises(Unavailable):
        check_ordered(to, nothing)


async def test_nobody_else_may(desk: Desk) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        for role in ("unit", "inbox", "analyst"):
            assert (await client.post(PATH, json={"target": "acil_112"}, headers=of_role(role))).status_code == 403
        assert (await client.get("/api/v1/hand-over-targets", headers=of_role("unit"))).status_code == 403
        assert (await client.get("/api/v1/hand-over-targets", headers=AUTH)).status_code == 200
    assert desk.handed_over == []
