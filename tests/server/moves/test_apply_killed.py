"""`radtune apply` that is killed with kill -9: no session is sent a second CoA, none is forgotten, nothing stays."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.ports import free_udp_port
from parts.process import wait_for
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.wire_nas import ACK, WireNases

SECRET = "the NAS's secret"
SESSIONS = range(1, 10)
CALLING_STATION_ID = 31


def change_all(office: Office, port: int) -> None:
    """Let every session have to move, on a NAS that takes two packets a second."""
    office.secret_file("coa-secret", SECRET)
    nas = {"name": "nas", "nas": [NAS_ADDRESS], "port": port, "secret_file": "coa-secret", "rate": 2}
    office.write_settings(nas=[nas], limits={"sessions_moved": 100})
    for number in SESSIONS:
        office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", NAS_ADDRESS)))
        office.intune.patch(device(number)["id"], complianceState="noncompliant")
    office.radtune("sync", "--accept-lost-compliance", str(len(SESSIONS)), expect=0)


def radclients_of(parent: int) -> list[Path]:
    """Give the directories in /proc of the radclients that a process has started."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = file.read_text().partition("(")[2].rpartition(")")
            if (name, rest.split()[1]) == ("radclient", str(parent)):
                found.append(file.parent)
    return found


def test_a_killed_apply_leaves_no_radclient_that_sends_on() -> None:
    port = free_udp_port()
    with (
        server_directory() as directory,
        Office(directory, [device(number) for number in SESSIONS]) as office,
        WireNases([NAS_ADDRESS], port, SECRET.encode(), lambda _: None) as nas,
    ):
        change_all(office, port)
        with office.start("apply", "--wait", "0") as run:
            wait_for(lambda: bool(nas.requests), "packets")
            sending = radclients_of(run.pid)
            run.kill()
        assert sending
        wait_for(lambda: not any(each.exists() for each in sending), "end of radclient")


@pytest.mark.parametrize("arrived", [1, 4, 7])
def test_a_killed_apply_sends_nothing_twice_and_forgets_nothing(arrived: int) -> None:
    port = free_udp_port()
    with (
        server_directory() as directory,
        Office(directory, [device(number) for number in SESSIONS]) as office,
        WireNases([NAS_ADDRESS], port, SECRET.encode(), lambda _: (ACK, 0)) as nas,
    ):
        change_all(office, port)
        with office.start("apply", "--wait", "0") as run:
            wait_for(lambda: len(nas.requests) >= arrived, "packets")
            run.kill()
        rows = {
            row["session"]: row["state"]
            for row in json.loads(office.radtune("--json", "apply", "--wait", "0", expect=4).stdout)
        }
        sent = Counter(request.value(CALLING_STATION_ID).decode() for request in nas.requests)
        assert (len(rows), set(rows.values()) <= {"sent", "acknowledged"}) == (len(SESSIONS), True)
        assert set(sent.values()) == {1}, "each session that was asked for was asked for once"
        unsent = len(SESSIONS) - len(sent)
        assert unsent <= sum(state == "sent" for state in rows.values()), "those whose packet may have left wait"
