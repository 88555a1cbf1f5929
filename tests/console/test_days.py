"""Reports of a day, callers who gave up, a caller put first, outbreaks: the API over a line in memory."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from acd.report.waits import PickUp, WaitReport, WaitSum
from console.ports import Unavailable
from console.routing import PREFIX
from tests.acd.metrics.journal import ISTANBUL
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.test_access import of_role

AGENT: dict[str, Any] = {
    "extension": "1001", "name": "Ayşe", "handled": 3, "called_back": 0, "missed": 1, "pickup_p50_s": 2.0,
    "pickup_p90_s": 4.5, "talk_s": 300.0, "hold_s": 0.0, "wrapup_s": 40.0, "aht_s": 113.3, "signed_in_s": 3600.0,
    "ready_s": 3000.0, "paused_s": 0.0, "occupancy": 0.1,
}  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_day_has_its_hours_and_agents_with_their_pick_up_times(desk: Desk) -> None:
    group = desk.day_report["all"]
    desk.day_report["agents"] = [AGENT]
    desk.day_report["hours"] = [{"hour": 9, "agents": 4.5, **group, "urgent": group, "offered": 7}]
    async with desk.client() as client:
        report = (await client.get(f"{PREFIX}/report", params={"day": "2025-11-23"})).json()
        assert report["from"].endswith("Z")
        assert (report["hours"][0]["hour"], report["hours"][0]["offered"]) == (9, 7)
        assert (report["agents"][0]["pickup_p50_s"], report["agents"][0]["pickup_p90_s"]) == (2.0, 4.5)
        one = await client.get(f"{PREFIX}/agents/1001/report")
        assert one.json() == report["agents"][0]
        nobody = await client.get(f"{PREFIX}/agents/1002/report")
        assert (nobody.status_code, nobody.json()["allowed"]) == (404, ["1001"])
    assert desk.days[0] == date(2025, 11, 23)


async def test_without_a_day_it_is_today_on_the_lines_calendar(desk: Desk) -> None:
    desk.now = 1764019800.0  # 00:30 of the 25th in Istanbul, still the 24th in UTC
    async with desk.client() as client:
        for path in (
            "/report",
            "/report/why",
            "/report/requests",
            "/report/requests.csv",
            "/report/contacts",
            "/report/plan",
            "/abandoned",
        ):
            assert (await client.get(PREFIX + path)).status_code == 200
    assert desk.days == [date(2025, 11, 25)] * 7


async def test_requests_are_counted_by_unit_topic_and_mahalle(desk: Desk) -> None:
    figures = desk.requests_report["all"] | {"opened": 3, "scored": 2, "score": 3.5}
    desk.requests_report["units"] = [{"unit": "zabita", "name": "Zabıta", **figures}]
    desk.requests_report["agents"] = [{"agent": None, "name": None, "scored": 2, "score": 3.5}]
    async with desk.client(headers=of_role("analyst")) as client:
        answer = await client.get(f"{PREFIX}/report/requests", params={"day": "2025-11-23", "days": 30})
        assert answer.status_code == 200, answer.text
        for days in ("0", "93", "x"):
            refused = await client.get(f"{PREFIX}/report/requests", params={"days": days})
            assert (refused.status_code, refused.json()["key"]) == (422, "days")
    assert (desk.days, desk.report_days) == ([date(2025, 11, 23)], 30)
    (unit,) = answer.json()["units"]
    assert (unit["unit"], unit["name"], unit["opened"], unit["score"]) == ("zabita", "Zabıta", 3, 3.5)
    async with desk.client(headers=of_role("unit")) as client:
        assert (await client.get(f"{PREFIX}/report/requests")).status_code == 403


async def test_a_table_of_requests_is_had_for_a_spreadsheet(desk: Desk) -> None:
    """Whole, with the sum; a name of the town's that a spreadsheet would take for a formula is text."""
    figures = desk.requests_report["all"] | {"opened": 3, "scored": 2, "score": 3.5}
    desk.requests_report["all"] = figures
    desk.requests_report["topics"] = [
        {"topic": "yol", "name": 'Yol, "asfalt"', **figures},
        {"topic": None, "name": None, **figures},
        {"topic": "x", "name": "=1+1", **figures},
    ]
    async with desk.client(headers=of_role("lead")) as client:
        asked: dict[str, str | int] = {"day": "2025-11-23", "days": 30, "by": "topic"}
        answer = await client.get(f"{PREFIX}/report/requests.csv", params=asked)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="requests-topic-2025-11-23-30.csv"'
        refused = await client.get(f"{PREFIX}/report/requests.csv", params={"by": "caller"})
        assert (refused.status_code, refused.json()["key"]) == (422, "by")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["topic", "name", "opened", "resolved"]
    assert [row[:3] for row in rows[1:]] == [
        ["yol", 'Yol, "asfalt"', "3"], ["", "", "3"], ["x", "'=1+1", "3"], ["", "all", "3"],
    ]  # fmt: skip
    assert rows[1][-2:] == ["2", "3.5"]
    async with desk.client(headers=of_role("unit")) as client:
        assert (await client.get(f"{PREFIX}/report/requests.csv")).status_code == 403


