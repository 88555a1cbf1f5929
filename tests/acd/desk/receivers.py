"""Servers on loopback that take what the desk sends, and a desk that sends."""

import asyncio
import email
import socketserver
import threading
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from acd.config.settings import Settings
from acd.desk.delivery.post import CHANNELS, Post
from acd.desk.town_files import ticket_rules
from storage.database import Database
from storage.requests.faults import Fault, reraise
from storage.requests.outbox import Outbox
from tests.databases import new_sqlite
from tests.storage.requests.desk import Desk
from tests.tickets.life import RULES
from tests.tickets.towns import shipped_texts, town_with
from tickets.changes import Rules


class Received:
    """What a server was given, and what it answers."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.status = 200
        self.refuse = ""


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
def http(received: Received) -> Iterator[str]:
    """A server that takes posts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.posts.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(received.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def smtp(received: Received) -> Iterator[str]:
    """A mail server: as much SMTP as a client needs."""

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                word = line.upper()
                if word.startswith("RCPT") and received.refuse:
                    self.say(received.refuse)
                elif word.startswith("RCPT"):
                    to.append(line[8:].strip("<>"))
                    self.say("250 ok")
                elif word == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part)
                    message: EmailMessage = email.message_from_bytes(b"".join(lines), _class=EmailMessage)
                    received.mails.append((to, message))
                    self.say("250 taken")
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = await new_sqlite(tmp_path / "cozum.db")
    yield made
    await made.close()


def desk_of(database: Database, hook: str = "") -> Desk:
    """A desk whose roads are done by somebody with a mail and, if given, a webhook."""
    more = f', webhook = "{hook}"' if hook else ""
    units = shipped_texts()["units.toml"].replace(
        'members = [{ user = "fen" }]', f'members = [{{ user = "fen", mail = "fen@example.org"{more} }}]'
    )
    return Desk(database, Rules(town=town_with(units_toml=units), zone=RULES.zone))


def post_of(desk: Desk, tmp_path: Path, fault: Fault = reraise, **settings: Any) -> tuple[Post, Outbox]:
    """The sender of these settings; the desk gets the rules that they make."""
    given = Settings(data_dir=tmp_path / "data", **settings)
    desk.rules = ticket_rules(given, desk.rules.town)
    return Post(given, lambda: desk.rules, fault), Outbox(desk.database, lambda: desk.rules, lambda: desk.now)


async def sent(post: Post, outbox: Outbox) -> int:
    """Send what is due now of each kind, as far as it is taken at once; how many there were."""
    return sum(await asyncio.gather(*(post.send(*channel, outbox) for channel in CHANNELS)))
