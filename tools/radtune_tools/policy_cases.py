"""The cases that an operator keeps beside a policy -> requests, devices and expectations, or every fault by line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from radtune.device_labels import alternatives
from radtune.errors import ConfigurationError
from radtune.facts import Attributes, parse_mac, read_facts
from radtune.label_file import Surroundings
from radtune.patterns import duration
from radtune.records import Device
from radtune.schema import check_schema
from radtune.yamlfile import Document, KeyPath, read_yaml

NAME = "policy-tests.yaml"
"""What the file is called beside the policy."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case: a request at a time (seconds since the epoch, None for now), what Intune says, and what is expected.

    `devices` are as the file has them, for their times are ages. `store` is stale, unavailable or ''; `synced` is how
    many seconds ago the store was synced, None where the case doesn't say.
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


def read_cases(file: Path, around: Surroundings) -> list[Case]:
    """Read the file; raises ConfigurationError with every fault, NotPermittedError."""
    document = read_yaml(file)
    check_schema(document, "policy-tests")
    seen: set[str] = set()
    for path, case in document.items("cases"):
        name = case.get("name")
        if isinstance(name, str) and name in seen:
            document.problem((*path, "name"), f"{name}: another case has this name")
        seen.add(str(name))
        _check(document, path, case)
        _check_names(document, (*path, "request"), case.get("request"), around)
    document.raise_problems()
    return [_case(case, document.line(path)) for path, case in document.items("cases")]


def _check(document: Document, path: KeyPath, case: dict[str, Any]) -> None:
    if "device" in case and "devices" in case:
        document.problem((*path, "devices"), "give either device or devices")
    if case.get("store") == "stale" and "synced" in case:
        document.problem((*path, "synced"), "give either store: stale or synced")
    if isinstance(case.get("at"), str):
        try:
            zone = datetime.fromisoformat(case["at"]).tzinfo
        except ValueError:
            document.problem((*path, "at"), f"{case['at']}: expected a time such as 2026-01-31T18:30:00+01:00")
        else:
            if zone is None:
                said = "give its zone, such as +01:00 or Z, so that the case means the same on every machine"
                document.problem((*path, "at"), f"{case['at']}: {said}")


class _Noting(Attributes):
    """A request that notes what it is asked for, and has everything."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()

    def first(self, *names: str) -> str:
        self.read.update(names)
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        self.read.add(name)
        return ()

    def __contains__(self, name: str) -> bool:
        self.read.add(name)
        return True


def _check_names(document: Document, path: KeyPath, names: object, around: Surroundings) -> None:
    """Note the attributes that neither radtune reads nor a dictionary knows: slips of the pen.

    Without dictionaries nobody can tell.
    """
    if not isinstance(names, dict) or not around.dictionaries:
        return
    noting = _Noting()
    read_facts(noting)
    for name in names:
        try:
            known = around.dictionary.attribute(str(name).partition(":")[0]) is not None
            problem = "" if known else around.dictionary.request_problem(str(name))
        except ConfigurationError:
            return
        if problem and name not in noting.read:
            document.problem((*path, str(name)), problem)


def _case(case: dict[str, Any], line: int) -> Case:
    return Case(
        name=case["name"],
        line=line,
        at=datetime.fromisoformat(case["at"]).timestamp() if "at" in case else None,
        request=tuple((name, str(value)) for name, values in case["request"].items() for value in alternatives(values)),
        devices=tuple(case.get("devices", [case["device"]] if "device" in case else [])),
        store=case.get("store", ""),
        synced=duration(case["synced"]) if "synced" in case else None,
        expect=case["expect"],
    )


def _device(plain: Mapping[str, Any], number: int, now: float) -> Device:
    """Return the record; an id and a name that are left out are made up, of its number."""
    given = dict(plain)
    for key in ("id", "entra_id"):
        given[key] = given.get(key, "").lower()
    for key in ("encrypted", "jail_broken"):
        if key in given:
            given[key] = "yes" if given[key] else "no"
    for key in ("last_check_in", "enrolled_at"):
        if key in given:
            given[key] = int(now - duration(given[key]))
    given["macs"] = tuple(parse_mac(mac) for mac in alternatives(given.get("macs", [])))
    given["serial"] = str(given.get("serial", ""))
    made = {"id": f"00000000-0000-4000-8000-{number:012x}", "tenant": "policy test", "name": f"DEVICE-{number}"}
    return Device(**{**given, **{key: given.get(key) or value for key, value in made.items()}})