async def test_a_table_of_scores_has_the_agents_who_passed_them_on(desk: Desk) -> None:
    desk.requests_report["all"] |= {"opened": 3, "scored": 3, "score": 3.0}
    desk.requests_report["agents"] = [
        {"agent": "1001", "name": "1001", "scored": 2, "score": 3.5},
        {"agent": None, "name": None, "scored": 1, "score": 2.0},
    ]
    async with desk.client(headers=of_role("analyst")) as client:
        answer = await client.get(f"{PREFIX}/report/requests.csv", params={"day": "2025-11-23", "by": "agent"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="requests-agent-2025-11-23-1.csv"'
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))) == [
        ["agent", "name", "scored", "score"], ["1001", "1001", "2", "3.5"], ["", "", "1", "2.0"],
        ["", "all", "3", "3.0"],
    ]  # fmt: skip


async def test_a_days_plan_is_null_where_there_is_none(desk: Desk) -> None:
    async with desk.client(headers=of_role("lead")) as client:
        assert (await client.get(f"{PREFIX}/report/plan")).json() is None
        hour = {"calls": 80.4, "agents": 6, "asa_s": 5.25, "within_target": None}
        desk.day_plan = {"file": "monday.json", "hours": [{"hour": n, **hour} for n in range(24)]}
        plan = (await client.get(f"{PREFIX}/report/plan", params={"day": "2025-11-24"})).json()
    assert (plan["file"], plan["hours"][9]) == ("monday.json", {"hour": 9, **hour})


@pytest.mark.parametrize("day", ["yesterday", "2025-13-01", "20251124", "", "0001-01-01", "2025-11-24T10:00"])
async def test_a_day_that_is_none_is_refused_with_what_is_allowed(desk: Desk, day: str) -> None:
    async with desk.client() as client:
        answer = await client.get(f"{PREFIX}/report", params={"day": day})
    assert answer.status_code == 422
    assert (answer.json()["key"], answer.json()["value"]) == ("day", day)
    assert "2025-11-24" in str(answer.json()["allowed"])


async def test_why_callers_waited_is_told_by_cause(desk: Desk) -> None:
    sums = [
        WaitSum(
            cause="busy", agent="", service="request", priority="routine", within_target=False, hour=489_000, parts=2,
            waited_s=30.0,
        ),
        WaitSum(
            cause="pick_up", agent="1001", service="funeral", priority="urgent", within_target=True, hour=489_000,
            parts=1, waited_s=10.0,
        ),
    ]  # fmt: skip
    desk.day_waits |= WaitReport(sums, [("1001", 4.0, 6)], ISTANBUL).record()
    async with desk.client() as client:
        told = (await client.get(f"{PREFIX}/report/why")).json()
    assert [(one["cause"], one["waited_s"], one["share"]) for one in told["causes"]] == [
        ("busy", 30.0, 0.75),
        ("pick_up", 10.0, 0.25),
    ]
    assert told["missed_s"] == 30.0
    assert told["causes"][1]["agents"] == [{"extension": "1001", "waited_s": 10.0}]
    assert told["pick_ups"] == [PickUp(extension="1001", calls=6, p50_s=4.0, p90_s=4.0).record()]


async def test_callers_who_gave_up_are_masked_for_people(desk: Desk) -> None:
    desk.add_call("ast1-1.1", outcome="abandoned", became="called_again", again="ast1-1.2", again_at=desk.now)
    async with desk.client(headers=of_role("lead")) as client:
        (one,) = (await client.get(f"{PREFIX}/abandoned")).json()
    assert (one["became"], one["again"], one["caller"]) == ("called_again", "ast1-1.2", "••• 33")


