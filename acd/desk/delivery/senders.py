"""Real senders: mail by SMTP, signed webhooks, text messages by HTTP or as mail; and files, where nothing is set.

Each blocks, for `TIMEOUT_S` at most a step and for `WHOLE_S` in all, and runs in a thread. What it raises says what
went wrong without the receiver's address."""

import contextlib
import hashlib
import hmac
import http.client
import json
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from acd.engine.model.phone_numbers import e164
from storage.outgoing_files import OutgoingFiles, plain

TIMEOUT_S: Final = 10.0
WHOLE_S: Final = 30.0
"""Seconds after which a connection is cut. Who sends a byte now and then is within the time of each step for ever."""


class NotSent(Exception):
    """It could not be sent. `lasting`: it never will be, so a further try is no use."""

    def __init__(self, why: str, *, lasting: bool = False) -> None:
        super().__init__(why)
        self.lasting = lasting


class Mails(Protocol):
    """Sends mails."""

    def send(self, key: str, to: str, subject: str, text: str) -> None:
        """Raises `NotSent`."""


class Texts(Protocol):
    """Sends text messages."""

    def send(self, key: str, to: str, text: str) -> None:
        """Raises `NotSent`."""


class Smtp:
    """Mails by a server."""

    def __init__(self, server: str, *, tls: str, user: str, password: str, sender: str) -> None:
        self._host, _, port = server.rpartition(":")
        self._port = int(port)
        self._tls, self._user, self._password, self._sender = tls, user, password, sender

    def send(self, key: str, to: str, subject: str, text: str) -> None:
        """A mail. Sent again it has the same Message-ID, so that a mailbox can leave out the second."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message["Message-ID"] = f"<{plain(key)}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        seen: list[smtplib.SMTP] = []
        try:
            with _within(lambda: seen[0].sock if seen else None), self._session(seen) as session:
                session.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise NotSent(f"SMTP {code}: the address is refused", lasting=500 <= code < 600) from None
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"SMTP {error.smtp_code}: {type(error).__name__}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"{self._host}:{self._port}: {type(error).__name__}: {_reason(error)}") from None

    def _session(self, seen: list[smtplib.SMTP]) -> smtplib.SMTP:
        """`seen` gets it before it connects."""
        context = ssl.create_default_context()
        if self._tls == "tls":
            session: smtplib.SMTP = _TlsSession(seen, self._host, self._port, timeout=TIMEOUT_S, context=context)
        else:
            session = _Session(seen, self._host, self._port, timeout=TIMEOUT_S)
        try:
            if self._tls == "starttls":
                session.starttls(context=context)
            if self._user:
                session.login(self._user, self._password)
        except BaseException:
            session.close()
            raise
        return session


class _Session(smtplib.SMTP):
    def __init__(self, seen: list[smtplib.SMTP], host: str, port: int, *, timeout: float) -> None:
        seen.append(self)
        super().__init__(host, port, timeout=timeout)


class _TlsSession(smtplib.SMTP_SSL):
    def __init__(
        self, seen: list[smtplib.SMTP], host: str, port: int, *, timeout: float, context: ssl.SSLContext
    ) -> None:
        seen.append(self)
        super().__init__(host, port, timeout=timeout, context=context)


class Webhooks:
    """Posts signed by a secret: `X-Cozum-Signature: sha256=` and the HMAC of timestamp, a dot and the body."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def send(self, key: str, url: str, body: Mapping[str, Any]) -> None:
        """A post; any answer of 200 to 299 will do. Raises `NotSent`."""
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Cozum-Key": key,
            "X-Cozum-Timestamp": stamp,
            "X-Cozum-Signature": signature(self._secret, stamp, content),
        }
        _post(url, content, headers)


class HttpTexts:
    """Text messages by a gateway: a post of `to` (E.164), `text` and `key`, with a bearer token."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def send(self, key: str, to: str, text: str) -> None:
        """A text message; the key lets the gateway leave out the second of two."""
        content = json.dumps({"to": e164(to), "text": text, "key": key}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        _post(self._url, content, headers)


class MailTexts:
    """Text messages by a gateway that takes mails: `905321112233@` and its domain."""

    def __init__(self, mails: Mails, domain: str) -> None:
        self._mails, self._domain = mails, domain

    def send(self, key: str, to: str, text: str) -> None:
        """A text message."""
        self._mails.send(key, f"{e164(to).removeprefix('+')}@{self._domain}", "", text)


class Files:
    """Mails and text messages as files in a folder, for whoever sets no server."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, OutgoingFiles(folder)

    def send(self, key: str, to: str, *texts: str) -> None:
        """A file that only we can read; sent again it is the same."""
        try:
            self._files.write(key, "\n\n".join((f"To: {to}", *(text for text in texts if text))) + "\n")
        except OSError as error:
            raise NotSent(f"{self._folder}: {error.strerror}") from None


def signature(secret: bytes, stamp: str, content: bytes) -> str:
    """What a webhook's receiver computes too, to know that it is ours."""
    return "sha256=" + hmac.new(secret, stamp.encode() + b"." + content, hashlib.sha256).hexdigest()


def _post(url: str, content: bytes, headers: Mapping[str, str]) -> None:
    """Follows no redirection and no proxy: what is signed goes where the town's file says."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with _within(lambda: connection.sock):
            connection.request("POST", target, content, dict(headers))
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(f"{host}: {type(error).__name__}: {_reason(error)}") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSent(f"{host} answered {status}", lasting=status == 410)


@contextlib.contextmanager
def _within(opened: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cut the connection if what is done takes longer than `WHOLE_S`. Raises `NotSent` then."""
    passed = threading.Event()

    def cut() -> None:
        passed.set()
        if (one := opened()) is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # not TLS's own, which would wait for the other end

    timer = threading.Timer(WHOLE_S, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, smtplib.SMTPException):
        if passed.is_set():
            raise NotSent(f"it took longer than {WHOLE_S:g} s") from None
        raise
    finally:
        timer.cancel()


def _reason(error: BaseException) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())[:200]
