"""Opens the port that people and networks call, or says in one line why it cannot."""

import errno
import socket

from shared.startup import BadSetting, StartupError


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. StartupError when the port is taken or not ours to open, BadSetting for a foreign host."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise BadSetting(f"SWITCHBOARD_HOST: {host} is not an address of this machine") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise _refused(host, port, error) from None
    listener.setblocking(False)
    return listener


def _refused(host: str, port: int, error: OSError) -> StartupError:
    match error.errno:
        case errno.EADDRINUSE:
            return StartupError(f"port {port} is taken: stop what uses it, or choose another (SWITCHBOARD_PORT)")
        case errno.EACCES:
            return StartupError(f"port {port} needs root: choose one above 1023 (SWITCHBOARD_PORT)")
        case errno.EADDRNOTAVAIL:
            return BadSetting(f"SWITCHBOARD_HOST: {host} is not an address of this machine")
        case _:
            return StartupError(f"cannot listen on {host}:{port}: {error.strerror}")
