"""`make install` over an older radtune: what changed is brought up to date, and what the operator changed stays."""

import os
import subprocess
from pathlib import Path

import pytest

from parts.installation import checkout, files, make
from parts.raddb import server_directory
from parts.readable import PROJECT

RADDB = "etc/freeradius/3.0"
SITE, POLICY = f"{RADDB}/sites-available/radtune", "etc/radtune/policy.yaml"
HOOK = "usr/local/lib/radtune/radtune/server/hook.py"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A radtune in which a site, the policy, a unit and code differ, and some files are gone."""
    source = checkout(tmp_path / "newer")
    changed = (
        "raddb/sites-available/radtune",
        "raddb/mods-config/radtune/policy.yaml",
        "module/radtune/server/hook.py",
    )
    for name in (*changed, "tools/systemd/radtune-sync.timer", "tools/cron.d/radtune"):
        (source / name).write_text(f"# newer\n{(PROJECT / name).read_text()}")
    for name in ("raddb/sites-available/radtune-check-eap-tls", "module/radtune/policy/hours.py"):
        (source / name).unlink()
    return source


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system on which radtune is installed."""
    make("install", tmp_path / "root")
    return tmp_path / "root"


def newer_one(file: Path) -> bool:
    return file.read_text().startswith("# newer\n")


def test_a_change_of_ours_arrives_and_what_is_gone_goes(root: Path, newer: Path) -> None:
    enabled = root / RADDB / "sites-enabled"
    enabled.mkdir()
    for name in ("radtune", "radtune-check-eap-tls"):
        (enabled / name).symlink_to(f"../sites-available/{name}")
    said = make("install", root, source=newer)
    assert (said.stderr, "installed; " in said.stdout) == ("", True)
    assert newer_one(root / SITE) and newer_one(root / POLICY) and newer_one(root / HOOK)
    assert [file.name for file in enabled.iterdir()] == ["radtune"]
    assert not {name for name in files(root) if name.endswith(("radtune-check-eap-tls", "/hours.py", ".radtune-new~"))}
    make("uninstall", root, source=newer)
    assert files(root) == set()


def test_what_the_operator_changed_is_named_at_the_end(root: Path, newer: Path, tmp_path: Path) -> None:
    gone = root / RADDB / "sites-available/radtune-check-eap-tls"
    for file in (root / POLICY, gone, root / HOOK):
        file.write_text("# mine\n")
    (root / POLICY).chmod(0o600)
    said = make("install", root, source=newer).stderr
    assert "ATTENTION: what you have changed stays as it is:" in said
    assert f"  kept your {root / POLICY}; the new one is {root / POLICY}.radtune-new~\n" in said
    assert f"kept {gone}, which you have changed; this version of radtune doesn't use it\n" in said
    assert f"  {root / HOOK} is {root / HOOK}.radtune-old now\n" in said
    for file in (root / POLICY, gone, Path(f"{root / HOOK}.radtune-old")):
        assert file.read_text() == "# mine\n"
    assert newer_one(Path(f"{root / POLICY}.radtune-new~")) and newer_one(root / HOOK) and newer_one(root / SITE)
    assert (root / POLICY).stat().st_mode & 0o777 == 0o600
    assert "radtune-new~, the same as last time\n" in make("install", root, source=newer).stderr
    # He has compared it and keeps his own: until ours changes there is nothing to tell.
    ours = Path(f"{root / POLICY}.radtune-new~")
    ours.rename(tmp_path / "ours")
    assert "kept your" not in make("install", root, source=newer).stderr
    assert not ours.exists()
    (tmp_path / "ours").rename(ours)
    # He takes the new one over: that is ours again, and his mode of it stays.
    Path(f"{root / POLICY}.radtune-new~").replace(root / POLICY)
    (root / POLICY).chmod(0o600)
    gone.unlink()
    assert "kept your" not in make("install", root).stderr
    assert not newer_one(root / POLICY)
    assert (root / POLICY).stat().st_mode & 0o777 == 0o600


