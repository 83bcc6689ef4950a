"""settings.yaml -> Settings, or every fault at once."""

from pathlib import Path

import pytest

from radtune.errors import ConfigurationError
from radtune.settings import Limits, Settings, read_configuration, read_settings
from unit.samples import POLICY, SETTINGS

INTUNE = """\
intune:
  tenant: Contoso.Example
  client_id: 8A0F3C11-0000-4000-8000-000000000001
"""
NAS = """\
nas:
  - {name: sw1, address: 192.0.2.1, secret_file: coa}
"""


def settings(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "settings.yaml").write_text(text)
    return read_settings(tmp_path / "settings.yaml")


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with the text, a line each, without the file's name."""
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/settings.yaml:", "").splitlines()


def test_the_least(tmp_path: Path) -> None:
    found = settings(tmp_path, SETTINGS)
    assert (found.device_store, found.session_store) == (tmp_path / "store/devices", tmp_path / "store/sessions")
    assert (found.events, found.policy) == (tmp_path / "events.jsonl", tmp_path / "policy.yaml")
    assert (found.intune, found.nas, found.limits) == (None, (), Limits(5, 10.0, 5, 10.0))


def test_file_names_are_relative_to_the_file_or_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/settings.yaml").write_text(f"store: ../s\nevents: {tmp_path}/e\npolicy: p\n")
    monkeypatch.chdir(tmp_path)
    found = read_settings(Path("conf/settings.yaml"))
    assert found.store.resolve() == tmp_path / "s"
    assert found.events == tmp_path / "e"
    assert found.policy == tmp_path / "conf/p"


def test_the_settings_that_are_installed() -> None:
    file = Path(__file__).resolve().parents[2] / "raddb/mods-config/radtune/settings.yaml"
    assert read_settings(file).store == Path("/var/lib/radtune")
    as_if_used = [line.removeprefix("#") if line.startswith("#") else line for line in file.read_text().splitlines()]
    assert "intune:" in as_if_used


def test_everything(tmp_path: Path) -> None:
    text = f"""{SETTINGS}{INTUNE}  client_secret_file: secret
  page_size: 100
  ca_file: ca.pem
nas:
  - {{name: sw1, address: 192.0.2.1, secret_file: coa}}
  - {{name: v6, address: "2001:DB8:0::1", secret_file: coa, port: 1700}}
  - {{name: ap, identifier: ap-1, coa_address: 192.0.2.9, secret_file: coa}}
limits: {{devices_gone: 0, devices_gone_percent: 0.5, sessions_moved: 7, sessions_moved_percent: 100}}
"""
    found = settings(tmp_path, text)
    assert found.intune is not None
    assert (found.intune.tenant, found.intune.client_id) == ("contoso.example", "8a0f3c11-0000-4000-8000-000000000001")
    assert (found.intune.client_secret_file, found.intune.ca_file) == (tmp_path / "secret", tmp_path / "ca.pem")
    assert (found.intune.authority, found.intune.page_size) == ("https://login.microsoftonline.com", 100)
    assert found.intune.graph == "https://graph.microsoft.com"
    assert [(nas.address, nas.coa_address, nas.port) for nas in found.nas] == [
        ("192.0.2.1", "192.0.2.1", 3799),
        ("2001:db8::1", "2001:db8::1", 1700),
        ("", "192.0.2.9", 3799),
    ]
    assert found.nas[0].secret_file == tmp_path / "coa"
    assert found.limits == Limits(0, 0.5, 7, 100)


@pytest.mark.parametrize("given", ["client_secret_file: s", "certificate_file: c\n  private_key_file: k"])
def test_either_a_secret_or_a_certificate(tmp_path: Path, given: str) -> None:
    assert settings(tmp_path, f"{SETTINGS}{INTUNE}  {given}\n").intune is not None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("page_size: 5", "found neither"),
        ("certificate_file: c", "found certificate_file"),
        ("private_key_file: k", "found private_key_file"),
        ("client_secret_file: s\n  certificate_file: c", "found certificate_file, client_secret_file"),
    ],
)
def test_neither_both_nor_half_a_credential(tmp_path: Path, given: str, found: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}{INTUNE}  {given}\n")
    assert problem.startswith("4: intune: give either client_secret_file, or certificate_file and private_key_file")
    assert problem.endswith(found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tenant: ''", "tenant"),
        ("tenant: a/b", "tenant"),
        ('tenant: "contoso.example\\n"', "tenant"),
        ("tenant: 5", "tenant"),
        ("client_id: radtune", "client_id"),
        ('client_id: "8a0f3c11-0000-4000-8000-000000000001\\n"', "client_id"),
        ("authority: http://login.example", "authority"),
        ('authority: "https://login.example\\n"', "authority"),
        ("authority: https://login.example/", "authority"),
        ("authority: https://user@login.example", "authority"),
        ("graph: graph.microsoft.com", "graph"),
        ('graph: "https://graph.example\\n"', "graph"),
        ("page_size: 0", "page_size"),
        ("page_size: 1001", "page_size"),
        ("page_size: 100.0", "page_size"),
        ("page_size: true", "page_size"),
        ("client_secret_file: ''", "client_secret_file"),
        ("client_secret: hunter2", "client_secret: unknown key client_secret; did you mean client_secret_file?"),
    ],
)
def test_intune_s_keys(tmp_path: Path, line: str, expected: str) -> None:
    values = {"tenant": "t", "client_id": "8a0f3c11-0000-4000-8000-000000000001", "client_secret_file": "s"}
    key = line.split(":", maxsplit=1)[0]
    text = "".join(f"  {name}: {value}\n" for name, value in values.items() if name != key)
    (problem,) = problems(tmp_path, f"{SETTINGS}intune:\n{text}  {line}\n")
    at = 5 + sum(name != key for name in values)
    assert problem.startswith(f"{at}: intune.{expected}")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("name: a, address: 192.0.2.1", "nas[1]: the key secret_file is missing"),
        ("address: 192.0.2.1, secret_file: s", "nas[1]: the key name is missing"),
        ("name: a, secret_file: s", "A NAS needs address, or identifier and coa_address"),
        ("name: a, identifier: x, secret_file: s", "A NAS needs address, or identifier and coa_address"),
        ("name: a, address: 192.0.2.300, secret_file: s", "nas[1].address: "),
        ("name: a, address: sw1.example, secret_file: s", "nas[1].address: "),
        ("name: a, address: 192.0.2.0/24, secret_file: s", "nas[1].address: "),
        ("name: a, address: 192.0.2.1, coa_address: x, secret_file: s", "nas[1].coa_address: "),
        ("name: a, address: 192.0.2.1, secret_file: s, port: 0", "nas[1].port: "),
        ("name: a, address: 192.0.2.1, secret_file: s, port: 65536", "nas[1].port: "),
        ("name: a, address: 192.0.2.1, secret_file: s, port: 3799.0", "nas[1].port: "),
        ("name: a, address: 192.0.2.1, secret_file: s, port: '3799'", 'nas[1].port: "3799": expected a whole number'),
        ("name: a, address: 192.0.2.1, secret_file: s, port: 03799", "nas[1].port: "),
        ("name: a, address: 192.0.2.1, secret: s", "nas[1].secret: unknown key secret; did you mean secret_file?"),
    ],
)
def test_a_nas(tmp_path: Path, entry: str, expected: str) -> None:
    found = problems(tmp_path, f"{SETTINGS}nas:\n  - {{{entry}}}\n")
    assert all(problem.startswith("5: nas[1]") for problem in found)
    assert any(expected in problem for problem in found)


