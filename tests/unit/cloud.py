"""Two tenants at Microsoft, and the command that syncs them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from unit.microsoft import LOGIN, Answer, Microsoft
from unit.samples import SETTINGS, TENANT, guid
from unit.syncing import OTHER

HOSTS = {TENANT: "https://graph-1.example", OTHER: "https://graph-2.example"}
PING = "https://ping.example/s3cret"


class Cloud:
    """What each tenant lists, or what Graph answers in its place; `microsoft` keeps what was asked."""

    def __init__(self, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        self.fleets: dict[str, list[dict[str, Any]]] = {TENANT: [], OTHER: []}
        self.instead: dict[str, Answer] = {}
        self.batch: Answer = (200, {"responses": []})
        self.ping: Answer = (200, b"OK")
        self.microsoft = Microsoft(self._answer)
        monkeypatch.setattr("requests.sessions.HTTPAdapter", lambda **_: self.microsoft)
        (office / "secret").write_text("hunter2\n")
        (office / "secret").chmod(0o600)
        self.write()

    def write(
        self, more: str = "", tenants: Mapping[str, Mapping[str, object]] | None = None, *, left: str = ""
    ) -> None:
        """Write settings, without the tenant that has `left`; `tenants` have these keys besides."""
        entries = [
            {
                "tenant": name,
                "client_id": guid(7),
                "client_secret_file": "secret",
                "authority": LOGIN,
                "graph": host,
                **(tenants or {}).get(name, {}),
            }
            for name, host in HOSTS.items()
            if name != left
        ]
        (self.office / "settings.yaml").write_text(f"{SETTINGS}intune: {json.dumps(entries)}\n{more}")

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        url = urlsplit(str(request.url))
        if url.hostname == "ping.example":
            return self.ping
        (tenant,) = (name for name, host in HOSTS.items() if host == f"https://{url.netloc}")
        if tenant in self.instead:
            return self.instead[tenant]
        if url.path.endswith("/$batch"):
            return self.batch
        if url.path.endswith("/managedDeviceOverview"):
            return 200, {"enrolledDeviceCount": len(self.fleets[tenant])}
        found = self.fleets[tenant] if "$filter" not in parse_qs(url.query) else []
        return 200, {"value": found}

    def asked(self, host: str = "") -> list[str]:
        """Return what was asked for of this host, and forget all that was asked."""
        urls = [url for url in self.microsoft.urls if url.startswith(host)]
        self.microsoft.asked.clear()
        return urls


Run = Callable[..., Any]
