"""The desk's certificate: faults are named, and a renewed one is taken up."""

import asyncio
import os
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from acd.config.https import CertificateError, ends_at, keep_fresh, local_connection, server_context
from acd.config.load_settings import load_settings
from acd.config.settings import Settings, SettingsError


def certificate(folder: Path, name: str) -> None:
    """A certificate and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip


def settings(folder: Path, **more: Any) -> Settings:
    """With the certificate in a folder."""
    return load_settings(https_cert=folder / "cert.pem", https_key=folder / "key.pem", data_dir=folder, **more)


def test_one_without_the_other_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="https_key is not set"):
        load_settings(https_cert=tmp_path / "cert.pem")
    with pytest.raises(SettingsError, match="https_cert is not set"):
        load_settings(https_key=tmp_path / "key.pem")
    assert server_context(load_settings()) is None


def test_a_file_that_is_not_there_or_no_certificate_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"https_cert = .*No such file"):
        server_context(settings(tmp_path))
    certificate(tmp_path, "cozum.example")
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(CertificateError, match="a PEM chain, leaf first, and its key are allowed"):
        server_context(settings(tmp_path))


async def subject(port: int) -> str:
    """Whose certificate a new connection is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return next(name for name in ("old.example", "new.example") if name.encode() in shown)


async def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(tmp_path: Path) -> None:
    certificate(tmp_path, "old.example")
    wanted = settings(tmp_path)
    context = server_context(wanted)
    assert context is not None

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    fresh = asyncio.create_task(keep_fresh(wanted, context, 0.02))
    try:
        assert await subject(port) == "old.example"
        (tmp_path / "cert.pem").write_text("half a")
        await asyncio.sleep(0.1)
        assert await subject(port) == "old.example"
        certificate(tmp_path, "new.example")
        async with asyncio.timeout(60):
            while await subject(port) != "new.example":  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.02)
    finally:
        fresh.cancel()
        server.close()


def make_expired(folder: Path) -> None:
    """Have the certificate of a folder end yesterday."""
    key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    now, name = datetime.now(UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cozum.example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(now - timedelta(90)).not_valid_after(now - timedelta(1)).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.mark.parametrize("expired", [False, True])
async def test_our_own_programs_trust_this_certificate_and_no_other(tmp_path: Path, expired: bool) -> None:
    """Whatever name it bears, also when it has expired, and whoever else listens there."""
    certificate(tmp_path, "cozum.example")
    if expired:
        make_expired(tmp_path)
        assert ends_at(tmp_path / "cert.pem") < time.time()
    other = tmp_path / "other"
    os.mkdir(other)
    certificate(other, "cozum.example")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    for folder, trusted in ((tmp_path, True), (other, False)):
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context(settings(folder)))
        port = server.sockets[0].getsockname()[1]

        def ask(port: int = port) -> bytes:
            connection = local_connection(settings(tmp_path, http_port=port), "127.0.0.1", 30)
            connection.request("GET", "/")
            return connection.getresponse().read()

        if trusted:
            assert await asyncio.to_thread(ask) == b"ok"
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.to_thread(ask)
        server.close()
