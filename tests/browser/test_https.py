"""Pages and telephone over HTTPS, by the desk's own certificate."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, until
from tests.browser.conftest import Desk


def certificate(folder: Path, name: str) -> None:
    """A certificate of a public name, which nobody has signed."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One with a certificate. That it gets ready shows that supervisor and command line speak HTTPS too."""
    folder = tmp_path_factory.mktemp("https")
    certificate(folder, "cozum.example")
    with Stack(folder, agents=2, https_cert=folder / "cert.pem", https_key=folder / "key.pem") as stack:
        yield stack


def test_a_citizen_calls_over_https_and_is_heard(desk: Desk) -> None:
    page = desk.visit("/phone", ignore_https_errors=True)
    assert page.evaluate("isSecureContext") is True
    page.get_by_role("button", name="Ara", exact=True).click()
    page.wait_for_selector(".state[data-state=talking]")
    meter = page.get_by_role("meter", name="Karşı taraf")
    until("the menu is heard", lambda: int(meter.get_attribute("aria-valuenow") or 0) > 20, 10)
    page.keyboard.press("2")
    until("a request waits", desk.stack.queue, 10)


def test_the_wall_is_live_over_https(desk: Desk) -> None:
    page = desk.wall(ignore_https_errors=True)
    expect(page.locator("[data-link=live]")).to_be_visible()
    answer = page.request.get(f"{desk.url}/wall", ignore_https_errors=True)
    assert answer.headers["strict-transport-security"].startswith("max-age=")


def test_the_command_line_asks_over_https(desk: Desk) -> None:
    done = subprocess.run(
        [".venv/bin/cozum", "agents", "list", "--json"], env=Stack.environment(desk.stack.settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, "1001" in done.stdout) == (0, True), done.stderr
