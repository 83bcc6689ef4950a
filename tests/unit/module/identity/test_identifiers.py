"""What a certificate and a user name say a client is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.identity.identifiers import (
    NO_GUID,
    certificate_ids,
    certificate_names,
    certificate_serials,
    certificate_users,
    host_names,
    why_nothing,
)
from radtune.records.device_and_client import Certificate, Facts
from unit.samples import guid


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        ({"upns": (f"{guid(1).upper()}@contoso.example",)}, [guid(1)]),
        ({"emails": (f"{guid(1)}@contoso.example",)}, [guid(1)]),
        ({"upns": (guid(1),)}, [guid(1)]),
        ({"upns": (f"x{guid(1)}@contoso.example",)}, []),
        ({"upns": (f"bob@{guid(1)}.contoso.example",)}, []),
        ({"emails": (f"bob+{guid(1)}@contoso.example",)}, []),
        ({"upns": (f"{NO_GUID}@contoso.example",)}, []),
        ({"uris": (f"IntuneDeviceID://{guid(1)}", f"ID:Intune:GUID:{guid(2)}")}, [guid(1), guid(2)]),
        ({"subject_serial": guid(1)}, []),
    ],
)
def test_ids_in_the_names_of_users(names: dict[str, object], ids: list[str]) -> None:
    assert certificate_ids(Certificate(**names)) == ids  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "serials"),
    [
        ({"subject_serial": "5CG1234XYZ"}, ["5cg1234xyz"]),
        ({"subject_serial": "5CG1", "common_name": "pc-1.corp", "dns": ("5CG1",)}, ["5cg1", "pc-1.corp"]),
        ({"subject_serial": "Default string"}, []),
        ({"subject_serial": "0", "common_name": "None"}, []),
        ({}, []),
    ],
)
def test_serials(names: dict[str, object], serials: list[str]) -> None:
    assert certificate_serials(Certificate(**names)) == serials  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("names", "users"),
    [
        ({"upns": ("Bob@Contoso.example",), "emails": ("bob@contoso.example",)}, ["bob@contoso.example"]),
        ({"common_name": "ann@contoso.example"}, ["ann@contoso.example"]),
        ({"common_name": "Ann Lee"}, []),
        ({"upns": (f"{guid(1)}@contoso.example",)}, []),
        ({"upns": ("no-at",)}, []),
    ],
)
def test_users(names: dict[str, object], users: list[str]) -> None:
    assert certificate_users(Certificate(**names)) == users  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (Facts(user_name="host/PC-1.corp.example", user_verified=True), ["pc-1.corp.example", "pc-1"]),
        (Facts(user_name="HOST/pc-1", user_verified=True), ["pc-1"]),
        (Facts(user_name="host/pc-1", user_verified=False), []),
        (Facts(user_name="pc-1", user_verified=True), []),
        (Facts(user_name="host/", user_verified=True), []),
        (Facts(user_name="CORP\\pc-1$", user_verified=True), []),
    ],
)
def test_the_name_of_a_computer_counts_only_where_the_server_has_verified_it(facts: Facts, names: list[str]) -> None:
    assert host_names(facts) == names


def test_host_before_a_name_in_a_certificate_is_no_part_of_it() -> None:
    assert certificate_names(Certificate(common_name="host/PC-1.corp.example")) == ["pc-1.corp.example", "pc-1"]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda a, b, c: a + b + c, st.text(max_size=4), st.sampled_from([guid(1), guid(2).upper()]), st.text(max_size=4)
    ),
)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
CERTIFICATES = st.builds(
    Certificate, common_name=TEXTS, dns=LISTS, uris=LISTS, emails=LISTS, upns=LISTS, subject_serial=TEXTS
)


@given(CERTIFICATES)
def test_every_certificate_says_something_or_nothing(found: Certificate) -> None:
    ids = certificate_ids(found)
    assert all(device_id == device_id.lower() and len(device_id) == 36 for device_id in ids)
    assert NO_GUID not in ids
    for texts in (ids, certificate_names(found), certificate_serials(found), certificate_users(found)):
        assert len(texts) == len(set(texts))
        assert "" not in texts


@pytest.mark.parametrize(
    ("facts", "said", "unsaid"),
    [
        (Facts(certificate=Certificate(common_name="pc-1")), ["names pc-1"], ["primary user", "is that of", "VPN"]),
        (Facts(certificate=Certificate(upns=("bob@x.example",))), ["is that of bob@x.example"], ["primary user"]),
        (Facts(nas_port_type="Virtual"), ["what a VPN client says"], ["certificate"]),
        (Facts(nas_port_type="Ethernet"), ["there is no MAC"], ["VPN", "serialNumber"]),
        (Facts(user_name="x\\pc$", user_verified=True), ["not taken from x\\pc$"], ["VPN"]),
    ],
)
def test_only_what_explains_the_client_is_said(facts: Facts, said: list[str], unsaid: list[str]) -> None:
    sentence = why_nothing(facts, frozenset(("mac", "name")))
    assert all(each in sentence for each in said), sentence
    assert not any(each in sentence for each in unsaid), sentence
