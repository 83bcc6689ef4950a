"""The section `intune` of settings.yaml -> Tenant records."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from radtune.config.yaml_file import Document, KeyPath

_PEM = ("client_id", "certificate_file", "private_key_file")
CREDENTIALS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("client_id", "client_secret_file")), "client_id and client_secret_file"),
    (frozenset(_PEM), "client_id, certificate_file and private_key_file (PEM)"),
    (frozenset((*_PEM, "passphrase_file")), ""),
    (
        frozenset(("client_id", "certificate_file", "passphrase_file")),
        "client_id, certificate_file (PFX), passphrase_file",
    ),
    (frozenset(("client_id", "certificate_file")), ""),
    (frozenset(("client_id", "federated_token_file")), "client_id and federated_token_file"),
    (frozenset(("managed_identity",)), "managed_identity, with a client_id where it is user-assigned"),
    (frozenset(("managed_identity", "client_id")), ""),
)
"""What may be given together to sign in with, and how that is said, where it isn't said with another way."""

_CLOUDS = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "gcc-high": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Login service and Graph of each cloud. https://learn.microsoft.com/graph/deployments"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, and how to sign in to it. `name` is its id or domain, in lower case; paths are absolute.

    `managed_identity` is azure, arc or ''; `client_secret_expires` is a date, 2027-05-01, or '';
    `proxy` is a URL, 'none', or '' for what the environment says.
    """

    name: str
    client_id: str
    authority: str
    graph: str
    cloud: str = "global"
    client_secret_file: Path | None = None
    client_secret_expires: str = ""
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    passphrase_file: Path | None = None
    federated_token_file: Path | None = None
    managed_identity: str = ""
    ca_file: Path | None = None
    proxy: str = ""
    page_size: int = 1000
    ethernet_macs: bool = False
    entra_changes: bool = False

    @property
    def credential_kind(self) -> str:
        """What it signs in with, in words."""
        if self.managed_identity:
            return f"managed identity ({self.managed_identity})"
        if self.federated_token_file is not None:
            return "federated token"
        return "client secret" if self.client_secret_file is not None else "certificate"


def check_tenants(document: Document) -> None:
    """Note the faults that the schema can't see."""
    keys = frozenset().union(*(keys for keys, _ in CREDENTIALS))
    seen: dict[str, KeyPath] = {}
    for path, entry in document.items("intune"):
        given = keys & set(entry)
        _check_date(document, (*path, "client_secret_expires"), entry.get("client_secret_expires"))
        if given not in [keys for keys, _ in CREDENTIALS]:
            ways = "; or ".join(said for _, said in CREDENTIALS if said)
            document.problem(path, f"to sign in, give {ways}; found {', '.join(sorted(given)) or 'none of them'}")
        if entry.get("managed_identity") == "arc" and "client_id" in entry:
            document.problem((*path, "client_id"), "Azure Arc knows no user-assigned identities; leave it out")
        name = str(entry.get("tenant", "")).lower()
        if name in ("common", "organizations", "consumers"):
            document.problem((*path, "tenant"), f"{name}: is no tenant; give the tenant's id or domain")
        if name and name in seen:
            document.problem((*path, "tenant"), f"{name}: given at {document.where(seen[name], path)} already")
        seen[name] = (*path, "tenant")


def _check_date(document: Document, path: KeyPath, value: object) -> None:
    try:
        date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        document.problem(path, f"{value}: expected a date such as 2027-05-01")


def build_tenants(data: dict[str, Any], base: Path) -> tuple[Tenant, ...]:
    """Return the tenants of settings without faults; file names are relative to `base`."""
    return tuple(_tenant(entry, base) for entry in data.get("intune", ()))


def _tenant(entry: dict[str, Any], base: Path) -> Tenant:
    def path(key: str) -> Path | None:
        return base / entry[key] if key in entry else None

    cloud = entry.get("cloud", "global")
    authority, graph = _CLOUDS[cloud]
    return Tenant(
        name=entry["tenant"].lower(),
        client_id=entry.get("client_id", "").lower(),
        authority=entry.get("authority", authority),
        graph=entry.get("graph", graph),
        cloud=cloud,
        client_secret_file=path("client_secret_file"),
        client_secret_expires=entry.get("client_secret_expires", ""),
        certificate_file=path("certificate_file"),
        private_key_file=path("private_key_file"),
        passphrase_file=path("passphrase_file"),
        federated_token_file=path("federated_token_file"),
        managed_identity=entry.get("managed_identity", ""),
        ca_file=path("ca_file"),
        proxy=entry.get("proxy", ""),
        page_size=entry.get("page_size", 1000),
        ethernet_macs=entry.get("ethernet_macs", False),
        entra_changes=entry.get("entra_changes", False),
    )
