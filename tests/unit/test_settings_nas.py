"""The entries under nas in settings.yaml."""

from pathlib import Path

import pytest

from radtune.settings import Nas
from unit.samples import SETTINGS
from unit.test_settings import problems, settings


def test_entries(tmp_path: Path) -> None:
    text = f"""{SETTINGS}
nas:
  - {{name: sw1, nas: [192.0.2.1], secret_file: coa}}
  - {{name: v6, nas: ["2001:DB8:0::/48"], secret_file: coa, port: 1700, profile: cisco, rate: 5}}
  - {{name: ap, nas: [ap-*], coa_address: "2001:DB8:0::9", secret_file: coa, profile: profiles/mine.yaml}}
"""
    assert settings(tmp_path, text).nas == (
        Nas("sw1", ("192.0.2.1",), tmp_path / "coa"),
        Nas("v6", ("2001:DB8:0::/48",), tmp_path / "coa", port=1700, profile="cisco", rate=5),
        Nas("ap", ("ap-*",), tmp_path / "coa", "2001:db8::9", profile=f"{tmp_path}/profiles/mine.yaml"),
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
        ("name: a, nas: [x], secret: s", "nas[1].secret: unknown key secret; did you mean secret_file?"),
    ],
)
def test_a_nas(tmp_path: Path, entry: str, expected: str) -> None:
    found = problems(tmp_path, f"{SETTINGS}nas:\n  - {{{entry}}}\n")
    assert all(problem.startswith("5: nas[1]") for problem in found)
    assert any(expected in problem for problem in found)


def test_a_name_stands_for_one_entry(tmp_path: Path) -> None:
    entry = "{name: a, nas: [192.0.2.1], secret_file: s}"
    (problem,) = problems(tmp_path, f"{SETTINGS}nas:\n  - {entry}\n  - {entry}\n")
    assert problem == "6: nas[2].name: a: given at line 5 already"
