"""The floor: Debian's own packages, as an operator installs them, without a virtual environment."""

from parts.office import Office, device, mac_of
from parts.pki import app_credential
from parts.raddb import give_to_server, server_directory
from parts.radius_client import mac_login


def test_sync_login_and_every_command() -> None:
    with server_directory() as directory, Office(directory, [device(1), device(2)], debian=True) as office:
        (login,) = office.eap_tls(office.authority.issue_client("x", dns=[device(1)["id"]]), mac_of(1))
        assert (login.code, login.vlan) == ("Access-Accept", "750")
        assert office.client.login(*mac_login("0016cb000002")).vlan == "750"
        assert office.client.login(*mac_login("0016cb000003")).code == "Access-Reject"
        assert len(office.ask("sessions")) == 2
        assert len(office.ask("events")) == 3
        assert office.ask("explain", "LAPTOP-2")["outcome"] == "vlan 750"
        certificate, _ = office.certificate(office.authority.issue_client("x", uris=[device(2)["id"]]), "explained")
        certificate.chmod(0o644)
        assert office.ask("explain", str(certificate))["device"] == "LAPTOP-2"
        assert "default: warning: clients that are not_enrolled" in office.radtune("policy", "check", expect=0).stderr
        cases = office.directory / "etc" / "policy-tests.yaml"
        cases.write_text("cases: [{name: x, request: {EAP-Type: TLS}, expect: {policy: deny}}]\n")
        for words in (
            "status",
            "policy test",
            f"policy diff --check {office.policy_file}",
            "plan",
            "apply",
            "sync --check",
            "devices",
            "events",
            "sessions",
            "explain LAPTOP-1",
            "metrics",
        ):
            assert office.radtune(*words.split(), expect=0).stderr == ""
        office.policy_file.write_text("labels: {a: {vlan: 5000}}\nrules: [{name: x}]\ndefault: may\n")
        said = office.radtune("policy", "check", expect=78).stderr
        for part in ("labels.a.vlan: 5000", "rules[1]: the key match is missing", "default: "):
            assert part in said


def test_certificate_credential() -> None:
    pair = app_credential("radtune")
    with (
        server_directory() as directory,
        Office(directory, [device(1)], synced=False, app_certificate=pair, debian=True) as office,
    ):
        certificate, key = pair.write(directory / "etc", "app", key_mode=0o640)
        give_to_server(certificate, key)
        settings = office.intune_settings()
        del settings["client_secret_file"]
        files = {"certificate_file": certificate.name, "private_key_file": key.name}
        office.write_settings(intune={**settings, **files})
        office.radtune("sync", expect=0)
        assert len(office.ask("devices")) == 1
