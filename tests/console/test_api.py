"""The API as its users see it: who may, what goes wrong, health, and its own description."""

from typing import Any

import httpx
import pytest

from console.ports import Check, Unavailable
from tests.console.asking import CONTRACT, desk, first, get, post
from tests.console.desk import Desk
from tests.console.tokens import AUTH, TOKEN

__all__ = ["desk"]


# --- bodies


async def test_no_depth_of_a_body_is_a_fault_of_ours(desk: Desk) -> None:
    """Somewhere a body can still be read, and what is wrong with it not be told in the same way."""
    async with desk.client() as client:
        for depth in range(900, 1000):
            for content in ("[" * depth + "]" * depth, '{"user":' + "[" * depth + "]" * depth + ',"password":"x"}'):
                answer = await client.post(
                    "/api/v1/session", content=content, headers={"content-type": "application/json"}
                )
                assert answer.status_code in (400, 422), depth


async def test_a_number_that_json_has_not_is_told_as_text(desk: Desk) -> None:
    answer = await post(
        desk, "/api/v1/session", content='{"user":NaN,"password":"x"}', headers={"content-type": "application/json"}
    )
    assert first(answer)[:3] == (422, "user", "nan")


# --- who may


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN} {TOKEN}"},
    ],
)
@pytest.mark.parametrize(
    "path", ["/api/v1/calls", "/api/v1/agents/1/state", "/api/v1", "/api/v1/no/such", "/api/v1/live"]
)
async def test_without_the_token_there_is_nothing(desk: Desk, path: str, headers: dict[str, str]) -> None:
    answer = await get(desk, path, headers)
    assert first(answer)[0] == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="cozum"'
    assert TOKEN not in answer.text


async def test_two_tokens_are_none(desk: Desk) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.app()), base_url="http://test") as client:
        headers = [("Authorization", AUTH["Authorization"]), ("Authorization", "Bearer x")]
        assert first(await client.get("/api/v1/calls", headers=headers))[0] == 401


async def test_the_schemes_name_is_not_case_sensitive(desk: Desk) -> None:
    assert (await get(desk, "/api/v1/agents", {"authorization": f"bearer {TOKEN}"})).status_code == 200


@pytest.mark.parametrize("path", ["/", "/wall", "/healthz", "/readyz", "/metrics", "/api/openapi.json"])
async def test_what_needs_no_token(desk: Desk, path: str) -> None:
    assert (await get(desk, path, {})).status_code == 200


# --- health


async def test_readiness_names_what_is_wrong(desk: Desk) -> None:
    assert (await get(desk, "/readyz")).json()["ready"] is True
    desk.health[1] = Check(name="ami ast1", ok=False, detail="connection refused since 12 s")
    answer = await get(desk, "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "checks": [
            {"name": "journal", "ok": True, "detail": ""},
            {"name": "ami ast1", "ok": False, "detail": "connection refused since 12 s"},
        ],
    }
    assert (await get(desk, "/healthz")).json() == {"status": "ok"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer another"}])
async def test_readiness_tells_everybody_whether_and_nobody_why(desk: Desk, headers: dict[str, str]) -> None:
    assert (await get(desk, "/readyz", headers)).json() == {"ready": True}
    desk.health[1] = Check(name="ami ast1", ok=False, detail="10.1.2.3: connection refused")
    answer = await get(desk, "/readyz", headers)
    assert (answer.status_code, answer.json()) == (503, {"ready": False})


async def test_readiness_is_red_when_a_check_never_ends(desk: Desk) -> None:
    desk.stuck = True
    answer = await get(desk, "/readyz", timeout_s=0.05)
    assert answer.status_code == 503
    assert answer.json()["checks"][0]["detail"] == "not done within 0.05 s"


async def test_metrics_are_prometheus_text(desk: Desk) -> None:
    answer = await get(desk, "/metrics", {})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "cozum_calls_waiting" in answer.text


# --- when things go wrong


async def test_a_database_that_is_away_is_a_503(desk: Desk) -> None:
    desk.broken = Unavailable("database: connection refused")
    answer = await get(desk, "/api/v1/calls")
    assert first(answer)[0] == 503
    assert answer.json()["detail"] == "database: connection refused"
    assert answer.headers["retry-after"] == "1"
    assert (await get(desk, "/api/v1/agents")).status_code == 200


async def test_a_database_that_hangs_is_a_503(desk: Desk) -> None:
    desk.stuck = True
    answer = await get(desk, "/api/v1/tickets", timeout_s=0.05)
    assert answer.json()["detail"] == "tickets: no answer within 0.05 s"
    assert first(answer)[0] == 503


async def test_our_own_failure_tells_nothing_of_itself(desk: Desk) -> None:
    desk.broken = RuntimeError("secret 0532 111 22 33")
    answer = await get(desk, "/api/v1/calls")
    assert first(answer)[0] == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v1/nothing", "/api/v1/calls/", "/assets/..%2fwall.html", "/assets/wall.html"]
)
async def test_an_unknown_path_is_a_problem(desk: Desk, path: str) -> None:
    assert first(await get(desk, path))[:2] == (404, "path")


