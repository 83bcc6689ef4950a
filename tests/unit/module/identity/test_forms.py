"""Less usual forms in which a client names its device: found where nobody else can be meant, or said why not."""

from pathlib import Path

import pytest

from radtune.identity.matching import DEFAULT_IDENTIFIERS, IDENTIFIERS, Match, find_device, still_shows
from radtune.records.device_and_client import Certificate, Facts
from unit.samples import MAC, RANDOM_MAC, certificate, device, fill, guid, opened, store_of

EVERY = frozenset(IDENTIFIERS)
LONG = device(1, name="LAPTOP-BERLIN-0042", os="Windows")
CUT = "LAPTOP-BERLIN-0"


@pytest.mark.parametrize("name", ["00:16:CB:AA:BB:01", "0016cbaabb01", "0016.CBAA.BB01", "00-16-cb-aa-bb-01"])
def test_a_mac_as_the_name_of_a_certificate(name: str) -> None:
    memory_store = store_of(device(1), device(2))
    for facts in (certificate(common_name=name), certificate(common_name="x", dns=(name,))):
        match = find_device(facts, memory_store)
        assert (match.by, match.device) == ("mac", device(1))
        assert still_shows(facts, match)
        assert find_device(facts, memory_store, DEFAULT_IDENTIFIERS - {"mac"}).state == "not_enrolled"


def test_the_certificate_s_mac_counts_before_the_client_s() -> None:
    facts = Facts(mac="0016cbaabb02", certificate=Certificate(common_name=MAC))
    match = find_device(facts, store_of(device(1), device(2)), conflicts=True)
    assert match.device == device(1)
    assert "belongs to LAPTOP-2" in match.conflict


@pytest.mark.parametrize("mac", [RANDOM_MAC, "000000000000", "ff:ff:ff:ff:ff:ff"])
def test_a_mac_that_names_nobody(mac: str) -> None:
    memory_store = store_of(device(1, macs=(mac.replace(":", ""),)))
    assert find_device(certificate(common_name=mac), memory_store).state == "not_enrolled"


@pytest.mark.parametrize("other", [{"serial": MAC}, {"name": MAC}])
def test_a_mac_that_is_also_another_device_s_name_or_serial_number(other: dict[str, str]) -> None:
    match = find_device(certificate(common_name=MAC), store_of(device(1), device(2, **other)))
    assert (match.state, match.device) == ("ambiguous", None)


def test_a_serial_number_that_looks_like_an_id() -> None:
    memory_store = store_of(device(1, serial=guid(77).upper()), device(2))
    for facts in (certificate(common_name=guid(77)), certificate(dns=(guid(77),))):
        match = find_device(facts, memory_store)
        assert (match.by, match.device) == ("serial", device(1, serial=guid(77).upper()))
        assert find_device(facts, memory_store, DEFAULT_IDENTIFIERS - {"serial"}).state == "not_enrolled"
    # What is an id is none, and what is in a longer name is none.
    assert find_device(
        certificate(common_name=guid(2)), store_of(device(1, serial=guid(2)), device(2))
    ).device == device(2)
    assert find_device(certificate(common_name=f"x {guid(77)}"), memory_store).state == "not_enrolled"
    assert find_device(certificate(common_name=guid(77), dns=(guid(2),)), memory_store).state == "ambiguous"


@pytest.mark.parametrize(
    ("identify_by", "named", "left_out"),
    [({"entra_id"}, guid(1), "device_id"), ({"device_id", "serial"}, guid(50), "entra_id")],
)
def test_an_id_that_the_policy_leaves_out_is_told(identify_by: set[str], named: str, left_out: str) -> None:
    match = find_device(certificate(common_name=named), store_of(device(1, entra_id=guid(50))), frozenset(identify_by))
    assert (match.state, match.device) == ("not_enrolled", None)
    assert f"the policy's identify_by leaves out {left_out}" in match.how


COMPUTERS = [
    certificate(common_name=CUT),
    certificate(dns=(f"{CUT.lower()}.corp.example",)),
    Facts(user_name=f"host/{CUT}", user_verified=True, auth_type="peap"),
    Facts(user_name=f"{CUT}$", user_verified=True, auth_type="peap"),
]


@pytest.mark.parametrize("facts", COMPUTERS)
def test_a_windows_name_that_netbios_has_cut(facts: Facts) -> None:
    match = find_device(facts, store_of(LONG, device(2)))
    assert (match.by, match.device) == ("name", LONG)
    assert still_shows(facts, match)


