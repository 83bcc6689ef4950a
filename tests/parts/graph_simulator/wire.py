"""How an answer is put on the wire: compressed where the client takes it, and broken off where a fault says so."""

import gzip
import socket
import struct
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Final

from parts.graph_simulator.listing import COMPRESS_LEVEL
from parts.graph_simulator.messages import Cut, Response

# For what was sent to arrive before the connection is reset.
ARRIVAL_SECONDS: Final = 0.05
DRIP_SECONDS: Final = 0.1
# Linger for no time: closing then sends RST and no more data.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


def send(handler: BaseHTTPRequestHandler, response: Response, ending: Event) -> None:
    """Send one response to the client of a handler, and close the connection if a fault breaks it."""
    cut = response.cut
    if cut is not None and cut.how == "reset":
        _reset(handler)
        return
    handler.send_response(response.status)
    headers = {"Content-Type": "application/json; charset=utf-8", **response.headers}
    content = b""
    if response.body is None:
        del headers["Content-Type"]
    else:
        headers["Vary"] = "Accept-Encoding"
        content = _content(response, headers, handler.headers.get("accept-encoding", ""))
        headers["Content-Length"] = str(len(content))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if cut is None:
        handler.wfile.write(content)
    else:
        _send_cut(handler, content, cut, ending)


def is_reset(connection: socket.socket) -> bool:
    """Tell whether a connection is to be closed by a reset."""
    try:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_NO_LINGER)) == _NO_LINGER
    except OSError:  # closed already
        return False


def _content(response: Response, headers: dict[str, str], accepted: str) -> bytes:
    if not _takes_gzip(accepted):
        return response.content()
    headers["Content-Encoding"] = "gzip"
    if response.packed and isinstance(response.body, bytes):
        return response.body
    return gzip.compress(response.content(), COMPRESS_LEVEL)


def _send_cut(handler: BaseHTTPRequestHandler, content: bytes, cut: Cut, ending: Event) -> None:
    if cut.how == "drip":
        _drip(handler, content, cut.amount or 0, ending)
        return
    end = len(content) // 2 if cut.amount is None else min(int(cut.amount), len(content) - 1)
    handler.wfile.write(content[: max(end, 0)])
    handler.close_connection = True
    if cut.how == "reset-in-body":
        ending.wait(ARRIVAL_SECONDS)
        _reset(handler)


def _drip(handler: BaseHTTPRequestHandler, content: bytes, seconds: float, ending: Event) -> None:
    pieces = max(1, min(int(seconds / DRIP_SECONDS), len(content)))
    for number in range(pieces):
        handler.wfile.write(content[len(content) * number // pieces : len(content) * (number + 1) // pieces])
        if ending.wait(seconds / pieces):
            handler.close_connection = True
            return


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    handler.close_connection = True


def _takes_gzip(accept_encoding: str) -> bool:
    for item in accept_encoding.split(","):
        coding, _, parameters = item.replace(" ", "").lower().partition(";")
        if coding == "gzip":
            return parameters not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
