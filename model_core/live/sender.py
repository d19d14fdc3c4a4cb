"""Packets over UDP to the one host that was named."""

import socket
from typing import Any, Self

from ..base.errors import UserError


class UdpSender:
    """Sends packets; nothing is ever received.

    Args:
        target: ``HOST:PORT``; an IPv6 address stands in brackets.

    Raises:
        UserError: it is no host and port, or the host cannot be found.
    """

    def __init__(self, target: str) -> None:
        host, port = host_and_port(target)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise UserError(
                f"The host {host} cannot be found ({error.strerror}); check its name."
            ) from error
        family, kind, protocol, _, address = found[0]
        self._address: tuple[Any, ...] = address
        self._target, self._socket = target, socket.socket(family, kind, protocol)

    def send(self, packet: bytes) -> None:
        """Send a packet. Raises `UserError` if this machine cannot send there."""
        try:
            self._socket.sendto(packet, self._address)
        except ConnectionRefusedError:  # nobody listens there yet
            pass
        except OSError as error:
            raise UserError(f"Nothing can be sent to {self._target}: {error.strerror}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def host_and_port(target: str) -> tuple[str, int]:
    """Return the parts of ``HOST:PORT``. Raises `UserError` if it is none."""
    host, colon, port = target.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise UserError(f"Give --udp as HOST:PORT, such as 127.0.0.1:11111, not {target!r}.")
    return host, int(port)
