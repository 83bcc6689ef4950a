"""Events to a syslog: the local one by its socket, another one by TLS (RFC 5425). Nothing else imports socket, ssl."""

import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from radtune.config.push_settings import Destination
from radtune_tools.push.sender import SendError, TimedCalls, check_private_key
from radtune_tools.push.syslog_message import framed, message
from radtune_tools.push.words import Event

_LOOK_SECONDS = 0.01
"""Pause between two checks whether everything was read."""


class LocalSyslog:
    """The syslog of this machine: one datagram for each message."""

    def __init__(self, destination: Destination) -> None:
        """Connect at each `send`: the socket is made anew when the syslog starts anew."""
        self._destination, self.most = destination, destination.batch

    def send(self, events: Sequence[Event]) -> None:
        """Send each in a datagram; raises SendError."""
        where = self._destination.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
                connection.settimeout(self._destination.timeout)
                connection.connect(where)
                for each in _messages(events, self._destination):
                    connection.send(each)
        except OSError as error:
            advice = "see that a syslog runs on this machine and reads it"
            raise SendError(f"{where} takes no message: {error.strerror or error}; {advice}") from error


class TlsSyslog:
    """A syslog that is reached by TLS: one connection for each batch.

    Syslog has no answer. So the connection is closed as RFC 5425 4.4 has it. The events count as sent once the other
    side closes it, too, and has read everything.
    """

    def __init__(self, destination: Destination) -> None:
        """Connect at each `send`."""
        self._destination, self.most = destination, destination.batch
        self._calls = TimedCalls(destination.timeout)

    def send(self, events: Sequence[Event]) -> None:
        """Send them on a connection, and close it; raises SendError."""
        where, stream = self._destination.address, framed(_messages(events, self._destination))
        try:
            self._calls.call(lambda: self._deliver(stream))
        except ssl.SSLCertVerificationError as error:
            trusted = self._destination.ca_file or "the system's CAs (push.ca_file names others)"
            said = f"{where}: its certificate can't be verified with {trusted}: {error.verify_message}"
            raise SendError(said) from error
        except OSError as error:
            raise SendError(f"{where} takes no message: {_reason(error)}") from error

    def _deliver(self, stream: bytes) -> None:
        """Deliver what goes over one connection; raises OSError."""
        host, _, port = self._destination.address.rpartition(":")
        host = host.strip("[]")
        with socket.create_connection((host, int(port)), self._destination.timeout) as plain:
            connection = _Tls(plain, self._context(), host)
            connection.do(connection.tls.do_handshake)
            connection.do(lambda: connection.tls.write(stream))
            connection.end()

    def _context(self) -> ssl.SSLContext:
        """Return the TLS context; its files are read each time, so that they can be renewed."""
        destination = self._destination
        check_private_key(destination)
        context = ssl.create_default_context(cafile=destination.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if destination.certificate_file is not None:
            context.load_cert_chain(destination.certificate_file, destination.private_key_file, password=_no_passphrase)
        return context


class _EndedError(ConnectionError):
    """The other side has ended the connection, without close_notify."""


class _Tls:
    """TLS on a socket. Python's own SSLSocket doesn't say how a connection has ended."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def do(self, step: Callable[[], object]) -> None:
        """Run a step of TLS to its end, sending and receiving what it needs; raises OSError."""
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._plain.sendall(self._outgoing.read())
                piece = self._plain.recv(65536)
                if not piece:
                    raise _EndedError("it ends the connection") from None
                self._incoming.write(piece)
            else:
                self._plain.sendall(self._outgoing.read())
                return

    def end(self) -> None:
        """Close, and wait until the other side has read everything and closes, too; raises OSError.

        rsyslog answers without close_notify. Then TCP tells: if the other side closes before it has read
        everything, it resets the connection; if it had closed earlier, it acknowledges nothing.
        """
        with suppress(ssl.SSLWantReadError):
            self.tls.read(1)  # what has come so far
        with suppress(ssl.SSLWantReadError):
            self.tls.unwrap()  # writes our close_notify
        try:
            self.do(self._read_to_the_end)
        except _EndedError:
            last = time.monotonic() + (self._plain.gettimeout() or 0.0)
            while _unacknowledged(self._plain):
                if time.monotonic() > last:
                    raise
                time.sleep(_LOOK_SECONDS)

    def _read_to_the_end(self) -> None:
        """Read up to close_notify; raises ssl.SSLError for a fatal alert, which `unwrap` takes for a good end.

        By TLS 1.3 a server says no to a client's certificate when the client has already written.
        """
        with suppress(ssl.SSLZeroReturnError):
            while self.tls.read(65536):
                pass


def _unacknowledged(connection: socket.socket) -> int:
    """Return how many bytes the other side has not acknowledged; raises OSError if it has reset the connection."""
    (count,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))
    if reset := connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(reset, os.strerror(reset))
    return int(count)


def _no_passphrase() -> str:
    raise PermissionError("private_key_file has a passphrase; give one without")


def _messages(events: Sequence[Event], destination: Destination) -> list[bytes]:
    hostname, pid = socket.gethostname(), os.getpid()
    return [message(each, destination.facility, hostname, pid) for each in events]


def _reason(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
