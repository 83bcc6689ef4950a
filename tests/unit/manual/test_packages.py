"""The Debian packages that an operator is told of are the same wherever they are named."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOT_FOR_OPERATORS = {
    "eapoltest",
    "hostapd",
    "wpasupplicant",
    "iproute2",
    "python3-venv",
    "logrotate",
    "rsyslog",
    "rsyslog-gnutls",
    "systemd",
}
NOT_FOR_OPERATORS |= {"chromium", "chromium-driver", "fonts-dejavu-core", "python3-flask", "python3-waitress"}
"""What only the tests and the demo run, and what docs/web.md names."""


def words(text: str) -> list[str]:
    """Return the words of a list that goes on behind backslashes."""
    return text.replace("\\\n", " ").split()


def found(file: str, pattern: str) -> list[str]:
    match = re.search(pattern, (ROOT / file).read_text(), re.MULTILINE)
    assert match
    return words(match[1])


MANUAL = found("docs/install.md", r"^ +apt-get install (freeradius (?:.*\\\n)*.*)")


def test_the_manual_and_the_makefile_name_the_same() -> None:
    makefile = found("Makefile", r"^PACKAGES +:= ((?:.*\\\n)*.*)")
    assert [name for name in makefile if name not in NOT_FOR_OPERATORS] == MANUAL


def test_the_packages_depend_on_what_the_project_needs() -> None:
    control = (ROOT / "debian/control").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed, of_web = _debian(project["dependencies"]), _debian(project["optional-dependencies"]["web"])
    found = [set(re.findall(r"python3-[^,\n]+", part)) for part in re.findall(r"epends:((?:.*,\n)*.*)", control)]
    assert found == [needed | of_web, needed, of_web]
    assert f"python3 ({project['requires-python'][:2]} {project['requires-python'][2:]})" in control
    assert {each for each in MANUAL if each.startswith("freeradius")} == set(
        re.findall(r"freeradius[a-z0-9-]*(?= \()", control)
    )
    version = (ROOT / "debian/changelog").read_text().partition("(")[2].partition(")")[0]
    assert version == project["version"]


def _debian(requirements: Iterable[str]) -> set[str]:
    """Return what debian/control says for these requirements."""
    names = {"Flask": "flask", "PyJWT": "jwt", "PyYAML": "yaml"}
    pairs = (each.split(">=") for each in requirements)
    return {f"python3-{names.get(name, name)} (>= {least})" for name, least in pairs}


def test_the_command_names_those_of_the_manual_that_it_needs_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "tools/radtune"), "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    named = words(done.stderr.partition("apt-get install ")[2])
    assert named == [name for name in MANUAL if not name.startswith("freeradius")]
