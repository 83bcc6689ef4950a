"""Microsoft's login service and Graph: the only importer of msal and requests."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import msal
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune.settings import Intune
from radtune_tools.credential import credential

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 90.0
"""Seconds; a page of 1,000 devices can take Graph several of them."""
MAX_RETRY_AFTER = 120.0
"""Seconds that a throttled request waits at most, whatever Graph says."""
MAX_PAGES = 10_000

_HINTS = {
    7000215: "the file must hold the secret's value, not its id, and the secret must belong to this application",
    7000222: "the client secret has expired: create a new one and put its value into the file",
    7000218: "the secret is empty",
    700016: "client_id or tenant is wrong: this tenant doesn't know the application",
    90002: "there is no such tenant: check tenant, and authority if it lies in a national cloud",
    700027: "the certificate in settings isn't the one uploaded to the application",
    700024: "the clock of this machine is wrong",
    53003: "a Conditional Access policy forbids the sign-in: allow this machine's public address",
}
_PASSING = frozenset((90006, 90024, 90033, 90055, 90090, 50196))
"""Codes of faults at Microsoft's side, and of too many sign-ins."""


class _Retry(Retry):
    """urllib3's retries, with the fractional Retry-After that Graph sends and an upper bound to it."""

    def get_retry_after(self, response: Any) -> float | None:
        try:
            wait = super().get_retry_after(response)
        except InvalidHeader:
            wait = None
        return None if wait is None else min(wait, MAX_RETRY_AFTER)

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return max(0.0, float(retry_after))
        except ValueError:
            return super().parse_retry_after(retry_after)


class _Session(requests.Session):
    """A session that names its CAs at every request, for REQUESTS_CA_BUNDLE overrides a session's own setting."""

    def __init__(self, ca_file: str | None) -> None:
        super().__init__()
        self._ca_file = ca_file
        retry = _Retry(
            total=5,
            connect=2,
            other=0,  # among them a certificate that isn't trusted: it won't be the next time
            backoff_factor=1.0,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET", "POST"),
            raise_on_status=False,
        )
        self.mount("https://", HTTPAdapter(max_retries=retry))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", (CONNECT_TIMEOUT, READ_TIMEOUT))
        if self._ca_file is not None:
            kwargs["verify"] = self._ca_file
        return super().request(method, url, *args, **kwargs)


class Graph:
    """A signed-in application at one tenant. Use it as a context manager."""

    def __init__(self, intune: Intune) -> None:
        """Prepare; nothing is sent yet."""
        self._intune = intune
        self._session = _Session(str(intune.ca_file) if intune.ca_file else None)

    def __enter__(self) -> "Graph":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def managed_devices(self, properties: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield every managedDevice of the tenant, page by page in Graph's order.

        Raises NotPermittedError, ConfigurationError or TemporaryError; what was yielded before is then only a part.
        https://learn.microsoft.com/graph/api/intune-devices-manageddevice-list
        """
        headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
        query = urlencode({"$select": ",".join(properties), "$top": self._intune.page_size}, safe="$,")
        url: str | None = f"{self._intune.graph}/v1.0/deviceManagement/managedDevices?{query}"
        seen: set[str] = set()
        while url is not None:
            if not url.startswith(f"{self._intune.graph}/"):
                raise TemporaryError(
                    f"{self._intune.graph}: the next page is said to be elsewhere ({url}); not followed"
                )
            if url in seen or len(seen) >= MAX_PAGES:
                raise TemporaryError(f"{self._intune.graph}: the list of devices doesn't end ({len(seen)} pages)")
            seen.add(url)
            page = self._get(url, headers)
            value = page.get("value")
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise TemporaryError(f"{self._intune.graph}: a page of devices has no list of devices")
            yield from value
            url = page.get("@odata.nextLink")
            if url is not None and not isinstance(url, str):
                raise TemporaryError(f"{self._intune.graph}: a page of devices has no usable link to the next")

    def _get(self, url: str, headers: dict[str, str]) -> dict[str, Any]:
        try:
            response = self._session.get(url, headers=headers)
        except OSError as error:
            raise self._unreachable(self._intune.graph, error) from error
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.status_code == 200 and isinstance(body, dict):
            return body
        request_id = response.headers.get("request-id", "none")
        said = f"{self._intune.graph} answered {response.status_code}: {graph_message(body)} (request-id {request_id})"
        if response.status_code in (401, 403):
            hint = "grant the application DeviceManagementManagedDevices.Read.All with admin consent"
            raise NotPermittedError(f"{said}; {hint}")
        if response.status_code == 400:
            raise NotPermittedError(f"{said}; the tenant needs an Intune licence")
        raise TemporaryError(f"{said}; the store is as it was, the next run tries again")

    def _unreachable(self, where: str, error: OSError) -> RadtuneError:
        """Return the error for a request that got no answer; all of requests' exceptions are OSErrors."""
        if isinstance(error, requests.exceptions.SSLError):
            trusted = self._intune.ca_file or "the system's CAs"
            return RadtuneError(f"{where}: its certificate doesn't hold against {trusted} (intune.ca_file): {error}")
        if isinstance(error, requests.RequestException):
            return TemporaryError(f"{where} can't be reached: {error}")
        return RadtuneError(f"{self._intune.ca_file} (intune.ca_file): {error}")

    def _token(self) -> str:
        """Sign in with the client credentials grant and return an access token for Graph."""
        where = f"{self._intune.authority}/{self._intune.tenant}"
        try:
            application = msal.ConfidentialClientApplication(
                self._intune.client_id,
                client_credential=credential(self._intune),
                authority=where,
                instance_discovery=False,
                http_client=self._session,
            )
            result = application.acquire_token_for_client(scopes=[f"{self._intune.graph}/.default"])
        except OSError as error:
            raise self._unreachable(where, error) from error
        except ValueError as error:
            said = str(error.__context__ or error)
            if "AADSTS90002" in said or "invalid_tenant" in said:
                raise NotPermittedError(f"{where}: {said}; {_HINTS[90002]}") from error
            raise TemporaryError(f"{where} answered what isn't a sign-in service's answer: {said}") from error
        except (msal.exceptions.MsalError, LookupError, AttributeError, TypeError, RuntimeError) as error:
            raise TemporaryError(f"{where} answered what isn't a sign-in service's answer: {error!r}") from error
        if "access_token" in result:
            return str(result["access_token"])
        raise _refusal(where, result)


def _refusal(where: str, result: dict[str, Any]) -> RadtuneError:
    """Return the error for a sign-in that was answered with one."""
    codes = result.get("error_codes") or []
    said = (str(result.get("error_description") or result.get("error")).splitlines() or ["no explanation"])[0]
    if not codes or any(code in _PASSING for code in codes):
        return TemporaryError(f"{where}: no sign-in now: {said}; the store is as it was, the next run tries again")
    hint = next((f"; {_HINTS[code]}" for code in codes if code in _HINTS), "")
    return NotPermittedError(f"{where}: sign-in refused: {said}{hint}")


def graph_message(body: Any) -> str:
    """Return the words of a Graph error; Intune packs them into JSON inside the message, sometimes twice."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "no explanation"
    message = str(error.get("message") or error.get("code") or "no explanation")
    for _ in range(3):
        try:
            inner = json.loads(message)
        except ValueError:
            break
        if not isinstance(inner, dict) or not (inner.get("Message") or inner.get("message")):
            break
        message = str(inner.get("Message") or inner.get("message"))
    return message
