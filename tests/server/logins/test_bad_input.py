"""Wrong files, missing stores and other users: each says what is wrong and what to do, and nothing is lost."""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.office import POLICY, Office, device
from parts.raddb import give_to_server, server_directory
from parts.readable import INTERPRETER, code

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def office() -> Iterator[Office]:
    """An office with a filled store, whose server isn't running."""
    with server_directory() as directory, Office(directory, [device(1)], synced=False) as office:
        office.radtune("sync", expect=0)
        yield office


def refused_start(office: Office) -> str:
    """Start the server, which must not come up, and give its log."""
    with pytest.raises(RuntimeError, match="freeradius did not start"):
        office.server.start()
    return office.server.log


def test_the_server_starts_where_nothing_is_wrong(office: Office) -> None:
    office.server.start()
    assert office.server.stop() == 0
    assert "radtune: " in office.server.log


def test_wrong_policy_stops_the_server_and_names_every_fault(office: Office) -> None:
    wrong = POLICY.replace("mdm_compliance: compliant", "mdm_complience: compliant").replace("vlan: 750", "vlan: 7500")
    office.policy_file.write_text(wrong.replace("[quarantine]", "[quarantin]"))
    log = refused_start(office)
    checked = office.radtune("policy", "check", expect=78)
    for said in (
        f"{office.policy_file}:2: labels.intune-compliant.mdm_complience: unknown key mdm_complience; did you mean",
        f"{office.policy_file}:4: labels.corp-vlan.vlan: 7500: expected: VLAN number (1 to 4094)",
    ):
        assert said in log
        assert said in checked.stderr


def test_wrong_labels(office: Office) -> None:
    office.policy_file.write_text(
        POLICY.replace("[quarantine]", "[quarantin]").replace("match: [intune-c", "match: [x")
    )
    checked = office.radtune("policy", "check", expect=78)
    assert f"{office.policy_file}:8: rules[1].match[1]: unknown label xompliant" in checked.stderr
    assert "rules[2].assign[1]: unknown label quarantin; did you mean quarantine?" in checked.stderr


def test_wrong_settings_stop_the_server(office: Office) -> None:
    office.settings_file.write_text("stor: /x\nevents: 5\npolicy: policy.yaml\n")
    log = refused_start(office)
    for said in (
        "settings.yaml:1: stor: unknown key stor; did you mean store?",
        "settings.yaml:2: events: 5: expected text",
    ):
        assert said in log
        assert said in office.radtune("devices", expect=78).stderr


def test_not_yaml(office: Office) -> None:
    office.policy_file.write_text("labels: [\n")
    assert f"{office.policy_file}:2: not YAML" in office.radtune("policy", "check", expect=78).stderr


def test_missing_files(office: Office) -> None:
    office.policy_file.unlink()
    assert f"{office.policy_file}:1: there is no such file" in office.radtune("plan", expect=78).stderr
    assert "there is no such file" in refused_start(office)
    assert (
        "nowhere.yaml:1: there is no such file"
        in office.radtune("--settings", "/nowhere.yaml", "plan", expect=78).stderr
    )


def test_missing_store(office: Office) -> None:
    shutil.rmtree(office.store / "devices")
    assert "there is no store; run `radtune sync`" in refused_start(office)
    assert "there is no store; run `radtune sync`" in office.radtune("plan", expect=78).stderr
    office.radtune("sync", expect=0)
    office.server.start()
    office.server.stop()


def test_missing_store_directory(office: Office) -> None:
    shutil.rmtree(office.store)
    said = office.radtune("sync", expect=78).stderr
    assert f"{office.store}: there is no such directory" in said and "install -d -o freerad" in said
    assert not office.store.exists()


def test_damaged_store(office: Office) -> None:
    for file in (office.store / "devices").glob("cache.db*"):
        file.write_bytes(b"not a database " * 1000)
    assert "damaged" in office.radtune("devices", expect=78).stderr
    assert "damaged" in refused_start(office)


@as_root
def test_store_of_another_user(office: Office) -> None:
    owner = pwd.getpwnam("nobody")
    for path in (office.store, *office.store.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    (office.store / "devices").chmod(0o700)
    log = refused_start(office)
    assert (
        f"{office.store}/devices: this user may not use it; {office.store}/devices belongs to nobody; run: chown -R"
        in log
    )
    os.chown(office.store, 0, 0)
    said = office.radtune("sync", expect=77).stderr
    assert "belongs to root" in said and "chown -R freerad" in said


@as_root
def test_another_user_can_neither_sync_nor_look(office: Office) -> None:
    office.settings_file.chmod(0o644)
    office.policy_file.chmod(0o644)
    office.store.chmod(0o700)
    owner = pwd.getpwuid(office.store.stat().st_uid).pw_name
    done = as_user("nobody", office, "sync")
    said = f"{office.store}/sync.lock: this user may not write it; run as root or {owner}"
    assert (done.returncode, done.stderr) == (77, f"radtune: {said}\n")
    done = as_user("nobody", office, "devices")
    said = (
        f"{office.store}/devices: this user may not use it; {office.store} belongs to {owner}; run as root or {owner}"
    )
    assert (done.returncode, done.stderr) == (77, f"radtune: {said}\n")
    office.radtune("devices", expect=0)


def as_user(name: str, office: Office, *arguments: str) -> subprocess.CompletedProcess[str]:
    module, tools, libraries = code()
    path = os.pathsep.join(map(str, (tools, module, libraries)))
    return subprocess.run(
        [str(INTERPRETER), "-m", "radtune_tools", *arguments],
        env={"PYTHONPATH": path, "RADTUNE_SETTINGS": str(office.settings_file), "PATH": os.environ["PATH"]},
        user=name,
        group=pwd.getpwnam(name).pw_gid,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_secret_that_others_can_read(office: Office) -> None:
    secret = office.directory / "etc" / "intune-secret"
    secret.chmod(0o644)
    said = office.radtune("sync", expect=77).stderr
    assert f"{secret}: mode 0644 lets every user have the client secret; run: chmod o-rwx" in said
    secret.chmod(0o640)
    secret.write_text("")
    assert "expected the client secret on one line" in office.radtune("sync", expect=78).stderr
    secret.unlink()
    assert "it has to hold the client secret" in office.radtune("sync", expect=78).stderr
    assert len(office.ask("devices")) == 1


def test_event_log_that_cannot_be_written(office: Office) -> None:
    office.write_settings(events="/nowhere/events.jsonl")
    assert "/nowhere/events.jsonl: the event log can't be written" in refused_start(office)


def test_unknown_words(office: Office) -> None:
    assert "No such command" in office.radtune("synk", expect=2).stderr
    assert "no live session has this MAC" in office.radtune("coa", "nobody", expect=2).stderr


def test_one_run_at_a_time(office: Office) -> None:
    with Path(office.store / "sync.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        give_to_server(office.store)
        assert "another sync is running" in office.radtune("sync", expect=75).stderr
