"""HTTPS with patience: the only importer of requests and urllib3."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader, LocationParseError, MaxRetryError, ProxyError, ResponseError, SSLError
from urllib3.util import Retry

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.deadline import Deadline, DeadlineError, backoff

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 90.0
"""Seconds; a page of 1,000 devices can take Graph several of them."""
MAX_RETRY_AFTER, TRIES = 300.0, 8
"""Seconds that a throttled request waits at most, whatever the server says; and how often it's sent again at most."""
THROTTLED = frozenset((429, 500, 502, 503, 504))
"""Answers that another try may turn into a good one."""


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110 10.2.3), fractions as Graph sends them included; None for none."""
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


class _Retry(Retry):
    """urllib3's retries, with jitter, fractional Retry-After, and an end.

    A proxy that doesn't answer, and a handshake of TLS that breaks off, count as connections that fail.
    """

    deadline: Deadline
    seconds = 0.0

    def new(self, **changes: Any) -> "_Retry":
        made: _Retry = super().new(**changes)
        made.deadline = self.deadline
        return made

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> "_Retry":
        made: _Retry = super().increment(method, url, response, error, _pool, _stacktrace)
        said = retry_after(response.headers.get("Retry-After")) if response is not None else None
        made.seconds = backoff(len(made.history)) if said is None else said
        if response is not None and made.seconds > self.deadline.left():
            # There is no time for another answer, and this one says what is wrong.
            raise MaxRetryError(_pool, url or "", ResponseError("the deadline"))
        return made

    def sleep(self, response: Any = None) -> None:
        error = self.history[-1].error
        self.deadline.wait(self.seconds, cause(error) if error is not None else f"answered {self.history[-1].status}")

    def _is_connection_error(self, err: Exception) -> bool:
        if isinstance(err, SSLError):
            return not _is_about_certificates(err)
        return isinstance(err, ProxyError) or super()._is_connection_error(err)


class Http:
    """A session with one service. Use it as a context manager."""

    def __init__(self, *, ca_file: Path | None, proxy: str, deadline: Deadline) -> None:
        """Prepare; nothing is sent yet. `proxy` is a URL, 'none', or '' for what the environment says."""
        self.deadline = deadline
        self.session = _Session(ca_file, proxy, deadline)
        retry = _Retry(
            total=TRIES,
            connect=2,
            other=0,  # among them a certificate that isn't trusted: it won't be the next time
            status_forcelist=THROTTLED,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=True,
        )
        retry.deadline = deadline
        self.session.mount("https://", HTTPAdapter(max_retries=retry))
        self.session.mount("http://", HTTPAdapter(max_retries=retry))

    def __enter__(self) -> "Http":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, Mapping[str, str], Any]:
        """Return status, headers and the JSON of an answer, None where a bad answer is empty.

        An answer that breaks off, or that isn't JSON, is asked for again. Raises TemporaryError where no usable one
        came, and RadtuneError where the CAs in settings are the cause.
        """
        tries, self.deadline.met = 0, ""
        while True:
            tries += 1
            try:
                response = self.session.request(method, url, headers=dict(headers), json=body)
            except requests.exceptions.RequestException as error:
                if tries >= TRIES or not _broken_off(error):
                    raise self.unreachable(url, error) from error
                why = f"the answer breaks off: {cause(error)}"
            except OSError as error:
                raise self.unreachable(url, error) from error
            else:
                parsed = _json(response)
                if parsed is not None or not (response.ok or response.content):
                    return response.status_code, response.headers, parsed
                why = _page(response)
                # A server that is in trouble, or too busy, was asked often enough by now.
                if tries >= TRIES // 2 or response.status_code in THROTTLED:
                    raise TemporaryError(f"{_host(url)} {why}; is there a proxy or a portal in between?")
            try:
                self.deadline.wait(backoff(tries), why)
            except DeadlineError as error:
                raise self.unreachable(url, error) from error

    def unreachable(self, url: str, error: OSError) -> RadtuneError:
        """Return the error for a request that got no answer; all of requests' exceptions are OSErrors."""
        where = _host(url)
        if isinstance(error, requests.exceptions.SSLError) and _is_about_certificates(error):
            trusted = self.session.trusted()
            return RadtuneError(f"{where}: its certificate doesn't hold against {trusted}: {cause(error)}")
        if isinstance(error, requests.exceptions.ProxyError):
            proxy = self.session.proxy_name(url)
            return TemporaryError(f"{where} can't be reached: the proxy {proxy} doesn't let it: {cause(error)}")
        if isinstance(error, requests.RequestException | DeadlineError):
            return TemporaryError(f"{where} can't be reached: {cause(error)}")
        return RadtuneError(f"{self.session.trusted()}: {error}")

    def ping(self, url: str) -> str:
        """Ask for a monitor's URL; return what is wrong, or ''. What stands behind its host is a secret of a kind."""
        try:
            response = self.session.get(url)
        except OSError as error:
            return f"{_host(url)} (sync.ping) can't be reached: {cause(error).replace(url, '…')}"
        return "" if response.status_code < 300 else f"{_host(url)} (sync.ping) answered {response.status_code}"


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
        # A redirect would carry the token, or the secret, to a host that nobody named.
        kwargs["allow_redirects"] = False
        with self._deadline.enforced():
            try:
                return super().request(method, url, *args, **kwargs)
            except LocationParseError as error:  # a URL that requests takes and urllib3 doesn't
                raise requests.exceptions.InvalidURL("not a URL that can be asked for") from error

    def trusted(self) -> str:
        """Return whose CAs are trusted, and which setting says so."""
        if self.ca_file is not None:
            return f"{self.ca_file} (intune.ca_file)"
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if self.trust_env else ():
            if file := os.environ.get(name):
                return f"{file} ({name} in the environment; intune.ca_file overrides it)"
        return "the system's CAs (intune.ca_file names others)"

    def proxy_name(self, url: str) -> str:
        """Return the proxy for this URL, without a password that may stand in it."""
        proxies = self._proxies or (requests.utils.get_environ_proxies(url) if self.trust_env else {})
        return str(proxies.get("https", "")).rpartition("@")[2] or "in between"


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _broken_off(error: requests.exceptions.RequestException) -> bool:
    """Tell whether the answer had begun: what came before it was tried again already."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(error, requests.ConnectionError) and not isinstance(inner, MaxRetryError | DeadlineError)


def _is_about_certificates(error: Exception) -> bool:
    """Tell whether it's a matter of trust, which another try doesn't mend, and not a connection that broke."""
    return "certificate" in str(error).lower()


def cause(error: Exception) -> str:
    """Return what is wrong in few words: the innermost cause, not the pools and retries around it."""
    inner: Any = error
    for _ in range(8):
        deeper = [getattr(inner, "reason", None), *reversed(getattr(inner, "args", ()))]
        found = next((each for each in deeper if isinstance(each, Exception)), None)
        if found is None:
            break
        inner = found
    said = str(inner)
    return without_secrets(said.rpartition(">: ")[2] or repr(inner))


def without_secrets(text: str) -> str:
    """Return the text without what may be a secret in it: the password in a URL, a token."""
    secrets = r"""(?<=//)\S*(?=@)|(?<=\bBearer ).*|\beyJ[\w.-]+|(?<="access_token":)\s*"[^"]*\""""
    return re.sub(secrets, "…", text, flags=re.DOTALL)


def _host(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _page(response: requests.Response) -> str:
    kind = response.headers.get("Content-Type", "of no type").partition(";")[0]
    text = without_secrets(" ".join(response.text[:400].split()))
    return f"answered {response.status_code} with what isn't its answer ({kind}): {text[:120]!r}"