async def test_another_method_is_told_which_are_allowed(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.delete("/api/v1/calls")
        assert first(answer) == (405, "method", "DELETE", ["GET"])
        assert answer.headers["allow"] == "GET"
        assert first(await client.post("/healthz"))[0] == 405


async def test_a_large_body_is_refused(desk: Desk) -> None:
    async def endless() -> Any:
        while True:
            yield b"x" * 8192

    for content in (b"x" * 70_000, endless()):
        async with desk.client() as client:
            answer = await client.post(
                "/api/v1/agents/1001/state", content=content, headers={"content-type": "application/json"}
            )
        assert first(answer)[0] == 413
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/", "/api/v1/calls", "/api/v1/nothing", "/metrics", "/healthz"])
async def test_every_answer_is_guarded(desk: Desk, path: str) -> None:
    headers = (await get(desk, path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")


# --- its own description


async def test_the_description_covers_every_path_and_field(desk: Desk) -> None:
    openapi = (await get(desk, "/api/openapi.json", {})).json()
    assert set(openapi["paths"]) == {
        f"/api/v1/{path}"
        for path in (
            "calls",
            "session",
            "session/password",
            "session/openid",
            "session/openid/begin",
            "session/openid/return",
            "calls/{call}",
            "calls/{call}/caller",
            "calls/{call}/kind",
            "agents",
            "agents/{extension}/state",
            "agents/{extension}/phone",
            "queue",
            "callbacks",
            "callbacks/{call}",
            "surge",
            "figures",
            "live",
            "tickets",
            "tickets/{number}",
            *(
                f"tickets/{{number}}/{what}"
                for what in ("moves", "notes", "text", "score", "extension", "duplicate-of", "files", "caller")
            ),
            "tickets/{number}/files/{file}",
            "tasks",
            "tasks/workers",
            "tasks/{task}/done",
            "tasks/{task}/assigned",
            "tasks/{task}/call",
            *("notices", "notices/read", "duty-alarms"),
            "tickets/by-district",
            "town/map",
            "calls/{call}/disposition",
            "calls/{call}/outcome",
            "calls/{call}/context",
            "calls/{call}/first",
            "calls/{call}/hand-over",
            "hand-over-targets",
            "tickets/import",
            "calls/{call}/monitor",
            "calls/{call}/recording",
            "agents/{extension}/report",
            "agents/{extension}/services",
            "agents/{extension}/silent-calls",
            *(
                "report",
                "report/why",
                "report/requests",
                "report/requests.csv",
                "report/contacts",
                "report/plan",
                "abandoned",
                "outbreaks",
            ),
            *("config", "config/{file}", "config/{file}/check", "config/{file}/versions", "settings"),
            *("config/agents/{extension}/telephone", "people", "people/{user}"),
            *("people/{user}/password", "people/{user}/sessions"),
            *("flow", "prompts", "prompts/{language}/{prompt}"),
            *(f"prompts/{{language}}/{{prompt}}/{more}" for more in ("check", "version", "versions")),
            "prompts/{language}/{prompt}/versions/{number}",
            *("audit", "destructions", "holidays"),
            "town",
            "town/found",
            *("tickets/duplicates", "tickets/import"),
            *("articles", "articles/{article}", "articles/{article}/versions"),
            *("calls/{call}/consultant", "drafts", "drafts/{call}"),
        )
    } | {"/durum/request"}
    public = openapi["paths"]["/durum/request"]["post"]
    assert "security" not in public
    assert set(public["responses"]) == {"200", "404", "413", "415", "422", "429", "503"}
    schemas = openapi["components"]["schemas"]
    assert set(schemas["Call"]["properties"]) >= CONTRACT
    assert schemas["Call"]["properties"]["entered_at"]["format"] == "date-time"
    parameters = {parameter["name"]: parameter for parameter in openapi["paths"]["/api/v1/calls"]["get"]["parameters"]}
    assert set(parameters) == {
        *("limit", "cursor", "since", "until", "class", "outcome", "disposition", "agent", "service", "caller"),
    }
    assert parameters["limit"]["schema"]["maximum"] == 1000
    assert {"type": "string", "format": "date-time"} in parameters["since"]["schema"]["anyOf"]
    schemes = openapi["components"]["securitySchemes"]
    assert {name: one["type"] for name, one in schemes.items()} == {"HTTPBearer": "http", "APIKeyCookie": "apiKey"}
    assert "HTTPValidationError" not in schemas
