"""The API as its description has it: schemathesis asks the real desk, beside a real line and on a database of its own,
for what the description allows and for what it does not."""

import asyncio
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
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

from acd.cli.people_changes import with_stores
from acd.config.load_settings import load_settings
from acd.config.settings import Settings
from acd.desk.app import Desk
from agents.people import ROLES, SCOPES, Role, Token
from console.access import CSRF_HEADER, OPEN, TABLE
from console.live import LiveState
from console.public_status import PATH as PUBLIC
from phones.ports import free_ports
from storage.people.sessions import digest_of
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
ALLOWED, WRONG = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
Examples = Mapping[schemathesis.GenerationMode, int]
EXAMPLES: Examples = {ALLOWED: 16, WRONG: 8}
"""Requests of each operation and way."""
FEW: Examples = {ALLOWED: 2, WRONG: 1}
"""The same for each person of those who are not the machine."""
schemathesis.serializer.alias("audio/wav", "application/octet-stream")
JUDGED = re.compile(r"/(tickets|tasks|articles|config|people|prompts|audit)\b|/(disposition|outcome|session/password)$")
"""Where the core judges what is asked: no schema knows units, topics and the moves of a request, somebody's present
password, and whether a text that is sought has a word."""
THERE = {"extension": "1001", "call": "ast1-0.1"}
ON_REQUESTS = ("/api/v1/tickets", "/api/v1/tasks", "/api/v1/articles")
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
CALLER: Final = "+905321112233"
ROAD: dict[str, Any] = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent"}
TICKET = "/api/v1/tickets/{number}"
OWN = {
    TICKET: ("", ""),
    f"{TICKET}/caller": ("", ""),
    f"{TICKET}/moves": ("", ""),
    f"{TICKET}/notes": ("", ""),
    f"{TICKET}/extension": ("", ""),
    f"{TICKET}/duplicate-of": ("", ""),
    f"{TICKET}/text": ("", ""),
    f"{TICKET}/files": ("", ""),
    f"{TICKET}/files/{{file}}": ("", ""),
    f"{TICKET}/score": ("in_progress", "resolved", "told"),
}
"""Requests that each route has to itself: so many, brought to the last of these states."""


