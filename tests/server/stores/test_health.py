"""`radtune status` and `radtune metrics` say what is wrong with a running system, and what mends it."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any
from zlib import crc32

import pytest

from parts.freeradius import FreeRADIUS
from parts.office import POLICY, Office, device, mac_of
from parts.process import wait_for
from parts.raddb import TlsOptions, edit, server_directory
from parts.radius_client import mac_login

HEALTHY: dict[str, str] = {}


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    tls = TlsOptions(cache=True)
    with server_directory() as directory, Office(directory, [device(1), device(2)], tls=tls) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """An office that is well again after the test, by what the test did and one login."""
    login(running)
    yield running
    assert login(running) == "Access-Accept"
    assert reasons(running) == HEALTHY


def login(office: Office, number: int = 1) -> str:
    mac = mac_of(number).replace(":", "").lower()
    return office.client.login(*mac_login(mac, ("NAS-IP-Address", "192.0.2.1"))).code


def status(office: Office) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(office.radtune("--json", "status").stdout)
    assert told["state"] == ("healthy" if told["healthy"] else "unhealthy")
    return told


def reasons(office: Office) -> dict[str, str]:
    """Give each reason's message by its name."""
    return {reason["name"]: reason["message"] for reason in status(office)["reasons"]}


def metrics(office: Office) -> set[str]:
    """Give the names of the reasons that the metrics have."""
    lines = office.radtune("metrics", expect=0).stdout.splitlines()
    counted = [line for line in lines if line.startswith("radtune_reasons{") and not line.endswith(" 0.0")]
    assert f"radtune_healthy {float(not counted)}" in lines
    return {line.partition('"')[2].partition('"')[0] for line in counted}


def test_a_server_that_was_stopped_or_killed(office: Office) -> None:
    office.server.stop()
    told = reasons(office)
    assert set(told) == metrics(office) == {"server_down"}
    assert "was stopped at 20" in told["server_down"] and "run: systemctl start freeradius" in told["server_down"]
    assert f"radtune: {told['server_down']}" in office.radtune("status", expect=1).stderr
    office.server.start()
    assert reasons(office) == HEALTHY, "before its first request"
    login(office)
    os.kill(office.server.pid, signal.SIGKILL)
    office.server.stop()
    assert "ended without a word" in reasons(office)["server_down"]
    office.server.start()
    assert metrics(office) == set()


def test_a_check_of_the_configuration_changes_no_word(office: Office) -> None:
    pid = office.server.pid
    assert office.server.check().returncode == 0
    assert [row["pid"] for row in status(office)["servers"]] == [pid]
    office.server.stop()
    assert office.server.check().returncode == 0
    assert f"freeradius (pid {pid}) was stopped at 20" in reasons(office)["server_down"]
    office.server.start()
    assert len(list(office.store.glob("server-*"))) == 2


def test_the_event_log_can_not_be_written(office: Office) -> None:
    office.events_file.unlink()
    office.events_file.mkdir()
    assert login(office) == "Access-Accept"
    told = reasons(office)
    assert set(told) == {"event_log", "server_events"}
    assert str(office.events_file) in told["server_events"] and str(office.events_file) in told["event_log"]
    office.events_file.rmdir()


def test_settings_that_the_server_has_not_read(office: Office) -> None:
    office.write_settings(sites=[{"name": "berlin", "nas": ["192.0.2.0/24"]}], limits={"sessions_moved": 7})
    told = reasons(office)
    assert set(told) == {"server_settings"}
    assert told["server_settings"].startswith(f"sites in {office.settings_file}: changed since freeradius (pid ")
    assert told["server_settings"].endswith("run: systemctl restart freeradius")
    office.server.stop()
    office.server.start()
    assert reasons(office) == HEALTHY
    office.write_settings()
    office.server.stop()
    office.server.start()


def test_a_store_that_was_deleted(office: Office) -> None:
    rmtree(office.store / "sessions")
    assert f"{office.store}/sessions: deleted while freeradius" in reasons(office)["server_store"]
    rmtree(office.store / "devices")
    told = reasons(office)
    assert {"server_store", "devices"} <= set(told)
    assert "run `radtune sync`" in told["devices"]
    office.radtune("sync", expect=0)
    office.server.stop()
    office.server.start()


def test_every_login_refused_for_five_minutes(office: Office) -> None:
    office.policy_file.write_text(POLICY.replace("{mdm_compliance: compliant}", "{mdm_compliance: error}"))
    wait_for(lambda: login(office) == "Access-Reject", "the policy that lets nobody in")
    # A server writes its word every few seconds.
    wait_for(lambda: login(office, 2) == "Access-Reject" and word(office)[1]["logins"]["in_a_row"] > 1, "its word")
    assert reasons(office) == HEALTHY
    long_ago(office)
    told = reasons(office)
    assert set(told) == metrics(office) == {"server_denies_all"}
    assert "every login was denied since" in told["server_denies_all"]
    office.policy_file.write_text(POLICY)
    wait_for(lambda: login(office) == "Access-Accept", "the policy that lets in")
    assert reasons(office) == HEALTHY


def word(office: Office) -> tuple[Path, dict[str, Any]]:
    """Give the file of the running server, and what it says there."""
    files = {file: json.loads(file.read_text().splitlines()[0]) for file in office.store.glob("server-*.json")}
    # A check of the configuration may have left one, too.
    ((file, state),) = [(file, state) for file, state in files.items() if state["pid"] == office.server.pid]
    return file, state


def long_ago(office: Office) -> None:
    """Let the server's word of the first refusal be six minutes older, where it is: it keeps its lock on the file."""
    file, state = word(office)
    state["logins"]["denied_since"] -= 360
    text = json.dumps(state)
    with file.open("r+") as stream:
        stream.write(f"{text}\n{crc32(text.encode()):08x}\n".ljust(4096))


def test_eap_tls_whose_certificate_radtune_is_not_asked_about(office: Office) -> None:
    eap, pair = office.server.raddb / "mods-available/eap", office.authority.issue_client("LAPTOP-1")
    fresh, resumed = office.eap_tls(pair, mac_of(1), again=1)
    assert (fresh.vlan, resumed.resumed) == ("750", True)
    assert reasons(office) == HEALTHY
    asked = eap.read_text()
    edit(eap, (r"^\t\tvirtual_server = radtune-check-eap-tls\n", ""))
    office.server.stop()
    office.server.start()
    assert office.eap_tls(pair, mac_of(1))[0].vlan == "750"
    told = reasons(office)
    assert set(told) == {"server_certificates"}
    assert "write virtual_server = radtune-check-eap-tls into the section `tls`" in told["server_certificates"]
    eap.write_text(asked)
    office.server.stop()
    office.server.start()


def test_two_servers_with_one_store(office: Office) -> None:
    with server_directory() as directory, FreeRADIUS(directory, office.layout):
        assert len(status(office)["servers"]) == 2
        office.server.stop()
        assert reasons(office) == HEALTHY
        office.server.start()
