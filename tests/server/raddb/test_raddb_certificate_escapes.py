"""FreeRADIUS reads the names in a certificate as if they stood in double quotes: what that hides is seen or refused."""

from typing import Any

import pytest

from parts.eapol import EAP_FAILURE, Login
from parts.steered import Identities, SteeredServer
from parts.this_server import names_uris

CERT = "TLS-Client-Cert-"
PRINT = f"{CERT}X509v3-Subject-Alternative-Name"
KEPT_BY_THE_CACHE, PASSED_TO_PYTHON = 485, 510


def login(server: SteeredServer, identities: Identities, again: int = 0, **names: Any) -> list[Login]:
    pair = identities.authority.issue_client(**{"common_name": "LAPTOP-1", **names})
    server.answer()
    return server.eap(identities.eap_tls(pair), again=again)


def prints(server: SteeredServer) -> list[list[str]]:
    return [[bytes.fromhex(value[2:]).decode() for value in call.all(PRINT)] for call in server.calls]


@pytest.mark.parametrize(
    ("names", "attribute"),
    [
        pytest.param({"common_name": "a\\000b"}, "Common-Name", id="CN"),
        pytest.param({"dns": ["a", "b\\000c"]}, "Subject-Alt-Name-Dns", id="DNS"),
        pytest.param({"emails": ["a@b", "b@c\\000d"]}, "Subject-Alt-Name-Email", id="e-mail"),
        pytest.param({"upns": ["a@b", "b@c\\000d"]}, "Subject-Alt-Name-Upn", id="UPN"),
        pytest.param({"dns": ["a\\\\101b\\000c"]}, "Subject-Alt-Name-Dns", id="an escape before it"),
        pytest.param({"dns": ["a\\000b\\\\"]}, "Subject-Alt-Name-Dns", id="a backslash at the end"),
        pytest.param({"dns": ["abc\\000"]}, "Subject-Alt-Name-Dns", id="four bytes"),
        pytest.param({"dns": ["\\000"]}, "Subject-Alt-Name-Dns", id="nothing else"),
    ],
)
def test_a_null_byte_is_refused(
    resuming: SteeredServer, identities: Identities, names: dict[str, Any], attribute: str
) -> None:
    (refused,) = login(resuming, identities, **names)
    assert (refused.code, refused.eap_codes, refused.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)
    (refusal,) = resuming.refusals
    (reason,) = [
        line for line in refusal.all("Radtune-Written", "config") if line.startswith("Module-Failure-Message:")
    ]
    said = bytes.fromhex(reason.partition(":")[2]).decode()
    assert said.startswith("radtune: ")
    assert said.endswith(" is not valid UTF-8 or has a null byte")
    assert f"{CERT}{attribute}" in said
    assert resuming.questions == []


def test_a_null_byte_in_a_uri(resuming: SteeredServer, identities: Identities) -> None:
    """It stands in the print as it was written; a server that names URIs would cut the name."""
    logins = login(resuming, identities, again=0 if names_uris() else 1, uris=["x:1\\000"])
    assert {one.code for one in logins} == {"Access-Reject" if names_uris() else "Access-Accept"}
    if not names_uris():
        assert prints(resuming) == [["URI:x:1\\000"]] * 4


@pytest.mark.parametrize(
    ("names", "printed"),
    [
        ({"uris": ["x:1"], "dns": ["a\\054 URI:x:2"]}, "DNS:a\\054 URI:x:2, URI:x:1"),
        ({"uris": ["x:1"], "dns": ["a\\"]}, "DNS:a\\, URI:x:1"),
        ({"uris": ["x:1"], "emails": ["a\\"]}, "URI:x:1, email:a\\"),
        ({"uris": ["x:\\n\\101\\\\"]}, "URI:x:\\n\\101\\\\"),
    ],
)
def test_the_print_comes_as_openssl_wrote_it(
    resuming: SteeredServer, identities: Identities, names: dict[str, Any], printed: str
) -> None:
    fresh, resumed = login(resuming, identities, again=1, **names)
    assert (fresh.resumed, resumed.resumed) == (False, True)
    assert prints(resuming) == [[printed]] * 4


def test_a_backslash_at_the_end_leaves_no_attribute(steered: SteeredServer, identities: Identities) -> None:
    """Which the module has to know: a name that it doesn't see may be there."""
    login(steered, identities, common_name="a\\", dns=["b\\"], uris=["x:1"])
    for call in steered.calls:
        names = {name for name, _ in call.lists["request"]}
        assert not names & {f"{CERT}Common-Name", f"{CERT}Subject-Alt-Name-Dns"}
        assert call.subject() == ["/CN=a\\"]


@pytest.mark.parametrize("unit", ["a\\000b", "\\114", "x\\", "a\\057CN=b"])
def test_the_subject_comes_as_openssl_wrote_it(resuming: SteeredServer, identities: Identities, unit: str) -> None:
    fresh, resumed = login(resuming, identities, again=1, common_name="\\114APTOP-1", unit=unit)
    assert (fresh.resumed, resumed.resumed) == (False, True)
    assert [call.subject() for call in resuming.calls] == [[f"/OU={unit}/CN=\\114APTOP-1"]] * 4
    assert [call.all(f"{CERT}Common-Name") for call in resuming.calls] == [["LAPTOP-1"]] * 4


def test_a_real_null_byte_leaves_no_print(steered: SteeredServer, identities: Identities) -> None:
    login(steered, identities, uris=["x:1"], dns=["a\0b"])
    assert prints(steered) == [[], []]
    assert [call.all(f"{CERT}Subject-Alt-Name-Dns") for call in steered.calls] == [["a"], ["a"]]


@pytest.mark.parametrize("length", [KEPT_BY_THE_CACHE - 1, KEPT_BY_THE_CACHE, PASSED_TO_PYTHON + 1, 2000])
def test_where_a_print_is_cut(resuming: SteeredServer, identities: Identities, length: int) -> None:
    """From 485 bytes on nobody can tell whether that was all."""
    uri = "x:" + "u" * (length - len("URI:x:"))
    fresh, resumed = login(resuming, identities, again=1, uris=[uri])
    assert (fresh.resumed, resumed.resumed) == (False, True)
    lengths = [len(printed) for (printed,) in prints(resuming)]
    assert lengths == 2 * [min(length, PASSED_TO_PYTHON)] + 2 * [min(length, KEPT_BY_THE_CACHE)]
