"""`radtune doctor` on a real server: nothing is found where all is well, and what is wrong is."""

import gzip
import json
import socket
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from parts.coa_server import CoaServer
from parts.office import CLIENT_SECRET, Office, device, mac_of
from parts.ports import free_udp_port
from parts.raddb import edit, server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT

COA_SECRET = "planted-coa-secret"
NAS = "192.0.2.77"
POLICY = (PROJECT / "raddb/mods-config/radtune/policy.yaml").read_text().replace("CHANGE-ME", "99")
POLICY = POLICY.replace("name: Quarantine", "name: planted-rule")


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    """An office in which all is well: a server, a sync, a session that its NAS accounts for, and a NAS that answers."""
    with server_directory() as directory:
        (directory / "nas").mkdir()
        with (
            CoaServer(directory / "nas", COA_SECRET, "Session-Context-Not-Found") as nas,
            Office(directory, [device(1), device(2)], policy=POLICY, nas=[entry(nas.port)]) as office,
        ):
            office.secret_file("coa-secret", COA_SECRET)
            well(office)
            mac = mac_of(1).replace(":", "").lower()
            place = (("NAS-IP-Address", NAS), ("NAS-Identifier", "planted-switch"), ("Acct-Session-Id", "s1"))
            assert office.client.login(*mac_login(mac, *place)).code == "Access-Accept"
            office.client.account("Start", ("User-Name", mac), ("Calling-Station-Id", mac), *place)
            yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The same, and well again after the test."""
    yield running
    well(running)


def entry(port: int) -> dict[str, Any]:
    address = {"coa_address": "127.0.0.1", "port": port}
    return {"name": "planted-entry", "nas": [NAS], "profile": "rfc5176", "secret_file": "coa-secret", **address}


def well(office: Office, **changes: Any) -> None:
    office.write_settings(intune=tenant(office), **changes)


def tenant(office: Office, **changes: str) -> dict[str, Any]:
    return {**office.intune_settings(), "client_secret_expires": "2099-01-01", **changes}


def examined(office: Office, *options: str) -> dict[str, Any]:
    ran = office.radtune("--json", "doctor", "--raddb", str(office.server.raddb), *options)
    answer: dict[str, Any] = json.loads(ran.stdout)
    assert ran.returncode == {"healthy": 0, "unhealthy": 1, "unknown": 69}[answer["state"]]
    return answer


def only(answer: dict[str, Any], *kinds: str) -> str:
    """Hold the findings to be of these kinds; return the words of the last one."""
    assert {each["kind"] for each in answer["findings"]} == {*kinds}, answer["findings"]
    return str(answer["findings"][-1]["what"]) if answer["findings"] else ""


def test_nothing_is_found_where_all_is_well(office: Office) -> None:
    before = {*office.directory.rglob("*")}
    answer = examined(office, "--coa")
    only(answer)
    assert {*office.directory.rglob("*")} == before
    # The tests' own server is started by no systemd.
    assert [each["why"].partition(":")[0] for each in answer["not_known"]] == [
        "whether systemd starts the server again after a crash"
    ]


def test_what_microsoft_says(office: Office) -> None:
    office.secret_file("wrong-secret", "wrong")
    office.write_settings(intune=tenant(office, client_secret_file="wrong-secret"))
    assert "AADSTS7000215" in only(examined(office), "graph_refused")
    well(office)
    only(examined(office, "--offline"))
    nobody = f"https://127.0.0.1:{free_udp_port()}"
    office.write_settings(intune=tenant(office, authority=nobody, graph=nobody))
    assert nobody in only(examined(office), "graph_unreachable")
    assert "microsoft" not in {each["check"] for each in examined(office, "--offline")["checks"]}


def test_a_nas_that_does_not_answer(office: Office) -> None:
    office.write_settings(intune=tenant(office), nas=[entry(free_udp_port())])
    assert "no answer" in only(examined(office, "--offline", "--coa"), "coa_port")
    only(examined(office, "--offline"))


def test_eap_without_the_check_of_certificates(office: Office) -> None:
    eap = office.server.raddb / "mods-available/eap"
    before = eap.read_text()
    edit(eap, (r"^\t\tvirtual_server = radtune-check-eap-tls\n", ""))
    assert "it names no virtual_server" in only(examined(office, "--offline"), "eap_tls_check")
    eap.write_text(before)


def plants(office: Office) -> list[str]:
    """Return what no archive may have."""
    mac = mac_of(1)
    macs = [mac, mac.replace(":", ""), mac.replace(":", "-")]
    intune = office.intune_settings()
    return [
        *(text for each in macs for text in (each.lower(), each.upper())),
        *(str(value) for value in device(1).values() if str(value) not in ("compliant", "Windows")),
        *(intune["tenant"], intune["client_id"], CLIENT_SECRET, COA_SECRET, NAS, "planted", office.server.secret),
        *(
            str(office.directory),
            office.directory.name,
            f"{socket.gethostname()}.",
            "radius.example",
            "The company's CA",
        ),
        *(f"127.0.0.1:{office.intune.url.rpartition(':')[2]}", "SN000001", "LAPTOP", "bob"),
    ]


def spoilt(office: Office) -> None:
    """Let many things be wrong whose words have names in them."""
    for name in ("intune-secret", "coa-secret"):
        (office.directory / "etc" / name).chmod(0o644)
    (office.directory / "etc/planted-file").touch()
    places = [{"name": "planted-site", "nas": ["planted-switch"]}]
    office.write_settings(intune=tenant(office, client_secret_expires="2020-01-01"), sites=places, nas=[])


def faulty(office: Office) -> None:
    """Let settings be faulty."""
    office.write_settings(planted="x")


def all_is_well(office: Office) -> None:
    """Let nothing be wrong."""
    well(office)


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (all_is_well, []),
        (spoilt, ["credential", "graph_refused", "nas_unknown", "path_open", "server_settings"]),
        (faulty, ["settings"]),
    ],
)
def test_the_archive_has_nothing_private(
    office: Office, tmp_path: Path, state: Callable[[Office], None], kinds: list[str]
) -> None:
    state(office)
    file = tmp_path / "planted.tar.gz"
    ran = office.radtune("doctor", "--bundle", str(file), "--coa", "--raddb", str(office.server.raddb))
    for name in ("intune-secret", "coa-secret"):
        (office.directory / "etc" / name).chmod(0o640)
    assert file.stat().st_mode & 0o7777 == 0o600
    with tarfile.open(file) as archive:
        members = archive.getmembers()
        report = json.loads(archive.extractfile("radtune-doctor/report.json").read())  # type: ignore[union-attr]
    assert [member.name for member in members] == ["radtune-doctor/README", "radtune-doctor/report.json"]
    raw = gzip.decompress(file.read_bytes())
    assert [plant for plant in plants(office) if plant.encode() in raw] == []
    assert file.name.encode() not in file.read_bytes()
    found = {finding["kind"] for check in report["checks"] for finding in check["findings"]}
    assert set(kinds) <= found if kinds else not found
    if state is not faulty:
        # The person who made the archive is told what its words stand for, and nobody else.
        assert f"tenant-1 in {file} stands for {office.intune_settings()['tenant']}\n" in ran.stdout
        assert '"tenant": "tenant-1"' in raw.decode()
