"""The API as its description has it: schemathesis asks the real desk, beside a real line and on a database of its own,
for what the description allows and for what it does not."""

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from acd.config.load_settings import load_settings
from acd.config.settings import Settings
from acd.desk.app import Desk
from bench.stack import free_ports
from tests.acd.desk.test_app import AGENT, Browser, a_line, passes_by, serving, until


def rejection(ctx: CheckContext, answer: schemathesis.Response, case: schemathesis.Case[Any]) -> bool | None:
    """schemathesis does not know 413 as a refusal, nor that a key with an empty list for its value is never sent."""
    sent = {key for key, _ in parse_qsl(urlsplit(answer.request.url or "").query, keep_blank_values=True)}
    if answer.status_code == 413 or set(case.query or {}) - sent:
        return None
    return negative_data_rejection(ctx, answer, case)


CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
    rejection, positive_data_acceptance, unsupported_method,
]  # fmt: skip
EXAMPLES = 25
"""Requests of each operation and way."""
schemathesis.serializer.alias("audio/wav", "application/octet-stream")
ALLOWED = schemathesis.GenerationMode.POSITIVE
JUDGED = re.compile(r"/(tickets|tasks|articles|config|people|prompts)\b|/(disposition|outcome)$")
"""Where the core judges what is asked: no schema knows units, topics and the moves of a request."""
THERE = {"extension": "1001", "call": "ast1-0.1"}


async def stored(browser: Browser, count: int) -> bool:
    """Whether the database has so many calls; until it serves, an object says why it does not."""
    calls = await browser.get("/api/v1/calls")
    return isinstance(calls, list) and len(calls) == count


def serve(wanted: Settings, ready: threading.Event, stop: threading.Event) -> None:
    """Line and desk on a loop of their own, until `stop`; with calls, of which the lists can tell."""

    async def both() -> None:
        browser = Browser(wanted)
        async with a_line(wanted) as line, serving(Desk(wanted)):
            await until(lambda: browser.get("/api/v1/agents"))
            for n in range(3):
                await passes_by(line, f"ast1-{n}.1")
            await until(lambda: stored(browser, 3))
            ready.set()
            while not stop.is_set():  # noqa: ASYNC110  another thread sets it
                await asyncio.sleep(0.05)
        await browser.http.aclose()

    asyncio.run(both())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk."""
    folder: Path = tmp_path_factory.mktemp("schema")
    (folder / "token").write_text("t" * 40, "utf-8")
    (folder / "agents.toml").write_text(AGENT, "utf-8")
    http, fastagi, ami = free_ports(3)
    wanted = load_settings(data_dir=folder, http_port=http, fastagi_port=fastagi, ami_port=ami)
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=serve, args=(wanted, ready, stop))
    thread.start()
    try:
        assert ready.wait(60), "line and desk do not serve"
        yield f"http://127.0.0.1:{wanted.http_port}"
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def described(served: str) -> Any:
    """What the desk says of itself; the live stream, which never ends, left out."""
    return schemathesis.openapi.from_url(f"{served}/api/openapi.json").exclude(path="/api/v1/live")


def as_the_line_is(case: schemathesis.Case[Any]) -> None:
    """Name what there is: a schema cannot know which agents, calls, services and prompts there are, nor the time."""
    case.path_parameters.update((name, there) for name, there in THERE.items() if name in case.path_parameters)
    if "day" in (case.query or {}):
        case.query["day"] = "2026-11-20"  # a schema knows no least year
    if case.operation.path == "/api/v1/surge" and isinstance(case.body, dict):
        case.body["services"] = ["request"]
        if case.body.get("prompt"):
            case.body["prompt"] = "queue_all_busy"
        for name in ("ticket", "until"):
            case.body.pop(name, None)


def try_out(operation: schemathesis.APIOperation[Any, Any, Any, Any], mode: schemathesis.GenerationMode) -> set[int]:
    """Send many requests of one operation, allowed or not by its description; what was answered."""
    statuses: set[int] = set()
    checks = CHECKS
    if JUDGED.search(operation.path):
        checks = [check for check in CHECKS if check is not positive_data_acceptance]

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case[Any]) -> None:
        if mode is ALLOWED:
            as_the_line_is(case)
        answer = case.call_and_validate(headers={"Authorization": "Bearer " + "t" * 40}, checks=checks, timeout=20)
        statuses.add(answer.status_code)

    asked()
    return statuses


def test_the_api_answers_as_it_is_described(described: Any) -> None:
    """No 5xx, no status and no body that the description does not have; what it allows is served, all else refused."""
    faults: list[str] = []
    served: set[str] = set()
    refused: set[str] = set()
    for found in described.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        for mode in (ALLOWED, schemathesis.GenerationMode.NEGATIVE):
            try:
                statuses = try_out(operation, mode)
            except Unsatisfiable:  # nothing can be wrong where nothing is asked
                continue
            except BaseExceptionGroup as error:
                faults += [f"{name}, {mode.value}: {one}" for one in error.exceptions]
                continue
            if mode is ALLOWED and min(statuses) < 300:
                served.add(name)
            elif mode is not ALLOWED and max(statuses) >= 400:
                refused.add(name)
    assert not faults, "\n\n".join(faults)
    assert served >= {"GET /api/v1/calls", "GET /api/v1/calls/{call}", "GET /api/v1/tickets", "PUT /api/v1/surge"}
    assert served >= {"POST /api/v1/agents/{extension}/state", "POST /api/v1/agents/{extension}/phone"}
    assert refused >= {"GET /api/v1/calls", "POST /api/v1/agents/{extension}/state", "PUT /api/v1/surge"}
