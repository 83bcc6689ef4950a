"""Who runs the command, and that only one run acts at a time."""

import os
import pwd
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from radtune.config.settings import Settings, read_settings
from radtune.errors import RadtuneError, StoreAccessError, StoreError, TemporaryError
from radtune_tools.user_and_lock import become_store_owner, caller, only_run
from unit.clock import Clock
from unit.samples import NOW, SETTINGS

ROOT = Path(__file__).resolve().parents[3]
AS_OWNER = """\
import os, pathlib, sys
from radtune.config.settings import read_settings
from radtune_tools.user_and_lock import become_store_owner
become_store_owner(read_settings(pathlib.Path(sys.argv[1])).store)
print(os.getuid(), os.geteuid(), os.getgid(), *os.getgroups())
"""
FOR_A_WHILE = """\
import os, pathlib, sys
from radtune.config.settings import read_settings
from radtune_tools.user_and_lock import as_store_owner, store_group
settings = read_settings(pathlib.Path(sys.argv[1]))
before = os.getuid(), os.geteuid(), os.getgid(), os.getegid(), os.getgroups()
try:
    with as_store_owner(settings):
        print(os.geteuid(), os.getegid(), store_group(settings), *os.getgroups())
        (settings.store / "made").touch()
        raise ZeroDivisionError
except ZeroDivisionError:
    print(before == (os.getuid(), os.geteuid(), os.getgid(), os.getegid(), os.getgroups()))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return read_settings(tmp_path / "settings.yaml")


def owned_by(user: int) -> os.stat_result:
    """Return what stat says of a directory of this user."""
    return os.stat_result((0o40755, 0, 0, 2, user, 0, 0, 0, 0, 0))


def test_who_calls_is_the_person_behind_sudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "alice")
    assert caller() == "alice"
    monkeypatch.delenv("SUDO_USER")
    assert caller() == pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert caller() == "uid 54321"


def groups_of(owner: pwd.struct_passwd) -> list[int]:
    """Return the groups of the store's owner; where the tests don't run as root, those that the user has already."""
    return sorted(os.getgrouplist(owner.pw_name, owner.pw_gid) if os.getuid() == 0 else os.getgroups())


def as_root_with_groups(code: str, settings: Path) -> subprocess.CompletedProcess[str]:
    """Run this; as root, with groups of root's that nobody else has."""
    return subprocess.run(
        [sys.executable, "-B", "-c", code, str(settings)],
        env={"PYTHONPATH": f"{ROOT}/module:{ROOT}/tools"},
        extra_groups=[0, 4] if os.getuid() == 0 else None,
        capture_output=True,
        text=True,
        check=True,
    )


def test_a_missing_store_directory_says_how_to_make_it(settings: Settings) -> None:
    with pytest.raises(StoreError, match=f"install -d -o freerad -g freerad -m 0750 {settings.store}"):
        become_store_owner(settings.store)


@pytest.mark.parametrize(("owner", "says"), [(0, "belongs to root"), (54321, "54321")])
def test_a_store_of_root_or_of_a_user_that_is_no_more_is_refused_to_root(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, owner: int, says: str
) -> None:
    settings.store.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: owned_by(owner))
    with pytest.raises(StoreAccessError, match=says):
        become_store_owner(settings.store)


def test_another_user_stays_who_he_is(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.store.mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "setuid", None)
    become_store_owner(settings.store)


def test_root_is_the_owner_for_a_while(open_directory: Path) -> None:
    """And is root again whatever happens. Where the tests don't run as root, the user stays who he is."""
    (open_directory / "settings.yaml").write_text(SETTINGS)
    (open_directory / "store").mkdir()
    owner = pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        owner = pwd.getpwnam("nobody")
        os.chown(open_directory / "store", owner.pw_uid, owner.pw_gid)
    done = as_root_with_groups(FOR_A_WHILE, open_directory / "settings.yaml")
    first, again = done.stdout.splitlines()
    user, group, server_group, *groups = map(int, first.split())
    assert (user, group, server_group) == (owner.pw_uid, owner.pw_gid, owner.pw_gid)
    assert sorted(groups) == groups_of(owner)
    assert (open_directory / "store" / "made").stat().st_uid == owner.pw_uid
    assert again == "True"


def test_root_goes_on_as_the_owner_without_root_s_groups(open_directory: Path) -> None:
    """Where the tests don't run as root, the user stays who he is."""
    (open_directory / "settings.yaml").write_text(SETTINGS)
    (open_directory / "store").mkdir()
    owner = pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        owner = pwd.getpwnam("nobody")
        os.chown(open_directory / "store", owner.pw_uid, owner.pw_gid)
    done = as_root_with_groups(AS_OWNER, open_directory / "settings.yaml")
    user, effective, group, *groups = map(int, done.stdout.split())
    assert (user, effective, group) == (owner.pw_uid, owner.pw_uid, owner.pw_gid)
    assert sorted(groups) == groups_of(owner)


def test_only_one_run_at_a_time(tmp_path: Path) -> None:
    with only_run(tmp_path, "sync"):
        with only_run(tmp_path, "apply"):
            pass
        said = r"another sync is running .*sync\.lock\), so this one did nothing; try again when it has ended"
        with pytest.raises(TemporaryError, match=said), only_run(tmp_path, "sync"):
            raise AssertionError("two runs at once")
    with only_run(tmp_path, "sync"):
        pass


def test_a_second_run_waits_as_long_as_it_is_told(tmp_path: Path, clock: Clock) -> None:
    busy = pytest.raises(TemporaryError, match="another sync is running")
    with only_run(tmp_path, "sync"), busy, only_run(tmp_path, "sync", wait=3):
        raise AssertionError("two runs at once")
    assert 3 <= sum(clock.slept) < 3.5


def test_it_goes_on_when_the_first_has_ended(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as first:
        first.enter_context(only_run(tmp_path, "sync"))

        def sleep(seconds: float) -> None:
            clock.now += seconds
            if clock.now - NOW > 1:
                first.close()

        monkeypatch.setattr(clock, "sleep", sleep)
        with only_run(tmp_path, "sync", wait=60):
            assert 1 < clock.now - NOW < 1.5


def test_an_error_lets_the_lock_go(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_run(tmp_path, "sync"):
        raise ZeroDivisionError
    with only_run(tmp_path, "sync"):
        pass


@pytest.mark.parametrize("directory", ["none", "file"])
def test_where_no_lock_can_be(tmp_path: Path, directory: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RadtuneError, match=directory), only_run(tmp_path / directory, "sync"):
        pass
