"""The cases that an operator keeps beside a policy -> requests, devices and expectations, or every fault by line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtune.config.json_schema import moment
from radtune.config.policy_labels import PolicyContext
from radtune.config.schema import check_schema
from radtune.config.yaml_file import Document, KeyPath, read_yaml
from radtune.dataclass import dataclass
from radtune.errors import ConfigurationError
from radtune.policy.labels import alternatives
from radtune.policy.patterns import duration
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune.request.attributes import Attributes
from radtune.request.certificates import certificate_of
from radtune.request.facts import read_facts
from radtune.request.vendors import VENDORS, shown_by

NAME = "policy-tests.yaml"
"""The name of the file beside the policy."""
_LOGIN = (
    *("User-Name", "User-Password", "CHAP-Password", "MS-CHAP-Challenge", "EAP-Message", "EAP-Type"),
    *("Service-Type", "NAS-Port-Type", "Calling-Station-Id", "Auth-Type"),
)
"""Attributes that tell policy.d/radtune how a client logs in."""
_REFUSED_INSIDE = ("eap-tls", "eap-ttls", "eap-peap", "tls", "ttls", "peap")
"""The methods that policy.d/radtune refuses inside of a tunnel, by all the names that a case may give them."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    at: the time of the request in seconds since the epoch; None: now
    devices: the device records as the file has them, since their times are ages
    store: stale, unavailable or ''
    synced: how many seconds ago the store was synced; None: the case doesn't say
    expect: what the policy has to answer, as the file has it
    """

    name: str
    line: int
    at: float | None
    request: tuple[tuple[str, str], ...]
    devices: tuple[Mapping[str, Any], ...]
    store: str
    synced: int | None
    expect: Mapping[str, Any]

    def records(self, now: float) -> tuple[Device, ...]:
        """Return the devices as the store would have them at that time."""
        return tuple(_device(plain, number, now) for number, plain in enumerate(self.devices, 1))


def read_cases(file: Path, context: PolicyContext) -> list[Case]:
    """Read the file; raises ConfigurationError with every fault, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "policy-tests")
    document.check_unique("cases", "name")
    for path, case in document.items("cases"):
        if case.get("store") == "stale" and "synced" in case:
            document.problem((*path, "synced"), "give either store: stale or synced")
        request = case.get("request")
        if isinstance(request, dict):
            _check_names(document, (*path, "request"), list(map(str, request)), context)
            _check_refused(document, (*path, "request"), request)
    document.raise_problems()
    return [_case(case, document.line(path)) for path, case in document.items("cases")]


class _Noting(Attributes):
    """A request that has every attribute, and notes the names that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()

    def first(self, *names: str) -> str:
        self.read.update(names)
        return ""

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]  # as it is called
        self.read.add(name)
        return default

    def all(self, name: str) -> tuple[str, ...]:
        self.read.add(name)
        return ()

    def __contains__(self, name: object) -> bool:
        self.read.add(str(name))
        return True


def _check_names(document: Document, path: KeyPath, names: list[str], context: PolicyContext) -> None:
    """Note the attributes that the server doesn't show under this name.

    Without dictionaries only the names that radtune reads are known.
    """
    noting = _Noting()
    read_facts(noting)
    certificate_of(noting)
    known = {name.lower(): name for name in noting.read.union(_LOGIN, *map(shown_by, VENDORS))}
    for name in names:
        spelled = known.get(name.lower(), "")
        try:
            spelled = spelled or (context.dictionary.spelled(name) if context.dictionaries else name)
        except ConfigurationError:
            return
        except ValueError as error:
            document.problem((*path, name), str(error))
            continue
        if spelled != name:
            document.problem((*path, name), f"{name}: the server spells it {spelled}, and so must the case")


def _check_refused(document: Document, path: KeyPath, request: dict[str, Any]) -> None:
    """Note a login that policy.d/radtune refuses in the server, without asking what the policy says of it."""
    key = "Radtune-Inner-Type"
    inner, outer = (str(next(iter(alternatives(request.get(name, ""))), "")) for name in (key, "EAP-Type"))
    if inner.lower().partition(" ")[0] in _REFUSED_INSIDE:
        said = "the server refuses a tunnel or EAP-TLS inside of a tunnel before the policy is asked"
        document.problem((*path, key), f"{inner}: {said}")
    resumed = "EAP-Session-Resumed"
    if resumed in request and outer.lower().removeprefix("eap-") not in ("", "tls") and key not in request:
        said = f"the server refuses a resumed tunnel without {key} before the policy is asked"
        document.problem((*path, resumed), said)


def _case(case: dict[str, Any], line: int) -> Case:
    return Case(
        name=case["name"],
        line=line,
        at=moment(case["at"]) if "at" in case else None,
        request=tuple((name, str(value)) for name, values in case["request"].items() for value in alternatives(values)),
        devices=(*([case["device"]] if "device" in case else ()), *case.get("devices", ())),
        store=case.get("store", ""),
        synced=duration(case["synced"]) if "synced" in case else None,
        expect=case["expect"],
    )


def _device(plain: Mapping[str, Any], number: int, now: float) -> Device:
    """Return the record; an id, a tenant and a name that are left out are made up."""
    fields = dict(plain)
    for key in ("id", "entra_id"):
        fields[key] = fields.get(key, "").lower()
    for key in ("encrypted", "jail_broken", "account_enabled"):
        if key in fields:
            fields[key] = "yes" if fields[key] else "no"
    for key in ("last_check_in", "enrolled_at"):
        if key in fields:
            fields[key] = int(now - duration(fields[key]))
    fields["macs"] = tuple(parse_mac(mac) for mac in alternatives(fields.get("macs", [])))
    fields["serial"] = str(fields.get("serial", ""))
    made = {"id": f"00000000-0000-4000-8000-{number:012x}", "tenant": "policy test", "name": f"DEVICE-{number}"}
    return Device(**{**fields, **{key: fields.get(key) or value for key, value in made.items()}})
