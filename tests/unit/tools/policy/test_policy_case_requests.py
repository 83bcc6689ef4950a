"""Requests of cases: names that no server shows, and logins that the server doesn't ask the policy about."""

from pathlib import Path

import pytest

from radtune.config.policy_labels import PolicyContext
from radtune.errors import ConfigurationError
from radtune_tools.policy.cases import Case, read_cases
from unit.dictionaries import FEW, write

NOWHERE = PolicyContext(None)


def read(directory: Path, request: str, around: PolicyContext = NOWHERE) -> list[Case]:
    """Read a file with one case, whose request is in its third line."""
    file = directory / "cases.yaml"
    file.write_text(f"cases:\n  - name: one\n    request: {request}\n    expect: {{policy: deny}}\n")
    return read_cases(file, around)


def fault(directory: Path, request: str, around: PolicyContext = NOWHERE) -> str:
    """Return the one fault in the request."""
    with pytest.raises(ConfigurationError) as raised:
        read(directory, request, around)
    (problem,) = raised.value.problems
    assert (problem.line, problem.key.startswith("cases[1].request.")) == (3, True)
    return problem.message


def test_attributes_that_no_dictionary_knows(tmp_path: Path) -> None:
    known = write(tmp_path, "dictionary", "ATTRIBUTE NAS-IP-Address 4 ipaddr\nATTRIBUTE User-Password 2 string\n")
    names = "{NAS-IP-Address: 192.0.2.1, User-Nmae: x, User-Password: y, TLS-Client-Cert-Serial: 1}"
    assert fault(tmp_path, names, PolicyContext(None, (known,))) == "unknown attribute User-Nmae"


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize(
    ("name", "spelled", "told_by_radtune"),
    [
        ("calling-station-id", "Calling-Station-Id", True),
        ("Tls-Client-Cert-Common-Name", "TLS-Client-Cert-Common-Name", True),
        ("cisco-avpair", "Cisco-AVPair", True),
        ("service-type", "Service-Type", True),
        ("aruba-Location-Id", "Aruba-Location-Id", True),
        ("connect-info", "Connect-Info", False),
        ("TUNNEL-Private-Group-Id:1", "Tunnel-Private-Group-Id:1", False),
    ],
)
def test_names_in_another_spelling_are_none_that_the_server_shows(
    tmp_path: Path, name: str, spelled: str, told_by_radtune: bool, dictionary: bool
) -> None:
    """radtune would not read them, and the case would pass or fail for another request than the server's."""
    known = write(tmp_path, "dictionary", f"{FEW}ATTRIBUTE Tunnel-Private-Group-Id 81 string has_tag\n")
    around = PolicyContext(None, (known,) if dictionary else ())
    assert read(tmp_path, f"{{'{spelled}': 1}}", around)
    if dictionary or told_by_radtune:
        said = f"{name}: the server spells it {spelled}, and so must the case"
        assert fault(tmp_path, f"{{'{name}': 1}}", around) == said
    else:
        assert read(tmp_path, f"{{'{name}': 1}}", around)


@pytest.mark.parametrize("inner", ["EAP-TLS", "EAP-TTLS", "EAP-PEAP", "PEAP", "eap-tls", "EAP-TLS with certificate"])
def test_what_the_server_refuses_inside_of_a_tunnel_is_no_case(tmp_path: Path, inner: str) -> None:
    said = f"{inner}: the server refuses a tunnel or EAP-TLS inside of a tunnel before the policy is asked"
    assert fault(tmp_path, f"{{EAP-Type: TTLS, User-Name: bob, Radtune-Inner-Type: {inner}}}") == said
    assert read(tmp_path, "{EAP-Type: TTLS, User-Name: bob, Radtune-Inner-Type: EAP-MSCHAPv2}")


def test_a_resumed_tunnel_of_which_nothing_is_known_is_no_case(tmp_path: Path) -> None:
    request = "{EAP-Type: PEAP, User-Name: bob, EAP-Session-Resumed: 'Yes'}"
    said = "the server refuses a resumed tunnel without Radtune-Inner-Type before the policy is asked"
    assert fault(tmp_path, request) == said
    assert read(tmp_path, request.replace("{", "{Radtune-Inner-Type: EAP-MSCHAPv2, "))
    assert read(tmp_path, request.replace("PEAP", "TLS"))
