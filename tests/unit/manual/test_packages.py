"""The Debian packages that an operator is told of are the same wherever they are named."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOT_FOR_OPERATORS = {
    "eapoltest",
    "hostapd",
    "wpasupplicant",
    "iproute2",
    "python3-venv",
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


def test_the_package_depends_on_what_the_project_needs() -> None:
    control = (ROOT / "debian/control").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {
        f"python3-{_debian(name)} (>= {least})"
        for name, least in (each.split(">=") for each in project["dependencies"])
    }
    build, depends = (
        set(re.findall(r"python3-[^,\n]+", part)) for part in re.findall(r"epends:((?:.*,\n)*.*)", control)[:2]
    )
    assert build == depends == needed
    assert f"python3 ({project['requires-python'][:2]} {project['requires-python'][2:]})" in control
    assert {name for name in MANUAL if name.startswith("freeradius")} == set(
        re.findall(r"freeradius[a-z0-9-]*(?= \()", control)
    )
    version = (ROOT / "debian/changelog").read_text().partition("(")[2].partition(")")[0]
    assert version == project["version"]


def _debian(name: str) -> str:
    return {"PyJWT": "jwt", "PyYAML": "yaml"}.get(name, name)


def test_the_command_names_those_of_the_manual_that_it_needs_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "tools/radtune"), "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 78
    named = words(done.stderr.partition("apt-get install ")[2])
    assert named == [name for name in MANUAL if not name.startswith("freeradius")]
