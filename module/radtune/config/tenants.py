"""The section `intune` of settings.yaml -> Tenant records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtune.config.schema import schema, with_defaults
from radtune.config.yaml_file import Document
from radtune.dataclass import dataclass

_CREDENTIALS = (
    ("client_id and client_secret_file", "client_id client_secret_file", ""),
    (
        "client_id, certificate_file and private_key_file (PEM)",
        "client_id certificate_file private_key_file",
        "passphrase_file",
    ),
    ("client_id, certificate_file (PFX), passphrase_file", "client_id certificate_file", "passphrase_file"),
    ("client_id and federated_token_file", "client_id federated_token_file", ""),
    ("managed_identity, with a client_id if it is user-assigned", "managed_identity", "client_id"),
)
"""The ways to sign in, each with the keys that it wants and those that it may have."""

_CLOUDS = {
    "global": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "gcc-high": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "dod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
}
"""Login service and Graph of each cloud. https://learn.microsoft.com/graph/deployments"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant, and how to sign in to it. Paths are absolute.

    name: its id or domain, in lower case
    managed_identity: azure, arc or ''
    client_secret_expires: a date such as 2027-05-01, or ''
    proxy: a URL, 'none', or '' for what the environment says
    """

    name: str
    client_id: str
    authority: str
    graph: str
    cloud: str
    page_size: int
    ethernet_macs: bool
    entra_changes: bool
    client_secret_file: Path | None = None
    client_secret_expires: str = ""
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    passphrase_file: Path | None = None
    federated_token_file: Path | None = None
    managed_identity: str = ""
    ca_file: Path | None = None
    proxy: str = ""

    @property
    def credential_kind(self) -> str:
        """The kind of its credential, in words."""
        if self.managed_identity:
            return f"managed identity ({self.managed_identity})"
        if self.federated_token_file is not None:
            return "federated token"
        return "client secret" if self.client_secret_file is not None else "certificate"


def check_tenants(document: Document) -> None:
    """Note the faults that the schema can't see."""
    ways = [(said, {*wanted.split()}, {*wanted.split(), *more.split()}) for said, wanted, more in _CREDENTIALS]
    keys = set[str]().union(*(known for _, _, known in ways))
    document.check_unique("intune", "tenant", str.lower)
    for path, entry in document.items("intune"):
        given = keys & set(entry)
        if not any(wanted <= given <= known for _, wanted, known in ways):
            said = "; or ".join(said for said, _, _ in ways)
            document.problem(path, f"to sign in, give {said}; found {', '.join(sorted(given)) or 'none of them'}")
        if entry.get("managed_identity") == "arc" and "client_id" in entry:
            document.problem((*path, "client_id"), "Azure Arc knows no user-assigned identities; leave it out")
        name = str(entry.get("tenant", "")).lower()
        if name in ("common", "organizations", "consumers"):
            document.problem((*path, "tenant"), f"{name}: is no tenant; give the tenant's id or domain")


def build_tenant(entry: Mapping[str, Any], base: Path) -> Tenant:
    """Return the tenant of an entry without faults; file names are relative to `base`."""
    entry = with_defaults(entry, schema("settings")["properties"]["intune"]["items"])
    authority, graph = _CLOUDS[entry["cloud"]]
    files = {key: base / value for key, value in entry.items() if key.endswith("_file")}
    client_id = entry.get("client_id", "").lower()
    given = {"authority": authority, "graph": graph, **entry, **files, "client_id": client_id}
    return Tenant(name=given.pop("tenant").lower(), **given)
