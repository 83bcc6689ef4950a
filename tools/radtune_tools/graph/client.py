"""Microsoft Graph, as far as it speaks of devices."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass, field
from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune_tools.graph.deadline import DeadlineError, backoff
from radtune_tools.graph.failure_causes import graph_message, host_of
from radtune_tools.graph.http import THROTTLED, TRIES, Http, retry_after
from radtune_tools.graph.signin import READ_DEVICES, READ_ENTRA_DEVICES, SignIn

MAX_PAGES, MAX_DEVICES = 10_000, 10_000_000
"""The most pages of one list; more if pages are so small that so many devices need more of them."""
_NOT_TAKEN = "check this machine's clock (NTP), cloud or graph, and Conditional Access for the application"
BATCH = 20
"""Requests that one $batch may hold. https://learn.microsoft.com/graph/json-batching"""
_DEVICES = "/v1.0/deviceManagement/managedDevices"
_ENTRA_DEVICES = "/v1.0/devices/"
ENTRA_PROPERTIES = "id,deviceId,isCompliant,accountEnabled"


class GoneError(TemporaryError):
    """Graph has forgotten these changes: read them from the start."""


class InvalidRequestError(TemporaryError):
    """Graph doesn't take the request (400), and another try won't change that."""


@dataclass(slots=True)
class _BatchAnswers:
    """The answers of a $batch.

    found: answers by name, None for what isn't there
    again: the names to ask for again, after `wait` seconds, 0 if Graph doesn't say
    refused: errors by status
    """

    found: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    wait: float = 0.0
    refused: dict[int, Any] = field(default_factory=dict)


