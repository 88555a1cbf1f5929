"""The running desk's HTTP API, as the command line uses it."""

import contextlib
import http.client
import json
from typing import Any

from acd.config.https import local_connection, reached_at
from acd.config.settings import Settings
from acd.lib.cli_error import CliError
from acd.lib.secret_file import read_secret

TIMEOUT_S = 5.0


class ApiError(CliError):
    """The desk is not there, or says no."""


class Unreachable(ApiError):
    """Nobody answers."""


class Api:
    """One desk, at the settings' address."""

    def __init__(self, settings: Settings, timeout_s: float = TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._host = reached_at(settings.http_host)
        self.address = f"{settings.scheme}://{self._host}:{settings.http_port}/"

    def ready(self) -> tuple[bool, list[dict[str, Any]]]:
        """Whether it can serve, and its checks (`name`, `ok`, `detail`); none where our token is not this desk's."""
        headers = {}
        with contextlib.suppress(ApiError):
            headers["Authorization"] = f"Bearer {self._token()}"
        status, body = self._ask("GET", "/readyz", None, headers)
        if status not in (200, 503) or not isinstance(body, dict) or "ready" not in body:
            raise ApiError(f"{self.address}readyz answered {status}, but not as our desk does: correct http_port")
        return bool(body["ready"]), list(body.get("checks", ()))

    def get(self, path: str) -> Any:
        """The JSON under `/api/v1/<path>`."""
        return self._call("GET", path, None)

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        """Post JSON to `/api/v1/<path>`; the answer's."""
        return self._call("POST", path, body, headers)

    def put(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        """Put JSON to `/api/v1/<path>`; the answer's."""
        return self._call("PUT", path, body, headers)

    def patch(self, path: str, body: object, headers: dict[str, str] | None = None) -> Any:
        """Patch `/api/v1/<path>` with JSON; the answer's."""
        return self._call("PATCH", path, body, headers)

    def send(self, path: str, content: bytes, media_type: str, headers: dict[str, str]) -> Any:
        """Post a file to `/api/v1/<path>`; the answer's JSON."""
        return self._call("POST", path, content, {**headers, "Content-Type": media_type})

    def delete(self, path: str) -> Any:
        """Delete `/api/v1/<path>`; the answer's JSON."""
        return self._call("DELETE", path, None)

    def _call(self, method: str, path: str, body: object, more: dict[str, str] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json", **(more or {})}
        status, answer = self._ask(method, f"/api/v1/{path}", body, headers)
        if status >= 400:
            detail = answer.get("detail") if isinstance(answer, dict) else None
            if status == 401:
                detail = f"the token in {self._settings.token_file} is not this desk's: correct data_dir or http_port"
            raise ApiError(f"{detail or f'{self.address} answered {status}'}{_allowed(answer, detail)}")
        return answer

    def _token(self) -> str:
        try:
            return read_secret(self._settings.token_file)
        except FileNotFoundError:
            raise Unreachable(
                f"{self._settings.token_file}: no token: no desk ever ran in this data_dir; `make run` starts one"
            ) from None
        except PermissionError as error:
            raise ApiError(
                f"{self._settings.token_file}: {error.strerror}; run this as the user the desk runs as"
            ) from None
        except OSError as error:
            raise ApiError(str(error)) from None

    def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> tuple[int, Any]:
        try:
            connection = local_connection(self._settings, self._host.strip("[]"), self._timeout_s)
        except OSError as error:  # ssl's among them
            raise ApiError(f"https_cert = {str(self._settings.https_cert)!r}: {error.strerror or error}") from None
        try:
            content = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            text = response.read()
        except TimeoutError:
            raise Unreachable(
                f"{self.address}: no answer in {self._timeout_s:g} s; is the desk stuck? See its log"
            ) from None
        except ConnectionRefusedError:
            raise Unreachable(f"{self.address}: no desk there; `make run` starts it, or correct http_port") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.address}: {error}; is that our desk's http_port?") from None
        finally:
            connection.close()
        try:
            return response.status, json.loads(text) if text else None
        except ValueError:
            return response.status, None


def _allowed(answer: object, detail: str | None) -> str:
    allowed = answer.get("allowed") if isinstance(answer, dict) else None
    if not allowed or (isinstance(allowed, str) and detail and allowed in detail):
        return ""
    return f"; allowed: {', '.join(str(one) for one in allowed) if isinstance(allowed, list) else allowed}"
