"""The doctor on an OpenID Connect provider: each fault names the key, its value and the way out."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from acd.cli.check_openid import check_openid
from acd.cli.finding import Finding
from acd.config.load_settings import load_settings
from acd.desk import openid_provider
from phones.ports import free_tcp_port
from tests.acd.cli.conftest import Cozum
from tests.acd.cli.test_doctor import lines

SECRET = "s3cret-of-the-desk"
DESK = "https://desk.example"


class Server:
    """A provider on a port of its own; a test sets what it says."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        says, hangs = self, threading.Event()
        self._hangs = hangs

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """The name is the library's."""
                says.asked.append(self.path)
                if says.is_silent:
                    hangs.wait(30)
                self.send_response(says.status)
                self.end_headers()
                self.wfile.write(says.body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.issuer = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._http.server_port}/realms/town"
        self.document: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.asked: list[str] = []
        self.status, self.is_silent = 200, False
        self._said: bytes | None = None
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    @property
    def body(self) -> bytes:
        return json.dumps(self.document).encode() if self._said is None else self._said

    def says(self, body: bytes, status: int = 200) -> None:
        """Answer this instead of the document."""
        self._said, self.status = body, status

    def close(self) -> None:
        self._hangs.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "openid_secret"
    file.write_text(f"{SECRET}\n", "ascii")
    file.chmod(0o640)
    return file


def found(issuer: str, **more: Any) -> list[Finding]:
    """What the doctor finds. It never tells the secret."""
    given = {"openid_issuer": issuer, "openid_client_id": "desk", "openid_desk_url": DESK, **more}
    findings = list(check_openid(load_settings(**given)))
    assert SECRET not in repr(findings)
    return findings


def only(issuer: str, **more: Any) -> tuple[str, str]:
    """Verdict and text of the only finding."""
    (finding,) = found(issuer, **more)
    assert finding.name == "OpenID"
    return finding.verdict, finding.text


def test_without_a_provider_nothing_is_said(cozum: Cozum) -> None:
    assert list(check_openid(load_settings())) == []
    assert "OpenID" not in cozum("doctor").out


def test_a_provider_that_can_be_used(server: Server, secret: Path) -> None:
    verdict, text = only(server.issuer, openid_client_secret_file=secret)
    assert (verdict, server.asked) == ("ok", ["/realms/town/.well-known/openid-configuration"])
    assert text == (
        f"{server.issuer} answers; the redirect address to register there is {DESK}/api/v1/session/openid/return"
    )


def test_the_doctor_tells_it_among_the_rest(cozum: Cozum, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ISSUER", server.issuer), ("CLIENT_ID", "desk"), ("DESK_URL", DESK)):
        monkeypatch.setenv(f"COZUM_OPENID_{name}", value)
    assert any(line.startswith(f"OpenID      {server.issuer} answers") for line in lines(cozum("doctor"), "✓"))


def test_plain_http_to_another_machine_is_no_setting(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_OPENID_ISSUER", "http://id.example")
    told = lines(cozum("doctor"), "✗")
    assert any("openid_issuer = 'http://id.example': https://HOST/PATH is allowed" in line for line in told)


@pytest.mark.parametrize("named", ["/", "https://elsewhere.example"])
def test_another_issuers_document(server: Server, named: str) -> None:
    server.document["issuer"] = server.issuer + "/" if named == "/" else named
    verdict, text = only(server.issuer)
    assert verdict == "bad"
    assert text == (
        f"openid_issuer = {server.issuer!r}: {server.issuer}/.well-known/openid-configuration names "
        f"{server.document['issuer']!r}; set openid_issuer to what it names, to the letter"
    )


def test_a_document_of_no_issuer(server: Server) -> None:
    del server.document["issuer"]
    verdict, text = only(server.issuer)
    assert (verdict, text.endswith("names no issuer, so it is no provider's; correct openid_issuer")) == ("bad", True)


def test_what_a_strangers_document_says_cannot_draw_on_the_terminal(server: Server) -> None:
    server.document["issuer"] = "\x1b[2J\n✓ OpenID" + "x" * 5000
    verdict, text = only(server.issuer)
    assert (verdict, "\x1b" in text, "\n" in text, len(text) < 700) == ("bad", False, False, True)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b"<html>not here</html>", 404, "an answer that is none of a provider: HTTP 404"),
        (b"<html>welcome</html>", 200, "an answer that is none of a provider: HTTP 200"),
        (b"", 302, "an answer that is none of a provider: HTTP 302"),
        (b'{"error": "Realm does not exist"}', 404, "http_404"),
        (b"{" + b" " * openid_provider.LARGEST + b"}", 200, "an answer is too large"),
    ],
)
def test_what_is_there_is_no_provider(server: Server, body: bytes, status: int, why: str) -> None:
    server.says(body, status)
    verdict, text = only(server.issuer)
    assert verdict == "bad"
    assert text.startswith(
        f"openid_issuer = {server.issuer!r}: {server.issuer}/.well-known/openid-configuration: {why}; "
    )
    assert "correct openid_issuer" in text


def test_an_address_that_is_not_secure(server: Server) -> None:
    server.document["token_endpoint"] = "ftp://127.0.0.1/token"
    verdict, text = only(server.issuer)
    assert verdict == "bad"
    assert "the discovery document has no token_endpoint that begins with http://" in text


def test_a_provider_that_is_away_is_to_be_known_and_no_reason_not_to_serve(server: Server) -> None:
    server.says(b"busy", 503)
    told = [only(server.issuer), only(f"http://127.0.0.1:{free_tcp_port()}")]
    assert [verdict for verdict, _ in told] == ["warning", "warning"]
    assert "an answer that is none of a provider: HTTP 503; people can sign in with passwords alone" in told[0][1]
    assert "/.well-known/openid-configuration: no answer: ConnectError; people can" in told[1][1]
    assert "see that the provider runs" in told[1][1]


def test_a_provider_that_says_nothing_is_not_waited_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid_provider, "STEP_S", 0.2)
    server.is_silent = True
    verdict, text = only(server.issuer)
    assert verdict == "warning"
    assert "no answer within 0.2 s" in text or "no answer: ReadTimeout" in text


def test_a_port_that_takes_connections_and_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid_provider, "STEP_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listens:
        verdict, text = only(f"https://127.0.0.1:{listens.getsockname()[1]}")
    assert (verdict, "no answer" in text) == ("warning", True)


def test_a_certificate_that_is_not_believed(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = Server(tls)
    try:
        verdict, text = only(server.issuer)
    finally:
        server.close()
    assert (verdict, server.asked) == ("bad", [])
    assert "its certificate is not believed: self-signed certificate" in text
    assert text.endswith("or put its authority's certificate among those of this system")


@pytest.mark.parametrize("content", ["", "\n", None])
def test_a_secret_that_is_not_there(server: Server, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "nothing"
    if content is not None:
        file.write_text(content, "ascii")
        file.chmod(0o600)
    verdict, text = only(server.issuer, openid_client_secret_file=file)
    assert (verdict, server.asked) == ("bad", [])
    assert text.startswith(
        f"openid_client_secret_file = {str(file)!r}: cannot be read, or is empty; write the client's"
    )


def test_a_secret_that_everybody_can_read(server: Server, secret: Path) -> None:
    secret.chmod(0o644)
    first, second = found(server.issuer, openid_client_secret_file=secret)
    assert (first.verdict, second.verdict) == ("warning", "ok")
    assert f"openid_client_secret_file = {str(secret)!r} has mode 644, everybody can read it" in first.text
    assert f"`chmod o-rwx {secret}`" in first.text
