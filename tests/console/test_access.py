"""Every route × every role and scope: the table is enforced as it is, and every route has an entry."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from agents.people import ROLES, SCOPES, Role
from console import access
from console.access import OPEN, SAFE, TABLE
from console.ports import CallQuery, Unavailable
from console.public_status import PATH as PUBLIC
from console.rates import WRONG_TOKENS, Rates
from console.routing import PREFIX
from tests.console.desk import Desk
from tests.console.known_people import EXTENSION, KnownPeople, cookie_of, identity, token_for
from tests.console.tokens import AUTH, WALL_AUTH

ROUTES = sorted(TABLE)
OF_THE_MACHINE = OPEN | {("DELETE", "/session")}
"""What is of no use to the machine's own token."""

ONLY: dict[tuple[str, str], set[str]] = {
    ("PUT", "/session/password"): {"agent", "lead", "unit", "inbox", "analyst", "admin"},
    ("PUT", "/surge"): {"lead", "admin"},
    ("DELETE", "/surge"): {"lead", "admin"},
    ("DELETE", "/callbacks/{call}"): {"lead", "admin"},
    ("POST", "/calls/{call}/first"): {"lead", "admin"},
    ("POST", "/calls/{call}/monitor"): {"lead", "admin"},
    ("POST", "/calls/{call}/hand-over"): {"agent", "lead", "admin"},
    ("GET", "/hand-over-targets"): {"agent", "lead", "admin"},
    ("GET", "/outbreaks"): {"lead", "admin"},
    ("POST", "/outbreaks"): {"lead", "admin"},
    ("GET", "/report"): {"lead", "inbox", "analyst", "admin"},
    ("GET", "/report/why"): {"lead", "inbox", "analyst", "admin"},
    ("GET", "/report/contacts"): {"lead", "inbox", "analyst", "admin"},
    ("GET", "/agents/{extension}/silent-calls"): {"agent", "lead", "analyst", "admin"},
    ("GET", "/abandoned"): {"lead", "inbox", "analyst", "admin"},
    ("PUT", "/agents/{extension}/services"): {"lead", "admin"},
    ("GET", "/agents/{extension}/report"): {"lead", "inbox", "analyst", "admin"},
    ("POST", "/agents/{extension}/state"): {"agent", "lead", "admin"},
    ("POST", "/agents/{extension}/phone"): {"agent", "lead", "admin"},
    ("POST", "/tasks/{task}/done"): {"lead", "inbox", "admin"},
    ("POST", "/tasks/{task}/assigned"): {"lead", "inbox", "admin"},
    ("POST", "/tickets/{number}/text"): {"lead", "inbox", "admin"},
    ("GET", "/tasks/workers"): {"lead", "inbox", "admin"},
    ("GET", "/notices"): {"lead", "unit", "inbox", "admin"},
    ("POST", "/notices/read"): {"lead", "unit", "inbox", "admin"},
    ("GET", "/duty-alarms"): {"lead", "admin"},
    ("GET", "/live"): {"agent", "lead", "inbox", "analyst", "admin"},
    ("GET", "/tickets/{number}/caller"): {"agent", "lead", "unit", "inbox", "admin"},
    ("POST", "/tickets"): {"agent", "lead", "inbox", "admin"},
    ("POST", "/tickets/import"): {"inbox", "admin"},
    ("GET", "/calls/{call}/context"): {"agent", "lead", "inbox", "admin"},
    ("GET", "/tickets/duplicates"): {"agent", "lead", "inbox", "admin"},
    ("GET", "/articles"): {"agent", "lead", "unit", "inbox", "analyst", "admin"},
    ("POST", "/articles"): {"lead", "admin"},
    ("PUT", "/articles/{article}"): {"lead", "admin"},
    ("GET", "/config/{file}"): {"admin"},
    ("PUT", "/config/{file}"): {"admin"},
    ("POST", "/config/agents/{extension}/telephone"): {"admin"},
    ("PUT", "/prompts/{language}/{prompt}"): {"admin"},
    ("POST", "/prompts/{language}/{prompt}/check"): {"admin"},
    ("GET", "/prompts/{language}/{prompt}/versions"): {"admin"},
    ("GET", "/prompts/{language}/{prompt}/versions/{number}"): {"admin"},
    ("POST", "/prompts/{language}/{prompt}/version"): {"admin"},
    ("GET", "/destructions"): {"admin"},
    ("GET", "/audit"): {"admin"},
    ("GET", "/people"): {"admin"},
    ("POST", "/people"): {"admin"},
    ("PATCH", "/people/{user}"): {"admin"},
    ("POST", "/people/{user}/password"): {"admin"},
    ("DELETE", "/people/{user}/sessions"): {"admin"},
}
"""What was decided of some routes; a change of the table alone must not change these."""


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    desk.add_agent(EXTENSION)
    desk.add_agent("1002")
    return desk


