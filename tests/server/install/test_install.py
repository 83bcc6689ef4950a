"""`make install` and `make uninstall`, into a directory."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parts.installation import files, make
from parts.readable import PROJECT, code

RADDB = "etc/freeradius/3.0"


def test_everything_is_put_in_place_and_taken_away(tmp_path: Path) -> None:
    make("install", tmp_path)
    there = files(tmp_path)
    for name in ("mods-available/radtune", "policy.d/radtune", "mods-config/radtune/unlang"):
        assert f"{RADDB}/{name}" in there
    assert {f"etc/radtune/{name}.yaml" for name in ("settings", "policy", "policy-tests")} <= there
    lib = "usr/local/lib/radtune/radtune"
    assert {f"{lib}/config/schemas/policy.schema.json", f"{lib}/config/schemas/profile.schema.json"} <= there
    profiles = {f"{lib}/config/profiles/{file.name}" for file in (PROJECT / "module/radtune/config/profiles").iterdir()}
    assert f"{lib}/config/profiles/rfc5176.yaml" in profiles
    assert profiles <= there
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in there)
    assert {f"usr/local/lib/radtune/systemd/{name}" for name in UNITS} <= there
    assert (tmp_path / "var/lib/radtune").is_dir()
    make("uninstall", tmp_path)
    assert files(tmp_path) == set()


HERE = """
mount -t tmpfs none /etc
mount -t tmpfs none /run
make -C "$1" install PREFIX="$2/usr" RADDB="$2/raddb" STATEDIR="$2/store" RADIUS_USER=nobody PYTHON="$3"
find "$2" -name "*.pyc" -newer "$2/before" | wc -l
"$3" -B "$2/usr/bin/radtune" --version
make -C "$1" uninstall PREFIX="$2/usr"
"""


def test_what_is_installed_on_this_machine_is_compiled(tmp_path: Path) -> None:
    """The server's user can't write compiled code there: it would compile all of it at each run of a command."""
    (tmp_path / "before").touch()
    command = ["unshare", "--mount", "sh", "-e", "-c", HERE, "sh", str(PROJECT), str(tmp_path), sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    sources = [
        file
        for part in ("module", "tools/radtune_tools", "tools/radtune_web")
        for file in (PROJECT / part).rglob("*.py")
    ]
    assert f"\n{len(sources)}\n" in done.stdout
    assert "radtune, version" in done.stdout
    assert {name for name in files(tmp_path) if not name.startswith("raddb")} == {"before"}


PUSH, WEB = "radtune-push.service", "radtune-web.service"
UNITS = ("radtune-sync.service", "radtune-sync.timer", "radtune-changes.service", "radtune-changes.timer", PUSH, WEB)
SERVICES = (UNITS[0], UNITS[2], PUSH)


def test_units_are_rendered_and_taken_away_from_systemd(tmp_path: Path) -> None:
    make("install", tmp_path, "PREFIX=/opt/x", "STATEDIR=/srv/radtune")
    systemd = tmp_path / "etc/systemd/system"
    wants = systemd / "timers.target.wants"
    wants.mkdir(parents=True)
    for name in UNITS:
        (systemd / name).write_text((tmp_path / "opt/x/lib/radtune/systemd" / name).read_text())
    (wants / UNITS[1]).symlink_to(f"/etc/systemd/system/{UNITS[1]}")
    (systemd / "multi-user.target.wants").mkdir()
    (systemd / "multi-user.target.wants" / PUSH).symlink_to(f"/etc/systemd/system/{PUSH}")
    service = (systemd / UNITS[0]).read_text()
    assert "ExecStart=/opt/x/bin/radtune --quiet sync --apply" in service
    assert "ReadWritePaths=/srv/radtune " in service
    (systemd / UNITS[3]).write_text("# mine\n")
    said = make("uninstall", tmp_path, "PREFIX=/opt/x", "STATEDIR=/srv/radtune").stderr
    assert f"kept {systemd / UNITS[3]}, which you have changed" in said
    assert files(tmp_path) == {f"etc/systemd/system/{UNITS[3]}"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, name: str) -> None:
    make("install", tmp_path)
    commands = tmp_path / "usr/local/bin"
    for unit in UNITS:
        text = (tmp_path / "usr/local/lib/radtune/systemd" / unit).read_text()
        (tmp_path / unit).write_text(text.replace("/usr/local/bin", str(commands)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if "radtune" in line] == []
    assert done.returncode == 0, done.stderr


def test_cron_s_lines_are_commands_that_there_are(tmp_path: Path) -> None:
    make("install", tmp_path)
    cron = (tmp_path / "usr/local/lib/radtune/cron.d/radtune").read_text()
    lines = re.findall(r"^#?[0-9*].* freerad (?:flock --nonblock \S+ )?radtune (.*)$", cron, re.MULTILINE)
    lines += [
        re.findall(r"^ExecStart=/usr/local/bin/radtune (.*)$", file.read_text(), re.MULTILINE)[0]
        for file in (tmp_path / "usr/local/lib/radtune/systemd").glob("*.service")
        if file.name != "radtune-web.service"
    ]
    assert len(lines) == 5
    for line in lines:
        asked = subprocess.run(
            [sys.executable, str(tmp_path / "usr/local/bin/radtune"), *line.split(), "--help"],
            env={"PYTHONPATH": str(code()[2]), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )
        assert asked.returncode == 0, asked.stderr


def test_a_run_has_the_time_that_it_may_take() -> None:
    """It waits for a run as long as two tenants may take, then for another apply, and syncs eight tenants."""
    schema = json.loads((PROJECT / "module/radtune/config/schemas/settings.schema.json").read_text())
    deadline = int(schema["properties"]["sync"]["properties"]["deadline"]["default"].removesuffix("m")) * 60
    texts = [(PROJECT / "tools/systemd" / unit).read_text() for unit in SERVICES if unit != PUSH]
    waits = re.findall(r"--lock-wait (\d+)", "".join([*texts, (PROJECT / "tools/cron.d/radtune").read_text()]))
    hours = [re.findall(r"^TimeoutStartSec=(\d+)h$", text, re.MULTILINE) for text in texts]
    assert len(waits) == 4
    assert min(map(int, waits)) >= 2 * deadline
    assert all(int(found) * 3600 >= 2 * max(map(int, waits)) + 8 * deadline for (found,) in hours)


def test_prefix(tmp_path: Path) -> None:
    moved = ("PREFIX=/opt/x", "RADDB=/etc/raddb", "STATEDIR=/srv/radtune", "RADIUS_USER=radius-d")
    make("install", tmp_path, *moved)
    assert (tmp_path / "opt/x/bin/radtune").exists()
    assert (tmp_path / "etc/raddb/policy.d/radtune").exists()
    assert (tmp_path / "srv/radtune").is_dir()
    assert 'python_path = "/opt/x/lib/radtune"' in (tmp_path / "etc/raddb/mods-available/radtune").read_text()
    assert "store: /srv/radtune" in (tmp_path / "etc/radtune/settings.yaml").read_text()
    cron = (tmp_path / "opt/x/lib/radtune/cron.d/radtune").read_text()
    assert "\nPATH=/opt/x/bin:" in cron
    assert "\nRADTUNE_SETTINGS=/etc/radtune/settings.yaml\n" in cron
    assert " * * * radius-d radtune --quiet sync " in cron
    assert " * * * radius-d flock --nonblock /srv/radtune/changes.lock radtune " in cron
    for unit in SERVICES:
        service = (tmp_path / "opt/x/lib/radtune/systemd" / unit).read_text()
        assert "\nUser=radius-d\nGroup=radius-d\n" in service
        assert "\nEnvironment=RADTUNE_SETTINGS=/etc/radtune/settings.yaml\n" in service
    for file in files(tmp_path):
        if not file.endswith((".py", "/bin/radtune")):
            assert re.findall(r"\bfreerad\b|/etc/freeradius/3\.0", (tmp_path / file).read_text()) == [], file
    make("uninstall", tmp_path, *moved)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("name", ["etc/radtune/policy.yaml", f"{RADDB}/sites-available/radtune"])
def test_what_the_operator_changed_is_kept(tmp_path: Path, name: str) -> None:
    make("install", tmp_path)
    changed = tmp_path / name
    changed.write_text("# mine\n")
    assert "kept your" not in make("install", tmp_path).stderr, "ours is as it was"
    assert changed.read_text() == "# mine\n"
    assert not Path(f"{changed}.radtune-new~").exists()
    assert f"kept {changed}" in make("uninstall", tmp_path).stderr
    assert files(tmp_path) == {name}


def test_links_that_would_dangle_are_taken_away_and_other_mentions_named(tmp_path: Path) -> None:
    make("install", tmp_path)
    enabled = tmp_path / RADDB / "sites-enabled"
    enabled.mkdir()
    (enabled / "radtune").symlink_to("../sites-available/radtune")
    (enabled / "default").write_text("authorize {\n\tradtune\n}\n")
    said = make("uninstall", tmp_path).stderr
    assert not (enabled / "radtune").is_symlink()
    assert "the server won't start until they don't" in said
    assert str(enabled / "default") in said


def test_the_installed_command_runs(tmp_path: Path) -> None:
    make("install", tmp_path)
    installed = tmp_path / "usr/local/bin/radtune"
    libraries = {"PYTHONPATH": str(code()[2]), "PATH": os.environ["PATH"]}
    asked = subprocess.run(
        [sys.executable, str(installed), "policy", "check", str(tmp_path / "etc/radtune/policy.yaml")],
        env=libraries,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "valid, 3 rules" in asked.stdout
    settings = tmp_path / "etc/radtune/settings.yaml"
    subprocess.run(
        [sys.executable, str(installed), "--settings", str(settings), "policy", "check"], env=libraries, check=True
    )


def test_the_command_says_which_packages_are_missing(tmp_path: Path) -> None:
    make("install", tmp_path)
    alone = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "usr/local/bin/radtune"), "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert alone.returncode == 78
    assert "apt-get install python3-click" in alone.stderr


@pytest.mark.parametrize("name", ["mods-config/radtune", "policy.d"])
def test_no_link_leads_the_installation_elsewhere(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "stage" / RADDB / name
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        make("install", tmp_path / "stage")
    assert f"{link} is a link" in failed.value.stderr
    assert list(elsewhere.iterdir()) == []
