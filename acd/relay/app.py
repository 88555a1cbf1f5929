"""Runs the relay as a process."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from acd.config.https import CertificateError, server_context
from acd.config.settings import Settings
from acd.lib.folder_lock import LockTaken, take_lock
from acd.lib.serving import StartError, serve
from acd.relay.relay import Relay

log = structlog.get_logger(__name__)


def run(settings: Settings, sign: int | None = None) -> int:
    """Run the relay in the foreground until SIGINT or SIGTERM. Returns what `serve` does."""

    def begin() -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        _hold(settings)
        return _serving(Relay(settings.relay_socket, settings.ws_port, lambda: certificate_of(settings)), settings)

    return serve(begin, log_level=settings.log_level, sign=sign, reload=lambda: None)


def _hold(settings: Settings) -> None:
    """Keep a second relay out until this process ends: it would take the socket, and with its end the telephones of
    pages would have none. Raises `StartError`, and `OSError`."""
    try:
        take_lock(settings.relay_lock_file)
    except LockTaken as taken:
        raise StartError(
            f"data_dir = {str(settings.data_dir)!r} has a relay already (pid {taken.owner}): stop that one, or set "
            "another data_dir"
        ) from None


def certificate_of(settings: Settings) -> ssl.SSLContext | None:
    """The desk's. One that cannot be used keeps no telephone away: the desk speaks TLS itself then."""
    try:
        return server_context(settings)
    except CertificateError as error:
        log.warning("certificate_refused", error=str(error))
        return None


def _serving(relay: Relay, settings: Settings) -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
    async def work(stop: asyncio.Event) -> None:
        try:
            relay.start()
        except OSError as error:
            raise StartError(f"{settings.relay_socket}: {error.strerror or error}") from None
        log.info("relay_started", socket=str(settings.relay_socket))
        try:
            await stop.wait()
        finally:
            await relay.stop()

    return work
