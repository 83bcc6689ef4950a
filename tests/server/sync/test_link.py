"""`radtune link` and `radtune unlink`: the command, a browser's redirects by real HTTP, and the Graph simulator."""

import os
import pwd
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import pytest
import yaml

from parts.office import CLIENT_ID, CLIENT_SECRET, TENANT, Office, device
from parts.operator import Operator, asked, browse
from parts.pki import app_credential
from parts.ports import free_tcp_port
from parts.raddb import USER, server_directory
from parts.unlinked import HEADER, linked, unchanged, unlinked

READ_DEVICES = "DeviceManagementManagedDevices.Read.All"
ROOT = os.geteuid() == 0


def new_office(directory: Path, *, consent: bool = True, debian: bool = False) -> Office:
    fleet = [device(number) for number in range(1, 4)]
    return Office(directory, fleet, synced=False, consent=consent, debian=debian)


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, new_office(directory) as office:
        unlinked(office)
        yield office


def words(office: Office, *more: str, secret: bool = True) -> list[str]:
    urls = ["--authority", office.intune.url, "--graph", office.intune.url, "--ca-file", str(office.intune.ca_file)]
    given = ["--client-secret-file", str(office.settings_file.parent / "intune-secret")] if secret else []
    return ["link", "--tenant", TENANT, "--client-id", CLIENT_ID, *given, *urls, *more]


def operator(office: Office, arguments: Sequence[str], *, keyboard: bool = False) -> Operator:
    return Operator(office.command(*arguments), office.environment, keyboard=keyboard)


@pytest.mark.parametrize("debian", [False, True])
def test_from_the_consent_to_the_first_sync(debian: bool) -> None:
    with server_directory() as directory, new_office(directory, debian=debian) as office:
        unlinked(office)
        before = office.settings_file.read_text()
        port = free_tcp_port()
        with operator(office, words(office, "--port", str(port))) as person:
            url = person.consent_url()
            person.see("Waiting for the answer")
            assert f"platform Web, http://localhost:{port}/radtune" in person.screen
            assert READ_DEVICES in person.screen
            given = asked(url)
            assert url.startswith(f"{office.intune.url}/{TENANT}/v2.0/adminconsent?")
            assert given["client_id"] == CLIENT_ID
            assert given["scope"] == f"{office.intune.url}/.default"
            assert given["redirect_uri"] == f"http://localhost:{port}/radtune"
            answer = {"admin_consent": "True", "tenant": "somebody-else", "scope": given["scope"]}
            status, page = browse(port, f"/radtune?{urlencode({**answer, 'state': '<script>wrong</script>'})}")
            assert (status, "script" in page) == (400, False)
            assert browse(port, "/favicon.ico")[0] == 404
            status, page = browse(port, f"/radtune?{urlencode({**answer, 'state': given['state']})}")
            assert (status, "You can close this page" in page, given["state"] in page) == (200, True, False)
            assert person.end() == 0, person.screen
        assert "consent was given" in person.screen
        assert f"{TENANT}: {CLIENT_ID} signed in by client secret" in person.screen
        assert "Intune lists LAPTOP-" in person.screen
        assert "somebody-else" not in person.screen
        assert office.settings_file.read_text() == before
        text = linked(office).read_text()
        (entry,) = yaml.safe_load(text)["intune"]
        assert (entry["tenant"], entry["client_secret_file"]) == (TENANT, "intune-secret")
        assert CLIENT_SECRET not in text + person.screen
        office.radtune("sync", expect=0)
        assert len(office.ask("devices")) == 3


def test_the_new_file_is_whose_the_settings_are(office: Office) -> None:
    before = office.settings_file.stat()
    office.radtune(*words(office, "--consented"), expect=0)
    after, directory = linked(office).stat(), linked(office).parent.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert (directory.st_uid, directory.st_gid, directory.st_mode & 0o777) == (before.st_uid, before.st_gid, 0o750)
    owner = pwd.getpwnam(USER).pw_uid if ROOT else os.geteuid()
    assert {path.stat().st_uid for path in office.store.rglob("*")} == {owner}
    (row,) = [seen for seen in office.intune.requests() if "managedDevices?" in seen.path]
    assert "$top=1" in row.path.replace("%24", "$")


def test_a_refusal_decides_though_it_says_admin_consent(office: Office) -> None:
    port = free_tcp_port()
    with operator(office, words(office, "--port", str(port))) as person:
        state = asked(person.consent_url())["state"]
        person.see("Waiting for the answer")
        said = "AADSTS65004: User declined to consent.\r\n\x1b[31mTrace"
        answer = {"admin_consent": "True", "error": "access_denied", "error_description": said, "state": state}
        assert browse(port, f"/radtune?{urlencode(answer)}")[0] == 200
        assert person.end() == 77
    assert "radtune: no consent: access_denied: AADSTS65004: User declined to consent." in person.screen
    assert "\x1b" not in person.screen
    assert unchanged(office)
    assert [seen.path for seen in office.intune.requests()] == []


def test_a_pasted_address(office: Office) -> None:
    with operator(office, words(office, "--no-browser"), keyboard=True) as person:
        person.see("expires")
        person.type("2099-01-31")
        state = asked(person.consent_url())["state"]
        person.see("That address")
        person.type(f"http://localhost:8437/radtune?{urlencode({'admin_consent': 'True', 'state': state})}")
        assert person.end() == 0, person.screen
    (entry,) = yaml.safe_load(linked(office).read_text())["intune"]
    assert entry["client_secret_expires"] == "2099-01-31"


