"""HTTPS with patience: the only importer of requests."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, InvalidProxyURL
from urllib3.exceptions import LocationParseError, MaxRetryError

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.graph.adapter import THROTTLED, TRIES, Adapter, PatientRetry
from radtune_tools.graph.causes import cause, host_of, is_about_certificates, without_secrets
from radtune_tools.graph.deadline import Deadline, DeadlineError, backoff

_IN_BETWEEN = "; is there a proxy or a portal in between?"
DECODING_TRIES = 3
"""How often an answer is asked for that can't be decoded: a proxy that mangles it will do so again."""
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 90.0
"""Seconds; a page of 1,000 devices can take Graph several of them."""


class Http:
    """A session with one service. Use it as a context manager."""

    def __init__(self, *, ca_file: Path | None, proxy: str, deadline: Deadline) -> None:
        """Prepare; nothing is sent yet. `proxy` is a URL, 'none', or '' for what the environment says."""
        self.deadline = deadline
        self.session = _Session(ca_file, proxy, deadline)
        retry = PatientRetry(
            total=TRIES,
            connect=2,
            other=0,  # among them a certificate that isn't trusted: it won't be the next time
            status_forcelist=THROTTLED,
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=True,
        )
        retry.deadline = deadline
        self.session.mount("https://", Adapter(max_retries=retry))
        self.session.mount("http://", Adapter(max_retries=retry))

    def __enter__(self) -> "Http":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: object = None
    ) -> tuple[int, Mapping[str, str], Any]:
        """Return status, headers and the JSON of an answer, None where a bad answer is empty; as `answer` does."""
        response = self.answer(method, url, headers=dict(headers), json=body)
        return response.status_code, response.headers, json_of(response)

    def answer(self, method: str, url: str, **request: Any) -> requests.Response:
        """Return an answer that is JSON, or a bad one that is empty.

        One that breaks off, or that isn't JSON, is asked for again. Raises TemporaryError where no usable one came, and
        RadtuneError where CAs or proxy in settings are the cause.
        """
        tries, self.deadline.met = 0, ""
        while True:
            tries += 1
            try:
                response = self.session.request(method, url, **request)
            except requests.exceptions.RequestException as error:
                if isinstance(error, ContentDecodingError) and tries >= DECODING_TRIES:
                    said = f"answers with what can't be decoded: {cause(error)}"
                    raise TemporaryError(f"{host_of(url)} {said}{_IN_BETWEEN}") from error
                if tries >= TRIES or not _broken_off(error):
                    raise self.unreachable(url, error) from error
                why = f"the answer breaks off: {cause(error)}"
            except OSError as error:
                raise self.unreachable(url, error) from error
            else:
                redirect = 300 <= response.status_code < 400
                if not redirect and (json_of(response) is not None or not (response.ok or response.content)):
                    return response
                why = _page(response)
                # A server that is in trouble, or too busy, was asked often enough by now.
                if tries >= TRIES // 2 or response.status_code in THROTTLED:
                    raise TemporaryError(f"{host_of(url)} {why}{_IN_BETWEEN}")
            try:
                self.deadline.wait(backoff(tries), why)
            except DeadlineError as error:
                raise self.unreachable(url, error) from error

    def unreachable(self, url: str, error: OSError) -> RadtuneError:
        """Return the error for a request that got no answer; all of requests' exceptions are OSErrors."""
        where = host_of(url)
        if isinstance(error, requests.exceptions.SSLError) and is_about_certificates(error):
            trusted = self.session.trusted()
            return RadtuneError(f"{where}: its certificate doesn't hold against {trusted}: {cause(error)}")
        if isinstance(error, InvalidProxyURL):
            return RadtuneError(f"{where} can't be asked: {error}")
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
            return f"{host_of(url)} (sync.ping) can't be reached: {cause(error).replace(url, '…')}"
        return "" if response.status_code < 300 else f"{host_of(url)} (sync.ping) answered {response.status_code}"


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
        self._check_proxy(str(url))
        with self._deadline.enforced():
            try:
                response = super().request(method, url, *args, **kwargs)
            except LocationParseError as error:  # a URL that requests takes and urllib3 doesn't
                raise requests.exceptions.InvalidURL("not a URL that can be asked for") from error
        _check_whole(response)
        return response

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
    """Raise where less has come than was announced; urllib3 before 2.0 lets that pass."""
    said, came = response.headers.get("Content-Length", ""), response.raw.tell()
    if said.isdecimal() and "Transfer-Encoding" not in response.headers and came < int(said):
        raise ChunkedEncodingError(f"IncompleteRead({came} bytes read, {int(said) - came} more expected)")


def json_of(response: requests.Response) -> Any:
    """Return the JSON of an answer, None where it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _broken_off(error: requests.exceptions.RequestException) -> bool:
    """Tell whether the answer had begun: what came before it was tried again already."""
    if isinstance(error, ChunkedEncodingError | ContentDecodingError):
        return True
    inner = error.args[0] if error.args else None
    return isinstance(error, requests.ConnectionError) and not isinstance(inner, MaxRetryError | DeadlineError)


def _page(response: requests.Response) -> str:
    if 300 <= response.status_code < 400:
        to = host_of(without_secrets(response.headers.get("Location", "")))
        said = f"a redirect to {to}" if to else "a redirect to nowhere"
        return f"answered {response.status_code}, {said}, which is not followed: it would carry the secret there"
    kind = response.headers.get("Content-Type", "of no type").partition(";")[0]
    text = without_secrets(" ".join(response.text[:400].split()))
    body = repr(text[:120]) if text else "nothing"
    return f"answered {response.status_code} with what isn't its answer ({kind}): {body}"
