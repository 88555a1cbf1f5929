"""What leaves the desk, sent to real servers on loopback: mail, signed webhooks, text messages; and files."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd.config.settings import Settings
from acd.desk.delivery import senders
from acd.desk.delivery.post import BATCH, mails_of, texts_of
from acd.desk.town_files import outcome_rules
from acd.engine.model.errors import BadConfig
from phones.ports import free_tcp_port
from storage.database import Database
from storage.requests import outbox as outbox_module
from storage.requests.locking import Locked
from storage.requests.outbox import PAUSES_S
from storage.requests.outcome_texts import tell_by_text
from storage.requests.outcomes import Outcomes
from storage.requests.tables import OutboxRow, TaskRow
from tests.acd.desk.receivers import Received, database, desk_of, http, post_of, received, sent, smtp
from tests.tickets.life import AGENT, MACHINE
from tests.waiting import until

__all__ = ["database", "http", "received", "smtp"]


async def test_mail_webhook_and_text_message_reach_real_servers_once(
    database: Database, tmp_path: Path, http: str, smtp: str, received: Received
) -> None:
    desk = desk_of(database, f"{http}/hook")
    token = tmp_path / "token"
    token.write_text("gateway-token\n")
    post, outbox = post_of(
        desk,
        tmp_path,
        smtp_server=smtp,
        smtp_tls="none",
        mail_from="cozum@belediye.example",
        text_gateway="http",
        text_url=f"{http}/sms",
        text_token_file=token,
    )
    number = (await desk.open(name="Ayşe Gizli")).number
    assert await sent(post, outbox) == 3
    assert await sent(post, outbox) == 0
    ((to, mail),) = received.mails
    assert to == ["fen@example.org"]
    assert mail["Subject"] is not None
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert number in text.decode()
    assert "Esenkent" in text.decode()
    posts = {path: (headers, body) for path, headers, body in received.posts}
    headers, body = posts["/hook"]
    secret = (tmp_path / "data" / "webhook_secret").read_text().strip().encode()
    signed = hmac.new(secret, headers["x-cozum-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-cozum-signature"] == f"sha256={signed}"
    assert json.loads(body)["number"] == number
    headers, said = posts["/sms"]
    assert headers["authorization"] == "Bearer gateway-token"
    assert json.loads(said)["to"] == "+905321112233"
    assert json.loads(said)["text"] == f"Başvurunuz alındı. Numarası: {number}."
    for content in (text.decode(), body.decode()):
        assert "Gizli" not in content
        assert "1112233" not in content
    assert {row["state"] for row in await desk.rows(OutboxRow)} == {"done"}


async def test_without_servers_all_is_written_to_files_that_only_we_can_read(
    database: Database, tmp_path: Path
) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path)
    number = (await desk.open()).number
    await sent(post, outbox)
    files = sorted((tmp_path / "data" / "outgoing").iterdir())
    assert len(files) == 2
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert any("Başvurunuz alındı" in file.read_text() for file in files)
    assert all(number in file.read_text() for file in files)


async def test_a_server_that_is_away_is_tried_again_and_nothing_is_lost(
    database: Database, tmp_path: Path, smtp: str, received: Received
) -> None:
    desk = desk_of(database)
    away, outbox = post_of(desk, tmp_path, smtp_server=f"127.0.0.1:{free_tcp_port()}", smtp_tls="none")
    await desk.open()
    await sent(away, outbox)
    (row,) = await desk.rows(OutboxRow, kind="mail")
    assert (row["state"], row["tries"]) == ("pending", 1)
    assert "ConnectionRefusedError" in row["error"]
    assert "fen@" not in row["error"]
    back, outbox = post_of(desk, tmp_path, smtp_server=smtp, smtp_tls="none")
    assert await sent(back, outbox) == 0
    desk.now += PAUSES_S[0] + 1
    assert await sent(back, outbox) == 1
    assert len(received.mails) == 1
    assert (await desk.rows(OutboxRow, kind="mail"))[0]["state"] == "done"


@pytest.fixture
def trickle() -> Iterator[str]:
    """A server, of HTTP or mail, that always sends one byte more of an answer which never ends."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                while not over.wait(0.05):
                    self.request.sendall(b"x")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        over.set()
        server.shutdown()
        thread.join()


async def test_slow_webhooks_hold_up_neither_mails_nor_texts(
    database: Database, tmp_path: Path, http: str, smtp: str, received: Received, trickle: str
) -> None:
    desk = desk_of(database, f"http://{trickle}/hook")
    gateway: dict[str, Any] = {"text_gateway": "http", "text_url": f"{http}/sms"}
    post, outbox = post_of(desk, tmp_path, smtp_server=smtp, smtp_tls="none", **gateway)
    for _ in range(BATCH):
        await desk.open()
    sending = asyncio.create_task(sent(post, outbox))
    try:
        await until(lambda: len(received.mails) == len(received.posts) == BATCH, "mails and texts leave")
        assert not sending.done()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.parametrize("kind", ["webhook", "mail"])
