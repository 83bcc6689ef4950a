"""Certificates against the whole system: whatever form its id has, and whatever else the device may write beside it."""

from collections.abc import Iterator
from typing import Any

import pytest

from parts.office import Office, device, mac_of
from parts.raddb import TlsOptions, server_directory

STORE = ("Tunnel-Private-Group-Id", "Radtune-Inner-User-Name", "Radtune-Inner-Type")
NOBODY = "02:00:00:00:00:01"
ID, ENTRA_ID = device(1)["id"], device(1)["azureADDeviceId"]
GONE = "8a0f3c11-0000-4000-8000-0000000000ff"
TAG = "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1104"


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory:
        tls = TlsOptions(cache=True, store=STORE)
        with Office(directory, [device(1), device(2, complianceState="noncompliant")], tls=tls) as office:
            yield office


@pytest.mark.parametrize(
    ("names", "matched_by"),
    [
        ({"uris": [f"IntuneDeviceId://{ID}"]}, "device_id"),
        ({"uris": [f"IntuneDeviceID://{ID.upper()}"]}, "device_id"),
        ({"uris": [f"ID:Microsoft Endpoint Manager:GUID:{ID}"]}, "device_id"),
        ({"uris": [f"ID:Microsoft Endpoint Manager:GUID:{ENTRA_ID}"]}, "entra_id"),
        ({"uris": [f"ID:Intune:GUID:{ID}"]}, "device_id"),
        ({"uris": [TAG, f"IntuneDeviceId://{ID}", "https://example/"], "upns": ["ann@corp.example"]}, "device_id"),
        ({"dns": [ID]}, "device_id"),
        ({"dns": [f"{ENTRA_ID.upper()}.corp.example"]}, "entra_id"),
        (
            {"dns": ["somewhere.example", f"{ID}.corp.example"], "uris": [TAG], "emails": ["ann@corp.example"]},
            "device_id",
        ),
        ({"common_name": ID}, "device_id"),
        ({"common_name": "LAPTOP-1", "uris": [TAG]}, "name"),
        ({"common_name": "SN000001", "upns": ["ann@corp.example"]}, "serial"),
    ],
)
def test_each_form_finds_the_device_fresh_and_resumed(office: Office, names: dict[str, Any], matched_by: str) -> None:
    pair = office.authority.issue_client(**{"common_name": "someone", **names})
    fresh, resumed = office.eap_tls(pair, NOBODY, again=1)
    assert (fresh.vlan, fresh.resumed, resumed.vlan, resumed.resumed) == ("750", False, "750", True)
    first, second = office.events()[-2:]
    assert (first["device"], first["matched_by"]) == ("LAPTOP-1", matched_by)
    assert {**second, "time": "", "id": "", "resumed": False} == {**first, "time": "", "id": ""}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"dns": ["a\\000"]}, id="a null byte, written as an escape"),
        pytest.param({"dns": ["a\0b"]}, id="a null byte"),
        pytest.param({"dns": ["a\\"]}, id="a backslash at the end of a DNS name"),
        pytest.param({"emails": ["a@b\\"]}, id="a backslash at the end of all"),
        pytest.param({"common_name": "LAPTOP-1\\", "upns": ["a@b\\"]}, id="a CN that vanishes"),
        pytest.param({"dns": ["a\\054 URI:b"]}, id="a comma, written as an escape"),
        pytest.param({"dns": [f"a, URI:IntuneDeviceId://{ID}"]}, id="a faked URI"),
        pytest.param({"upns": [f"a@b, URI:IntuneDeviceId://{ID}"]}, id="a faked URI in the UPN"),
        pytest.param({"dns": ["a" * 500]}, id="a name that leaves no room for the rest"),
        pytest.param({"dns": ["\\101" * 250]}, id="a name that leaves none before it gets shorter"),
    ],
)
def test_an_id_that_is_gone_binds_whatever_stands_beside_it(office: Office, names: dict[str, Any]) -> None:
    """The MAC, and in one case the CN, is that of a compliant device."""
    pair = office.authority.issue_client(**{"common_name": "someone", "uris": [f"IntuneDeviceId://{GONE}"], **names})
    (login,) = office.eap_tls(pair, mac_of(1))
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Reject", False, False, "")
