"""Steering one tenant of a simulator that runs as a process of its own, by its control interface."""

import http.client
import json
import ssl
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parts.graph_simulator.control import ERRORS, PREFIX, TENANTS
from parts.graph_simulator.control_actions import InvalidControlError
from parts.graph_simulator.fault_plan import FaultState
from parts.graph_simulator.messages import JsonObject
from parts.graph_simulator.requests_seen import SeenRequest


def control(url: str, ca_file: Path, method: str, resource: str, body: Mapping[str, Any] | None = None) -> JsonObject:
    """Ask the control interface; raises what the answer stands for, InvalidControlError if that is nothing else."""
    context = ssl.create_default_context(cafile=str(ca_file))
    connection = http.client.HTTPSConnection(url.removeprefix("https://"), context=context)
    try:
        connection.request(method, PREFIX + resource, None if body is None else json.dumps(body))
        response = connection.getresponse()
        answer: JsonObject = json.loads(response.read() or b"{}")
    finally:
        connection.close()
    if response.status >= 400:
        raise ERRORS.get(answer["type"], InvalidControlError)(answer["error"])
    return answer


class TenantSteering:
    """One tenant of a running simulator; `url` is set once it runs."""

    def __init__(self, tenant: str, ca_file: Path, url: str = "") -> None:
        self.tenant, self.ca_file, self.url = tenant, ca_file, url

    @property
    def authority(self) -> str:
        """The authority URL for msal."""
        return f"{self.url}/{self.tenant}"

    @property
    def scope(self) -> str:
        """The scope to ask a token for."""
        return f"{self.url}/.default"

    def patch(self, device_id: str, **changes: Any) -> None:
        """Set properties of one device; UnknownDeviceError, InvalidDeviceError."""
        self._control("PATCH", f"devices/{quote(device_id, safe='')}", changes)

    def put(self, device: Mapping[str, Any]) -> None:
        """Add a device or replace the one with its id; InvalidDeviceError."""
        self._control("PUT", f"devices/{quote(device['id'], safe='')}", device)

    def delete(self, device_id: str) -> None:
        """Take a device out; UnknownDeviceError."""
        self._control("DELETE", f"devices/{quote(device_id, safe='')}")

    def requests(self) -> list[SeenRequest]:
        """Give what sign-in host and Graph were asked so far, oldest first."""
        return [SeenRequest(**entry) for entry in self._control("GET", "requests")["requests"]]

    def forget_requests(self) -> None:
        """Begin anew with an empty log and counts of zero."""
        self._control("DELETE", "requests")

    def counts(self) -> Counter[str]:
        """Count what was asked, by kind: discovery, token, consent, identity, list, single, overview, batch, delta."""
        return Counter(self._control("GET", "counts")["counts"])

    def set_faults(self, *faults: str) -> None:
        """Set these faults in place of all others, none for none; InvalidFaultError."""
        self._control("PUT", "faults", {"faults": faults})

    def add_faults(self, *faults: str) -> None:
        """Set these faults behind the others; InvalidFaultError."""
        self._control("POST", "faults", {"faults": faults})

    def faults(self) -> list[FaultState]:
        """Give the faults that are set, how many requests each has counted, and to how many it has happened."""
        return [FaultState(**state) for state in self._control("GET", "faults")["faults"]]

    def entra(self, device_id: str) -> JsonObject:
        """Give Entra's object of a device by its azureADDeviceId; UnknownEntraDeviceError."""
        return self._control("GET", f"entra/{quote(device_id, safe='')}")

    def patch_entra(self, device_id: str, **changes: Any) -> None:
        """Set properties of Entra's object, apart from Intune; UnknownEntraDeviceError, InvalidEntraDeviceError."""
        self._control("PATCH", f"entra/{quote(device_id, safe='')}", changes)

    def delete_entra(self, device_id: str, *, for_good: bool = False) -> None:
        """Take Entra's object out; UnknownEntraDeviceError."""
        reason = "deleted" if for_good else "changed"
        self._control("DELETE", f"entra/{quote(device_id, safe='')}?reason={reason}")

    def void_delta_tokens(self, *, expired: bool = False) -> None:
        """Make all delta tokens void: answered with 410, or as expired ones with 400 and syncStateNotFound."""
        self._control("DELETE", f"delta-tokens?how={'expired' if expired else 'gone'}")

    def withdraw_tokens(self) -> None:
        """Make all access tokens void that were issued so far."""
        self._control("DELETE", "access-tokens")

    def change_app(self, **changes: Any) -> JsonObject:
        """Set fields of the app (roles, requested, redirect_uris, secret, secret_expired, consent_error); give it."""
        return self._control("PATCH", "app", changes)

    def _control(self, method: str, resource: str, body: Mapping[str, Any] | None = None) -> JsonObject:
        return control(self.url, self.ca_file, method, f"{TENANTS}{quote(self.tenant, safe='')}/{resource}", body)
