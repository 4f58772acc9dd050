"""Binds a server's address, and refuses what would let others read without being asked to."""

import errno
import socket

from infra.read_token import LOOPBACK_HOSTS


class ServerError(ValueError):
    """A server that cannot be started; says why and what to do."""


class PortTakenError(ServerError):
    """Somebody else listens there already."""


def bind(
    host: str, port: int, *, read_token: str, port_option: str = "another --port"
) -> socket.socket:
    """Return a listening socket; raise ServerError when that is not possible or not safe."""
    if host not in LOOPBACK_HOSTS and not read_token:
        raise ServerError(
            f"host was {host!r}, expected {', '.join(sorted(LOOPBACK_HOSTS))}: others could read "
            "everything. Set PUHUI_READ_TOKEN to serve on another address"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        kind = PortTakenError if error.errno == errno.EADDRINUSE else ServerError
        raise kind(
            f"address {host}:{port}: {error.strerror}. Stop what uses it, or choose {port_option}"
        ) from error
    listening.listen()
    return listening


def url_of(listening: socket.socket) -> str:
    """Return the address to open, on this machine."""
    host, port = listening.getsockname()[:2]
    name = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - only compared
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
