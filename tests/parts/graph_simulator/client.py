"""A client of the simulator made of the real msal and requests, for the simulator's own tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msal
import requests

from parts.graph_simulator.messages import JsonObject

MANAGED_DEVICES = "/v1.0/deviceManagement/managedDevices"
TIMEOUT_SECONDS = 60
SECRET = "s3cret~value"
"""With which the application `app` signs in, where a test has no other wish."""


class Running(Protocol):
    """What both kinds of running simulator have in common."""

    ca_file: Path
    url: str

    @property
    def authority(self) -> str: ...
    @property
    def scope(self) -> str: ...


@contextmanager
def trusting(ca_file: Path) -> Iterator[requests.Session]:
    """Give a session that trusts this authority alone."""
    with _Trusting() as session:
        session.verify = str(ca_file)
        session.trust_env = False  # REQUESTS_CA_BUNDLE overrides what a session says
        yield session


class _Trusting(requests.Session):
    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(method, url, *args, **{"timeout": TIMEOUT_SECONDS, **kwargs})


def sign_in(running: Running, session: requests.Session, client_id: str, credential: Any) -> JsonObject:
    """Ask for a token as `msal` does and give msal's result: with access_token, or with error."""
    app = msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=running.authority,
        instance_discovery=False,
        http_client=session,
    )
    result: JsonObject = app.acquire_token_for_client(scopes=[running.scope])
    return result


class Client:
    """A session that has signed in, and the walk that follows nextLink; KeyError if no token was given."""

    def __init__(self, running: Running, session: requests.Session, client_id: str, credential: Any) -> None:
        self.session, self._url = session, running.url
        self.token: str = sign_in(running, session, client_id, credential)["access_token"]

    def get(self, target: str, **headers: str) -> requests.Response:
        """GET a path of Graph, or a URL as Graph gave it."""
        url = target if target.startswith("https:") else self._url + target
        return self.session.get(url, headers={"Authorization": f"Bearer {self.token}", **headers})

    def pages(self, target: str) -> Iterator[JsonObject]:
        """Yield page after page; requests.HTTPError for anything but a 200."""
        following: str | None = target
        while following:
            response = self.get(following)
            response.raise_for_status()
            page: JsonObject = response.json()
            yield page
            following = page.get("@odata.nextLink")
