"""Events to a webhook: one request for a batch, one try; the forwarder tries again. Imports requests, alone in push."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.exceptions import InvalidProxyURL, InvalidURL, ProxyError, SSLError

from radtune import __version__
from radtune.config.push_settings import Destination, url_problem
from radtune.errors import RadtuneError
from radtune_tools.graph.failure_causes import cause, host_of, is_about_certificates
from radtune_tools.graph.http import retry_after
from radtune_tools.push.sender import RefusedError, SendError, TimedCalls, check_private_key
from radtune_tools.push.signature import headers, read_key
from radtune_tools.push.webhook_body import body, message_id, most_events
from radtune_tools.push.words import Event
from radtune_tools.secret_file import read_secret

_BUSY = frozenset((408, 425, 429))
"""Errors below 500 after which the same events can be tried again."""


class Webhook:
    """A webhook. Its files are read at each request, so that they can be renewed."""

    def __init__(self, destination: Destination) -> None:
        """Prepare; nothing is sent yet."""
        self._destination = destination
        self.most = most_events(destination.template, destination.batch)
        self._calls = TimedCalls(destination.timeout)

    def send(self, events: Sequence[Event]) -> None:
        """Send them in one request; raises SendError, RefusedError."""
        url = self._url()
        try:
            status, answered = self._calls.call(lambda: self._post(url, events))
        except (OSError, ValueError) as error:  # urllib3 takes some proxies for no URL, which requests passes on
            raise SendError(self._unreachable(url, error)) from error
        if 200 <= status < 300:
            return
        said = f"{host_of(url)} answered {status}"
        if 300 <= status < 400:
            raise RefusedError(f"{said}, a redirect, which is not followed; name the address that it leads to")
        if status < 500 and status not in _BUSY:
            raise RefusedError(f"{said}: it doesn't take these events, or is not this webhook any more")
        raise SendError(said, retry_after(answered.get("Retry-After")))

    def _url(self) -> str:
        """Return the address; raises SendError."""
        file = self._destination.url_file
        if file is None:
            return self._destination.url
        try:
            url = read_secret(file, "the address of the webhook")
        except RadtuneError as error:
            raise SendError(str(error)) from error
        if said := url_problem(url):
            raise SendError(f"{file}: {said}")
        return url

    def _post(self, url: str, events: Sequence[Event]) -> tuple[int, Mapping[str, str]]:
        """Send the request; return status and headers of the answer. Raises OSError, and SendError for our files."""
        destination = self._destination
        try:
            key = None if destination.secret_file is None else read_key(destination.secret_file)
        except RadtuneError as error:
            raise SendError(str(error)) from error
        check_private_key(destination)
        content = body(destination.template, events)
        signed = headers(key, _header(message_id(events)), time.time(), content)
        # The status says it all. What follows isn't read: it may be long, or never end.
        with (
            _session(destination) as session,
            session.post(url, data=content, headers=signed, stream=True, **_options(destination)) as response,
        ):
            return response.status_code, response.headers

    def _unreachable(self, url: str, error: Exception) -> str:
        """Return why there was no answer, without what stands behind the host in the URL."""
        where, destination = host_of(url), self._destination
        if isinstance(error, SSLError) and is_about_certificates(error):
            trusted = destination.ca_file or "the system's CAs (push.ca_file names others)"
            return f"{where}: its certificate can't be verified with {trusted}: {cause(error)}"
        if isinstance(error, InvalidProxyURL | InvalidURL):
            return f"{where} can't be asked: {'push.proxy' if destination.proxy else 'HTTPS_PROXY'} can't be a proxy"
        why = str(error) if isinstance(error, TimeoutError) else cause(error)
        if len(secret := url.removeprefix(where)) > 1:
            why = why.replace(secret, "…")
        return f"{where} can't be reached{' by the proxy' if isinstance(error, ProxyError) else ''}: {why}"


def _header(text: str) -> str:
    """Return a text that can stand in a header."""
    return re.sub(r"[^!-~]", "_", text)[:200]


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing is a redirect: requests would read all of its body, even if it doesn't follow it."""


def _session(destination: Destination) -> requests.Session:
    session = _Session()
    session.headers.update({"User-Agent": f"radtune/{__version__}", "Content-Type": "application/json"})
    session.trust_env = destination.proxy != "none"
    # With anything here, requests sends no password that ~/.netrc has for this host.
    session.auth = lambda request: request
    return session


def _options(destination: Destination) -> dict[str, Any]:
    """Return the options of a request; as a session's own, the environment would override some of them."""
    certificate, key, proxy = destination.certificate_file, destination.private_key_file, destination.proxy
    return {
        "timeout": destination.timeout,
        "allow_redirects": False,
        "verify": str(destination.ca_file) if destination.ca_file else None,
        "cert": (str(certificate), str(key)) if certificate else None,
        "proxies": {"http": proxy, "https": proxy} if proxy not in ("", "none") else None,
    }
