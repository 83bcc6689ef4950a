"""Sites and groups of NASes."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.policy.nas_directory import NasDirectory, NasIndex, NasList, nas_network
from radtune.records.device_and_client import Facts

SITES = (
    NasList("everywhere", ("0.0.0.0/0", "*")),
    NasList("berlin", ("192.0.2.0/24", "ber-*")),
    NasList("one", ("192.0.2.7", "ber-sw1")),
    NasList("six", ("2001:db8::/32",)),
)


@pytest.mark.parametrize(
    ("address", "identifier", "site"),
    [
        ("192.0.2.7", "", "one"),
        ("192.0.2.8", "", "berlin"),
        ("192.0.3.8", "", "everywhere"),
        ("192.0.2.8", "ber-sw1", "berlin"),
        ("", "ber-sw1", "one"),
        ("", "BER-SW1", "one"),
        ("2001:db8::1", "", "six"),
        ("2001:db9::1", "", ""),
        ("", "", ""),
        ("nonsense", "", ""),
        ("2001:db9::1", "x", "everywhere"),
    ],
)
def test_the_site_that_names_a_nas_most_exactly(address: str, identifier: str, site: str) -> None:
    assert NasDirectory(SITES).find(Facts(nas_address=address, nas_identifier=identifier)).site == site


def test_a_question_mark_is_one_character() -> None:
    index = NasIndex([NasList("one", ("sw-?",))])
    assert [index.lists_of("", name) for name in ("sw-1", "SW-2", "sw-", "sw-12", "sw-?")] == [
        *(["one"], ["one"], [], [], ["one"])
    ]


def test_a_pattern_that_is_listed_first_comes_first() -> None:
    directory = NasDirectory((NasList("a", ("ber-*",)), NasList("b", ("*",))))
    assert directory.find(Facts(nas_identifier="ber-1")).site == "a"


def test_a_nas_is_in_every_group_that_names_it() -> None:
    directory = NasDirectory(
        groups=(NasList("a", ("192.0.2.0/24",)), NasList("b", ("sw-*",), "cisco"), NasList("c", ("x",)))
    )
    facts = Facts(nas_address="192.0.2.1", nas_identifier="sw-1", nas_vendor="hp")
    assert directory.find(facts).groups == ("a", "b")
    assert directory.find(facts).vendor == "cisco"
    assert directory.find(Facts(nas_address="192.0.2.1", nas_vendor="hp")).vendor == "hp"
    assert directory.find(facts).site == ""


@pytest.mark.parametrize("text", ["192.0.2.0/24", "192.0.2.1", "2001:db8::/32", "::1"])
def test_networks(text: str) -> None:
    assert nas_network(text) == ip_network(text)


@pytest.mark.parametrize("text", ["sw-1", "a/24", "", "ap.berlin.1", "7"])
def test_identifiers(text: str) -> None:
    assert nas_network(text) is None


@pytest.mark.parametrize(
    "text", ["192.0.2", "192.0.2.*", "192.0.2.0/33", "10.0.0.1-10.0.0.9", "192.0.2.300", "2001:db8::/129"]
)
def test_what_looks_like_an_address_and_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="no address and no network"):
        nas_network(text)


def test_a_network_with_bits_behind_its_length() -> None:
    with pytest.raises(ValueError, match=r"192.0.2.1/24: has bits set behind its length; write 192.0.2.0/24"):
        nas_network("192.0.2.1/24")


NETWORKS = st.builds(
    lambda number, length: str(ip_network((number >> (32 - length) << (32 - length), length))),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


@given(st.lists(NETWORKS, max_size=6), st.integers(0, 2**32 - 1))
def test_the_index_finds_what_looking_at_each_network_finds(networks: list[str], number: int) -> None:
    address = str(ip_address(number))
    index = NasIndex([NasList(text, (text,)) for text in networks])
    holding = {text for text in networks if ip_address(address) in ip_network(text)}
    found = index.lists_of(address, "")
    assert set(found) == holding
    lengths = [int(text.partition("/")[2]) for text in found]
    assert lengths == sorted(lengths, reverse=True)