def url(path: str) -> str:
    """A route's address, with the agent's own extension and ids that lead nowhere."""
    path = (
        path.replace("/config/{file}", "/config/services")
        .replace("{user}", "lead")
        .replace("{language}/{prompt}", "tr/welcome")
    )
    filled = path.replace("{extension}", EXTENSION).replace("{file}", "0" * 32)
    filled = filled.replace("{task}", "7").replace("{article}", "7")
    return PREFIX + filled.replace("{call}", "ast1-1.1").replace("{number}", "26-000001-9")


def of_role(role: str, *, csrf: bool = True) -> dict[str, str]:
    """The headers of a browser in which the role's person is signed in."""
    known = identity(role)  # type: ignore[arg-type]  # any role
    return {"cookie": f"cozum-session={cookie_of(role)}"} | ({"x-csrf-token": known.csrf} if csrf else {})


async def status(client: httpx.AsyncClient, route: tuple[str, str], headers: dict[str, str]) -> int:
    """What a route answers; the live stream is only begun."""
    method, path = route
    body: dict[str, Any] = {} if method in SAFE else {"json": {}}
    async with client.stream(method, url(path), headers=headers, **body) as answer:
        return answer.status_code


def described(desk: Desk) -> set[tuple[str, str]]:
    """Every route under the prefix, as the API's description has them; the citizens' one needs no right."""
    paths = {path: one for path, one in desk.app().openapi()["paths"].items() if path != PUBLIC}
    return {(method.upper(), path.removeprefix(PREFIX)) for path, methods in paths.items() for method in methods}


def test_every_route_has_an_entry_and_every_entry_a_route(desk: Desk) -> None:
    assert described(desk) == set(TABLE)


def test_what_was_decided_stands_in_the_table() -> None:
    for route, roles in ONLY.items():
        assert TABLE[route].roles == roles, route
    assert [route for route in TABLE if TABLE[route].scope == "live"] == [("GET", "/live")]
    assert [route for route in TABLE if "admin" not in TABLE[route].roles] == []
    assert [route for route in TABLE if route[0] not in SAFE and not TABLE[route].audit] == [
        ("POST", "/session"),
        ("DELETE", "/session"),
        # A draft is its writer's alone, and is written at every word.
        ("PUT", "/drafts/{call}"),
        ("DELETE", "/drafts/{call}"),
        ("DELETE", "/drafts"),
    ]


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_what_the_table_says_and_nothing_else(desk: Desk, role: str) -> None:
    async with desk.client(headers={}) as client:
        for route in ROUTES:
            if route in OF_THE_MACHINE or route == ("GET", "/live"):
                continue
            got = await status(client, route, of_role(role))
            allowed = role in TABLE[route].roles
            assert (got != 403) == allowed, (route, got)
            assert got != 401, route


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_token_may_what_its_scope_says_and_nothing_else(desk: Desk, scope: str) -> None:
    headers = {"authorization": f"Bearer {token_for(scope)}"}
    async with desk.client(headers={}) as client:
        for route in ROUTES:
            if route in OF_THE_MACHINE or (route == ("GET", "/live") and scope == "live"):
                continue
            got = await status(client, route, headers)
            assert (got != 403) == (TABLE[route].scope == scope), (route, got)


