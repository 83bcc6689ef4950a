"""By what `policy diff` finds the devices that it judges."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import ExitCode
from radtune.records.device_and_client import Device
from unit.running import Run
from unit.samples import POLICY, RANDOM_MAC, device, fill, guid

COMMON = device(1, entra_id=guid(7), macs=("0016cbaabb01", RANDOM_MAC))


def ask(run: Run, office: Path, before: str, after: str, devices: Iterable[Device] = (COMMON,)) -> dict[str, Any]:
    """Return the difference between two policies that identify devices by these, the new one with another VLAN."""
    for name, identifiers, text in (("policy.yaml", before, POLICY), ("new.yaml", after, POLICY.replace("750", "751"))):
        (office / name).write_text(f"{text}identify_by: {identifiers}\n")
    fill(office / "store/devices", devices, synced_at=time.time())
    ran = run("--json", "policy", "diff", str(office / "new.yaml"))
    assert (ran.code, ran.err) == (0, "")
    assert isinstance(ran.json, dict)
    return ran.json


def said(run: Run, office: Path) -> list[str]:
    return run("policy", "diff", str(office / "new.yaml")).out.splitlines()[1:]


@pytest.mark.parametrize(
    ("before", "after", "by", "how"),
    [
        ("[device_id, mac]", "[mac, device_id]", "device_id", "as an EAP-TLS login with its Intune id in the"),
        ("[entra_id, serial]", "[entra_id, name]", "entra_id", "as an EAP-TLS login with its Entra id in the"),
        ("[serial, name]", "[serial, name]", "serial", "as an EAP-TLS login with its serial number in the certificate"),
        ("[serial, name]", "[device_id, name]", "name", "as an EAP-TLS login with its name in the certificate"),
        ("[mac]", "[device_id, entra_id, serial, name, mac]", "mac", "by MAC authentication, at no known place"),
    ],
)
def test_the_strongest_identifier_that_both_policies_take(
    run: Run, office: Path, before: str, after: str, by: str, how: str
) -> None:
    answer = ask(run, office, before, after)
    assert (answer["devices_judged"], answer["judged_by"], answer["devices_not_judged"]) == (1, {by: 1}, 0)
    (group,) = answer["devices"]
    assert (group["from"], group["to"], group["such_as"]) == ("vlan 750", "vlan 751", ["LAPTOP-1"])
    lines = said(run, office)
    assert lines[0].startswith(f"devices: 1 of 1 would get another outcome, each judged {how}")
    assert ("only one of the policies finds a device by" in lines[1]) == (set(before) != set(after))


def test_a_device_is_judged_by_the_strongest_that_it_has(run: Run, office: Path) -> None:
    others = (
        device(2, serial="Default string"),
        device(3, serial="", name=guid(99)),
        device(4, serial="", name="", macs=()),
    )
    answer = ask(run, office, "[serial, name, mac]", "[serial, name, mac]", [COMMON, *others])
    assert (answer["devices_judged"], answer["devices_not_judged"]) == (3, 1)
    assert answer["judged_by"] == {"serial": 1, "name": 1, "mac": 1}
    first, second, *_ = said(run, office)
    assert first.startswith(
        "devices: 3 of 3 would get another outcome, each judged as an EAP-TLS login with its serial"
    )
    assert "certificate (1), or as an EAP-TLS login with its name in the certificate (1), or by MAC" in first
    assert second == "unknown for 1 device: no identifier finds them under both policies"


def test_a_name_that_is_that_of_two_devices_finds_neither(run: Run, office: Path) -> None:
    answer = ask(run, office, "[name]", "[name]", [device(1, name="TWIN"), device(2, name="TWIN")])
    assert (answer["devices_judged"], answer["devices"]) == (2, [])


@pytest.mark.parametrize(("before", "after"), [("[serial]", "[name, user]"), ("[user]", "[mac, user]")])
def test_nothing_in_common(run: Run, office: Path, before: str, after: str) -> None:
    answer = ask(run, office, before, after)
    assert (answer["devices_judged"], answer["devices_not_judged"], answer["devices"]) == (0, 1, [])
    (line,) = said(run, office)
    assert line.startswith(
        "devices: can't be judged (1 of them): both policies take none of device_id, entra_id, serial"
    )
    assert run("policy", "diff", "--check", str(office / "new.yaml")).code == ExitCode.DIFFERENCE


def test_nothing_in_common_but_the_user(run: Run, office: Path) -> None:
    ask(run, office, "[user]", "[user]")
    assert said(run, office)[0].startswith("devices: can't be judged (1 of them)")
    assert run("policy", "diff", "--check", str(office / "new.yaml")).code == 0


def test_no_device_that_could_be_found(run: Run, office: Path) -> None:
    ask(run, office, "[entra_id]", "[entra_id]", [device(1)])
    assert said(run, office) == ["devices: can't be judged: none of 1 has what both policies take: entra_id"]
