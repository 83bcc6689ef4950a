"""What happened to a client: told by `radtune events` and `timeline`, while the real logrotate rotates the log."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator

import pytest

from parts.coa_server import CoaServer
from parts.office import Office, device, mac_of
from parts.process import wait_for
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT

SECRET = "the NAS's secret"
NAS = "127.0.0.1"
FOLLOWED = 5
"""The events before those that are followed."""


@pytest.fixture(scope="module")
def followed() -> Iterator[tuple[Office, list[str]]]:
    """An office in which LAPTOP-1 was moved into quarantine; and what a command has printed that follows the events."""
    with server_directory() as directory, Office(directory, [device(1), device(2)]) as office:
        (directory / "nas").mkdir()
        with CoaServer(directory / "nas", SECRET) as nas:
            office.secret_file("coa-secret", SECRET)
            entry = {"name": "nas", "nas": [NAS], "port": nas.port, "secret_file": "coa-secret"}
            office.write_settings(nas=[entry])
            for number in (1, 1, 1, 2, 9):
                login(office, number)
            rotate(office)
            yield office, follow(office)


def login(office: Office, number: int) -> None:
    office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", NAS)))


def rotate(office: Office) -> None:
    """Rotate the log now, as tools/logrotate.d says."""
    lines = (PROJECT / "tools/logrotate.d/radtune").read_text().splitlines()[1:]
    configuration, state = office.directory / "logrotate.conf", office.directory / "logrotate.state"
    configuration.write_text("\n".join([f"{office.events_file} {{", "\tsu freerad freerad", *lines, ""]))
    configuration.chmod(0o644)
    command = ["/usr/sbin/logrotate", "--force", "--state", str(state), str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def follow(office: Office) -> list[str]:
    """Give the lines of a command that follows the log, from its start until it is interrupted."""
    file = office.directory / "followed"
    # A shell that runs the tests in the background lets them ignore SIGINT, and so what they start.
    command = ["env", "--default-signal=INT", *office.command("--json", "events", "-f")]
    with (
        file.open("w") as output,
        subprocess.Popen(command, env=office.environment, cwd="/", stdout=output, stderr=subprocess.DEVNULL) as running,
    ):
        try:
            wait_for(lambda: file.read_text().count("\n") == FOLLOWED, "the events that were there")
            _move(office)
            wait_for(lambda: '"moved"' in file.read_text(), "the end of the move", 30)
        finally:
            running.send_signal(signal.SIGINT)
        assert running.wait() == 130
    return file.read_text().splitlines()


def _move(office: Office) -> None:
    office.intune.patch(device(1)["id"], complianceState="noncompliant")
    office.radtune("sync", "--accept-lost-compliance", "1", expect=0)
    office.radtune("apply", "--wait", "0", expect=4)
    rotate(office)
    login(office, 1)
    office.radtune("apply", "--wait", "0", expect=0)


def test_whoever_follows_misses_nothing_over_a_rotation(followed: tuple[Office, list[str]]) -> None:
    office, lines = followed
    rotated = office.events_file.parent.glob("events*")
    assert sorted(file.name for file in rotated) == ["events.jsonl", "events.jsonl.1", "events.jsonl.2.gz"]
    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds[FOLLOWED:] == ["move_requested", "login_allowed", "moved"]
    assert office.ask("events") == [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--kind", "login_denied"), 1),
        (("--kind", "moved", "--kind", "move_requested"), 2),
        (("LAPTOP-1", "--state", "compliant"), 3),
        (("--state", "enforced"), 1),
        (("--rule", "quarantine", "--nas", NAS), 1),
        (("--site", "paris"), 0),
        (("--since", "1h", "--limit", "4"), 4),
        (("--until", "1h"), 0),
    ],
)
def test_each_option_leaves_events_out(followed: tuple[Office, list[str]], words: tuple[str, ...], found: int) -> None:
    assert len(followed[0].ask("events", *words)) == found


def test_the_help_desk_reads_why_a_laptop_is_in_quarantine(followed: tuple[Office, list[str]]) -> None:
    told = followed[0].radtune("timeline", "LAPTOP-1", expect=0).stdout
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    told = re.sub(moment, "TIME", told)
    assert re.sub(r"\d+ seconds? after", "N seconds after", told).splitlines() == [
        "TIME to TIME: logged in 3 times at 127.0.0.1 and got vlan 750 each time (rule Corp Compliant): "
        "Intune calls it compliant",
        "TIME: 127.0.0.1 was to move it from vlan 750 to vlan 1 by disconnect, it obeys (Disconnect-ACK)",
        "TIME: logged in at 127.0.0.1 and got vlan 1 (rule Quarantine): Intune calls it noncompliant",
        "TIME: the move is done: it has vlan 1, N seconds after the sync that saw the change",
        "now:",
        f"  LAPTOP-1 of user1@contoso.example ({device(1)['id']}): Intune calls it noncompliant since TIME; its last "
        "check-in with Intune was at TIME",
        "  LAPTOP-1 is connected at 127.0.0.1 with vlan 1 (rule Quarantine) since TIME",
        "  Intune calls it noncompliant; once that changes, the next sync reads it",
    ]
    assert followed[0].ask("timeline", mac_of(1))["devices"] == [device(1)["id"]]
