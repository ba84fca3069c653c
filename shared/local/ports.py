"""Free ports on the loopback interface."""

import random
import socket

FIRST, LAST = 20000, 31999
"""Below the kernel's ephemeral range: a client that keeps dialling a dead server on an ephemeral port can end
up connected to itself, and an outgoing connection can take the port while the server restarts."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on. Taken at random, so that two that ask at once rarely collide."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if is_free(port):
            return port
    raise OSError(f"no free port between {FIRST} and {LAST}")
