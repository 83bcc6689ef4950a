"""`radtune sync` against the Graph simulator."""

import json
from collections.abc import Iterator

import pytest

from parts.office import CLIENT_SECRET, Office, device
from parts.pki import app_credential
from parts.raddb import give_to_server, server_directory


@pytest.fixture
def office() -> Iterator[Office]:
    """An office whose server isn't running and whose store isn't there yet; Graph gives pages of two."""
    with server_directory() as directory:
        fleet = [device(number) for number in range(1, 31)]
        with Office(directory, fleet, synced=False) as office:
            yield office


def test_page_by_page_into_the_store(office: Office) -> None:
    done = office.radtune("sync", expect=0)
    assert "contoso.example: 30 devices; 30 new, 0 changed, 0 expired" in done.stdout
    assert {row["name"] for row in office.ask("devices")} == {f"LAPTOP-{number}" for number in range(1, 31)}
    pages = [seen for seen in office.intune.requests() if "/managedDevices" in seen.path]
    assert len(pages) == 15
    assert "%24select" not in pages[0].path and "$select=id," in pages[0].path
    assert all("$skiptoken=" in page.path for page in pages[1:])


def test_changes_and_silence(office: Office) -> None:
    office.radtune("sync", expect=0)
    assert office.radtune("--quiet", "sync", expect=0).stdout == ""
    office.radtune("sync", "--check", expect=0)
    office.intune.patch(device(4)["id"], complianceState="noncompliant")
    office.intune.delete(device(5)["id"])
    office.radtune("sync", "--check", expect=1)
    told = office.radtune("sync", "--dry-run", expect=0).stdout
    assert "changed: LAPTOP-4" in told and "compliant -> noncompliant" in told and "expired: LAPTOP-5" in told
    assert len(office.ask("devices")) == 30
    told = office.radtune("sync", expect=0).stdout
    assert "0 new, 1 changed, 1 now noncompliant, 1 expired" in told
    assert [row["compliance"] for row in office.ask("devices", "LAPTOP-4")] == ["noncompliant"]
    office.radtune("devices", "0016CB000005", expect=2)


def test_limits_refuse_and_a_person_may_agree(office: Office) -> None:
    office.radtune("sync", expect=0)
    for number in range(1, 7):
        office.intune.delete(device(number)["id"])
    refused = office.radtune("sync", expect=3)
    assert "6 of 30 devices would be missing" in refused.stderr and "--accept-missing 6" in refused.stderr
    assert len(office.ask("devices")) == 30
    office.radtune("sync", "--accept-missing", "5", expect=3)
    office.radtune("sync", "--accept-missing", "6", expect=0)
    assert len(office.ask("devices")) == 24


def test_a_tenant_that_ceases_to_be_compliant_at_once_is_refused(office: Office) -> None:
    """As when Graph gives no complianceState for a while."""
    office.radtune("sync", expect=0)
    for number in range(1, 31):
        office.intune.patch(device(number)["id"], complianceState=None)
    refused = office.radtune("sync", expect=3)
    assert "30 of 30 devices would cease to be compliant (100.0%)" in refused.stderr
    assert "--accept-lost-compliance 30" in refused.stderr
    assert {row["compliance"] for row in office.ask("devices")} == {"compliant"}
    office.radtune("sync", "--accept-lost-compliance", "30", expect=0)
    assert {row["compliance"] for row in office.ask("devices")} == {"unknown"}


def test_an_empty_answer_is_refused(office: Office) -> None:
    office.radtune("sync", expect=0)
    for number in range(1, 31):
        office.intune.delete(device(number)["id"])
    refused = office.radtune("sync", expect=3)
    assert "Intune lists no device at all, the store has 30" in refused.stderr
    assert len(office.ask("devices")) == 30


def test_wrong_secret(office: Office) -> None:
    office.radtune("sync", expect=0)
    office.secret_file("intune-secret", "wrong")
    refused = office.radtune("sync", expect=77)
    assert "AADSTS7000215" in refused.stderr and "the secret's value, not its id" in refused.stderr
    assert "wrong" not in refused.stderr.replace("is wrong", "")
    assert CLIENT_SECRET not in refused.stderr
    assert len(office.ask("devices")) == 30


def test_wrong_tenant(office: Office) -> None:
    intune = {"tenant": "fabrikam.example", "client_id": "00000000-1111-2222-3333-444444444444"}
    urls = {"authority": office.intune.url, "graph": office.intune.url, "ca_file": str(office.intune.ca_file)}
    office.write_settings(intune={**intune, **urls, "client_secret_file": "intune-secret"})
    refused = office.radtune("sync", expect=77)
    assert "AADSTS90002" in refused.stderr and "there is no such tenant" in refused.stderr


def test_unreachable_and_untrusted(office: Office) -> None:
    intune = {"tenant": "contoso.example", "client_id": "00000000-1111-2222-3333-444444444444"}
    urls = {"authority": office.intune.url, "graph": office.intune.url, "client_secret_file": "intune-secret"}
    office.write_settings(intune={**intune, **urls, "ca_file": str(office.ca_file)})
    refused = office.radtune("sync", expect=78)
    assert "ca.pem" in refused.stderr and "certificate" in refused.stderr.lower()
    office.write_settings(intune={**intune, **urls, "ca_file": "nowhere.pem"})
    refused = office.radtune("sync", expect=78)
    assert "nowhere.pem" in refused.stderr


def test_certificate_in_place_of_a_secret() -> None:
    pair = app_credential("radtune")
    with server_directory() as directory, Office(directory, [device(1)], synced=False, app_certificate=pair) as office:
        certificate, key = pair.write(directory / "etc", "app", key_mode=0o640)
        give_to_server(certificate, key)
        settings = office.intune_settings()
        del settings["client_secret_file"]
        both = {**settings, "certificate_file": certificate.name, "private_key_file": key.name}
        office.write_settings(intune=both)
        office.radtune("sync", expect=0)
        assert len(office.ask("devices")) == 1

        certificate.write_text("not a certificate")
        refused = office.radtune("sync", expect=78)
        assert f"{certificate}:1: not a PEM certificate" in refused.stderr

        certificate.write_bytes(pair.certificate_pem)
        key.write_text("not a key")
        refused = office.radtune("sync", expect=78)
        assert str(key) in refused.stderr
        other = app_credential("other")
        other.write(directory / "etc", "other", key_mode=0o640)
        give_to_server(directory / "etc")
        both = {**settings, "certificate_file": "other.pem", "private_key_file": "other.key"}
        office.write_settings(intune=both)
        refused = office.radtune("sync", expect=77)
        assert "AADSTS700027" in refused.stderr and "isn't the one uploaded" in refused.stderr
        assert len(office.ask("devices")) == 1


def test_without_consent() -> None:
    with server_directory() as directory, Office(directory, [device(1)], synced=False, consent=False) as office:
        refused = office.radtune("sync", expect=77)
        assert "DeviceManagementManagedDevices.Read.All" in refused.stderr and "admin consent" in refused.stderr
        assert "403" in refused.stderr and "request-id" in refused.stderr


def test_json(office: Office) -> None:
    (answer,) = json.loads(office.radtune("--json", "sync", expect=0).stdout)
    told = {"tenant": "contoso.example", "whole": True, "seen": 30, "new": 30, "changed": 0, "missing": 0, "expired": 0}
    assert {key: answer[key] for key in told} == told
    assert answer["now"] == {"compliant": 30}