def test_a_link_in_a_file_s_place_is_the_operator_s(root: Path, newer: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text((root / POLICY).read_text())
    (root / POLICY).unlink()
    (root / POLICY).symlink_to(mine)
    Path(f"{root / POLICY}.radtune-new~").symlink_to(tmp_path / "elsewhere")
    assert f"kept your {root / POLICY}" in make("install", root, source=newer).stderr
    assert (root / POLICY).readlink() == mine
    assert mine.read_text() == (PROJECT / "raddb/mods-config/radtune/policy.yaml").read_text()
    assert newer_one(Path(f"{root / POLICY}.radtune-new~"))
    assert not (tmp_path / "elsewhere").exists()
    events = root / "var/log/radtune/radtune-events.jsonl"
    events.parent.mkdir(parents=True, exist_ok=True)
    events.touch()
    said = make("uninstall", root, source=newer).stderr
    events.unlink()
    assert f"kept {root / POLICY}, which" in said and f"kept the client events in {events}; delete" in said
    assert files(root) == {POLICY}


def test_copies_that_switch_something_on_are_brought_up_to_date(root: Path, newer: Path) -> None:
    copies = {
        "etc/systemd/system/radtune-sync.timer": "usr/local/lib/radtune/systemd/radtune-sync.timer",
        "etc/cron.d/radtune": "usr/local/lib/radtune/cron.d/radtune",
        f"{RADDB}/sites-enabled/radtune": SITE,
    }
    for copy, origin in copies.items():
        (root / copy).parent.mkdir(parents=True)
        (root / copy).write_text((root / origin).read_text())
    cron = root / "etc/cron.d/radtune"
    cron.write_text("# mine\n")
    said = make("install", root, source=newer).stderr
    assert f"kept your {cron}; the new one is {cron}.radtune-new~" in said
    assert said.count("kept your") == 1
    assert {name for name in copies if newer_one(root / name)} == set(copies) - {"etc/cron.d/radtune"}
    make("uninstall", root, source=newer)
    assert files(root) == {"etc/cron.d/radtune"}


def test_an_interrupted_installation_is_finished_by_the_next(root: Path, newer: Path) -> None:
    """A directory that appears in a file's place stops it half-way; the one after it is of a third version."""
    blocked = root / f"{RADDB}/sites-available/radtune.radtune-tmp~"
    blocked.mkdir()
    stopped = make("install", root, source=newer, check=False)
    assert stopped.returncode
    assert "stopped half-way: " in stopped.stderr
    assert newer_one(root / HOOK) and not newer_one(root / SITE)
    blocked.rmdir()
    assert "kept your" not in make("install", root).stderr
    assert (root / HOOK).read_text() == (PROJECT / "module/radtune/server/hook.py").read_text()
    assert not Path(f"{root / HOOK}.radtune-old").exists()


def test_nothing_is_written_where_something_can_t_be(root: Path, newer: Path) -> None:
    (root / SITE).unlink()
    (root / SITE).mkdir()
    refused = make("install", root, source=newer, check=False)
    assert refused.returncode
    assert f"{root / SITE} is a directory, and a file belongs there. Move it away\n" in refused.stderr
    assert not newer_one(root / HOOK)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_place_that_can_t_be_written_is_named() -> None:
    with server_directory() as directory:
        root, source = directory / "root", checkout(directory / "source")
        make("install", root)
        (source / "raddb/sites-available/radtune").write_text("# newer\n")
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "make", "-C", str(source), "install"]
        refused = subprocess.run([*command, f"DESTDIR={root}"], capture_output=True, text=True, check=False)
        assert refused.returncode
        lib = root / "usr/local/lib/radtune/radtune"
        assert f"{lib} can't be written. Run as root, and see that it isn't mounted read-only\n" in refused.stderr
        assert "nothing was installed; mend that and run make install again\n" in refused.stderr
        assert not newer_one(root / SITE)


@pytest.mark.parametrize("variable", ["RADDB=/etc/raddb", "CONFDIR=/etc/conf", "STATEDIR=/srv/radtune"])
def test_an_upgrade_moves_nothing(root: Path, variable: str) -> None:
    """What is switched on in the old place would name files that are gone."""
    before = files(root)
    refused = make("install", root, variable, check=False)
    assert refused.returncode
    assert f"radtune is installed with {variable.partition('=')[0]}=/" in refused.stderr
    assert files(root) == before


def test_without_a_record_nothing_is_taken_away(root: Path) -> None:
    refused = make("uninstall", root, "PREFIX=/opt/x", check=False)
    assert refused.returncode
    assert f"there is no {root}/opt/x/lib/radtune/installed, so nothing is installed there" in refused.stderr
    assert (root / SITE).exists()
