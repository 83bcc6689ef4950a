"""HTTPS with patience: the only importer of requests."""

import json
import math
import os
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectTimeout,
    ContentDecodingError,
    InvalidProxyURL,
    ProxyError,
    ReadTimeout,
    SSLError,
)
from urllib3.exceptions import InvalidHeader, LocationParseError, MaxRetryError
from urllib3.util import Retry

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.graph.deadline import Deadline, DeadlineError, backoff
from radtune_tools.graph.failure_causes import cause, host_of, is_about_certificates, without_secrets

TRIES, CONNECT_TRIES, DECODING_TRIES, PAGE_TRIES = 9, 3, 3, 4
"""The most times that a request is sent: if the server is busy or the answer breaks off; without a connection; if the
answer can't be decoded; if it isn't JSON. A proxy that mangles an answer will do so again."""
MAX_RETRY_AFTER = 300.0
"""Seconds that a throttled request waits at most, whatever the server says."""
THROTTLED = frozenset((429, 500, 502, 503, 504))
"""Answers that another try may turn into a good one."""
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 90.0
"""Seconds; a page of 1,000 devices can take Graph several of them."""
_IN_BETWEEN = "; is there a proxy or a portal in between?"


class Http:
    """A session with one service. Use it as a context manager."""

    def __init__(self, *, ca_file: Path | None, proxy: str, deadline: Deadline) -> None:
        """Prepare; nothing is sent yet. `proxy` is a URL, 'none', or '' for what the environment says."""
        self.deadline = deadline
        self.session = _Session(ca_file, proxy, deadline)

    def __enter__(self) -> "Http":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, Mapping[str, str], Any]:
        """Return status, headers and the JSON of an answer, None if a bad answer is empty; raises as `answer`."""
        response = self.answer(method, url, headers=dict(headers), json=body)
        return response.status_code, response.headers, json_of(response)

    def answer(self, method: str, url: str, **request: Any) -> requests.Response:
        """Return an answer that is JSON, or a bad one that is empty.

        Raises TemporaryError if no usable one came, and RadtuneError if CAs or proxy in settings are the cause.
        """
        try:
            response = self.send(method, url, _why_unusable, **request)
        except OSError as error:
            raise self._unreachable(url, error) from error
        if why := _why_unusable(response):
            raise TemporaryError(f"{host_of(url)} {why}{_IN_BETWEEN}")
        return response

    def send(
        self, method: str, url: str, why_unusable: Callable[[requests.Response], str] = lambda _: "", **request: Any
    ) -> requests.Response:
        """Return the last answer; a request that fails, is throttled or gets no usable answer is sent again.

        Waits as long as a busy server says (Retry-After), or ever longer. Raises OSError, as requests does.
        """
        self.deadline.met = ""
        for tries in count(1):
            response, busy, seconds = None, False, backoff(tries)
            try:
                response = self.session.request(method, url, **request)
            except requests.RequestException as error:
                most, why = _patience(error)
                if tries >= most:
                    raise
            else:
                busy, why = response.status_code in THROTTLED, why_unusable(response)
                if tries >= (TRIES if busy else PAGE_TRIES if why else 0):
                    return response
            if response is not None and busy:
                why = f"answered {response.status_code}"
                said = retry_after(response.headers.get("Retry-After"))
                seconds = seconds if said is None else said
                if seconds > self.deadline.left():  # there is no other answer, and this one says what is wrong
                    return response
            self.deadline.wait(seconds, why)
        raise AssertionError("it counts without an end")

    def _unreachable(self, url: str, error: OSError) -> RadtuneError:
        """Return the error for a request that got no answer; all of requests' exceptions are OSErrors."""
        where = host_of(url)
        if isinstance(error, SSLError) and is_about_certificates(error):
            trusted = self.session.trusted()
            return RadtuneError(f"{where}: its certificate can't be verified with {trusted}: {cause(error)}")
        if isinstance(error, InvalidProxyURL):
            return RadtuneError(f"{where} can't be asked: {error}")
        if isinstance(error, ProxyError):
            proxy = self.session.proxy_name(url)
            return TemporaryError(f"{where} can't be reached: the proxy {proxy} refuses: {cause(error)}")
        if isinstance(error, ContentDecodingError):
            return TemporaryError(f"{where} answers with what can't be decoded: {cause(error)}{_IN_BETWEEN}")
        if isinstance(error, requests.RequestException | DeadlineError):
            return TemporaryError(f"{where} can't be reached: {cause(error)}")
        return RadtuneError(f"{self.session.trusted()}: {error}")

    def ping(self, url: str) -> str:
        """Ask for a monitor's URL; return what is wrong, or ''. The URL behind its host is kept secret."""
        try:
            response = self.send("GET", url)
        except OSError as error:
            return f"{host_of(url)} (sync.ping) can't be reached: {cause(error).replace(url, '…')}"
        return "" if response.status_code < 300 else f"{host_of(url)} (sync.ping) answered {response.status_code}"


