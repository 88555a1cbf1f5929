"""The desk behind a proxy that can serve another release of a page, and be away."""

import http.client
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

_ENTRY: Final = re.compile(rb"/assets/(unit-[\w-]{8})\.js")
_VERSION: Final = re.compile(rb'"version":"[0-9a-f]{16}"')
_NEWER: Final = "-newer"
_HOP: Final = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


class Releases:
    """Takes requests at a loopback port of its own and has the desk answer. After `release` the unit's page has a
    script of another name, and its worker another version, as in each release. While `away`, it answers 503 as a proxy
    does whose desk is being started anew. It takes `late_once_s` to answer the next question for the page. Nobody
    has the new script before `hands_out` is set, as it is by default."""

    def __init__(self, desk_url: str) -> None:
        self.away = False
        self.late_once_s = 0.0
        self.hands_out = threading.Event()
        self.hands_out.set()
        self._newer = False
        desk = urlsplit(desk_url).netloc
        releases = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if releases.away:
                    self._answer(503, [("content-type", "text/plain")], b"the desk is being started")
                    return
                if urlsplit(self.path).path == "/unit":
                    late_s, releases.late_once_s = releases.late_once_s, 0.0
                    time.sleep(late_s)
                if _NEWER in self.path:
                    releases.hands_out.wait(60)
                asked = http.client.HTTPConnection(desk, timeout=60)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                asked.request(self.command, self.path.replace(f"{_NEWER}.js", ".js"), body, headers)
                answer = asked.getresponse()
                found = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
                self._answer(answer.status, found, releases.released(self.path, answer.read()))
                asked.close()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

            def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if status not in (204, 304):
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                if status not in (204, 304):
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def release(self) -> None:
        """Serve a newer release from now on."""
        self._newer = True

    def released(self, path: str, body: bytes) -> bytes:
        """An answer as the release has it."""
        if not self._newer or urlsplit(path).path not in ("/unit", "/unit-worker.js"):
            return body
        return _VERSION.sub(b'"version":"0"', _ENTRY.sub(rb"/assets/\1%b.js" % _NEWER.encode(), body))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.hands_out.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)
