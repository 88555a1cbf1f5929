"""Every role at every route, asked by a page in a browser as that person: what they may, and nothing else."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page

from agents.people import ROLES
from console.access import CSRF_HEADER, OPEN, SAFE, SIGN_OUT, TABLE, Rule
from console.people_ports import WALL
from tests.browser.conftest import Desk

USERS: Final = {"agent": "1001", "unit": "fen"}
"""Their names, where these are not their role's."""
NOTHING: Final = {
    "call": "1700000000.1", "extension": "9999", "number": "26-999999-9", "file": "nothing", "article": "999999999",
    "task": "999999999", "language": "tr", "prompt": "nothing", "user": "nobody-of-that-name",
}  # fmt: skip
"""What is in no system, so that whoever may ask changes nothing."""
ASK: Final = """async ([routes, headers]) => {
  const found = [];
  for (const [method, path] of routes) {
    const ended = new AbortController();
    const body = ["GET", "DELETE"].includes(method) ? undefined : "{}";
    const sent = body ? { ...headers, "content-type": "application/json", "if-match": "*" } : headers;
    const how = { method, body, headers: sent, signal: ended.signal, redirect: "manual" };
    const answer = await fetch(`/api/v1${path}`, how);
    const isRefused = answer.status === 401 || answer.status === 403;
    found.push([answer.status, isRefused ? ((await answer.json()).key ?? "") : ""]);
    ended.abort();
  }
  return found;
}"""
"""The status of each answer; what is named as wrong by one that refuses."""
ROUTES: Final = [route for route in TABLE if route != SIGN_OUT and route not in OPEN]


def filled(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: NOTHING[found[1]], path)


def asks(page: Page, headers: dict[str, str], routes: list[tuple[str, str]] = ROUTES) -> list[tuple[int, str]]:
    """What the desk answers a page to each."""
    found: list[Any] = page.evaluate(ASK, [[[method, filled(path)] for method, path in routes], headers])
    return [(status, key) for status, key in found]


def opened(desk: Desk, cookie: str = "") -> Page:
    host = urlsplit(desk.url).hostname or ""
    one: Any = {"name": "cozum-session", "value": cookie, "domain": host, "path": "/"}
    cookies = [one] if cookie else []
    refused = "Failed to load resource"
    return desk.visit("/durum", before=lambda page: page.context.add_cookies(cookies), expect=refused)


def refusal(rule: Rule, role: str) -> str:
    """What a refusal names; empty: they may."""
    if role not in rule.roles:
        return "role"
    return "extension" if role in rule.own else ""


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_what_the_table_says_and_only_with_its_own_session(desk: Desk, role: str) -> None:
    user = USERS.get(role, role)
    password = f"demo{user}" if user.isdecimal() else f"demo-{user}"
    answer = httpx.post(f"{desk.url}/api/v1/session", json={"user": user, "password": password}, timeout=60)
    assert answer.status_code == 200, answer.text
    page = opened(desk, answer.cookies["cozum-session"])
    csrf = {CSRF_HEADER: answer.json()["csrf"]}
    may = []
    for route, (status, key) in zip(ROUTES, asks(page, csrf), strict=True):
        expected = refusal(TABLE[route], role)
        assert (status == 403, key) == (bool(expected), expected), (route, status, key)
        assert status not in (401, 405), (route, status)
        if not expected:
            may.append(route)
    writes = [route for route in may if route[0] not in SAFE]
    assert writes
    assert set(asks(page, {}, writes)) == {(403, CSRF_HEADER)}, "another site's form has the cookie alone"
    assert asks(page, csrf, [SIGN_OUT])[0][0] == 204
    assert {status for status, _ in asks(page, csrf)} == {401}, "the session is over"


def test_nobody_may_anything(desk: Desk) -> None:
    assert {status for status, _ in asks(opened(desk), {})} == {401}


def test_the_walls_key_opens_the_wall_alone(desk: Desk) -> None:
    token = (desk.stack.data_dir / "wall_token").read_text("utf-8").strip()
    answers = asks(opened(desk), {"authorization": f"Bearer {token}"})
    for route, (status, _) in zip(ROUTES, answers, strict=True):
        assert (status == 403) == (TABLE[route].scope not in WALL.scopes), (route, status)
        assert status not in (401, 405), (route, status)