OF_TELEPHONES: Final = {"POST /api/v1/tasks/{task}/call"}
"""What the machine cannot do, since it has no telephone to ring; tests/integration/test_task_calls.py has it served."""
MACHINE: Final = {"Authorization": "Bearer " + "t" * 40}
SESSION: Final = "/api/v1/session"
LIVE: Final = "/api/v1/live"
UNIT: Final = "fen_isleri"
PROGRAM: Final = "program"
"""A program with a token of its own, and all scopes."""


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: the headers that say who they are, and what they may use."""

    name: str
    headers: Mapping[str, str]

    def may(self, operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> bool:
        """Whether the table of rights gives them this route, if perhaps only for themselves."""
        if operation.path == PUBLIC:
            return True
        route = (operation.method.upper(), operation.path.removeprefix("/api/v1"))
        rule = TABLE[route]
        if self.name == PROGRAM:
            return rule.scope is not None or route in OPEN or operation.path == SESSION
        return self.name in rule.roles


@dataclass
class Prepared:
    """What there is on the desk, since no schema can know it."""

    numbers: dict[str, list[str]] = field(default_factory=dict)
    """By route."""
    parent: str = ""
    file: str = ""
    tasks: list[int] = field(default_factory=list)
    article: int = 0
    askers: list[Asker] = field(default_factory=list)
    """A person of each role, signed in, and a program with a token of its own."""
    leaver: Asker = field(default_factory=lambda: Asker("analyst", {}))
    """Somebody who may sign out."""

    async def open(self, http: httpx.AsyncClient) -> None:
        """Requests, a file of one, tasks about two, and an article."""
        for route, states in OWN.items():
            self.numbers[route] = [await opened(http, *(state for state in states if state)) for _ in states]
        self.parent = await opened(http)
        (number, *_) = self.numbers[f"{TICKET}/files/{{file}}"]
        self.numbers[f"{TICKET}/files/{{file}}"] = [number]
        headers = {"if-match": "*", "content-type": "image/jpeg"}
        answer = await http.post(f"/api/v1/tickets/{number}/files", content=JPEG, headers=headers)
        self.file = answer.json()["files"][0]["id"]
        for _ in range(2):
            scored = await opened(http, "in_progress", "resolved", "told")
            await written(http, f"/api/v1/tickets/{scored}/score", score=1)
        self.tasks = [one["id"] for one in (await http.get("/api/v1/tasks")).json()]
        self.article = (await written(http, "/api/v1/articles", title="Vergi", text="Gişede."))["id"]
        self.askers = [await signed_in(http, role, role) for role in ROLES]
        self.leaver = await signed_in(http, "leaver", "analyst")


async def signed_in(http: httpx.AsyncClient, user: str, role: Role) -> Asker:
    """A new person of this role, in a browser of their own."""
    about = {"unit": UNIT} if role == "unit" else {"extension": "1001"} if role == "agent" else {}
    password = (await written(http, "/api/v1/people", user=user, role=role, **about))["password"]
    async with httpx.AsyncClient(base_url=http.base_url) as browser:
        answer = await browser.post(SESSION, json={"user": user, "password": password})
        assert answer.status_code == 200, answer.text
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        return Asker(role, {"Cookie": cookies, CSRF_HEADER: answer.json()["csrf"]})


def with_a_token(wanted: Settings) -> Asker:
    """A program whose token has every scope."""
    secret = "p" * 43
    with_stores(wanted, lambda stores: stores.tokens.add(Token(name="crm", scopes=tuple(SCOPES)), digest_of(secret)))
    return Asker(PROGRAM, {"Authorization": f"Bearer {secret}"})


async def written(http: httpx.AsyncClient, path: str, **body: Any) -> Any:
    """What a write answers."""
    answer = await http.post(path, json=body, headers={"if-match": "*"})
    assert answer.is_success, answer.text
    return answer.json()


async def opened(http: httpx.AsyncClient, *states: str) -> str:
    """The number of a new request, brought to these states."""
    number = str((await written(http, "/api/v1/tickets", **ROAD, text="asfalt yok", caller=CALLER))["number"])
    for to in states:
        await written(http, f"/api/v1/tickets/{number}/moves", to=to, note="oldu")
    return number


async def stored(browser: Browser, number: int) -> bool:
    """Whether the database has so many calls; until it serves, an object says why it does not."""
    calls = await browser.get("/api/v1/calls")
    return isinstance(calls, list) and len(calls) == number


def serve(wanted: Settings, there: Prepared, ready: threading.Event, stop: threading.Event) -> None:
    """Line and desk on a loop of their own, until `stop`; with calls, of which the lists can tell."""

    async def both() -> None:
        browser = Browser(wanted)
        async with a_line(wanted) as line, serving(Desk(wanted)):
            await until(lambda: browser.get("/api/v1/agents"))
            for n in range(3):
                await passes_by(line, f"ast1-{n}.1")
            await until(lambda: stored(browser, 3))
            await there.open(browser.http)
            ready.set()
            while not stop.is_set():  # noqa: ASYNC110  another thread sets it
                await asyncio.sleep(0.05)
        await browser.http.aclose()

    asyncio.run(both())


@pytest.fixture(scope="module")
def there() -> Prepared:
    """What the desk has, once it serves."""
    return Prepared()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, there: Prepared) -> Iterator[str]:
    """The address of a desk."""
    folder: Path = tmp_path_factory.mktemp("schema")
    (folder / "token").write_text("t" * 40, "utf-8")
    (folder / "agents.toml").write_text(AGENT, "utf-8")
    http, fastagi, ami = free_ports(3)
    wanted = load_settings(
        data_dir=folder,
        http_port=http,
        fastagi_port=fastagi,
        ami_port=ami,
        text_gateway="http",  # without one nobody can be written to
        text_url=f"http://127.0.0.1:{ami}/",  # where nobody answers
    )
    ready, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=serve, args=(wanted, there, ready, stop))
    thread.start()
    try:
        assert ready.wait(60), "line and desk do not serve"
        there.askers.append(with_a_token(wanted))
        yield f"http://127.0.0.1:{wanted.http_port}"
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def described(served: str) -> Any:
    """What the desk says of itself; the live stream, which never ends, has a test of its own."""
    return schemathesis.openapi.from_url(f"{served}/api/openapi.json").exclude(path=LIVE)


def as_the_line_is(case: schemathesis.Case[Any]) -> None:
    """Name what there is: a schema cannot know which agents, calls, services and prompts there are, nor the time."""
    case.path_parameters.update((name, known) for name, known in THERE.items() if name in case.path_parameters)
    if "day" in (case.query or {}):
        case.query["day"] = "2026-11-20"  # a schema knows no least year
    if case.operation.path == "/api/v1/surge" and isinstance(case.body, dict):
        case.body["services"] = ["request"]
        if case.body.get("prompt"):
            case.body["prompt"] = "queue_all_busy"
        for name in ("ticket", "until"):
            case.body.pop(name, None)


def as_the_desk_is(case: schemathesis.Case[Any], there: Prepared, nth: int) -> None:
    """Name requests, tasks, files and articles that there are. Of four examples one stays as it was drawn."""
    if nth % 4 == 3:
        return
    path, body = case.operation.path, case.body
    if numbers := there.numbers.get(path):
        case.path_parameters["number"] = numbers[nth % len(numbers)]
    for name, known in (("file", there.file), ("article", there.article), ("task", there.tasks[nth % 2])):
        if name in case.path_parameters:
            case.path_parameters[name] = known
    if case.method != "GET" and "If-Match" in {one.name for one in case.operation.headers}:
        case.headers["If-Match"] = "*"
        case.headers.pop("Idempotency-Key", None)
    if path == f"{TICKET}/files":
        case.media_type, case.body = "image/jpeg", JPEG
    elif isinstance(body, dict):
        wishes = {
            PUBLIC: {"number": there.parent, "digits": CALLER[-4:]},
            "/api/v1/tickets": {**ROAD, "kind": None, "contact": "call", "fields": {}, "call": None, "follows": None},
            TICKET: {**ROAD, "kind": None, "contact": "call", "fields": {}},
            f"{TICKET}/moves": {"to": ("assigned", "accepted", "in_progress")[nth % 3], "unit": "fen_isleri"},
            f"{TICKET}/extension": {"days": 1, "reason": "hava"},
            f"{TICKET}/duplicate-of": {"number": (there.parent, None)[nth % 2], "note": "aynı değil"},
            f"{TICKET}/notes": {"note": "bakıldı"},
        }
        plain = {} if path == PUBLIC else {name: one for name, one in body.items() if name not in ("lat", "lon")}
        case.body = {**plain, **wishes[path]} if path in wishes else body
        for name in ("topic", "article"):
            if name in body and path not in wishes:
                case.body[name] = None


def try_out(
    operation: schemathesis.APIOperation[Any, Any, Any, Any],
    mode: schemathesis.GenerationMode,
    there: Prepared,
    headers: Mapping[str, str] = MACHINE,
    examples: Examples = EXAMPLES,
) -> set[int]:
    """Send many requests of one operation, allowed or not by its description; what was answered."""
    statuses: set[int] = set()
    nth = count()
    checks = CHECKS
    if JUDGED.search(operation.path):
        needless = {positive_data_acceptance, rejection} if mode is ALLOWED else {positive_data_acceptance}
        checks = [check for check in CHECKS if check not in needless]  # what is named here looks to it like a fault

    @settings(max_examples=examples[mode], deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def asked(case: schemathesis.Case[Any]) -> None:
        if mode is ALLOWED:
            as_the_line_is(case)
            as_the_desk_is(case, there, next(nth))
        case.headers.pop("Authorization", None)  # they say themselves who they are
        case.cookies.clear()
        answer = case.call_and_validate(headers=dict(headers), checks=checks, timeout=20)
        statuses.add(answer.status_code)

    asked()
    return statuses


def test_the_api_answers_as_it_is_described(described: Any, there: Prepared) -> None:
    """No 5xx, no status and no body that the description does not have; what it allows is served, all else refused."""
    faults: list[str] = []
    served: set[str] = set()
    refused: set[str] = set()
    on_requests: set[str] = set()
    for found in described.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if operation.path.startswith(ON_REQUESTS):
            on_requests.add(name)
        for mode in (ALLOWED, WRONG):
            try:
                statuses = try_out(operation, mode, there)
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
    assert len(on_requests) > 20
    assert on_requests - served == OF_TELEPHONES, "else a fault of the handler would not be seen"
    assert served >= {"GET /api/v1/calls", "GET /api/v1/calls/{call}", "GET /api/v1/tickets", "PUT /api/v1/surge"}
    assert served >= {"POST /api/v1/agents/{extension}/state", "POST /api/v1/agents/{extension}/phone"}
    assert f"POST {PUBLIC}" in served & refused
    assert refused >= {"GET /api/v1/calls", "POST /api/v1/agents/{extension}/state", "PUT /api/v1/surge"}


def operations_of(described: Any) -> list[schemathesis.APIOperation[Any, Any, Any, Any]]:
    """Every route and method."""
    return [found.ok() for found in described.get_all_operations()]


def faults_for(described: Any, there: Prepared, asker: Asker) -> tuple[list[str], set[str]]:
    """Ask for each route as this person, but to end their session; what was wrong, and the routes that served them."""
    faults: list[str] = []
    served: set[str] = set()
    for operation in operations_of(described):
        if (operation.method.upper(), operation.path) == ("DELETE", SESSION) and asker.name != PROGRAM:
            continue
        name = f"{asker.name}: {operation.method.upper()} {operation.path}"
        may = asker.may(operation)
        for mode in (ALLOWED, WRONG) if may else (ALLOWED,):
            try:
                statuses = try_out(operation, mode, there, asker.headers, FEW)
            except Unsatisfiable:
                continue
            except BaseExceptionGroup as error:
                faults += [f"{name}, {mode.value}: {one}" for one in error.exceptions]
                continue
            if 401 in statuses and not operation.path.startswith(SESSION):
                faults.append(f"{name}: they are not known any more")
            if not may and statuses != {403}:
                faults.append(f"{name}: is not theirs, and was answered {sorted(statuses)}")
            if mode is ALLOWED and min(statuses) < 300:
                served.add(f"{operation.method.upper()} {operation.path}")
    return faults, served


def test_each_role_is_answered_as_it_is_described(described: Any, there: Prepared) -> None:
    """What is not theirs is 403 and nothing else; what is, is as the machine has it, masked or cut to their unit."""
    faults: list[str] = []
    for asker in there.askers:
        found, served = faults_for(described, there, asker)
        faults += found
        least = {"GET /api/v1/tickets", "GET /api/v1/tickets/{number}", "GET /api/v1/town"}
        if asker.name != "analyst":
            least |= {"PATCH /api/v1/tickets/{number}", "POST /api/v1/tickets/{number}/notes"}
        if asker.name == "agent":
            least |= {"POST /api/v1/agents/{extension}/state", "GET /api/v1/calls/{call}/context"}
        assert served >= least, (asker.name, least - served)
    (sign_out,) = [one for one in operations_of(described) if one.path == SESSION and one.method.upper() == "DELETE"]
    assert try_out(sign_out, ALLOWED, there, there.leaver.headers, FEW) <= {204, 401}
    assert not faults, "\n\n".join(faults)


def test_the_live_stream_answers_as_it_is_described(served: str, there: Prepared) -> None:
    """It never ends, so that schemathesis cannot walk it: its statuses by hand, and that it begins with a state."""
    with httpx.Client(base_url=served, timeout=20) as http:
        described = http.get("/api/openapi.json").json()["paths"][LIVE]
        assert set(described) == {"get"}
        documented = set(described["get"]["responses"])
        answered: dict[str, int] = {}

        def ask(what: str, method: str = "GET", headers: Mapping[str, str] = MACHINE, **query: str) -> None:
            with http.stream(method, LIVE, headers=dict(headers), params=query) as answer:
                answered[what] = answer.status_code
                if answer.status_code != 200:
                    assert answer.headers["content-type"] == "application/problem+json", what
                    return
                assert answer.headers["content-type"].startswith("text/event-stream")
                lines = answer.iter_lines()
                state = next(line for line in lines if line.startswith("data: ")).removeprefix("data: ")
                LiveState.model_validate_json(state)

        ask("machine")
        for asker in there.askers:
            ask(asker.name, headers=asker.headers)
        ask("nobody", headers={})
        ask("another parameter", since="1")
        ask("POST", "POST")
        ask("DELETE", "DELETE")
    people = {one.name: 200 for one in there.askers} | {"unit": 403, "inbox": answered["inbox"]}
    assert {name: answered[name] for name in people} == people
    assert (answered["machine"], answered["nobody"], answered["another parameter"]) == (200, 401, 422)
    assert (answered["POST"], answered["DELETE"]) == (405, 405)
    assert {str(one) for name, one in answered.items() if name not in ("POST", "DELETE")} <= documented