@pytest.mark.parametrize(
    ("first", "second", "key"),
    [
        ("name: a, address: 192.0.2.1", "name: a, address: 192.0.2.2", "name"),
        ("name: a, address: 192.0.2.1", "name: b, address: 192.0.2.1", "address"),
        ("name: a, address: 2001:db8::1", "name: b, address: '2001:DB8:0:0::1'", "address"),
        (
            "name: a, identifier: x, coa_address: 192.0.2.1",
            "name: b, identifier: x, coa_address: 192.0.2.2",
            "identifier",
        ),
    ],
)
def test_what_only_one_nas_may_have(tmp_path: Path, first: str, second: str, key: str) -> None:
    entries = f"nas:\n  - {{{first}, secret_file: s}}\n  - {{{second}, secret_file: s}}\n"
    (problem,) = problems(tmp_path, SETTINGS + entries)
    assert problem.startswith(f"6: nas[2].{key}: ")


@pytest.mark.parametrize(
    "limit",
    [
        *("devices_gone: -1", "devices_gone: 1.5", "devices_gone: '5'", "devices_gone_percent: 101"),
        *("devices_gone_percent: -0.1", "sessions_moved: true", "sessions_moved_percent: ten", "device_gone: 5"),
        "devices_gone_percent: .nan",
    ],
)
def test_limits(tmp_path: Path, limit: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}limits:\n  {limit}\n")
    assert problem.startswith(f"5: limits.{limit.split(':', maxsplit=1)[0]}: ")


@pytest.mark.parametrize("key", ["store", "events", "policy"])
@pytest.mark.parametrize("value", ["", "''", "5", "[a]", '"a\\0b"'])
def test_paths(tmp_path: Path, key: str, value: str) -> None:
    lines = ["store: s", "events: e", "policy: p"]
    at = [line.split(":")[0] for line in lines].index(key)
    lines[at] = f"{key}: {value}"
    (problem,) = problems(tmp_path, "\n".join(lines))
    assert problem.startswith(f"{at + 1}: {key}: ")


@pytest.mark.parametrize("section", ["intune", "nas", "limits"])
def test_a_section_without_anything_in_it(tmp_path: Path, section: str) -> None:
    found = problems(tmp_path, f"{SETTINGS}{section}:\n")
    assert found[0].startswith(f"4: {section}: is empty: expected")


def test_faults_of_every_kind_come_at_once(tmp_path: Path) -> None:
    text = f"""\
store: s
store: t
polcy: p
{INTUNE}nas:
  - {{name: a, address: x, secret_file: s}}
  - {{name: a, address: 192.0.2.1, secret_file: s, port: 0x10}}
limits: 5
"""
    found = problems(tmp_path, text)
    where = {(problem.split(": ")[0], problem.split(": ")[1]) for problem in found}
    assert where >= {
        ("2", "store"),
        ("3", "polcy"),
        ("1", "the key events is missing"),
        ("1", "the key policy is missing"),
        ("4", "intune"),
        ("8", "nas[1].address"),
        ("9", "nas[2].name"),
        ("9", "nas[2].port"),
        ("10", "limits"),
    }


def test_the_faults_of_settings_and_policy_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(f"{SETTINGS}limits: 5\n")
    (tmp_path / "policy.yaml").write_text(POLICY.replace("750", "0"))
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path / "settings.yaml")
    assert {problem.file.name for problem in caught.value.problems} == {"settings.yaml", "policy.yaml"}


def test_settings_and_the_policy_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    with pytest.raises(ConfigurationError, match=r"policy\.yaml:1: there is no such file"):
        read_configuration(tmp_path / "settings.yaml")
    (tmp_path / "policy.yaml").write_text(POLICY)
    found, policy = read_configuration(tmp_path / "settings.yaml")
    assert (found.policy, len(policy.rules)) == (tmp_path / "policy.yaml", 2)
