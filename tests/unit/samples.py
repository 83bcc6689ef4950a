"""Devices, policies, settings and requests that the tests start from."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from radtune.device_store import DeviceStore
from radtune.policy import Policy
from radtune.policy_file import read_policy
from radtune.records import Certificate, Device, Facts, IndexKind

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


def certificate(**more: object) -> Facts:
    """Return the facts of an EAP-TLS login with these names in its certificate and no MAC."""
    return Facts(auth_type="eap-tls", certificate=Certificate(**more))  # type: ignore[arg-type]


def by_mac(mac: str = MAC) -> Facts:
    """Return the facts of a login that shows a MAC alone."""
    return Facts(auth_type="mab", mac=mac, calling_station_id=mac, user_name=mac, nas_address="192.0.2.1")


class Shelf:
    """A device store in memory: what matching asks of a store, answered from a list."""

    def __init__(self, *devices: Device, synced_at: float | None = NOW) -> None:
        self._devices = devices
        self._synced = {TENANT: synced_at} if synced_at is not None else {}

    def get(self, device_id: str) -> Device | None:
        """Return the device with this id."""
        return next((each for each in self._devices if each.id == device_id), None)

    def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
        """Return the devices that this names."""
        if kind == "mac":
            return tuple(each for each in self._devices if value in each.macs)
        return tuple(each for each in self._devices if value and getattr(each, kind).lower() == value)

    def synced_at(self) -> dict[str, float]:
        """Return when the tenant was synced."""
        return self._synced


def policy(directory: Path, text: str = POLICY) -> Policy:
    """Return the policy of this text."""
    file = directory / "policy.yaml"
    file.write_text(text)
    return read_policy(file)


def fill(directory: Path, devices: Iterable[Device], synced_at: float = NOW, tenant: str = TENANT) -> None:
    """Publish the devices into the store of this directory, which is made."""
    directory.mkdir(parents=True, exist_ok=True)
    store = DeviceStore(directory, create=True, timeout=1.0)
    store.publish(tenant, ((None, each) for each in devices), (), synced_at)
    store.close()


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


def tls_request(*names: tuple[str, str], mac: str = "00-16-3E-00-00-01") -> Pairs:
    """Return the request of the last round of EAP-TLS, with these names (`Common-Name` ...) in the certificate."""
    certificate = [(f"TLS-Client-Cert-{name}", value) for name, value in names]
    start = [("User-Name", "host/x"), ("Calling-Station-Id", mac), ("EAP-Message", "0x02"), ("EAP-Type", "TLS")]
    return [*start, *NAS, ("TLS-Client-Cert-Serial", "6c3d"), *certificate]


def ttls_request(mac: str = MAC, user: str = "bob") -> Pairs:
    """Return the request that asks for the inner user of EAP-TTLS."""
    inner = [("User-Name", user), ("User-Password", "hello"), ("Radtune-Inner-Type", "PAP"), ("EAP-Type", "TTLS")]
    return [*inner, ("Calling-Station-Id", mac), *NAS]


def accounting_request(status: str, mac: str = MAC, *more: tuple[str, str]) -> Pairs:
    """Return an accounting request about a client."""
    return [("Acct-Status-Type", status), ("User-Name", "bob"), ("Calling-Station-Id", mac), *NAS, *more]
