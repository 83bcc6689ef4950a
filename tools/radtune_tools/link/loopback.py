"""A browser's redirect, received on loopback: the only importer of http."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from radtune.errors import TemporaryError

LOOPBACK = "127.0.0.1"
REQUEST_SECONDS = 5.0
"""The time in which a connection has to send the next part of its request."""
LOOK_SECONDS = 0.2
"""The wait between two looks whether the answer has come."""
_HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}
RECEIVED = "radtune has the answer. You can close this page; the terminal says how it goes on.\n"
NOT_OURS = "This is not the answer that radtune waits for. Please open the address that the terminal shows.\n"
NOTHING = "There is nothing here.\n"


class Loopback(ThreadingMixIn, TCPServer):
    """Listens on this machine alone. Use it as a context manager.

    A thread serves each connection: one that sends nothing, or a byte now and then, keeps no other waiting.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    timeout = LOOK_SECONDS

    def __init__(self, port: int, path: str, is_answer: Callable[[str], bool]) -> None:
        """Listen; raises TemporaryError if the port is taken. A query at `path` counts if `is_answer` says so."""
        self.path, self.is_answer, self.query = path, is_answer, ""
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            advice = "--port takes another one, whose redirect URI has to be registered then; or give --no-browser"
            raise TemporaryError(f"{LOOPBACK} port {port} can't be used ({error.strerror}); {advice}") from error

    def receive(self, seconds: float) -> str:
        """Return the query of the answer; raises TemporaryError if none comes within so many seconds."""
        end = time.monotonic() + seconds
        while not self.query:
            if time.monotonic() > end:
                raise TemporaryError(
                    f"no answer within {seconds:.0f} seconds; nothing was changed. Run `radtune link` again"
                )
            self.handle_request()
        return self.query

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a connection that breaks off: it isn't the answer."""


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    timeout = REQUEST_SECONDS
    server_version, sys_version = "radtune", ""

    def do_GET(self) -> None:
        """Take the answer; what came in is never shown again."""
        path, _, query = self.path.partition("?")
        if path != self.server.path:
            self._answer(404, NOTHING)
        elif not self.server.is_answer(query):
            self._answer(400, NOT_OURS)
        else:
            self._answer(200, RECEIVED)
            self.server.query = query

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what can't be understood; http.server's own page would show it."""
        self._answer(code, NOTHING)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Nothing of a request goes onto the terminal."""

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True
