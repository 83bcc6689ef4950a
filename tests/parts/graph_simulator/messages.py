"""What the parts of the simulator hand each other: one request, one response, and a refusal on the way."""

import gzip
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: path and query still percent-encoded, header names in lower case.

    `secure` tells whether it came by HTTPS, `inner` whether it came inside of a batch.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secure: bool = True
    inner: bool = False

    @property
    def target(self) -> str:
        """Path and query as they stood in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def client_request_id(self) -> str:
        """The caller's own id for this request; without one, the id given here, as Graph does."""
        return self.headers.get("client-request-id", self.request_id)

    def options(self) -> list[tuple[str, str]]:
        """Query parameters in order, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def form(self) -> dict[str, str]:
        """Body as application/x-www-form-urlencoded; the last value of a repeated name wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Cut:
    """How the server breaks an answer off, or stretches it.

    `reset` ends the connection in place of an answer, `reset-in-body` in the middle of the body, both with a TCP RST.
    `truncate` announces the whole body, sends `amount` bytes of it (None: half) and ends in good order. `drip` sends
    the whole body in small pieces over `amount` seconds.
    """

    how: Literal["reset", "reset-in-body", "truncate", "drip"]
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response: a JSON object to encode, bytes to send as they are, or no body.

    Bytes that are `packed` are compressed with gzip already.
    """

    status: int
    body: JsonObject | bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    packed: bool = False

    def content(self) -> bytes:
        """Give the body's bytes, without compression."""
        if self.body is None or isinstance(self.body, bytes):
            return gzip.decompress(self.body or b"") if self.packed else self.body or b""
        return encoded(self.body).encode()


class RefusalError(Exception):
    """A request that is answered with an error; carries the whole response."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"refused with status {response.status}")
        self.response = response


def encoded(value: Any) -> str:
    """Give a value as Graph writes JSON: without blanks, and in UTF-8 where it can be."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
