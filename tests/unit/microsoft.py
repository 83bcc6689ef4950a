"""Microsoft, without a network: an adapter answers in its place."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from requests.adapters import BaseAdapter

from radtune.config.tenants import Tenant, build_tenant
from radtune_tools.graph.client import Graph
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.http import Http
from radtune_tools.graph.signin import SignIn
from unit.samples import guid

LOGIN, GRAPH = "https://login.example", "https://graph.example"
TOKEN = {"access_token": "t0k3n", "token_type": "Bearer", "expires_in": 3600}
Answer = tuple[Any, ...]
"""Status and body, and headers if there are any; a body that is an exception is raised."""


class Microsoft(BaseAdapter):
    """Answers in the place of the network; what was asked is kept.

    Of `tokens` and `pages` each is given once, but for the last token, which is given from then on.
    """

    def __init__(
        self,
        pages: list[Answer] | Callable[[requests.PreparedRequest], Answer] = (),  # type: ignore[assignment]
        tokens: list[Answer] | None = None,
        configuration: Answer | None = None,
    ) -> None:
        super().__init__()
        self._pages, self._tokens, self._configuration = pages, tokens or [(200, TOKEN)], configuration
        self.asked: list[requests.PreparedRequest] = []
        self.signed_in: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, *_: object, **options: Any) -> requests.Response:
        """Give the next answer."""
        url = str(request.url)
        self.options.append(options)
        if "openid-configuration" in url:
            found = self._configuration or (
                200,
                configuration(url.removesuffix("/v2.0/.well-known/openid-configuration")),
            )
        elif "/token" in url and not url.startswith(GRAPH):
            self.signed_in.append(request)
            found = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        else:
            self.asked.append(request)
            found = self._pages(request) if callable(self._pages) else self._pages.pop(0)
        status, body, *more = found
        if isinstance(body, Exception):
            raise body
        response = requests.Response()
        response.status_code, response.url, response.request = status, url, request
        response.headers.update(more[0] if more else {})
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        return response

    def close(self) -> None:
        """Close nothing."""

    @property
    def urls(self) -> list[str]:
        """What Graph was asked for."""
        return [str(request.url) for request in self.asked]

    @property
    def forms(self) -> list[str]:
        """What was sent to sign in."""
        return [str(request.body) for request in self.signed_in]


def configuration(authority: str) -> dict[str, str]:
    """Return what the login service says of itself."""
    endpoints = f"{authority}/oauth2/v2.0"
    return {
        "authorization_endpoint": f"{endpoints}/authorize",
        "token_endpoint": f"{endpoints}/token",
        "issuer": f"{authority}/v2.0",
    }


def tenant(**more: Any) -> Tenant:
    """Return a tenant of the Microsoft in this file; it has no credential."""
    entry = {"tenant": "contoso.example", "client_id": guid(7), "authority": LOGIN, "graph": GRAPH, "page_size": 500}
    return build_tenant({**entry, **more}, Path("/nowhere"))


@contextmanager
def asking(microsoft: Microsoft, of: Tenant, seconds: float = 1800) -> Iterator[tuple[Graph, SignIn]]:
    """Give Graph, and the sign-in, of this tenant at this Microsoft."""
    with Http(ca_file=of.ca_file, proxy=of.proxy, deadline=Deadline(seconds)) as http:
        http.session.mount("https://", microsoft)
        http.session.mount("http://", microsoft)
        signin = SignIn(of, http)
        yield Graph(of, http, signin), signin


class SignedIn(SignIn):
    """A sign-in without any: its tokens are token-1, token-2 and so on."""

    def __init__(self) -> None:
        self.tokens = 0

    def token(self, *, new: bool = False) -> str:
        """Return the token."""
        self.tokens += new or not self.tokens
        return f"token-{self.tokens}"


@contextmanager
def graph_at(microsoft: Microsoft, seconds: float = 1800, **more: Any) -> Iterator[Graph]:
    """Give Graph at this Microsoft, signed in to already."""
    of = tenant(**more)
    with Http(ca_file=None, proxy="", deadline=Deadline(seconds)) as http:
        http.session.mount("https://", microsoft)
        yield Graph(of, http, SignedIn())
