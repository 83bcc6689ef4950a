"""A command imports what it needs, and nothing that only another one does: a person waits for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from unit.running import ROOT

HEAVY = {
    *("asyncio", "cryptography", "diskcache", "email", "http", "importlib.metadata", "importlib.resources"),
    *("jsonschema", "jwt", "logging", "msal", "pkg_resources", "prometheus_client", "requests", "rich", "shutil"),
    *("ssl", "subprocess", "tempfile", "urllib3", "uuid", "zoneinfo"),
}
"""What takes milliseconds to import, and what few commands need."""
STORES = {"sqlite3", "yaml", "json", "radtune.config", "radtune.stores", "radtune.policy", "radtune.records"}
RUN = f"""\
import sys
import click
before = set(sys.modules)
sys.path[:0] = {[str(ROOT / "module"), str(ROOT / "tools")]}
from radtune_tools import main
if "--help" not in sys.argv and "--version" not in sys.argv:
    from radtune_tools import user_and_lock
    user_and_lock.become_store_owner = lambda _: None
code = main.main()
print(code, *(set(sys.modules) - before), file=sys.stderr)
"""


def imported(office: Path, *words: str) -> set[str]:
    """Return the modules that a run of the command imports."""
    command = [sys.executable, "-I", "-B", "-c", RUN, "--settings", str(office / "settings.yaml"), *words]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code in ("0", "1")
    return set(modules)


@pytest.mark.parametrize("words", [["--help"], ["nas", "--help"], ["--version"]])
def test_help_imports_no_command(office: Path, words: list[str]) -> None:
    modules = imported(office, *words)
    assert modules & (HEAVY | STORES) <= {"shutil"}  # click asks for the width of the terminal
    assert not any(name.startswith("radtune_tools.commands") for name in modules)


@pytest.mark.parametrize("words", [["status"], ["events"], ["sessions"], ["devices"], ["plan"]])
def test_a_command_that_shows_something_imports_nothing_heavy(office: Path, words: list[str]) -> None:
    modules = imported(office, *words)
    assert modules & HEAVY == set()
    named = {name.split(".")[2] for name in modules if name.startswith("radtune_tools.commands.")}
    assert named <= {*words, "coa"}
