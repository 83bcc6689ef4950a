"""The entries under nas in settings.yaml."""

from pathlib import Path

import pytest

from radtune import file_access
from radtune.config.settings import read_configuration
from radtune.errors import ConfigurationError
from unit.defaults import nas
from unit.module.config.test_settings import problems, settings
from unit.samples import POLICY, SETTINGS

MINE = """\
description: Mine
methods:
  - {name: disconnect, packet: Disconnect-Request, attributes: {NAS-Port: "{nas_port}"}}
"""


def test_entries(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/mine.yaml").write_text(MINE)
    text = f"""{SETTINGS}
nas:
  - {{name: sw1, nas: [192.0.2.1], secret_file: coa}}
  - {{name: v6, nas: ["2001:DB8:0::/48"], secret_file: coa, port: 1700, profile: cisco, rate: 5,
     methods: [disconnect, reauthenticate]}}
  - {{name: ap, nas: [ap-*], coa_address: "2001:DB8:0::9", secret_file: coa, profile: profiles/mine.yaml}}
"""
    picked = ("disconnect", "reauthenticate")
    assert settings(tmp_path, text).nas == (
        nas("sw1", "192.0.2.1", tmp_path / "coa"),
        nas("v6", "2001:DB8:0::/48", tmp_path / "coa", port=1700, profile="cisco", methods=picked, rate=5),
        nas("ap", "ap-*", tmp_path / "coa", coa_address="2001:db8::9", profile=f"{tmp_path}/profiles/mine.yaml"),
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("name: a, nas: [192.0.2.1]", "nas[1]: the key secret_file is missing"),
        ("nas: [192.0.2.1], secret_file: s", "nas[1]: the key name is missing"),
        ("name: a, secret_file: s", "nas[1]: the key nas is missing"),
        ("name: a, nas: [], secret_file: s", "nas[1].nas: "),
        ("name: a, nas: 192.0.2.1, secret_file: s", "nas[1].nas: "),
        ("name: a, nas: [192.0.2.1/24], secret_file: s", "nas[1].nas[1]: 192.0.2.1/24: has bits set behind its length"),
        ("name: a, address: 192.0.2.1, secret_file: s", "nas[1].address: unknown key address"),
        ("name: a, nas: [x], coa_address: x, secret_file: s", "nas[1].coa_address: "),
        ("name: a, nas: [x], secret_file: s, port: 0", "nas[1].port: "),
        ("name: a, nas: [x], secret_file: s, port: 65536", "nas[1].port: "),
        ("name: a, nas: [x], secret_file: s, port: 3799.0", "nas[1].port: "),
        ("name: a, nas: [x], secret_file: s, port: '3799'", 'nas[1].port: "3799": expected a whole number'),
        ("name: a, nas: [x], secret_file: s, port: 03799", "nas[1].port: "),
        ("name: a, nas: [x], secret_file: s, rate: 0", "nas[1].rate: "),
        ("name: a, nas: [x], secret_file: s, profile: ../mine", "nas[1].profile: "),
        ("name: a, nas: [x], secret_file: s, profile: 5", "nas[1].profile: 5: expected text"),
        (
            "name: a, nas: [x], secret_file: s, profile: cisko",
            "nas[1].profile: unknown profile cisko; did you mean cisco?",
        ),
        ("name: a, nas: [x], secret_file: s, profile: no.yaml", "no.yaml can't be used: there is no such file"),
        ("name: a, nas: [x], secret_file: s, methods: []", "nas[1].methods: "),
        ("name: a, nas: [x], secret_file: s, methods: bounce", 'nas[1].methods: "bounce": expected a list'),
        ("name: a, nas: [x], secret_file: s, methods: [1]", "nas[1].methods[1]: 1: expected text"),
        ("name: a, nas: [x], secret_file: s, methods: [disconnect, disconnect]", "nas[1].methods: "),
        (
            "name: a, nas: [x], secret_file: s, methods: [disconnect, bounce]",
            "nas[1].methods[2]: profile rfc5176: unknown method bounce (known: disconnect)",
        ),
        (
            "name: a, nas: [x], secret_file: s, profile: cisco, methods: [bonce]",
            "nas[1].methods[1]: profile cisco: unknown method bonce; did you mean bounce?",
        ),
        ("name: a, nas: [x], secret: s", "nas[1].secret: unknown key secret; did you mean secret_file?"),
    ],
)
def test_a_nas(tmp_path: Path, entry: str, expected: str) -> None:
    found = problems(tmp_path, f"{SETTINGS}nas:\n  - {{{entry}}}\n")
    assert all(problem.startswith(("5: nas[1]", f"{tmp_path}/no.yaml:1: ")) for problem in found)
    assert any(expected in problem for problem in found)