def _patience(error: requests.RequestException) -> tuple[int, str]:
    """Return how often a request that failed so is sent at most, and what went wrong."""
    why = cause(error)
    if isinstance(error, SSLError | ProxyError | ConnectTimeout):
        return 1 if isinstance(error, SSLError) and is_about_certificates(error) else CONNECT_TRIES, why
    if isinstance(error, ContentDecodingError):
        return DECODING_TRIES, f"the answer breaks off: {why}"
    if isinstance(error, ChunkedEncodingError):
        return TRIES, f"the answer breaks off: {why}"
    if isinstance(error, requests.ConnectionError) and error.args and isinstance(error.args[0], MaxRetryError):
        return CONNECT_TRIES, why
    return TRIES if isinstance(error, requests.ConnectionError | ReadTimeout) else 1, why


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110 10.2.3), fractions as Graph sends them included, or None."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = Retry().parse_retry_after(value)
        except InvalidHeader:
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


class _Session(requests.Session):
    """A session that names its CAs at every request, for REQUESTS_CA_BUNDLE overrides a session's own setting."""

    def __init__(self, ca_file: Path | None, proxy: str, deadline: Deadline) -> None:
        super().__init__()
        self.ca_file = ca_file
        self._deadline = deadline
        # With anything here, requests doesn't put what ~/.netrc says in the place of the token.
        self.auth = lambda request: request
        self._proxies = {"http": proxy, "https": proxy} if proxy not in ("", "none") else None
        if proxy == "none":
            self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = (CONNECT_TIMEOUT, READ_TIMEOUT)
        if self.ca_file is not None:
            kwargs["verify"] = str(self.ca_file)
        if self._proxies is not None:
            kwargs["proxies"] = self._proxies
        # A redirect would carry the token or the secret to another host.
        kwargs["allow_redirects"] = False
        self._check_proxy(str(url))
        send = super().request
        try:
            response = self._deadline.within(lambda: send(method, url, *args, **kwargs))
        except LocationParseError as error:  # a URL that requests takes and urllib3 doesn't
            raise requests.exceptions.InvalidURL("not a URL that can be asked for") from error
        _check_whole(response)
        return response

    def trusted(self) -> str:
        """Return the trusted CAs, and the setting that says so."""
        if self.ca_file is not None:
            return f"{self.ca_file} (intune.ca_file)"
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if self.trust_env else ():
            if file := os.environ.get(name):
                return f"{file} ({name} in the environment; intune.ca_file overrides it)"
        return "the system's CAs (intune.ca_file names others)"

    def proxy_name(self, url: str) -> str:
        """Return the proxy for this URL, without its password."""
        return self._proxy(url).rpartition("@")[2] or "in between"

    def _proxy(self, url: str) -> str:
        proxies = self._proxies or (requests.utils.get_environ_proxies(url) if self.trust_env else {})
        return str(requests.utils.select_proxy(url, proxies) or "")

    def _check_proxy(self, url: str) -> None:
        """Raise InvalidProxyURL for a proxy that can't be one; requests itself may raise anything, TypeError too."""
        proxy = self._proxy(url)
        try:
            parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            good = not proxy or bool(
                parts.hostname and (parts.port is None or parts.port) and not parts.path.strip("/")
            )
        except ValueError:
            good = False
        if not good:
            named = "intune.proxy" if self._proxies else "the proxy that the environment names (HTTPS_PROXY)"
            raise InvalidProxyURL(f"{named} can't be one: write http://HOST:PORT")


def _check_whole(response: requests.Response) -> None:
    """Raise if less has come than was announced; urllib3 before 2.0 lets that pass."""
    said, came = response.headers.get("Content-Length", ""), response.raw.tell()
    if said.isdecimal() and "Transfer-Encoding" not in response.headers and came < int(said):
        raise ChunkedEncodingError(f"IncompleteRead({came} bytes read, {int(said) - came} more expected)")


def json_of(response: requests.Response) -> Any:
    """Return the JSON of an answer, which is read once; None if it isn't JSON."""
    kept = response.__dict__
    if "json_read" not in kept:
        try:
            kept["json_read"] = json.loads(response.content)
        except (ValueError, RecursionError):
            kept["json_read"] = None
    return kept["json_read"]


def _why_unusable(response: requests.Response) -> str:
    """Return what is wrong with an answer that is neither JSON nor empty, in words for whoever looks for a proxy."""
    redirect = 300 <= response.status_code < 400
    if not redirect and (json_of(response) is not None or not (response.ok or response.content)):
        return ""
    if redirect:
        to = host_of(without_secrets(response.headers.get("Location", "")))
        said = f"a redirect to {to}" if to else "a redirect to nowhere"
        return f"answered {response.status_code}, {said}, which is not followed: it would carry the secret there"
    kind = response.headers.get("Content-Type", "of no type").partition(";")[0]
    text = without_secrets(" ".join(response.text[:400].split()))
    body = repr(text[:120]) if text else "nothing"
    return f"answered {response.status_code} with something unexpected ({kind}): {body}"