@pytest.mark.parametrize("role", ROLES)
async def test_a_units_token_has_no_more_of_requests_than_its_people(
    desk: Desk, people: KnownPeople, role: Role
) -> None:
    people.tokens["t" * 30] = replace(identity(role), who="token:x", kind="token", scopes=frozenset(SCOPES))
    headers = {"authorization": f"Bearer {'t' * 30}"}
    refused = set()
    async with desk.client(headers={}) as client:
        for route in ROUTES:
            if route in OF_THE_MACHINE or route == ("GET", "/live") or TABLE[route].scope is None:
                continue
            if await status(client, route, headers) == 403:
                refused.add(route)
    of_requests = {route for route in TABLE if TABLE[route].scope in ("tickets", "tickets:write", "numbers")}
    assert refused == (
        {route for route in of_requests if "unit" not in TABLE[route].roles} if role == "unit" else set()
    )
    if role == "unit":
        assert ("POST", "/tasks/{task}/done") in refused
        assert ("GET", "/calls/{call}/caller") in refused
        assert ("POST", "/tickets/{number}/moves") not in refused


async def test_the_walls_token_reads_the_live_view_and_nothing_else(desk: Desk) -> None:
    desk.add_waiting("ast1-1.1")
    async with desk.served() as served, httpx.AsyncClient(base_url=served.url, headers=WALL_AUTH) as client:
        for route in ROUTES:
            if route != ("GET", "/live") and route not in OPEN:
                assert await status(client, route, {}) == 403, route
        async with client.stream("GET", f"{PREFIX}/live") as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    assert "••• 33" in line
                    assert "5321112233" not in line
                    break


async def test_the_machines_own_token_may_everything(desk: Desk) -> None:
    async with desk.client() as client:
        for route in ROUTES:
            if route != ("GET", "/live"):
                assert await status(client, route, {}) not in (401, 403) or route in OPEN, route


async def test_what_is_open_is_what_signs_in_and_nothing_else(desk: Desk) -> None:
    assert {
        ("POST", "/session"),
        ("GET", "/session/openid"),
        ("GET", "/session/openid/begin"),
        ("GET", "/session/openid/return"),
    } == OPEN
    async with desk.client(headers={}) as client:
        for route in ROUTES:
            if route != ("GET", "/live"):
                got = await status(client, route, {})
                assert (got in (401, 429)) == (route not in OPEN), (route, got)


async def test_nobody_may_anything_without_cookie_or_token(desk: Desk) -> None:
    for headers in ({}, {"cookie": "cozum-session=" + "x" * 43}, {"authorization": "Bearer " + "x" * 43}):
        app = desk.app()  # with no wrong tokens yet
        async with desk.client(app, headers=headers) as client:
            for route in ROUTES[:15]:
                if route != ("POST", "/session"):
                    assert await status(client, route, {}) == 401, route


async def test_a_path_without_a_route_is_no_way_in(desk: Desk) -> None:
    async with desk.client(headers=of_role("admin")) as client:
        for method, path in (("GET", "/nowhere"), ("PUT", "/agents"), ("GET", "/agents/"), ("GET", "//agents")):
            assert (await client.request(method, PREFIX + path)).status_code == 404, path


async def test_a_route_without_an_entry_is_for_the_machine_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(access.TABLE, ("GET", "/agents"))
    async with desk.client(headers={}) as client:
        assert await status(client, ("GET", "/agents"), of_role("admin")) == 404
        assert await status(client, ("GET", "/agents"), AUTH) == 200


@pytest.mark.parametrize("role", ["lead", "admin"])
async def test_a_write_with_the_cookie_needs_the_sessions_own_word(desk: Desk, people: KnownPeople, role: str) -> None:
    async with desk.client(headers={}) as client:
        for route in ROUTES:
            if route[0] in SAFE or role not in TABLE[route].roles or route == ("POST", "/session"):
                continue
            for wrong in ({}, {"x-csrf-token": "csrf-of-agent"}, {"x-csrf-token": ""}):
                headers = of_role(role, csrf=False) | wrong
                answer = await client.request(route[0], url(route[1]), headers=headers, json={})
                assert (answer.status_code, answer.json()["key"]) == (403, "x-csrf-token"), route
    assert people.notes == []
    assert desk.wishes == []
    assert cookie_of(role) in people.sessions