def test_a_name_stands_for_one_entry(tmp_path: Path) -> None:
    entry = "{name: a, nas: [192.0.2.1], secret_file: s}"
    (problem,) = problems(tmp_path, f"{SETTINGS}nas:\n  - {entry}\n  - {entry}\n")
    assert problem == "6: nas[2].name: a: given at line 5 already"


def test_faults_of_a_profile_are_reported_at_its_entries_and_at_their_own_place(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("{nas_port}", "{nas_prot}").replace("Mine", ""))
    entries = [f"  - {{name: {name}, nas: [{name}], secret_file: s, profile: mine.yaml}}\n" for name in "ab"]
    found = problems(tmp_path, f"{SETTINGS}nas:\n{''.join(entries)}limits: 5\n")
    assert len(found) == 5
    assert [problem.partition(" can't be used: ")[0] for problem in found if "can't" in problem] == [
        f"5: nas[1].profile: {tmp_path}/mine.yaml",
        f"6: nas[2].profile: {tmp_path}/mine.yaml",
    ]
    own = [problem for problem in found if problem.startswith(f"{tmp_path}/mine.yaml:")]
    assert [problem.removeprefix(f"{tmp_path}/mine.yaml:").partition(": ")[0] for problem in own] == ["1", "3"]
    assert any(problem.startswith("7: limits: ") for problem in found)


def test_a_profile_that_this_user_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = file_access._opened

    def refusing(file: Path) -> int:
        if file.name == "mine.yaml":
            raise PermissionError(file)
        return opened(file)

    text = f"{SETTINGS}nas:\n  - {{name: a, nas: [x], secret_file: s, profile: mine.yaml}}\n"
    (tmp_path / "settings.yaml").write_text(text)
    (tmp_path / "mine.yaml").write_text(MINE)
    monkeypatch.setattr(file_access, "_opened", refusing)
    (problem,) = problems(tmp_path, text)
    assert problem.startswith(f"5: nas[1].profile: {tmp_path}/mine.yaml: this user may not read it")


def test_the_server_holds_profiles_against_the_dictionaries_and_commands_do_not(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("NAS-Port", "NAS-Prot") + "accept: {Filter-Idd: x}\n")
    text = f"{SETTINGS}nas:\n  - {{name: a, nas: [x], secret_file: s, profile: mine.yaml}}\n"
    (tmp_path / "policy.yaml").write_text(POLICY.replace("750", "0"))
    assert settings(tmp_path, text).nas[0].profile == f"{tmp_path}/mine.yaml"
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path / "settings.yaml")
    assert [(each.file.name, each.line, each.key) for each in caught.value.problems] == [
        ("mine.yaml", 3, "methods[1].attributes.NAS-Prot"),
        ("mine.yaml", 4, "accept.Filter-Idd"),
        ("policy.yaml", 4, "labels.corp-vlan.vlan"),
        ("settings.yaml", 5, "nas[1].profile"),
    ]


def test_faults_of_dictionaries_are_reported_once(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    entries = [f"  - {{name: {name}, nas: [{name}], secret_file: s, profile: {name}}}\n" for name in ("cisco", "mist")]
    (tmp_path / "settings.yaml").write_text(f"{SETTINGS}dictionaries: [none]\nnas:\n{''.join(entries)}")
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path / "settings.yaml")
    assert [each.file.name for each in caught.value.problems] == ["none"]