async def test_a_call_without_a_word_is_listed_masked_to_the_lead_and_to_its_agent(desk: Desk) -> None:
    for nth, agent in enumerate(("1001", "1002")):
        desk.add_call(f"ast1-{nth}.1", agent=agent, disposition="")
    async with desk.client(headers=of_role("lead")) as client:
        day = (await client.get(f"{PREFIX}/report/contacts")).json()
        assert [(one["id"], one["agent"]) for one in day["silent"]] == [("ast1-1.1", "1002"), ("ast1-0.1", "1001")]
        assert day["silent"][0]["caller"] == "••• 33"
        assert (day["talks"], day["known"], day["first_contact_resolution"]) == (2, 0.5, 1.0)
        assert day["answered_by_topic"] == [{"topic": "vergi", "answered": 1}, {"topic": None, "answered": 2}]
    async with desk.client(headers=of_role("agent")) as client:
        (own,) = (await client.get(f"{PREFIX}/agents/1001/silent-calls")).json()
        assert (own["id"], own["caller"]) == ("ast1-0.1", "••• 33")
        assert (await client.get(f"{PREFIX}/agents/1002/silent-calls")).status_code == 403
        assert (await client.get(f"{PREFIX}/report/contacts")).status_code == 403


async def test_a_waiting_caller_is_put_first_with_a_reason_of_the_list(desk: Desk) -> None:
    desk.add_waiting("ast1-1.1")
    desk.up["ast1-1.2"] = {"id": "ast1-1.2"}
    async with desk.client(headers=of_role("lead")) as client:
        path = f"{PREFIX}/calls/{{}}/first".format
        done = await client.post(path("ast1-1.1"), json={"reason": "vulnerable"})
        assert (done.status_code, done.json()) == (
            200,
            {"id": "ast1-1.1", "service": "request", "class": "routine"},
        )
        assert (await client.get(f"{PREFIX}/queue")).json()[0]["first"]
        assert (await client.post(path("ast1-1.2"), json={"reason": "other"})).status_code == 409
        assert (await client.post(path("nobody"), json={"reason": "other"})).status_code == 404
        wrong = await client.post(path("ast1-1.1"), json={"reason": "Ayşe knows him"})
        assert (wrong.status_code, wrong.json()["key"]) == (422, "reason")
        assert "vulnerable" in wrong.json()["allowed"]
    assert desk.wishes == [("ast1-1.1", "first", "vulnerable")]


async def test_an_outbreak_is_accepted_by_topic_and_mahalle(desk: Desk) -> None:
    desk.outbreak_records.append(
        {
            "topic": "su_kesintisi", "topic_name": {"tr": "Su kesintisi", "en": "No water"}, "district": "esenkent",
            "district_name": "Esenkent", "since": desk.now - 3600, "tickets": 6, "callers": 9, "expected": 0.5,
            "p": 1e-6, "why": {"tr": "çok", "en": "many"}, "message": {"tr": "Su yok.", "en": "No water."},
        }
    )  # fmt: skip
    async with desk.client(headers=of_role("lead")) as client:
        (one,) = (await client.get(f"{PREFIX}/outbreaks")).json()
        assert (one["callers"], one["parent"]) == (9, None)
        wish = {"topic": "su_kesintisi", "district": "esenkent"}
        assert (await client.post(f"{PREFIX}/outbreaks", json=wish)).json()["parent"] == "26-000007-8"
        gone = await client.post(f"{PREFIX}/outbreaks", json={"topic": "yol_cukuru", "district": "esenkent"})
        assert (gone.status_code, gone.json()["key"]) == (409, "topic")


async def test_no_agent_reads_the_day_of_a_colleague(desk: Desk) -> None:
    """The report has a record of each agent, and what callers waited for names them."""
    desk.people = KnownPeople()
    for role, status in (("agent", 403), ("lead", 200), ("analyst", 200)):
        async with desk.client(headers=of_role(role)) as client:
            for path in ("/report", "/report/why"):
                assert (await client.get(PREFIX + path)).status_code == status, (role, path)


async def test_without_a_database_each_says_so(desk: Desk) -> None:
    desk.broken = Unavailable("the database does not serve yet: away")
    async with desk.client() as client:
        for path in (
            "/report", "/report/why", "/report/contacts", "/report/plan", "/abandoned", "/outbreaks",
            "/agents/1001/report", "/agents/1001/silent-calls",
        ):  # fmt: skip
            assert (await client.get(PREFIX + path)).status_code == 503, path


async def test_an_agent_takes_other_services_for_the_shift(desk: Desk) -> None:
    desk.add_agent("1001")
    async with desk.client(headers=of_role("lead")) as client:
        path = f"{PREFIX}/agents/1001/services"
        assert (await client.get(path)).json()["services"] == ["request", "funeral"]
        done = await client.put(path, json={"services": ["funeral"]})
        assert (done.status_code, done.json()["services"]) == (200, ["funeral"])
        for services, status in ((["nothing"], 409), ([], 422), (["Büyük"], 422)):
            assert (await client.put(path, json={"services": services})).status_code == status
        assert (await client.get(f"{PREFIX}/agents/1009/services")).status_code == 404
        assert (await client.put(f"{PREFIX}/agents/1009/services", json={"services": ["request"]})).status_code == 404
