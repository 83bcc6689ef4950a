"""Where client events are pushed to: an HTTPS server, and a syslog by TLS, both on loopback and with real certificates.

Each can be told what to do in place of taking what comes.
"""

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Literal, Self

from parts.graph_simulator.messages import Request, Response
from parts.graph_simulator.server import Server
from parts.pki import Authority

Answer = Callable[[Request, int], Response | None]
Deed = Literal["take", "end", "close-early", "read-half", "hang", "stop-reading"]


def server_context(authority: Authority, directory: Path, name: str = "localhost") -> ssl.SSLContext:
    """Give the context of a server whose certificate is for this name."""
    certificate, key = authority.issue_server(name).write(directory, f"server-{name}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Webhook:
    """An HTTPS server that takes events, inside `with`.

    answer: gives the answer to a request by its number, or None to take the events
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._server = Server(0, context)
        self.url = f"{self._server.url.replace('127.0.0.1', 'localhost')}/hook?sig=s3cret"
        self.answer: Answer = lambda request, number: None
        self.requests: list[Request] = []
        self.taken: list[dict[str, Any]] = []
        self.ending = self._server.ending

    def __enter__(self) -> Self:
        self._server.start(self._respond)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def _respond(self, request: Request) -> Response:
        self.requests.append(request)
        said = self.answer(request, len(self.requests))
        if said is None or said.status < 300:
            self.taken += json.loads(request.body)["events"]
        return said or Response(202, None)

    @property
    def ids(self) -> list[str]:
        """The ids of the events that were taken, in order."""
        return [each["id"] for each in self.taken]


class TlsSyslog:
    """A syslog by TLS, inside `with`.

    deed: gives what is done with a connection by its number: its messages are taken (and the end is said by TLS, or by
        TCP alone), or it is closed before anything was read, or was read to its end
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.address = f"localhost:{self._listener.getsockname()[1]}"
        self.deed: Callable[[int], Deed] = lambda number: "take"
        self.connections = 0
        self.messages: list[bytes] = []
        self.ending = Event()
        self._threads = [Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self.ending.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(Thread(target=self._serve, args=(connection, self.deed(self.connections))))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket, deed: Deed) -> None:
        with plain, suppress(OSError):
            plain.settimeout(30)
            if deed == "hang":
                self.ending.wait()
                return
            with self._context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False) as connection:
                if deed == "stop-reading":
                    self.ending.wait()
                if deed in ("stop-reading", "close-early"):
                    return
                stream = connection.recv(2)
                if deed == "read-half":
                    return
                while piece := connection.recv(65536):
                    stream += piece
                if deed == "take":
                    connection.unwrap()
                self.messages += unframed(stream)  # "end" closes as rsyslog does: by TCP alone

    @property
    def ids(self) -> list[str]:
        """The ids of the messages, in order."""
        return [re.findall(rb' id="([^"]*)"', each)[0].decode() for each in self.messages]


def unframed(stream: bytes) -> list[bytes]:
    """Give the messages of a stream in which each has its length before it."""
    found = []
    while stream:
        length, _, rest = stream.partition(b" ")
        found.append(rest[: int(length)])
        assert len(found[-1]) == int(length), "half a message"
        stream = rest[int(length) :]
    return found


@contextmanager
def local_syslog(directory: Path) -> Iterator[str]:
    """Give the path of a socket that takes messages as /dev/log does, and keeps none."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(directory / "syslog"))
        (directory / "syslog").chmod(0o666)
        yield str(directory / "syslog")
