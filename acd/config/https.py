"""HTTPS of pages and API: the desk's certificate, and how our own programs on this machine ask the desk."""

import asyncio
import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from acd.config.settings import Settings
from acd.lib import networks

log = structlog.get_logger()

LOOK_AGAIN_S: Final = 60.0
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which Python has no name."""


class CertificateError(Exception):
    """The certificate cannot be used. The text names setting, file and way out."""


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """The desk's TLS context; None for plain HTTP. Raises `CertificateError`."""
    if settings.https_cert is None or settings.https_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, settings.https_cert, settings.https_key)
    return context


def _load(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    for name, path in (("https_cert", cert), ("https_key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise CertificateError(
                f"{name} = {str(path)!r}: {error.strerror}; the desk must be able to read it"
            ) from None
    try:
        context.load_cert_chain(cert, key)
    except (ssl.SSLError, ValueError) as error:
        files = f"https_cert = {str(cert)!r}, https_key = {str(key)!r}"
        raise CertificateError(f"{files}: {error}; a PEM chain, leaf first, and its key are allowed") from None


def ends_at(cert: Path) -> float:
    """When the first certificate of a PEM file expires, in Unix seconds. Raises `OSError` or `ValueError`."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc.timestamp()


async def keep_fresh(
    settings: Settings,
    context: ssl.SSLContext,
    every_s: float = LOOK_AGAIN_S,
    renewed: Callable[[], None] = lambda: None,
) -> None:
    """Take up a renewed certificate for new connections, until cancelled; then `renewed` is called. If it cannot be
    used, the log says so and the old one stays."""
    assert settings.https_cert is not None
    assert settings.https_key is not None
    seen = _stamp(settings)
    while True:
        await asyncio.sleep(every_s)
        now = _stamp(settings)
        if now == seen:
            continue
        seen = now
        try:
            # Loaded into a separate context first: a broken chain would damage the context in use.
            server_context(settings)
            _load(context, settings.https_cert, settings.https_key)
        except CertificateError as error:
            log.warning("certificate_refused", error=str(error))
        else:
            log.info("certificate_renewed")
            renewed()


def _stamp(settings: Settings) -> tuple[object, ...]:
    found: list[object] = []
    for path in (settings.https_cert, settings.https_key):
        try:
            assert path is not None
            stat = path.stat()
            found.append((stat.st_mtime_ns, stat.st_ino, stat.st_size))
        except OSError:
            found.append(None)
    return tuple(found)


def local_connection(settings: Settings, host: str, timeout_s: float) -> http.client.HTTPConnection:
    """A connection to the desk on this machine. The desk's certificate is for a public name, so we trust exactly this
    certificate, with any name. One that has expired is this one all the same: the operator must not be cut off."""
    if settings.https_cert is None:
        return http.client.HTTPConnection(host, settings.http_port, timeout=timeout_s)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    context.load_verify_locations(settings.https_cert)
    return http.client.HTTPSConnection(host, settings.http_port, timeout=timeout_s, context=context)


def reached_at(bind_host: str) -> str:
    """The host, as in a URL, at which this machine reaches a server that is bound to `bind_host`."""
    host = networks.reached_at(bind_host)
    return f"[{host}]" if ":" in host else host
