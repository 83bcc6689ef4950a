"""`radtune explain`: words and options that are something else than they have to be."""

from pathlib import Path

import pytest

from radtune.errors import ExitCode
from unit.running import Run

pytestmark = pytest.mark.usefixtures("office")


@pytest.mark.parametrize("target", ["none.pem", "no/such", "192.0.2.1/0016cbaabbff"])
def test_what_is_neither_file_nor_session(run: Run, target: str) -> None:
    ran = run("explain", target)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert f"radtune: {target}: there is no such file and no live session with this key" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "noon"), "noon: expected a time such as 2026-01-31T18:30"),
        (("--mac", "nonsense"), "nonsense: expected a MAC such as"),
        (("--attribute", "x"), "x: expected NAME=VALUE"),
        (("--attribute", "=x"), "=x: expected NAME=VALUE"),
        (("--compliance", "fine"), "'fine' is not one of"),
        (("--auth-type", "magic"), "'magic' is not one of"),
    ],
)
def test_options_that_are_something_else(run: Run, words: tuple[str, ...], said: str) -> None:
    ran = run("explain", "x", *words)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert said in ran.err


def test_files_that_hold_no_certificate(run: Run, office: Path) -> None:
    for file in (office / "policy.yaml", office):
        ran = run("explain", "x", "--certificate", str(file))
        assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
        assert f"radtune: {file}:1: " in ran.err
    assert run("explain", str(office / "policy.yaml")).code == ExitCode.CONFIGURATION