async def test_a_receiver_that_never_ends_its_answer_is_left(
    database: Database, tmp_path: Path, trickle: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "WHOLE_S", 0.5)
    desk = desk_of(database, f"http://{trickle}/hook" if kind == "webhook" else "")
    slow: dict[str, Any] = {"smtp_server": trickle, "smtp_tls": "none"} if kind == "mail" else {}
    post, outbox = post_of(desk, tmp_path, **slow)
    await desk.open()
    async with asyncio.timeout(60):
        await sent(post, outbox)
    (row,) = await desk.rows(OutboxRow, kind=kind)
    assert (row["state"], row["tries"], row["error"]) == ("pending", 1, "it took longer than 0.5 s")


async def test_a_server_that_wants_no_encryption_gets_no_mail_that_needs_it(
    database: Database, tmp_path: Path, smtp: str, received: Received
) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, smtp_server=smtp)  # starttls, as shipped
    await desk.open()
    await sent(post, outbox)
    assert received.mails == []
    assert (await desk.rows(OutboxRow, kind="mail"))[0]["error"]


async def test_an_address_that_there_is_not_is_tried_no_more(
    database: Database, tmp_path: Path, smtp: str, received: Received
) -> None:
    received.refuse = "550 no such user"
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, smtp_server=smtp, smtp_tls="none")
    await desk.open()
    await sent(post, outbox)
    (row,) = await desk.rows(OutboxRow, kind="mail")
    assert (row["state"], row["error"]) == ("failed", "SMTP 550: the address is refused")


async def test_duplicates_follow_their_parent_by_themselves(database: Database, tmp_path: Path) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path)
    parent, child = (await desk.open()).number, (await desk.open()).number
    await desk.store.join(child, parent, AGENT)
    await desk.moved(parent, "in_progress", "resolved", actor=MACHINE)
    assert await sent(post, outbox)
    assert (await desk.queries.get(child) or {})["state"] == "resolved"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"text_gateway": "http"}, "text_url"),
        ({"text_gateway": "smtp", "text_domain": "x"}, "smtp_server"),
        ({"smtp_server": "mail"}, "smtp_server"),
        ({"text_url": "ftp://x"}, "text_url"),
        ({"mail_from": "nobody"}, "mail_from"),
    ],
)
def test_settings_that_cannot_be_name_their_key(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        Settings(**settings)


@pytest.mark.parametrize("key", ["smtp_password_file", "text_token_file"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe", "a folder"])
def test_a_secret_that_cannot_be_read_names_its_key(tmp_path: Path, key: str, content: bytes | str | None) -> None:
    file = tmp_path / "secret"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        file.mkdir()
    options: dict[str, Any] = {"text_gateway": "http", "text_url": "https://gateway.example/send"}
    if key == "smtp_password_file":
        options = {"smtp_server": "mail.example:25", "mail_from": "a@x.example"}
    settings = Settings(data_dir=tmp_path, **options | {key: file})
    with pytest.raises(BadConfig, match=rf"{key} = '{file}': .+; a text file with the secret alone is allowed"):
        texts_of(settings, mails_of(settings))


async def test_our_own_fault_with_one_letter_keeps_no_other_and_sends_none_twice(
    database: Database, tmp_path: Path, http: str, received: Received, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    desk = desk_of(database)
    gateway: dict[str, Any] = {"text_gateway": "http", "text_url": f"{http}/sms", "outcome_call": "off"}
    post, outbox = post_of(desk, tmp_path, lambda part, about, error: told.append((part, about)), **gateway)
    telling = outcome_rules(Settings(data_dir=tmp_path / "data", **gateway), desk.rules.town)
    bad, good = [(await desk.open(caller=caller)).number for caller in ("+905321112233", "+905325556677")]
    for number in (bad, good):
        await desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await Outcomes(database, lambda: desk.rules, lambda: telling, lambda: desk.now).step()

    async def fails(held: Locked, *given: Any) -> None:
        assert held.ticket.number != bad, "our own bug"
        await tell_by_text(held, *given)

    monkeypatch.setattr(outbox_module, "tell_by_text", fails)
    while await sent(post, outbox):
        pass
    assert told == [("post", bad)]
    assert (await desk.queries.get(good) or {})["told_how"] == "text"
    [row] = await desk.rows(OutboxRow, number=bad, kind="text", about="outcome")
    assert (row["state"], row["error"]) == ("failed", "AssertionError"), "it was sent: never again"
    assert [(one["number"], one["kind"]) for one in await desk.rows(TaskRow)] == [(bad, "outcome")]


async def test_duplicates_with_which_our_code_fails_follow_once_it_is_mended(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, lambda part, about, error: told.append(about))
    parent, child = (await desk.open()).number, (await desk.open()).number
    await desk.store.join(child, parent, AGENT)
    await desk.moved(parent, "in_progress", "resolved", actor=MACHINE)
    with monkeypatch.context() as broken:
        broken.setattr(outbox_module, "follow", lambda *given: 1 / 0)
        for _ in range(len(PAUSES_S) + 2):
            await sent(post, outbox)
            desk.now += PAUSES_S[-1]
    assert told == [parent] * (len(PAUSES_S) + 2)
    await sent(post, outbox)
    assert (await desk.queries.get(child) or {})["state"] == "resolved"
