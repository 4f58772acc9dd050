"""An address with secure=1 speaks TLS and trusts only whom it was told to trust."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.clickhouse.address import parse_address
from infra.clickhouse.migrate import engine_version
from infra.clickhouse.server import ServerConnection, StoreAwayError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1, with its key in the same file, made by itself."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def tls_port(certificate: Path, clickhouse_url: str) -> Iterator[int]:
    """A port that takes TLS and passes on to the server what is inside."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    address = parse_address(clickhouse_url)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener, context, address), daemon=True).start()
        yield listener.getsockname()[1]


def serve(listener: socket.socket, context: ssl.SSLContext, address) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return  # The test is over.
        with suppress(OSError):  # A client that does not trust us.
            inside = context.wrap_socket(plain, server_side=True)
            server = socket.create_connection((address.host, address.port))
            for source, target in ((inside, server), (server, inside)):
                threading.Thread(target=pass_on, args=(source, target), daemon=True).start()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    for end in (source, target):
        end.close()


@pytest.fixture(scope="module")
def tls_url(tls_port: int, clickhouse_url: str) -> str:
    who = urlsplit(clickhouse_url).netloc.rpartition("@")[0] or "default"
    return f"clickhouse://{who}@127.0.0.1:{tls_port}/default"


def test_a_certificate_that_was_named_is_trusted(tls_url: str, certificate: Path) -> None:
    connection = ServerConnection(f"{tls_url}?secure=1&ca_certs={certificate}")

    assert engine_version(connection).count(".") >= 2
    connection.close()


def test_a_certificate_that_nobody_named_is_refused(tls_url: str) -> None:
    with pytest.raises(StoreAwayError, match=r"(?i)certificate"):
        ServerConnection(f"{tls_url}?secure=1")

    connection = ServerConnection(f"{tls_url}?secure=1&verify=0")
    assert engine_version(connection).count(".") >= 2
    connection.close()


def test_a_plain_address_does_not_get_through(tls_url: str) -> None:
    with pytest.raises(StoreAwayError):
        ServerConnection(tls_url)
