"""HTTP on loopback, with TLS or without: HTTP/1.1 with keep-alive, a thread for each connection, and a clean end."""

import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer, TCPServer, ThreadingMixIn
from threading import Event, Lock, Thread
from typing import Any, ClassVar, Final

from parts.graph_simulator import wire
from parts.graph_simulator.messages import Request, Response

HOST: Final = "127.0.0.1"
POLL_SECONDS: Final = 0.02

Respond = Callable[[Request], Response]


class Server(ThreadingMixIn, TCPServer):
    """Bound to its port when made; `start` begins to answer, and `stop` ends every connection and thread."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        """Port 0 takes a free one; `url` then tells which. Without a context it is plain HTTP."""
        super().__init__((HOST, port), _Handler)
        self.url = f"{'http' if context is None else 'https'}://{HOST}:{self.server_address[1]}"
        self.secure = context is not None
        self.respond: Respond | None = None
        self.ending = Event()
        self._context = context
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._thread = Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="graph-simulator")

    def start(self, respond: Respond) -> None:
        """Answer requests with `respond`, from threads of the server's own."""
        self.respond = respond
        self._thread.start()

    def stop(self) -> None:
        """Take no new connection, end the open ones, and wait for their threads."""
        self.ending.set()
        if self._thread.ident is not None:
            self.shutdown()
            self._thread.join()
        with self._lock:
            for connection in self._open:
                # Not SSLSocket.shutdown: it would take the TLS state from under a thread that is reading.
                with suppress(OSError):  # the client may have gone by itself
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the TLS handshake is left to the connection's own thread, so that none can stall all."""
        connection, address = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that has been served; one that is to be reset is not ended in good order before."""
        with self._lock:
            self._open.discard(request)
        if wire.is_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong on a connection, but not that a client went away or trusts another authority."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "GraphSimulator"
    sys_version = ""
    disable_nagle_algorithm: ClassVar[bool] = True
    server: BaseServer

    def _answer(self) -> None:
        assert isinstance(self.server, Server)
        assert self.server.respond is not None
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        request = Request(self.command, path, query, headers, body, secure=self.server.secure)
        wire.send(self, self.server.respond(request), self.server.ending)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815  # http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing: the simulator keeps its own log of requests."""
