"""The table of vendors: how each is given a role, and what shows it."""

import json
import re

import pytest

from radtune.config.schema import schema
from radtune.request.vendors import VENDORS, role_pairs, shown_by, vendor_of


@pytest.mark.parametrize(
    ("vendor", "pairs"),
    [
        ("", (("Filter-Id", "Staff"),)),
        ("aruba", (("Aruba-User-Role", "Staff"),)),
        ("hp", (("HP-User-Role", "Staff"),)),
        ("cisco", (("Filter-Id", "Staff.in"),)),
        ("cisco-dacl", (("Cisco-AVPair", "ACS:CiscoSecure-Defined-ACL=Staff"),)),
        ("cisco-wlc", (("Airespace-ACL-Name", "Staff"),)),
        ("meraki", (("Filter-Id", "Staff"),)),
        ("ruckus", (("Filter-Id", "Staff"), ("Ruckus-User-Groups", "Staff"))),
        ("icx", (("Filter-Id", "ip.Staff.in"),)),
        ("extreme", (("Filter-Id", "Enterasys:version=1:policy=Staff"),)),
        ("fortinet", (("Filter-Id", "Staff"), ("Fortinet-Group-Name", "Staff"))),
    ],
)
def test_a_role(vendor: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert role_pairs(vendor, "Staff") == pairs


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendor_gives_a_role_as_it_is_written(vendor: str) -> None:
    for name, value in role_pairs(vendor, "A {} {0} % \\ role"):
        assert name
        assert "A {} {0} % \\ role" in value


def test_every_vendor_is_there() -> None:
    listed = (
        "aruba hp cisco cisco-dacl cisco-wlc meraki juniper mist ruckus icx ubiquiti extreme fortinet huawei mikrotik"
    )
    assert set(VENDORS) == {"", *listed.split(), "cambium", "omada", "hostapd"}


def test_an_unknown_vendor_is_an_error() -> None:
    with pytest.raises(KeyError):
        role_pairs("acme", "Staff")


def test_a_request_shows_the_vendor() -> None:
    for vendor in VENDORS:
        for name in shown_by(vendor):
            assert vendor_of(["User-Name", "NAS-Port", "Cisco-AVPair", name]) == vendor
    assert vendor_of(shown_by("ruckus")) == "ruckus"


def test_a_request_that_shows_none_or_two_shows_nobody() -> None:
    assert vendor_of([]) == ""
    assert vendor_of(["User-Name", "Cisco-AVPair", "aruba-essid-name"]) == ""
    assert vendor_of(["Aruba-Essid-Name", "Meraki-Ap-Name"]) == ""


@pytest.mark.parametrize("name", ["policy", "settings"])
def test_the_schemas_know_the_same_vendors(name: str) -> None:
    lists = re.findall(r'"enum": \[([^]]*"aruba"[^]]*)\]', json.dumps(schema(name)))
    assert lists
    assert all(json.loads(f"[{found}]") == [vendor for vendor in VENDORS if vendor] for found in lists)
