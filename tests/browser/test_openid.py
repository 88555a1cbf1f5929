"""Signing in by the institution's own account, from the button to the desk and back, at a real provider."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bench.stack import Stack
from tests.browser.conftest import Desk
from tests.browser.keyboard import press
from tests.browser.test_accessibility import each_look
from tests.openid_provider import CLIENT, OpenIdProvider

BUTTON = "Kurum hesabıyla giriş"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, stack: Stack) -> OpenIdProvider:
    return OpenIdProvider(tmp_path_factory.mktemp("provider"), stack.url)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    return Stack(tmp_path_factory.mktemp("stack"), agents=1)


@pytest.fixture(scope="module")
def running(stack: Stack, provider: OpenIdProvider) -> Iterator[None]:
    stack.settings |= {
        "openid_issuer": provider.issuer,
        "openid_client_id": CLIENT,
        "openid_client_secret_file": provider.secret_file,
        "openid_desk_url": stack.url,
    }
    provider.knows({name: {"preferred_username": name} for name in ("nermin", "aysu", "stranger")})
    provider.start()
    try:
        with stack:
            yield
    finally:
        provider.stop()


@pytest.fixture
def desk(stack: Stack, running: None, provider: OpenIdProvider, browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(stack, browser, tmp_path, others=(provider.issuer,))
    try:
        yield desk
    finally:
        desk.close()


def added(stack: Stack, user: str, **person: str) -> str:
    """Somebody's first password."""
    headers = {"Authorization": f"Bearer {(stack.data_dir / 'token').read_text().strip()}"}
    answer = httpx.post(f"{stack.url}/api/v1/people", json={"user": user, **person}, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["password"])


@pytest.fixture(scope="module")
def nermin(stack: Stack, running: None) -> str:
    """A lead's first password."""
    return added(stack, "nermin", name="Nermin Kılıç", role="lead")


def at_provider(page: Page, login: str) -> None:
    """Sign in there, and agree."""
    page.get_by_placeholder("Enter any login").fill(login)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_lead_is_led_to_the_provider_and_to_her_desk(desk: Desk, nermin: str) -> None:
    page = desk.visit("/", expect="401")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    assert each_look(page) == []
    press(page, page.get_by_role("button", name=BUTTON))
    at_provider(page, "nermin")
    page.wait_for_url(f"{desk.url}/lead")
    expect(page.get_by_role("link", name="Nermin Kılıç")).to_be_visible()
    page.get_by_role("button", name="Çıkış yap").click()
    expect(page.locator("[name=password]")).to_be_visible()


def test_somebody_who_was_not_let_in_is_told_so(desk: Desk) -> None:
    page = desk.visit("/wall", expect="401")
    page.goto(f"{desk.url}/")
    page.get_by_role("button", name=BUTTON).click()
    at_provider(page, "stranger")
    alert = page.get_by_role("alert").filter(has_text="Bu kurum hesabıyla girilemiyor.")
    expect(alert).to_be_visible()
    assert page.url == f"{desk.url}/"
    assert each_look(page) == []
    page.reload()
    expect(page.locator("[name=password]")).to_be_visible()
    expect(alert).to_have_count(0)


def test_a_page_whose_session_is_over_stays_and_goes_on_after_a_sign_in_in_another_tab(desk: Desk, nermin: str) -> None:
    page = desk.visit("/lead", expect="401")
    page.get_by_role("button", name=BUTTON).click()
    at_provider(page, "nermin")
    page.wait_for_url(f"{desk.url}/lead")  # where she came from
    expect(page.get_by_role("link", name="Nermin Kılıç")).to_be_visible()
    page.evaluate("globalThis.kept = true")
    headers = {"Authorization": f"Bearer {desk.token}"}
    assert httpx.delete(f"{desk.url}/api/v1/people/nermin/sessions", headers=headers, timeout=60).json() == {"ended": 1}
    expect(page.locator("dialog[open]").get_by_role("button", name=BUTTON)).to_be_visible()
    assert each_look(page) == []
    with page.context.expect_page() as opened:
        page.locator("dialog[open]").get_by_role("button", name=BUTTON).click()
    other = opened.value  # the provider still knows her
    expect(other.get_by_text("Önceki sekmeye dönebilirsiniz.")).to_be_visible()
    assert each_look(other) == []
    other.close()
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")  # a browser without a window is always in front
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("globalThis.kept") is True


def test_an_agents_page_stays_too_so_that_a_talk_goes_on(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {desk.token}"}
    for one in httpx.get(f"{desk.url}/api/v1/people", headers=headers, timeout=60).json():
        if one["extension"] == "1001":  # the demo's agent, unless another test has had the system begin without them
            url = f"{desk.url}/api/v1/people/{one['user']}"
            gone = httpx.patch(url, json={"enabled": False}, headers=headers, timeout=60)
            assert gone.status_code == 200, gone.text
    password = added(desk.stack, "aysu", name="Aysu Er", role="agent", extension="1001")
    page = desk.visit("/desk", expect="401")
    page.get_by_label("Kullanıcı").fill("aysu")
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    expect(page.locator(".connection")).to_have_attribute("data-state", "ready")
    page.evaluate("globalThis.kept = true")
    assert httpx.delete(f"{desk.url}/api/v1/people/aysu/sessions", headers=headers, timeout=60).json() == {"ended": 1}
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opened:
        dialog.get_by_role("button", name=BUTTON).click()
    other = opened.value
    at_provider(other, "aysu")
    expect(other.get_by_text("Önceki sekmeye dönebilirsiniz.")).to_be_visible()
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")  # a browser without a window is always in front
    expect(dialog).to_have_count(0)
    assert page.evaluate("globalThis.kept") is True
    desk.wrong[:] = [one for one in desk.wrong if "WebSocket" not in one]


def test_a_provider_that_is_away_is_told_of_and_the_password_is_good(
    desk: Desk, provider: OpenIdProvider, nermin: str
) -> None:
    """The last one here: the desk believes the discovery document for some minutes, so it is started anew."""
    provider.stop()
    desk.stack.kill_desk()
    desk.stack.wait_ready()
    page = desk.visit("/", expect="401")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("alert").filter(has_text="sunucusu şu anda yanıt vermiyor")).to_be_visible()
    assert each_look(page) == []
    page.get_by_label("Kullanıcı").fill("nermin")
    page.locator("[name=password]").fill(nermin)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{desk.url}/lead")
