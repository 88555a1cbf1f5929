"""Files of requests over the API, on both databases."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from storage.requests.attachments import Attachments
from tests.console.desk import Desk as Console
from tests.console.requesting import JPEG, PATH, change, client, desk, opened, problem
from tests.storage.conftest import database
from tests.storage.requests.desk import Desk

__all__ = ["client", "database", "desk"]


async def test_a_photo_of_the_work_lets_a_request_be_resolved(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await opened(client, topic="yol_cukuru")
    number = answer.json()["number"]
    answer = await change(client, answer, "moves", to="in_progress")
    assert problem(await change(client, answer, "moves", to="resolved", result="Kapatıldı.")) == (422, "photo")
    headers = {"If-Match": answer.headers["etag"], "Content-Type": "image/jpeg", "Idempotency-Key": "photo-1"}
    where = f"{PATH}/{number}/files?about=work&name=%C3%A7ukur.jpg"
    for _ in range(2):
        answer = await client.post(where, content=JPEG, headers=headers)
        assert answer.status_code == 201, answer.text
    (file,) = answer.json()["files"]
    assert (file["kind"], file["about"], file["name"], file["size"]) == ("photo", "work", "çukur.jpg", len(JPEG))
    assert answer.json()["history"][-1]["what"] == "file"
    got = await client.get(f"{PATH}/{number}/files/{file['id']}")
    assert (got.content, got.headers["content-type"]) == (JPEG, "image/jpeg")
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%A7ukur.jpg")
    program = {**headers, "If-Match": "*", "Idempotency-Key": "photo-2"}
    answer = await client.post(f"{PATH}/{number}/files?about=request&name=ek.hta", content=JPEG, headers=program)
    (other,) = [one for one in answer.json()["files"] if one["id"] != file["id"]]
    saved = (await client.get(f"{PATH}/{number}/files/{other['id']}")).headers["content-disposition"]
    assert saved == "attachment; filename*=UTF-8''ek.hta.jpg", "a photo's content may go on as a program"
    answer = await change(client, answer, "moves", to="resolved", result="Kapatıldı.")
    assert answer.json()["state"] == "resolved"
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0, 0], "ours alone; the repeated one is gone"


@pytest.mark.parametrize(
    ("query", "kind", "content", "status", "key"),
    [
        ("", "image/gif", b"GIF89a", 422, "content-type"),
        ("", "image/jpeg", b"\x89PNG\r\n\x1a\n", 422, "body"),
        ("", "image/png", b"", 422, "body"),
        ("", "text/html", b"<script>", 422, "content-type"),
        ("?about=else", "image/jpeg", JPEG, 422, "about"),
        ("?name=..%2Fx", "image/jpeg", JPEG, 422, "name"),
        ("", "image/jpeg", JPEG + bytes(8 * 1024 * 1024), 413, None),
    ],
)
async def test_a_file_that_is_not_what_it_says_is_refused_and_not_kept(
    client: httpx.AsyncClient, tmp_path: Path, query: str, kind: str, content: bytes, status: int, key: str | None
) -> None:
    number = (await opened(client)).json()["number"]
    headers = {"If-Match": "*", "Content-Type": kind}
    answer = await client.post(f"{PATH}/{number}/files{query}", content=content, headers=headers)
    assert problem(answer) == (status, key)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []
    old = await client.post(
        f"{PATH}/{number}/files", content=JPEG, headers={"If-Match": '"1"', "Content-Type": "image/jpeg"}
    )
    assert problem(old) == (412, "if-match")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


async def test_a_file_of_one_request_is_not_another_s(client: httpx.AsyncClient) -> None:
    one, two = await opened(client), await opened(client)
    headers = {"If-Match": "*", "Content-Type": "image/jpeg"}
    answer = await client.post(f"{PATH}/{one.json()['number']}/files", content=JPEG, headers=headers)
    file = answer.json()["files"][0]["id"]
    assert problem(await client.get(f"{PATH}/{two.json()['number']}/files/{file}")) == (404, "file")
    assert problem(await client.get(f"{PATH}/{one.json()['number']}/files/{'0' * 32}")) == (404, "file")


async def test_a_large_photo_comes_through_the_real_server_and_a_larger_one_does_not(
    desk: Desk, tmp_path: Path
) -> None:
    console = Console()
    parts = SimpleNamespace(store=desk.store, requests=desk.queries, tasks=desk.tasks)
    services: Any = {"request": "routine"}
    files = Attachments(tmp_path / "files", tmp_path / "key")
    console.requests = DeskRequests(cast(Records, parts), lambda: services, files, lambda: desk.rules.town)
    async with console.served(timeout_s=30) as served, served.client() as client:
        number = (await opened(client)).json()["number"]
        headers = {"If-Match": "*", "Content-Type": "image/jpeg"}
        answer = await client.post(f"{PATH}/{number}/files", content=JPEG + bytes(5 * 1024 * 1024), headers=headers)
        assert answer.status_code == 201, answer.text
        (file,) = answer.json()["files"]
        got = await client.get(f"{PATH}/{number}/files/{file['id']}")
        assert len(got.content) == len(JPEG) + 5 * 1024 * 1024
        answer = await client.post(f"{PATH}/{number}/files", content=JPEG + bytes(9 * 1024 * 1024), headers=headers)
        assert answer.status_code == 413
        other = await client.post(f"{PATH}/{number}/notes", content=bytes(100_000), headers={"If-Match": "*"})
        assert other.status_code == 413
        assert len([path for path in (tmp_path / "files").rglob("*") if path.is_file()]) == 1