@pytest.mark.parametrize("facts", COMPUTERS)
@pytest.mark.parametrize("other", ["LAPTOP-BERLIN-0043", CUT])
def test_a_cut_name_that_two_devices_share(facts: Facts, other: str) -> None:
    assert find_device(facts, store_of(LONG, device(2, name=other, os="Windows"))).state == "ambiguous"


@pytest.mark.parametrize("name", ["LAPTOP-BERLIN-", "LAPTOP-BERLIN-00", "APTOP-BERLIN-00"])
def test_a_name_that_is_cut_elsewhere_is_none(name: str) -> None:
    assert find_device(certificate(common_name=name), store_of(LONG)).state == "not_enrolled"


def test_other_systems_cut_no_name() -> None:
    assert device(1, name=LONG.name, os="iOS").netbios_name == device(1, name=CUT, os="Windows").netbios_name == ""


def test_the_store_finds_a_cut_name(tmp_path: Path) -> None:
    fill(tmp_path, [LONG, device(2)])
    with opened(tmp_path) as store:
        assert store.find("netbios_name", CUT.lower()) == (LONG,)
        assert find_device(certificate(common_name=CUT), store).device == LONG


@pytest.mark.parametrize(
    ("user", "verified", "found"),
    [
        ("LAPTOP-1$", True, True),
        ("laptop-1$", True, True),
        ("LAPTOP-1$", False, False),
        ("LAPTOP-1", True, False),
        ("CORP\\LAPTOP-1$", True, False),
        ("LAPTOP-1$@corp.example", True, False),
        ("LAPTOP-1.corp$", True, False),
        ("$", True, False),
    ],
)
def test_a_computer_that_logs_in_by_its_account(user: str, verified: bool, found: bool) -> None:
    match = find_device(Facts(user_name=user, user_verified=verified, auth_type="peap"), store_of(device(1)))
    assert (match.device == device(1), match.by) == (found, "name" if found else "")


@pytest.mark.parametrize(
    ("facts", "identify_by", "says"),
    [
        (certificate(upns=("ann@x.example",)), DEFAULT_IDENTIFIERS, "the policy's identify_by leaves out user"),
        (certificate(emails=("a.lee@x.example",)), EVERY, "a mail address or alias is no user principal name"),
        (certificate(common_name="ann@x.example-5CG1234XYZ"), EVERY, "put it into the subject as serialNumber"),
        (
            certificate(common_name="ann@x.example5CG1234XYZ"),
            DEFAULT_IDENTIFIERS,
            "put it into the subject as serialNumber",
        ),
        (Facts(user_name="CORP\\PC$", user_verified=True), EVERY, "not taken from CORP\\PC$, but from host/NAME"),
        (Facts(calling_station_id="203.0.113.9", nas_port_type="Virtual"), EVERY, "mdm-tlv=device-mac, proves no"),
    ],
)
def test_a_form_that_names_no_device_is_told(facts: Facts, identify_by: frozenset[str], says: str) -> None:
    match: Match = find_device(facts, store_of(device(1, user="alee@x.example", serial="5CG1234XYZ")), identify_by)
    assert match.state == "not_enrolled"
    assert says in match.how


HOST = Facts(user_name="host/laptop-berlin-0042.contoso.example", user_verified=True)


@pytest.mark.parametrize(
    ("facts", "shows"),
    [
        (certificate(common_name="laptop-berlin-0042"), True),
        (certificate(common_name="x", dns=("LAPTOP-BERLIN-0042.contoso.example",)), True),
        (HOST, True),
        (Facts(user_name="LAPTOP-BERLIN-0$", user_verified=True), True),
        (Facts(user_name=HOST.user_name), False),
        (certificate(common_name="laptop-berlin-0043"), False),
        (Facts(mac="0016cbaabb01"), False),
        (Facts(), False),
    ],
)
def test_a_device_that_was_found_by_its_name_is_recalled_for_a_client_that_still_shows_it(
    facts: Facts, shows: bool
) -> None:
    assert still_shows(facts, Match("found", "x", LONG, "name")) is shows
    assert not still_shows(facts, Match("found", "x", device(1, name="", macs=()), "name"))
    assert not still_shows(facts, Match("not_enrolled", "x"))
    assert still_shows(facts, Match("found", "x", LONG, "device_id")), "that is in the certificate"
