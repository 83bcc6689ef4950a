"""The SSID that a client is on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.records.addresses import parse_mac
from radtune.request.attributes import Attributes
from radtune.request.facts import parse_ssid, read_facts
from unit.module.request.test_facts import MACS


@pytest.mark.parametrize(
    ("called", "ssid"),
    [
        ("00-10-A4-23-19-C0:Corp", "Corp"),
        ("00:10:A4:23:19:C0:Corp", "Corp"),
        ("0010a42319c0:Corp", "Corp"),
        ("0010.a423.19c0:Corp", "Corp"),
        ("0010a4-2319c0:Corp", "Corp"),
        ("0010-a423-19c0:Corp", "Corp"),
        ("0010:a423:19c0:Corp", "Corp"),
        ("0010a4:2319c0:Corp", "Corp"),
        ("00 10 A4 23 19 C0:Corp", "Corp"),
        ("00-10-A4-23-19-C0:Corp: 2nd floor", "Corp: 2nd floor"),
        ("00-10-A4-23-19-C0:00-10-A4-23-19-C1", "00-10-A4-23-19-C1"),
        ("00-10-A4-23-19-C0:a\nb", "a\nb"),
        ("ap-berlin-3:Corp", "Corp"),
        ("Building1/Floor2:Corp", "Corp"),
        ("AP Berlin 3:Corp Wi-Fi", "Corp Wi-Fi"),
        ("ap-3.corp.example:Corp: 2nd floor", "Corp: 2nd floor"),
        ("192.0.2.7:Corp", "Corp"),
        ("00-10-A4-23-19-C0-00-11:Corp", "Corp"),
        ("ap-3:00-10-A4-23-19-C0:Corp", "Corp"),
        ("ap-3:00:10:a4:23:19:c0", ""),
        ("ap-3:2024", "2024"),
        ("ap-3", ""),
        ("ap-3:", ""),
        (":Corp", ""),
        (" :Corp", ""),
        ("Building1/Floor2", ""),
        ("00:10:A4:23:19", ""),
        ("00-10-A4-23-19:C0", ""),
        ("2001:db8::1", ""),
        ("192.0.2.7:1812", ""),
        ("https://vpn.example/", ""),
        ("+49 30 1234567", ""),
        ("00-10-A4-23-19-C0:", ""),
        ("00-10-A4-23-19-C0", ""),
        ("00:10:A4:23:19:C0", ""),
        ("Corp:0010a42319c0", ""),
        ("", ""),
    ],
)
def test_ssid(called: str, ssid: str) -> None:
    assert parse_ssid(called) == ssid


def test_an_ssid_of_its_own_attribute_counts() -> None:
    """The stock policy rewrite_called_station_id takes the SSID out of Called-Station-Id."""
    pairs = [("Called-Station-Id", "00-10-A4-23-19-C0"), ("Called-Station-SSID", "Corp")]
    assert read_facts(Attributes(pairs)).ssid == "Corp"


@pytest.mark.parametrize(
    "pair",
    [
        ("Aruba-Essid-Name", "Corp"),
        ("Ruckus-SSID", "Corp"),
        ("Fortinet-SSID", "Corp"),
        ("Siemens-SSID", "Corp"),
        ("Symbol-Current-ESSID", "Corp"),
        ("Trapeze-SSID", "Corp"),
        ("3Com-SSID", "Corp"),
        ("Adtran-SSID", "Corp"),
        ("TP-CAPWAP-SSID", "Corp"),
        ("Cisco-AVPair", "ssid=Corp"),
        ("Cisco-AVPair", "cisco-wlan-ssid=Corp"),
    ],
)
def test_an_ssid_of_a_vendor_s_attribute(pair: tuple[str, str]) -> None:
    others = [("Cisco-AVPair", "service-type=Framed"), ("Cisco-AVPair", "audit-session-id=ssid=1")]
    assert read_facts(Attributes([*others, ("Called-Station-Id", "00-10-A4-23-19-C0"), pair])).ssid == "Corp"
    assert read_facts(Attributes([*others, ("Called-Station-Id", "00-10-A4-23-19-C0:First"), pair])).ssid == "First"


@pytest.mark.parametrize(
    ("port_type", "ssid"),
    [("Wireless-802.11", "Corp"), ("19", "Corp"), ("", "Corp"), ("Ethernet", ""), ("Virtual", "")],
)
def test_behind_a_name_it_is_the_ssid_of_a_wireless_nas(port_type: str, ssid: str) -> None:
    pairs = [("Called-Station-Id", "ap-3:Corp"), *([("NAS-Port-Type", port_type)] if port_type else [])]
    assert read_facts(Attributes(pairs)).ssid == ssid
    assert read_facts(Attributes([*pairs, ("Aruba-Essid-Name", "Own")])).ssid == "Own"


@given(
    st.text(min_size=1), st.sampled_from(sorted(MACS)), st.sampled_from(("ap-berlin-3", "Building1/Floor2", "Büro 2"))
)
def test_every_ssid_is_read_behind_a_mac_or_a_name(ssid: str, mac: str, name: str) -> None:
    assert parse_ssid(f"{mac}:{ssid}") == ssid
    if "/" not in ssid and not parse_mac(ssid[:18].rstrip(":")) and not parse_mac(ssid):
        assert parse_ssid(f"{name}:{ssid}") in (ssid, ssid.partition(":")[2])


@given(st.text())
def test_any_called_station_id_is_taken(called: str) -> None:
    assert called.endswith(parse_ssid(called))


def test_no_ssid() -> None:
    assert read_facts(Attributes([("Cisco-AVPair", "xssid=Corp"), ("Symbol-Allowed-ESSID", "Corp")])).ssid == ""


def test_a_long_text_without_an_ssid_is_looked_at_once() -> None:
    assert parse_ssid("a" * 1_000_000) == ""
