"""Devices, policies, settings and requests that the tests start from."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import CONDITIONS, PolicyContext
from radtune.identity.matching import Match
from radtune.policy.decide import Policy
from radtune.policy.grants import Authorization, PerSiteValue
from radtune.policy.labels import Label
from radtune.records.device_and_client import Certificate, Device, Facts
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune.stores.publication import Staging
from radtune.stores.store import Store
from radtune_tools.policy.evaluation import MemoryStore

NOW = 1_800_000_000.0
TENANT = "contoso.example"
MAC = "0016cbaabb01"
"""A globally unique MAC; `RANDOM_MAC` is locally administered."""
RANDOM_MAC = "0216cbaabb01"

LABELS = """\
labels:
  intune-compliant:     {mdm_compliance: compliant}
  intune-non-compliant: {mdm_compliance: noncompliant}
  corp-vlan:            {vlan: 750}
  quarantine:           {vlan: 1}
"""
POLICY = f"""\
{LABELS}
rules:
  - name: Corp Compliant
    match: [intune-compliant]
    policy: allow
    assign: [corp-vlan]
  - name: Quarantine
    match: [intune-non-compliant]
    policy: allow
    assign: [quarantine]
default: deny
"""
SETTINGS = """\
store: store
events: events.jsonl
policy: policy.yaml
"""


def guid(number: int) -> str:
    """Return a lower-case GUID, another one for each number."""
    return f"8a0f3c11-0000-4000-8000-{number:012x}"


def device(number: int = 1, **more: object) -> Device:
    """Return a compliant device with an id, a name, a serial and a MAC of its own."""
    values: dict[str, object] = {
        "id": guid(number),
        "tenant": TENANT,
        "name": f"LAPTOP-{number}",
        "compliance": "compliant",
        "serial": f"SER{number}",
        "macs": (f"0016cbaabb{number:02x}",),
        "last_check_in": 1_700_000_000,
    }
    return Device(**{**values, **more})  # type: ignore[arg-type]  # each test names fields of Device


def label(kind: str, value: Any, name: str = "a label") -> Label:
    """Return the label that an operator writes as {kind: value}."""
    return Label(name, kind, *CONDITIONS[kind](value))


def vlan(number: str) -> Authorization:
    """Return a grant of this VLAN."""
    return Authorization(allow=True, vlan=PerSiteValue(number))


def certificate(**more: object) -> Facts:
    """Return the facts of an EAP-TLS login with these names in its certificate and no MAC."""
    return Facts(auth_type="eap-tls", certificate=Certificate(**more))  # type: ignore[arg-type]


def by_mac(mac: str = MAC) -> Facts:
    """Return the facts of a login that shows a MAC alone."""
    return Facts(auth_type="mab", mac=mac, calling_station_id=mac, user_name=mac, nas_address="192.0.2.1")


def found(compliance: str = "compliant", synced_at: float = NOW) -> Match:
    """Return that the device was found, as sync has left it then."""
    return Match("found", "it is this one", device(1, compliance=compliance), "mac", (), synced_at)


def store_of(*devices: Device, synced_at: float | None = NOW) -> MemoryStore:
    """Return a device store in memory with these devices; with None no tenant was ever synced."""
    return MemoryStore(devices, {TENANT: synced_at} if synced_at is not None else {})


def policy(directory: Path, text: str = POLICY) -> Policy:
    """Return the policy of this text."""
    file = directory / "policy.yaml"
    file.write_text(text)
    return read_policy(file, PolicyContext())


def fill(directory: Path, devices: Iterable[Device], synced_at: float = NOW, tenant: str = TENANT) -> None:
    """Publish the devices into the store of this directory, which is made."""
    directory.mkdir(parents=True, exist_ok=True)
    with closing(DeviceStore(directory, create=True, timeout=1.0)) as store:
        publish(store, devices, synced_at=synced_at, tenant=tenant)


def publish(
    store: DeviceStore,
    devices: Iterable[Device],
    gone: Sequence[Device] = (),
    synced_at: float = NOW,
    tenant: str = TENANT,
) -> None:
    """Write and forget these devices, as the sync of one tenant does."""
    with Staging(store) if gone else nullcontext() as staging:
        for each in gone:
            if staging is not None and (record := store.record(each.id)) is not None:
                staging.forget(record, store.device(record))
        with store.publishing(staging) as publication:
            for each in devices:
                publication.put(each)
            publication.synced(SyncState(tenant, whole_at=int(synced_at)))


def rows(store: DeviceStore) -> dict[str, str | None]:
    """Return everything that is in the store, but for what tells its format."""
    return {key: store.read(key) for key in keys(store) if key != "format"}


def joined(found: dict[str, str | None]) -> dict[str, str | None]:
    """Return these rows of a device store with the ids of devices for their rows, and the index as one row.

    So two stores are equal if they have the same devices and the same names for them.
    """
    rest = {key: text for key, text in found.items() if not key.startswith("index")}
    index: dict[str, list[str]] = {}
    for key, text in found.items():
        if key.startswith("index/more/"):
            index.setdefault(key[11:], []).extend((text or "").split(","))
        elif key.startswith("index/"):
            for entry in (text or "")[16:].split(";")[:-1]:
                index.setdefault(entry[:16], []).extend(entry[17:].rstrip("+").split(","))
    return {**rest, "index/": json.dumps({digest: len(rows) for digest, rows in index.items()}, sort_keys=True)}


def keys(store: Store) -> list[str]:
    """Return the key of every row, in order."""
    return sorted(key for (key,) in store.query("SELECT key FROM Cache"))


@contextmanager
def opened(directory: Path) -> Iterator[DeviceStore]:
    """Open the device store of this directory, which is made where it is missing."""
    with closing(DeviceStore(directory, create=True, timeout=0.05)) as store:
        yield store


Pairs = list[tuple[str, str]]
NAS: Pairs = [("NAS-IP-Address", "192.0.2.1"), ("NAS-Identifier", "sw1"), ("NAS-Port-Id", "ge-0/0/7")]


def mab_request(mac: str = MAC) -> Pairs:
    """Return a request that shows nothing but a MAC."""
    return [("User-Name", mac), ("User-Password", mac), ("Calling-Station-Id", mac), *NAS]


PRINTED = {"Dns": "DNS:", "Email": "email:", "Upn": "othername: UPN::", "Uri": "URI:"}
"""How OpenSSL prints the names in a SAN, by the attribute that the server has for them; before 3.2.7 none for a URI."""


def certificate_attributes(*names: tuple[str, str], subject: str = "", uri_attributes: bool = False) -> Pairs:
    """Return what the server says of a certificate: these attributes (`Common-Name`, `Subject-Alt-Name-Uri` ...).

    It has a serial number and a subject, if nothing else, and the names of its SAN are in the print of that, too;
    those that are URIs only there, unless `uri_attributes`.
    """
    common_name = dict(names).get("Common-Name", "")
    subject = subject or f"/O=Contoso{common_name and '/CN=' + one_line(common_name)}"
    pairs = [("Serial", "6c3d"), ("Subject", octets(subject))]
    entries = []
    for name, value in names:
        kind = name.removeprefix("Subject-Alt-Name-")
        if kind in PRINTED:
            entries.append(f"{PRINTED[kind]}{value}")
        read = as_string(value)
        if read is not None and (kind != "Uri" or uri_attributes):
            pairs.append((name, read))
    if entries:
        pairs.append(("X509v3-Subject-Alternative-Name", octets(", ".join(entries))))
    return [(f"TLS-Client-Cert-{name}", value) for name, value in pairs]


def one_line(value: str) -> str:
    """Print a value of a subject as OpenSSL does from 3.0 on."""
    escaped = value.replace("/", "\\/").replace("+", "\\+")
    return "".join(char if " " <= char <= "~" else "".join(f"\\x{b:02X}" for b in char.encode()) for char in escaped)


def as_string(text: str) -> str | None:
    """Return what FreeRADIUS makes of a value of type string, and Python sees of it; None where there is none."""
    if re.fullmatch(r"(?:[^\\]|\\.)*\\", text, re.DOTALL):
        return None
    special = {"r": "\r", "n": "\n", "t": "\t"}
    read = re.sub(
        r"\\([0-7]{3}|[rnt\\\"])",
        lambda found: special.get(found[1]) or (chr(int(found[1], 8) & 0xFF) if len(found[1]) == 3 else found[1]),
        text,
    )
    return read.partition("\0")[0]


def octets(content: str | bytes) -> str:
    """Return octets as the server passes them on."""
    return f"0x{(content.encode() if isinstance(content, str) else content).hex()}"


def tls_request(*names: tuple[str, str], mac: str = "00-16-3E-00-00-01") -> Pairs:
    """Return the request of the last round of EAP-TLS, with these names (`Common-Name` ...) in the certificate."""
    start = [("User-Name", "host/x"), ("Calling-Station-Id", mac), ("EAP-Message", "0x02"), ("EAP-Type", "TLS")]
    return [*start, *NAS, *certificate_attributes(*names)]


def ttls_request(mac: str = MAC, user: str = "bob") -> Pairs:
    """Return the request that asks for the inner user of EAP-TTLS."""
    inner = [("User-Name", user), ("User-Password", "hello"), ("Radtune-Inner-Type", "PAP"), ("EAP-Type", "TTLS")]
    return [*inner, ("Calling-Station-Id", mac), *NAS]


def accounting_request(status: str, mac: str = MAC, *more: tuple[str, str]) -> Pairs:
    """Return an accounting request about a client."""
    return [("Acct-Status-Type", status), ("User-Name", "bob"), ("Calling-Station-Id", mac), *NAS, *more]
