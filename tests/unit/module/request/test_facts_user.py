"""Whose word the user name is: only what the server has proved for that very name is verified."""

from contextlib import closing
from pathlib import Path

import pytest

from radtune.records.device_and_client import Facts
from radtune.request.attributes import Attributes
from radtune.request.facts import read_facts
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC as CLIENT
from unit.samples import NOW, ttls_request

Pairs = list[tuple[str, str]]

EAP = ("EAP-Message", "0x02")
TTLS, PEAP = [EAP, ("EAP-Type", "TTLS")], [EAP, ("EAP-Type", "PEAP")]
MAC = ("Calling-Station-Id", "00-16-CB-AA-BB-01")


def facts(pairs: Pairs, *auth_types: str, mab: bool = False, inner: str = "") -> Facts:
    state = [("Radtune-Inner-User-Name", "bob"), ("Radtune-Inner-Type", inner)] if inner else []
    request = [("User-Name", "anonymous" if inner else "bob"), *pairs]
    found = read_facts(Attributes(state, request), mab=mab, auth_types=auth_types)
    assert found.user_name == "bob"
    return found


@pytest.mark.parametrize(
    ("pairs", "auth_type"),
    [
        ([("User-Password", "hello")], "PAP"),
        ([("User-Password", "hello"), MAC], "LDAP"),
        ([("CHAP-Password", "0x01")], "CHAP"),
        ([("MS-CHAP-Challenge", "0x01")], "MS-CHAP"),
        *(([EAP, ("EAP-Type", kind)], "eap") for kind in ("MD5", "EAP-MD5", "GTC", "LEAP", "MSCHAPv2", "PWD")),
    ],
)
def test_a_password_verifies(pairs: Pairs, auth_type: str) -> None:
    assert facts(pairs, auth_type).user_verified
    assert not facts(pairs, "Accept").user_verified, "the server has let the user in unasked"
    assert not facts(pairs, auth_type, "Accept").user_verified, "the last one counts, and nobody knows its place"
    assert not facts(pairs).user_verified, "the server has not authenticated anybody yet"
    assert not facts(pairs, auth_type, mab=True).user_verified


@pytest.mark.parametrize("pairs", [TTLS, PEAP, [EAP, ("EAP-Type", "TEAP")], [EAP, ("EAP-Type", "FAST")]])
@pytest.mark.parametrize("inner", ["PAP", "CHAP", "MSCHAP", "MSCHAPv2", "EAP-MSCHAPv2", "EAP-MD5", "EAP-GTC"])
def test_a_password_in_a_tunnel_verifies(pairs: Pairs, inner: str) -> None:
    for written in (inner, f"{inner} with certificate"):
        found = facts(pairs, "eap", inner=written)
        assert (found.user_verified, found.inner_type) == (True, inner.lower())
        assert not facts(pairs, "Accept", inner=written).user_verified


@pytest.mark.parametrize("pairs", [TTLS, PEAP])
@pytest.mark.parametrize(
    "inner", ["", "Accept", "Accept with certificate", "Unknown", "EAP-TLS", "EAP-", "EAP-Identity"]
)
def test_what_in_a_tunnel_does_not(pairs: Pairs, inner: str) -> None:
    assert not facts(pairs, "eap", inner=inner).user_verified


@pytest.mark.parametrize(
    ("pairs", "inner"), [(PEAP, "EAP-MSCHAPv2"), ([EAP, ("EAP-Type", "MD5")], "EAP-MD5"), ([], "CHAP")]
)
def test_the_mac_as_password_does_not(pairs: Pairs, inner: str) -> None:
    found = facts([*pairs, ("CHAP-Password", "0x01")], "eap", inner=f"{inner} with MAC")
    assert (found.user_verified, found.inner_type) == (False, inner.lower())


@pytest.mark.parametrize("kind", ["TLS", "EAP-TLS", "Identity", "SIM", ""])
def test_no_other_eap_type_does(kind: str) -> None:
    """EAP-TLS: its identity is what the client likes to be called, and not compared with the certificate."""
    assert not facts([EAP, ("EAP-Type", kind)], "eap").user_verified
    assert not facts([EAP, ("EAP-Type", kind)], "eap", inner="PAP").user_verified


def test_no_password_is_no_proof() -> None:
    assert not facts([], "PAP").user_verified
    assert not facts([("Digest-Response", "x")], "digest").user_verified


@pytest.mark.parametrize("name", ["0016cbaabb01", "00-16-CB-AA-BB-01"])
def test_a_mac_for_a_name_is_not_verified(name: str) -> None:
    """Its password is known to everybody who can read a MAC."""
    pairs = [("User-Name", name), ("User-Password", name), MAC]
    assert not read_facts(Attributes(pairs), auth_types=("PAP",)).user_verified
    assert read_facts(Attributes([*pairs[:2]]), auth_types=("PAP",)).user_verified


@pytest.mark.parametrize(
    ("config", "verified"),
    [
        ([("Auth-Type", "eap")], True),
        ([("Auth-Type", "Accept")], False),
        ([("Radtune-Question", "login")], False),
        ([("Radtune-Question", "login"), ("Auth-Type", "eap")], True),
    ],
)
def test_the_instance_passes_on_how_the_server_has_authenticated(office: Path, config: Pairs, verified: bool) -> None:
    with (
        closing(ModuleInstance(office / "settings.yaml", print)) as instance,
        closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store,
    ):
        instance.answer("login", None, ttls_request(), config, now=NOW)
        session = store.get(f"192.0.2.1/{CLIENT}/ge-0/0/7")
    assert session is not None
    assert (session.facts.user_name, session.facts.user_verified) == ("bob", verified)
