"""Free ports on loopback.

They come from below the range the kernel hands out by itself (32768 and up on Linux), so that an outgoing connection
can't take one between the moment it is found free and the moment the program under test binds it.
"""

import random
import socket

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 20000, 32767
TRIES = 200


def free_tcp_port() -> int:
    """Give a TCP port of 127.0.0.1 that nothing is bound to; OSError if none was found."""
    return _free(socket.SOCK_STREAM)


def free_udp_port() -> int:
    """Give a UDP port of 127.0.0.1 that nothing is bound to; OSError if none was found."""
    return _free(socket.SOCK_DGRAM)


def _free(kind: socket.SocketKind) -> int:
    # A generator of its own, seeded by the system: parallel test workers must not draw the same numbers.
    draw = random.SystemRandom()
    for _ in range(TRIES):
        port = draw.randint(LOWEST, HIGHEST)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port on {LOOPBACK} between {LOWEST} and {HIGHEST} in {TRIES} tries")
