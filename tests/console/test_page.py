"""The pages and their assets: what a browser may do with them, what it keeps, and what it need not load."""

import gzip
import re
from pathlib import Path

import pytest

from console import page
from tests.console.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def policy(header: str) -> dict[str, list[str]]:
    """A content security policy, by directive."""
    return {words[0]: words[1:] for words in (part.split() for part in header.split(";")) if words}


async def test_a_person_who_is_lost_sees_a_page_and_a_program_a_problem(desk: Desk) -> None:
    async with desk.client(headers=BROWSER) as client:
        lost = await client.get("/nowhere")
        assert (lost.status_code, lost.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "Burada bir sayfa yok" in lost.text
        assert lost.headers["cache-control"] == "no-store"
        ways_on = re.findall(r'<a href="([^"]+)"', lost.text)
        assert ways_on == ["/durum", "/", "/durum?lang=en", "/?lang=en"], "a citizen, and whoever works here"
        assert [(await client.get(path)).status_code for path in ways_on] == [200] * 4
        for path in re.findall(r'(?:src|href)="(/assets/[^"]+)"', lost.text):
            assert (await client.get(path)).status_code == 200, path
        assert (await client.get("/api/nowhere")).headers["content-type"] == "application/problem+json"
    async with desk.client(headers={}) as client:
        assert (await client.get("/nowhere")).json()["key"] == "path"


@pytest.mark.parametrize("path", sorted(page.PAGES))
async def test_a_page_runs_our_scripts_alone_and_loads_nothing_from_elsewhere(desk: Desk, path: str) -> None:
    async with desk.client(headers=BROWSER) as client:
        answer = await client.get(path)
        allowed = policy(answer.headers["content-security-policy"])
        (nonce,) = (one for one in allowed["script-src"] if one.startswith("'nonce-"))
        assert allowed["script-src"] == [nonce, "'strict-dynamic'"]
        assert allowed["default-src"] == allowed["frame-ancestors"] == allowed["base-uri"] == ["'none'"]
        assert allowed["connect-src"] == allowed["style-src"] == ["'self'"]
        assert allowed["require-trusted-types-for"] == ["'script'"]
        assert page.NONCE.decode() not in answer.text
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts
        for script in scripts:
            assert f'nonce="{nonce[7:-1]}"' in script
            assert "src=" in script
        for found in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
            assert found.startswith("/assets/"), found
            assert (await client.get(found)).status_code == 200, found
        assert not re.search(r"<style|\son\w+=|\sstyle=", answer.text)
        assert (await client.get(path)).headers["content-security-policy"] != answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", sorted(page.PAGES))
async def test_a_page_is_told_the_towns_zone(desk: Desk, path: str) -> None:
    async with desk.client(headers=BROWSER) as client:
        text = (await client.get(path)).text
    assert '<meta name="cozum-zone" content="Europe/Istanbul" />' in text
    assert page.ZONE.decode() not in text


@pytest.mark.parametrize("path", ["/durum", "/phone"])
async def test_a_citizens_page_is_told_the_lines_number_and_none_has_another(desk: Desk, path: str) -> None:
    async with desk.client(headers=BROWSER) as client:
        text = (await client.get(path)).text
    assert '<meta name="cozum-line" content="444 05 06" />' in text
    scripts = [one for one in page.built().joinpath("assets").iterdir() if one.name.endswith(".js")]
    assert [one.name for one in scripts if "444 04 11" in one.read_text("utf-8")] == []


@pytest.mark.parametrize("path", sorted(page.PAGES))
async def test_a_microphone_is_for_pages_that_telephone_or_record(desk: Desk, path: str) -> None:
    async with desk.client(headers=BROWSER) as client:
        allowed = (await client.get(path)).headers["permissions-policy"]
    assert ("microphone=(self)" in allowed) == (path in {"/desk", "/phone", "/admin"})
    assert "camera=()" in allowed


@pytest.mark.parametrize("path", sorted(page.PAGES))
async def test_a_units_page_alone_may_have_a_worker_of_ours_and_names_it_by_a_type_of_its_own(
    desk: Desk, path: str
) -> None:
    async with desk.client(headers=BROWSER) as client:
        allowed = policy((await client.get(path)).headers["content-security-policy"])
    types = allowed["trusted-types"]
    found = (["'self'"], ["svelte-trusted-html", "cozum-worker"]) if path == "/unit" else (None, types[:1])
    assert (allowed.get("worker-src"), types) == found


async def test_a_worker_knows_all_that_its_page_loads_and_may_ask_us_alone(desk: Desk) -> None:
    async with desk.client(headers=BROWSER) as client:
        script = await client.get("/unit-worker.js")
        assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert script.headers["cache-control"] == "no-cache"
        assert "service-worker-allowed" not in script.headers
        allowed = policy(script.headers["content-security-policy"])
        assert (allowed["default-src"], allowed["connect-src"]) == (["'none'"], ["'self'"])
        assert (allowed["require-trusted-types-for"], allowed["trusted-types"]) == (["'script'"], ["'none'"])
        assert not re.search(r"\bimport\b|\bexport\b|importScripts|COZUM_SHELL", script.text)
        kept = set(re.findall(r'"(/assets/[^"]+)"', script.text))
        loaded = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', (await client.get("/unit")).text))
        assert loaded
        assert loaded <= kept
        for one in kept:
            assert (await client.get(one)).status_code == 200, one
        for other in ("desk", "lead", "admin", "inbox", "sign-in"):
            assert not [one for one in kept if one.startswith(f"/assets/{other}-")], other
        named = re.findall(r"url\((/[^)]+)\)", "".join([(await client.get(one)).text for one in kept if "css" in one]))
        assert set(named) <= kept


async def test_what_is_no_page_may_do_nothing_in_a_browser(desk: Desk) -> None:
    async with desk.client() as client:
        headers = (await client.get("/api/v1/agents")).headers
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert "script-src" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


async def test_an_asset_is_kept_for_good_and_comes_compressed_to_who_can_read_that(desk: Desk) -> None:
    async with desk.client(headers=BROWSER) as client:
        path = re.findall(r'src="(/assets/wall[^"]+)"', (await client.get("/wall")).text)[0]
        plain = await client.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        packed = await client.get(path, headers={"accept-encoding": "br, gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert (packed.content, packed.headers["vary"]) == (plain.content, "accept-encoding")
        assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))
        refused = await client.get(path, headers={"accept-encoding": "gzip;q=0"})
        assert "content-encoding" not in refused.headers
        again = await client.get(path, headers={"if-none-match": plain.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", sorted(page.PAGES))
async def test_the_first_visit_is_at_most_200_kilobytes(desk: Desk, path: str) -> None:
    """What the page's head asks for; a telephone is loaded when it is used."""
    async with desk.client(headers=BROWSER) as client:
        text = (await client.get(path)).text
        found = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', text))
        sizes = [
            int((await client.get(one, headers={"accept-encoding": "gzip"})).headers["content-length"]) for one in found
        ]
    assert len(text) + sum(sizes) <= 200_000


async def test_the_demos_telephone_is_there_in_the_demo_alone(desk: Desk) -> None:
    desk.demo = False
    async with desk.client(headers=BROWSER) as client:
        assert (await client.get("/phone")).status_code == 404
        assert (await client.post("/phone/line", json={})).status_code == 404


async def test_pages_that_are_not_built_say_how_to_build_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "built", lambda: tmp_path)
    async with desk.client(headers=BROWSER) as client:
        answer = await client.get("/wall")
        assert (answer.status_code, "make web" in answer.text) == (503, True)
        assert (await client.get("/healthz")).status_code == 200
