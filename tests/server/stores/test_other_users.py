"""The command as other users: one true sentence with what to do, and never a bug."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.office import TENANT, Office, device
from parts.raddb import USER, server_directory

NAS = {"name": "sw", "nas": ["127.0.0.1"], "port": 9, "secret_file": "intune-secret"}
CLIENT = "client sw2 {\n ipaddr = 192.0.2.9\n secret = xyzzy123\n}\n"
READERS = (
    "status",
    "metrics",
    "plan",
    "apply",
    "sync",
    "sync --dry-run",
    "sessions",
    "devices",
    "explain LAPTOP-1",
    "quarantine",
)
"""Commands that need the stores."""
LOOKERS = ("nas check", "nas import CLIENTS", "policy check", "events")
"""Commands that need the files of settings alone."""
WRITERS = (f"unlink {TENANT} --yes", f"link --tenant {TENANT}", "nas import CLIENTS --write")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """A small office whose settings are root's and the server's group's, as `make install` leaves them."""
    with server_directory() as directory, Office(directory, [device(1)], nas=[NAS]) as office:
        etc = directory / "etc"
        (etc / "clients.conf").write_text(CLIENT)
        (etc / "new.yaml").write_text(office.policy_file.read_text())
        for path in (etc, *etc.iterdir()):
            os.chown(path, 0, pwd.getpwnam(USER).pw_gid)
            path.chmod(0o750 if path.is_dir() else 0o640)
        office.store.chmod(0o750)
        yield office


def as_user(office: Office, command: str, *how: str) -> tuple[int, str]:
    """Run the command by setpriv; return its exit code and what it says on standard error."""
    files = {"CLIENTS": "clients.conf", "NEW": "new.yaml"}
    words = [str(office.directory / "etc" / files[word]) if word in files else word for word in command.split()]
    done = subprocess.run(
        ["setpriv", *how, *office.command(*words)],
        env={**office.environment, "HOME": "/"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def nobody(*groups: int) -> tuple[str, ...]:
    account = pwd.getpwnam("nobody")
    chosen = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
    return f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", chosen


@pytest.mark.parametrize("command", ["devices", "sync", "status", "policy check NEW", "nas import CLIENTS", *WRITERS])
def test_a_user_who_may_nothing(office: Office, command: str) -> None:
    code, said = as_user(office, command, *nobody())
    etc = office.directory / "etc"
    who = f"{etc} belongs to root and the group {USER}, mode 0750"
    advice = (
        f"{etc}: this user may not write there; run as root\n" if command in WRITERS else f"run as root or {USER}\n"
    )
    assert (code, said.count("\n"), said.endswith(advice)) == (77, 1, True), said
    assert command in WRITERS or who in said


@pytest.mark.parametrize("command", READERS)
def test_a_user_of_the_server_s_group_may_not_use_the_stores(office: Office, command: str) -> None:
    code, said = as_user(office, command, *nobody(pwd.getpwnam(USER).pw_gid))
    assert (code, said.count("\n"), USER in said) == (77, 1, True), said
    assert str(office.store) in said
    assert "group" not in said


@pytest.mark.parametrize("command", LOOKERS)
def test_a_user_of_the_server_s_group_may_look_at_settings(office: Office, command: str) -> None:
    assert as_user(office, command, *nobody(pwd.getpwnam(USER).pw_gid))[0] == 0


@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize("user", ["nobody", USER])
def test_only_root_writes_settings(office: Office, command: str, user: str) -> None:
    account, server = pwd.getpwnam(user), pwd.getpwnam(USER)
    before = office.settings_file.read_bytes()
    how = f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", f"--groups={server.pw_gid}"
    etc = office.directory / "etc"
    assert as_user(office, command, *how) == (77, f"radtune: {etc}: this user may not write there; run as root\n")
    assert office.settings_file.read_bytes() == before


@pytest.mark.parametrize("command", ["sync", "devices", "nas import CLIENTS"])
@pytest.mark.parametrize("user", ["root", USER])
def test_the_advice_is_true(office: Office, command: str, user: str) -> None:
    account = pwd.getpwnam(user)
    how = f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups"
    assert as_user(office, command, *how)[0] == 0


def test_a_file_that_the_server_s_user_may_not_read_says_what_to_run(office: Office) -> None:
    mode = office.settings_file.stat().st_mode
    office.settings_file.chmod(0o600)
    try:
        code, said = as_user(office, "devices", "--init-groups", "--reuid=0", "--regid=0")
        file = office.settings_file
        advice = f"run: chgrp {USER} {file} && chmod g+r {file}\n"
        assert (code, said) == (77, f"radtune: {file}: this user may not read it; {advice}")
    finally:
        office.settings_file.chmod(mode)


def test_a_full_disk_is_no_bug(office: Office) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            office.command("devices"),
            env=office.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (78, "radtune: No space left on device; make room\n")


def test_the_doctor_says_what_another_user_can_not_know(office: Office) -> None:
    raddb = office.server.raddb
    for path in (raddb, *raddb.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o750 if path.is_dir() else 0o640)
    code, said = as_user(office, f"doctor --offline --raddb {raddb}", *nobody())
    assert code == 69, said
    for what in (f"{raddb}/radiusd.conf: ", f"{office.settings_file}: ", f"owner and mode of what is in {raddb}"):
        assert f"radtune: not known: {what}" in said
    account = pwd.getpwnam(USER)
    server = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups")
    code, said = as_user(office, f"doctor --offline --raddb {raddb}", *server)
    assert "not known: whether systemd" in said and "root" not in said, said