@pytest.mark.parametrize("origin", ["same-site", "cross-site"])
async def test_no_page_of_others_has_anything_by_somebodys_cookie(desk: Desk, people: KnownPeople, origin: str) -> None:
    """Not even an entry in the audit that they have seen something; a program with a token is no page."""
    async with desk.client(headers={"sec-fetch-site": origin}) as client:
        for route in ROUTES:
            if "admin" not in TABLE[route].roles or route in OPEN:
                continue
            answer = await client.request(route[0], url(route[1]), headers=of_role("admin"), json={})
            assert (answer.status_code, answer.json()["key"]) == (403, "sec-fetch-site"), route
        assert people.notes == []
        assert await status(client, ("GET", "/agents"), AUTH) == 200
        for ours in ("same-origin", "none"):
            assert await status(client, ("GET", "/agents"), of_role("admin") | {"sec-fetch-site": ours}) == 200


async def test_an_agent_sets_their_own_state_alone_and_a_lead_anybodys(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        for role, extension, expected in (
            ("agent", EXTENSION, 200),
            ("agent", "1002", 403),
            ("agent", "9999", 403),
            ("lead", "1002", 200),
            ("unit", EXTENSION, 403),
        ):
            path = f"{PREFIX}/agents/{extension}/state"
            answer = await client.post(path, headers=of_role(role), json={"state": "paused"})
            assert answer.status_code == expected, (role, extension)
        phone = await client.post(f"{PREFIX}/agents/1002/phone", headers=of_role("lead"), json={})
        assert (phone.status_code, phone.json()["key"]) == (403, "extension")  # nobody listens on another's phone
    assert desk.wishes == [(EXTENSION, "paused", ""), ("1002", "paused", "")]


async def test_only_people_by_their_own_session_say_their_own_state_at_a_page(desk: Desk) -> None:
    async with desk.client(headers={}) as client:
        for headers, extension in (
            (of_role("agent"), EXTENSION),
            (of_role("lead"), EXTENSION),  # their own, too
            (of_role("lead"), "1002"),
            ({"authorization": f"Bearer {token_for('agents:write')}"}, EXTENSION),
            (AUTH, EXTENSION),
        ):
            path = f"{PREFIX}/agents/{extension}/state"
            assert (await client.post(path, headers=headers, json={"state": "ready"})).status_code == 200
    assert desk.at_page == [True, True, False, False, False]


async def test_the_audit_says_who_did_and_saw_what(desk: Desk, people: KnownPeople) -> None:
    desk.add_call("ast1-1.1")
    async with desk.client(headers={}) as client:
        await client.post(f"{PREFIX}/agents/1002/state", headers=of_role("lead"), json={"state": "paused"})
        await client.post(f"{PREFIX}/agents/1002/state", headers=of_role("lead"), json={"state": "asleep"})  # 422
        await client.get(f"{PREFIX}/calls/ast1-1.1", headers=of_role("analyst"))
        await client.get(f"{PREFIX}/calls/nowhere", headers=of_role("analyst"))  # 404
        await client.get(f"{PREFIX}/calls/ast1-1.1", headers=AUTH)
        await client.post(f"{PREFIX}/agents/{EXTENSION}/state", headers=AUTH, json={"state": "ready"})
    assert people.notes == [
        ("lead", "agent_state", "1002"),
        ("analyst", "call_seen", "ast1-1.1"),
        ("token", "agent_state", EXTENSION),
    ]


def answered(people: KnownPeople) -> access.Access:
    """The rights in front of routes that all answer 200. The machine's own token is that of `AUTH`."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    return access.Access(
        served,
        prefix=PREFIX,
        check_token=lambda token: AUTH["Authorization"] == f"Bearer {token}",
        check_wallboard=lambda _: False,
        people=people,
        wrong=Rates(WRONG_TOKENS, lambda: 0.0),
        refused=lambda _: None,
    )


async def test_what_the_machine_reads_is_in_the_audit_where_a_citizen_is_heard_or_seen() -> None:
    """It is somebody at the machine's keyboard who plays a recording or a message, or opens a photo."""
    people = KnownPeople()
    transport = httpx.ASGITransport(answered(people))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        for method, path in ROUTES:
            if method in SAFE:
                assert (await client.request(method, url(path), headers=AUTH)).status_code == 200, path
    noted = {("GET", "/calls/{call}/recording"), ("GET", "/tickets/{number}/files/{file}")}
    assert sorted(action for _, action, _ in people.notes) == sorted(TABLE[route].audit for route in noted)
    assert {who for who, _, _ in people.notes} == {"token"}


@pytest.mark.parametrize(
    ("name", "typed", "noted"),
    [
        ("number", "26-000123-3", "26-000123-3"),
        ("number", "2.6.0001233", "26-000123-3"),
        ("number", "26\u2013000123 - 3", "26-000123-3"),
        ("number", "*260001233", "26-000123-3"),
        ("task", "007", "7"),
        ("task", "7.0", "7"),
        ("article", "+7", "7"),
        ("call", "ast1-1.1", "ast1-1.1"),
        ("extension", "1002", "1002"),
    ],
)
async def test_no_spelling_hides_from_the_audit_what_somebody_saw(name: str, typed: str, noted: str) -> None:
    """Whatever the routes read as one thing is one thing in the audit."""
    route = next(route for route in ROUTES if f"{{{name}}}" in route[1] and TABLE[route].audit)
    people = KnownPeople()
    app = answered(people)
    path = url(route[1].replace(f"{{{name}}}", quote(typed)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8080") as client:
        assert (await client.request(route[0], path, headers=of_role("admin"))).status_code == 200
    assert [about for _, _, about in people.notes] == [noted]


async def test_numbers_are_masked_for_people_and_each_unmasking_is_recorded(desk: Desk, people: KnownPeople) -> None:
    desk.add_call("ast1-1.1")
    desk.add_waiting("ast1-2.1")
    lists = ("/calls", "/queue", "/calls/ast1-1.1")
    async with desk.client(headers={}) as client:
        for role, shown in (("agent", "••• 33"), ("lead", "••• 33"), ("admin", "••• 33"), ("analyst", "•••")):
            for path in lists:
                found = (await client.get(PREFIX + path, headers=of_role(role))).json()
                assert (found[0] if isinstance(found, list) else found)["caller"] == shown, (role, path)
        whole = await client.get(f"{PREFIX}/calls/ast1-1.1/caller", headers=of_role("agent"))
        assert whole.json() == {"caller": "+905321112233"}
        assert people.records == [("agent", "unmasked", "ast1-1.1")]
        refused = await client.get(f"{PREFIX}/calls/ast1-1.1/caller", headers=of_role("analyst"))
        assert refused.status_code == 403
        missing = await client.get(f"{PREFIX}/calls/nowhere/caller", headers=of_role("agent"))
        assert missing.status_code == 404
        assert (await client.get(f"{PREFIX}/calls", headers=AUTH)).json()[0]["caller"] == "+905321112233"
    assert people.records == [("agent", "unmasked", "ast1-1.1")]


async def test_no_record_no_number(desk: Desk, people: KnownPeople, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add_call("ast1-1.1")

    async def away(*_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(people, "record", away)
    async with desk.client(headers={}) as client:
        answer = await client.get(f"{PREFIX}/calls/ast1-1.1/caller", headers=of_role("lead"))
    assert (answer.status_code, "5321112233" in answer.text) == (503, False)


async def test_a_database_that_is_away_is_told_of_and_the_machine_is_served(desk: Desk, people: KnownPeople) -> None:
    people.broken = Unavailable("the database is away")
    async with desk.client(headers={}) as client:
        answer = await client.get(f"{PREFIX}/agents", headers=of_role("lead"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert (await client.get(f"{PREFIX}/agents", headers=AUTH)).status_code == 200


async def test_a_token_for_calls_alone_reads_no_requests(desk: Desk, people: KnownPeople) -> None:
    """Of a call's context it has the caller's calls, and neither their open requests nor the words of an outcome."""
    desk.add_call("ast1-1.1")
    desk.ticket_records.append(
        {"number": "26-000001-9", "service": "request", "state": "assigned", "opened_at": desk.now, "caller": "••• 33"}
    )
    token = token_for("calls")
    people.tokens[token] = replace(people.tokens[token], role="lead")
    headers = {"Authorization": f"Bearer {token}"}
    async with desk.client(headers=headers) as client:
        told = (await client.get(f"{PREFIX}/calls/ast1-1.1/context")).json()
        assert (told["tickets"], told["outcome"], told["calls"]) == (None, None, [])
        assert [type(asked) for asked in desk.queries] == [CallQuery]
        people.tokens[token] = replace(people.tokens[token], scopes=frozenset({"calls", "tickets"}))
        told = (await client.get(f"{PREFIX}/calls/ast1-1.1/context")).json()
        assert [one["number"] for one in told["tickets"]] == ["26-000001-9"]
