"""An authorization at a NAS, and the reply that is made of it."""

import pytest

from radtune.policy.grants import DENY, Authorization, Authorized, PerSiteValue, authorize, reply_pairs
from radtune.records.device_and_client import Facts
from unit.label_cases import by
from unit.samples import vlan

MAB = Facts(auth_type="mab")
VLAN_7 = (("Tunnel-Type:0", "VLAN"), ("Tunnel-Medium-Type:0", "IEEE-802"), ("Tunnel-Private-Group-Id:0", "7"))


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (Authorized(allow=False, vlan="7"), "deny"),
        (Authorized(allow=True), "allow"),
        (Authorized(allow=True, vlan="7"), "vlan 7"),
        (Authorized(allow=True, role="staff"), "role staff"),
        (Authorized(allow=True, vlan="7", role="staff"), "vlan 7, role staff"),
        (Authorized(allow=True, vlan="7", attributes=(("Class", "0x01"),)), "vlan 7, Class=0x01"),
        (Authorized(allow=True, session_timeout=60, reply_message="hello"), "allow"),
    ],
)
def test_outcomes(given: Authorized, outcome: str) -> None:
    assert given.outcome == outcome


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        (Authorized(allow=True), ()),
        (Authorized(allow=True, vlan="7"), VLAN_7),
        (Authorized(allow=True, role="staff"), (("Filter-Id", "staff"),)),
        (Authorized(allow=True, role="staff", vendor="aruba"), (("Aruba-User-Role", "staff"),)),
        (
            Authorized(allow=True, session_timeout=60),
            (("Session-Timeout", "60"), ("Termination-Action", "RADIUS-Request")),
        ),
        (Authorized(allow=True, reply_message="hello"), (("Reply-Message", "hello"),)),
        (Authorized(allow=False, reply_message="hello"), (("Reply-Message", "hello"),)),
        (Authorized(allow=True, vlan="7", attributes=(("A", "1"), ("A", "2"))), (*VLAN_7, ("A", "1"), ("A", "2"))),
    ],
)
def test_replies(given: Authorized, pairs: tuple[tuple[str, str], ...]) -> None:
    assert reply_pairs(given, MAB) == pairs


@pytest.mark.parametrize("auth_type", ["eap-tls", "eap-ttls", "peap", "teap", "eap"])
def test_no_text_for_the_user_goes_with_eap(auth_type: str) -> None:
    assert reply_pairs(Authorized(allow=True, reply_message="hello"), Facts(auth_type=auth_type)) == ()


def test_a_vlan_by_site() -> None:
    grant = Authorization(allow=True, vlan=PerSiteValue("1", {"berlin": "20"}))
    assert authorize(by(nas_address="192.0.2.1"), grant).vlan == "20"
    assert authorize(by(nas_address="198.51.100.1"), grant).vlan == "1"
    assert authorize(by(), grant).vlan == "1"


def test_a_role_by_vendor() -> None:
    grant = Authorization(allow=True, role=PerSiteValue("", {"aruba": "staff"}))
    assert authorize(by(nas_identifier="ap-1"), grant) == Authorized(allow=True, role="staff", vendor="aruba")
    missing = authorize(by(nas_vendor="hp"), grant)
    assert (missing.allow, missing.missing) == (False, "there is no role for the vendor hp")
    assert authorize(by(), grant).missing == "there is no role for a NAS of no known vendor"


def test_a_site_without_its_vlan_is_no_way_in() -> None:
    grant = Authorization(allow=True, vlan=PerSiteValue("", {"berlin": "20"}), role=PerSiteValue("staff"))
    missing = authorize(by(nas_address="198.51.100.1"), grant)
    assert (missing.outcome, missing.missing) == ("deny", "there is no VLAN for the site paris")
    assert reply_pairs(missing, MAB) == ()


def test_a_denied_client_gets_nothing_but_a_message() -> None:
    assert authorize(by(), DENY) == Authorized(allow=False)
    told = Authorization(allow=False, vlan=PerSiteValue("7"), reply_message="no")
    assert authorize(by(), told) == Authorized(allow=False, reply_message="no")


def test_what_does_not_depend_on_the_place_is_taken_over() -> None:
    grant = Authorization(allow=True, session_timeout=60, reply_message="x", attributes=(("Class", "1"),))
    assert authorize(by(), grant) == Authorized(
        allow=True, session_timeout=60, reply_message="x", attributes=(("Class", "1"),)
    )
    assert authorize(by(), vlan("750")).outcome == "vlan 750"