class Graph:
    """Graph of one tenant."""

    def __init__(self, tenant: Tenant, http: Http, signin: SignIn) -> None:
        """Prepare; nothing is sent yet."""
        self._tenant = tenant
        self._http = http
        self._signin = signin
        self._headers: Mapping[str, str] = {}
        self.requests = 0
        """The number of requests that were answered, sign-ins left out."""
        self.date = ""
        """Graph's clock at its first answer, as the header Date has it."""
        self.delta_link = ""
        """The link from which Entra's changes go on, once they were read to their end."""

    def managed_devices(self, properties: Sequence[str], condition: str = "") -> Iterator[dict[str, Any]]:
        """Yield every managedDevice of the tenant, or those that fit the $filter, page by page in Graph's order.

        Raises NotPermittedError, ConfigurationError or TemporaryError; what was yielded before is then only a part.
        https://learn.microsoft.com/graph/api/intune-devices-manageddevice-list
        """
        options = {"$select": ",".join(properties), "$top": self._tenant.page_size}
        query = urlencode({**options, **({"$filter": condition} if condition else {})}, safe="$,", quote_via=quote)
        for page in self._pages(f"{self._tenant.graph}{_DEVICES}?{query}"):
            yield from _objects(self._tenant.graph, page)

    def count(self) -> int | None:
        """Return the number of enrolled devices, approximately; None if Intune doesn't say."""
        status, body = self._ask("GET", f"{self._tenant.graph}/v1.0/deviceManagement/managedDeviceOverview")
        count = body.get("enrolledDeviceCount") if status == 200 and isinstance(body, dict) else None
        return count if type(count) is int else None

    def devices(self, ids: Iterable[str], properties: Sequence[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield each of these managedDevices by its Intune id, as `_each` does."""
        select = quote(",".join(properties), safe=",")
        urls = {name: f"/deviceManagement/managedDevices/{name}?$select={select}" for name in ids}
        return self._each(urls, READ_DEVICES)

    def entra_devices(self, ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield each of these Entra devices by its deviceId, as `_each` does.

        https://learn.microsoft.com/graph/api/device-get
        """
        urls = {name: f"/devices(deviceId='{name}')?$select={ENTRA_PROPERTIES}" for name in ids}
        return self._each(urls, READ_ENTRA_DEVICES)

    def entra_changes(self, link: str) -> Iterator[dict[str, Any]]:
        """Yield the Entra devices that have changed since `link` was given ('': all); then `delta_link` is the next.

        Raises GoneError where the link is too old. https://learn.microsoft.com/graph/api/device-delta
        """
        first = f"{self._tenant.graph}{_ENTRA_DEVICES}delta?$select={ENTRA_PROPERTIES}"
        page: Mapping[str, Any] = {}
        for page in self._pages(link if link.startswith(f"{self._tenant.graph}/") else first):
            yield from _objects(self._tenant.graph, page)
        self.delta_link = str(page.get("@odata.deltaLink") or "")

    def _each(self, urls: Mapping[str, str], least: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Yield the answer of each URL by its name, with None for what isn't there; 20 in a request.

        What Graph refuses, or doesn't answer before the deadline, is left out. Raises NotPermittedError if it refuses
        all of a request, or refuses a new token, too.
        """
        left, tries, renewed = list(urls), 0, False
        while left and tries < TRIES:
            answers = self._batch({name: urls[name] for name in left[:BATCH]})
            yield from answers.found.items()
            left = left[BATCH:] + answers.again
            tries = tries + 1 if answers.again else 0
            if (401 in answers.refused and renewed) or (answers.refused and not answers.found and not answers.again):
                raise self._refusal(*answers.refused.popitem(), {}, least)
            renewed = 401 in answers.refused
            if renewed:
                self._signin.token(new=True)
            elif answers.again:
                try:
                    self._http.deadline.wait(answers.wait or backoff(tries), "Graph is busy")
                except DeadlineError:
                    return

    def _batch(self, requests: Mapping[str, str]) -> "_BatchAnswers":
        body = {"requests": [{"id": name, "method": "GET", "url": url} for name, url in requests.items()]}
        page = self._must("POST", f"{self._tenant.graph}/v1.0/$batch", body)
        answers = _BatchAnswers()
        again = dict.fromkeys(requests)
        responses = page.get("responses")
        for response in filter(lambda each: isinstance(each, dict), responses if isinstance(responses, list) else ()):
            name, status, inner = str(response.get("id")), response.get("status"), response.get("body")
            if name not in requests or type(status) is not int:
                continue
            if status == 404 or (status == 200 and isinstance(inner, dict)):
                answers.found[name] = inner if status == 200 else None
            if status in (401, 403):
                answers.refused[status] = inner
            if status in THROTTLED:
                answers.wait = max(answers.wait, retry_after(_header(response, "Retry-After")) or 0.0)
            elif name in answers.found or (status >= 400 and status != 401):
                again.pop(name, None)
        answers.again = list(again)
        return answers

    def _pages(self, url: str) -> Iterator[Mapping[str, Any]]:
        """Yield the pages from this URL on. The URL of the next page is used verbatim, but at Graph's own host only."""
        following: str | None = url
        seen: set[str] = set()
        graph = self._tenant.graph
        while following is not None:
            if not following.startswith(f"{graph}/"):
                where = host_of(following) or "at no host"
                raise TemporaryError(f"{graph}: the next page is said to be elsewhere ({where}); not followed")
            if following in seen or len(seen) >= max(MAX_PAGES, MAX_DEVICES // self._tenant.page_size):
                raise TemporaryError(f"{graph}: the list of devices doesn't end ({len(seen)} pages)")
            seen.add(following)
            page = self._must("GET", following)
            yield page
            following = page.get("@odata.nextLink")
            if following is not None and not isinstance(following, str):
                raise TemporaryError(f"{graph}: a page of devices has no usable link to the next")

    def _must(self, method: str, url: str, body: object = None) -> Mapping[str, Any]:
        status, answer = self._ask(method, url, body)
        if status == 200 and isinstance(answer, dict):
            return answer
        entra = url.startswith(f"{self._tenant.graph}{_ENTRA_DEVICES}")
        raise self._refusal(status, answer, self._headers, READ_ENTRA_DEVICES if entra else READ_DEVICES)

    def _ask(self, method: str, url: str, body: object = None) -> tuple[int, Any]:
        """Ask; if the token is no longer good, ask again with a new one."""
        for attempt in (1, 2):
            token = self._signin.token(new=attempt == 2)
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            status, self._headers, answer = self._http.ask(method, url, headers, body)
            self.requests += 1
            self.date = self.date or self._headers.get("Date", "")
            if status != 401:
                break
        return status, answer

    def _refusal(self, status: int, body: Any, headers: Mapping[str, str], least: str = READ_DEVICES) -> RadtuneError:
        """Return the error for a bad answer; `least` is the permission that the request needs."""
        request = f" (request-id {headers['request-id']})" if "request-id" in headers else ""
        said = f"{self._tenant.graph} answered {status}{_said(status, body)}{request}"
        if status == 401:
            return NotPermittedError(f"{said}; a new token didn't help: {_NOT_TAKEN}")
        if status == 403:
            return NotPermittedError(f"{said}; {_permission(body, least)}")
        if status == 400 and "not applicable to target tenant" in said.lower():
            return NotPermittedError(f"{said}; the tenant needs an Intune licence")
        kind = {400: InvalidRequestError, 410: GoneError}.get(status, TemporaryError)
        if _code(body).lower() == "syncstatenotfound":
            kind = GoneError
        return kind(f"{said}; the store is as it was, the next run tries again")


def _said(status: int, body: Any) -> str:
    if status == 200:
        return f" with {'a list' if isinstance(body, list) else 'a value'}, where keys with values belong"
    return f": {graph_message(body)}"


def _permission(body: Any, least: str) -> str:
    """Return the advice to grant the least permission; Graph names the largest ones first."""
    named = re.search(r"must have one of the following scopes:\s*(.+?)\s*(?:-|$)", graph_message(body))
    scopes = {scope.strip() for scope in named[1].split(",")} if named else {least}
    wanted = least if least in scopes else min(scopes)
    return f"grant the application {wanted} (application permission) with admin consent; `radtune link` shows how"


def _code(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code")) if isinstance(error, dict) else ""


def _objects(where: str, page: Mapping[str, Any]) -> list[dict[str, Any]]:
    value = page.get("value")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TemporaryError(f"{where}: a page of devices has no list of devices")
    return value


def _header(response: Mapping[str, Any], name: str) -> str | None:
    headers = response.get("headers")
    found = headers if isinstance(headers, dict) else {}
    return next((str(value) for key, value in found.items() if key.lower() == name.lower()), None)