def test_a_pasted_address_of_another_request(office: Office) -> None:
    with operator(
        office, words(office, "--no-browser", "--client-secret-expires", "2099-01-31"), keyboard=True
    ) as person:
        person.see("That address")
        person.type("http://localhost:8437/radtune?admin_consent=True&state=guessed")
        assert person.end() == 2
    assert "not the answer to the page above" in person.screen
    assert unchanged(office)


def test_a_secret_is_typed_unseen_and_kept_for_the_server_alone(office: Office) -> None:
    with operator(office, words(office, "--consented", secret=False), keyboard=True) as person:
        person.see("client secret's value")
        person.type(CLIENT_SECRET)
        person.see("expires")
        person.type("")
        assert person.end() == 0, person.screen
    assert CLIENT_SECRET not in person.screen
    file = office.settings_file.parent / f"intune-secret-{TENANT}"
    assert file.read_text() == f"{CLIENT_SECRET}\n"
    status = file.stat()
    assert status.st_mode & 0o777 == 0o640
    if ROOT:
        assert (status.st_uid, status.st_gid) == (0, pwd.getpwnam(USER).pw_gid)
    office.radtune("sync", expect=0)
    told = office.radtune("unlink", TENANT, "--yes", "--remove-secret", expect=0).stdout
    assert f"the store has 3 devices of {TENANT}" in told
    assert f"{file}: removed" in told
    assert unchanged(office)
    assert office.settings_file.read_text().startswith(HEADER)


def test_a_wrong_secret_leaves_nothing_behind(office: Office) -> None:
    with operator(office, words(office, "--consented", secret=False), keyboard=True) as person:
        person.see("client secret's value")
        person.type("not the value but the id")
        person.see("expires")
        person.type("")
        assert person.end() == 77
    assert "AADSTS7000215" in person.screen
    assert "the secret's value, not its id" in person.screen
    assert "not the value but the id" not in person.screen
    assert unchanged(office)


def test_an_interrupt_changes_nothing(office: Office) -> None:
    with operator(office, words(office, "--port", str(free_tcp_port()), secret=False), keyboard=True) as person:
        person.see("client secret's value")
        person.type(CLIENT_SECRET)
        person.see("expires")
        person.type("")
        person.see("Waiting for the answer")
        person.interrupt()
        assert person.end() == 130
    assert unchanged(office)


def test_without_consent_the_permission_is_named() -> None:
    with server_directory() as directory, new_office(directory, consent=False) as office:
        unlinked(office)
        refused = office.radtune(*words(office, "--consented"), expect=77)
        assert READ_DEVICES in refused.stderr and "admin consent" in refused.stderr
        assert unchanged(office)


def test_nobody_answers(office: Office) -> None:
    refused = office.radtune(*words(office, "--wait", "1", "--port", str(free_tcp_port())), expect=75)
    assert "no answer within 1 seconds; nothing was changed" in refused.stderr
    assert unchanged(office)


def test_a_port_that_is_taken(office: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = office.radtune(*words(office, "--port", str(port)), expect=75)
    assert f"127.0.0.1 port {port} can't be used" in refused.stderr
    assert unchanged(office)


@pytest.mark.skipif(not ROOT, reason="root alone can read what the server's user can't")
def test_a_secret_that_the_server_s_user_can_not_read(office: Office) -> None:
    secret = office.settings_file.parent / "intune-secret"
    os.chown(secret, 0, 0)
    refused = office.radtune(*words(office, "--consented"), expect=77)
    assert f"chgrp freerad {secret} && chmod g+r {secret}" in refused.stderr
    assert unchanged(office)


def test_linked_anew_by_a_certificate_and_unlinked() -> None:
    pair = app_credential("radtune")
    with server_directory() as directory, Office(directory, [device(1)], app_certificate=pair, synced=False) as office:
        unlinked(office)
        office.radtune(*words(office, "--consented"), expect=0)
        office.radtune("sync", expect=0)
        certificate, key = pair.write(office.settings_file.parent, "app", key_mode=0o640)
        for path in (certificate, key):
            os.chown(path, -1, pwd.getpwnam(USER).pw_gid if ROOT else -1)
        files = ["--certificate-file", str(certificate), "--private-key-file", str(key)]
        assert "--replace" in office.radtune(*words(office, *files, "--consented", secret=False), expect=2).stderr
        told = office.ask(*words(office, *files, "--consented", "--replace", secret=False))
        assert (told["credential"], told["replaced"], told["device"]) == ("certificate", True, "LAPTOP-1")
        office.radtune("sync", expect=0)
        if ROOT:
            assert {path.stat().st_uid for path in office.store.rglob("*")} == {pwd.getpwnam(USER).pw_uid}
        told = office.radtune("unlink", TENANT, "--yes", "--remove-secret", expect=0).stdout
        assert f"{key}: kept" in told
        assert not linked(office).exists()
        assert "no tenant is left; --accept-missing 1 lets all devices" in office.radtune("sync", expect=3).stderr
        office.radtune("sync", "--accept-missing", "1", expect=0)
        assert office.ask("devices") == []
        assert "intune: the key is missing" in office.radtune("sync", expect=78).stderr
