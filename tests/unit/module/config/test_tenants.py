"""The tenants in settings.yaml: every form of cloud and credential, and every fault with its place."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from radtune.config.settings import read_settings
from radtune.config.tenants import Tenant
from radtune.errors import ConfigurationError
from unit.samples import SETTINGS, guid

CLIENT = {"client_id": guid(7)}
SECRET = {**CLIENT, "client_secret_file": "secret"}
PEM = {**CLIENT, "certificate_file": "crt", "private_key_file": "key"}
PFX = {**CLIENT, "certificate_file": "pfx"}
CREDENTIALS = {
    "secret": SECRET,
    "PEM": PEM,
    "encrypted PEM": {**PEM, "passphrase_file": "pass"},
    "PFX": {**PFX, "passphrase_file": "pass"},
    "PFX without a passphrase": PFX,
    "federated": {**CLIENT, "federated_token_file": "token"},
    "Azure": {"managed_identity": "azure"},
    "Azure, user-assigned": {"managed_identity": "azure", **CLIENT},
    "Azure Arc": {"managed_identity": "arc"},
}


def tenants(tmp_path: Path, *entries: Mapping[str, object]) -> tuple[Tenant, ...]:
    """Read settings with these tenants, each on lines of its own."""
    (tmp_path / "settings.yaml").write_text(SETTINGS + yaml.safe_dump({"intune": list(entries)}, sort_keys=False))
    return read_settings(tmp_path / "settings.yaml").tenants


def tenant(tmp_path: Path, **entry: object) -> Tenant:
    (found,) = tenants(tmp_path, {"tenant": "contoso.example", **SECRET, **entry})
    return found


def problems(tmp_path: Path, *entries: Mapping[str, object]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        tenants(tmp_path, *entries)
    return str(caught.value).replace(f"{tmp_path}/settings.yaml:", "").splitlines()


@pytest.mark.parametrize("given", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_every_credential(tmp_path: Path, given: Mapping[str, object]) -> None:
    (found,) = tenants(tmp_path, {"tenant": "Contoso.Example", **given})
    assert found.name == "contoso.example"
    for name, value in given.items():
        assert getattr(found, name) == (tmp_path / str(value) if name.endswith("_file") else value)
    assert found.authority == "https://login.microsoftonline.com"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "none of them"),
        (CLIENT, "client_id"),
        ({"client_secret_file": "s"}, "client_secret_file"),
        ({**CLIENT, "private_key_file": "k"}, "client_id, private_key_file"),
        ({**CLIENT, "passphrase_file": "p"}, "client_id, passphrase_file"),
        ({"certificate_file": "c", "private_key_file": "k"}, "certificate_file, private_key_file"),
        ({**SECRET, "certificate_file": "c"}, "certificate_file, client_id, client_secret_file"),
        ({**SECRET, "passphrase_file": "p"}, "client_id, client_secret_file, passphrase_file"),
        ({**SECRET, "managed_identity": "azure"}, "client_id, client_secret_file, managed_identity"),
        ({**SECRET, "federated_token_file": "t"}, "client_id, client_secret_file, federated_token_file"),
        ({"managed_identity": "azure", "passphrase_file": "p"}, "managed_identity, passphrase_file"),
    ],
)
def test_no_two_credentials_and_none_by_halves(tmp_path: Path, given: Mapping[str, object], found: str) -> None:
    (problem,) = problems(tmp_path, {"tenant": "t", **given})
    assert problem.startswith("5: intune[1]: to sign in, give client_id and client_secret_file; or ")
    assert (
        "; or client_id, certificate_file (PFX), passphrase_file; or client_id and federated_token_file; or " in problem
    )
    assert problem.endswith(f"; found {found}")


def test_a_user_assigned_identity_of_azure_arc(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, {"tenant": "t", "managed_identity": "arc", **CLIENT})
    assert problem == "7: intune[1].client_id: Azure Arc knows no user-assigned identities; leave it out"


@pytest.mark.parametrize(
    ("cloud", "authority", "graph"),
    [
        (None, "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("gcc-high", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_every_cloud(tmp_path: Path, cloud: str | None, authority: str, graph: str) -> None:
    found = tenant(tmp_path, **({"cloud": cloud} if cloud else {}))
    assert (found.cloud, found.authority, found.graph) == (cloud or "global", authority, graph)


def test_a_cloud_of_one_s_own(tmp_path: Path) -> None:
    own = {"authority": "https://login.example:8443", "graph": "https://graph.example"}
    found = tenant(tmp_path, **own)
    assert (found.authority, found.graph) == ("https://login.example:8443", "https://graph.example")
    half = tenant(tmp_path, cloud="dod", graph="https://graph.example")
    assert (half.authority, half.graph) == ("https://login.microsoftonline.us", "https://graph.example")


def test_everything_else(tmp_path: Path) -> None:
    found = tenant(tmp_path)
    assert (found.page_size, found.ethernet_macs, found.entra_changes) == (1000, False, False)
    assert (found.proxy, found.ca_file, found.client_secret_expires) == ("", None, "")
    more: dict[str, object] = {"page_size": 1, "ethernet_macs": True, "entra_changes": True, "ca_file": "ca.pem"}
    found = tenant(tmp_path, **more, proxy="http://proxy.example:3128", client_secret_expires="2027-05-01")
    assert (found.page_size, found.ethernet_macs, found.entra_changes) == (1, True, True)
    assert (found.proxy, found.ca_file) == ("http://proxy.example:3128", tmp_path / "ca.pem")
    assert found.client_secret_expires == "2027-05-01"
    assert tenant(tmp_path, proxy="none").proxy == "none"


def test_a_date_needs_no_quotes(tmp_path: Path) -> None:
    entry = f"intune:\n  - tenant: t\n    client_id: {guid(7)}\n    client_secret_file: s\n"
    (tmp_path / "settings.yaml").write_text(f"{SETTINGS}{entry}    client_secret_expires: 2027-05-01\n")
    assert read_settings(tmp_path / "settings.yaml").tenants[0].client_secret_expires == "2027-05-01"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("tenant", value) for value in ("", "a/b", "contoso.example\n", 5, "-a", "common", "Organizations")),
        *(("client_id", value) for value in ("radtune", f"{guid(7)}\n", f"{{{guid(7)}}}")),
        *(("client_secret_expires", value) for value in ("soon", "2027-13-01", "1.5.2027", 20270501, "")),
        *(("cloud", value) for value in ("GCC", "gov", "")),
        *(
            ("authority", value)
            for value in ("http://l.example", "https://l.example\n", "https://l.example/", "l.example")
        ),
        *(("authority", value) for value in ("https://user@l.example", "https://")),
        *(("graph", value) for value in ("graph.microsoft.com", "https://g.example\n", "https://g.example/v1.0")),
        *(("proxy", value) for value in ("proxy:3128", "http://bob:hunter2@proxy:3128", "socks5://p", "None", "")),
        *(("page_size", value) for value in (0, 1001, 100.0, True, "100")),
        *(("ethernet_macs", value) for value in ("yes", 1)),
        *(("entra_changes", value) for value in ("no", 0)),
        ("managed_identity", "aws"),
        *((key, "") for key in ("client_secret_file", "ca_file", "certificate_file", "federated_token_file")),
        ("client_secret", "hunter2"),
    ],
)
def test_each_key_s_faults(tmp_path: Path, key: str, value: object) -> None:
    entry = {"tenant": "t", **SECRET}
    entry.pop(key, None)
    said = problems(tmp_path, {**entry, key: value})
    assert any(f": intune[1].{key}: " in problem for problem in said)


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, {"tenant": "t", **SECRET, "client_secret": "hunter2"})
    assert problem.startswith("8: intune[1].client_secret: unknown key client_secret; did you mean client_secret_file?")


def test_the_form_of_before_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS + yaml.safe_dump({"intune": {"tenant": "t", **SECRET}}))
    with pytest.raises(ConfigurationError, match=r"4: intune: .*expected a list: The Intune tenants that"):
        read_settings(tmp_path / "settings.yaml")


def test_several_tenants(tmp_path: Path) -> None:
    first, second = {"tenant": "a.example", **SECRET}, {"tenant": "b.example", "managed_identity": "arc"}
    assert [found.name for found in tenants(tmp_path, first, second)] == ["a.example", "b.example"]


def test_a_tenant_given_twice(tmp_path: Path) -> None:
    said = problems(tmp_path, {"tenant": "a.example", **SECRET}, {"tenant": "A.Example", **PEM})
    assert said == ["8: intune[2].tenant: a.example: given at line 5 already"]


def test_faults_of_every_tenant_come_at_once(tmp_path: Path) -> None:
    said = problems(
        tmp_path, {**SECRET}, {**SECRET}, {"tenant": "c.example", "cloud": "gov", **SECRET}, {"tenant": "d"}
    )
    assert [problem.split(": ")[1] for problem in said] == ["intune[1]", "intune[2]", "intune[3].cloud", "intune[4]"]
    assert said[0].endswith("the key tenant is missing")
