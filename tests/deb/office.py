"""What an operator adds to the machine: certificates for EAP, a user, and a tenant that is simulated."""

import json
from pathlib import Path

import yaml

from deb.machine import RADDB, SECRET, password_login, typed
from parts.eapol import Supplicant, eap_login
from parts.graph_simulator.process import SimulatorProcess
from parts.pki import Authority
from parts.raddb import edit

TENANT = "contoso.example"
CLIENT_ID = "6f1d6c1e-4a36-4c8e-9f0b-3d7a51d1a001"
CLIENT_SECRET = "a client secret that nobody else has"
SETTINGS = Path("/etc/radtune")
LAPTOPS = {"compliant laptop": 1, "noncompliant laptop": 2, "stranger": 3}
"""The clients that log in by EAP-TLS; Intune doesn't know the last one."""
SWITCHED_ON = {"compliant laptop": "750", "noncompliant laptop": "20", "stranger": "refused"}
"""The VLAN of each, once radtune judges."""


class Office:
    """Certificates, users and devices, in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._authority = Authority("The company's CA")
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(self._authority.certificate_pem)
        (directory / "intune").mkdir()
        fleet = [_device(1, "compliant"), _device(2, "noncompliant")]
        self.intune = SimulatorProcess(
            directory / "intune", tenant=TENANT, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, fleet=fleet
        )

    def prepare_eap(self) -> None:
        """Give the stock server a certificate and our CA, and a user with a password."""
        certificate, key = self._authority.issue_server("radius.example").write(RADDB / "certs", "radius", 0o640)
        typed(f"cp {self.ca} {RADDB}/certs/company.pem; chown freerad: {certificate} {key} {RADDB}/certs/company.pem")
        edit(
            RADDB / "mods-available/eap",
            (r"^\t\tprivate_key_password = .*\n", ""),
            (r"^\t\tprivate_key_file = .*", f"\t\tprivate_key_file = {key}"),
            (r"^\t\tcertificate_file = .*", f"\t\tcertificate_file = {certificate}"),
            (r"^\t\tca_file = .*", f"\t\tca_file = {RADDB}/certs/company.pem"),
        )
        users = RADDB / "mods-config/files/authorize"
        users.write_text(f'bob Cleartext-Password := "hello"\n{users.read_text()}')

    def link(self) -> None:
        """Write the tenant into settings.d, as docs/simulator.md says, and a VLAN for quarantine into the policy."""
        entry = {
            "tenant": TENANT,
            "client_id": CLIENT_ID,
            "client_secret_file": "intune-secret",
            "authority": self.intune.url,
            "graph": self.intune.url,
            "ca_file": str(SETTINGS / "intune-ca.pem"),
        }
        files = {"settings.d/intune.yaml": yaml.safe_dump({"intune": [entry]}), "intune-secret": CLIENT_SECRET}
        files["intune-ca.pem"] = self.intune.ca_file.read_text()
        for name, text in files.items():
            (SETTINGS / name).write_text(text)
            typed(f"chgrp freerad {SETTINGS}/{name}; chmod 0640 {SETTINGS}/{name}")
        edit(SETTINGS / "policy.yaml", (r"\{vlan: CHANGE-ME\}", "{vlan: 20}"))

    def logins(self) -> dict[str, str]:
        """Log in each client by EAP-TLS; return its VLAN, or `refused`."""
        return {name: self._eap_tls(number) for name, number in LAPTOPS.items()}

    def _eap_tls(self, number: int) -> str:
        uri = f"IntuneDeviceId://{_device_id(number)}"
        pair = self._authority.issue_client(f"LAPTOP-{number}", uris=[uri], dns=[f"laptop-{number}.example"])
        certificate, key = pair.write(self._directory, "client")
        supplicant = Supplicant("TLS", self.ca, f"host/laptop-{number}", certificate, key)
        (login,) = eap_login(supplicant, 1812, SECRET, f"00:16:cb:00:00:{number:02x}")
        return (login.vlan or "let in") if login.code == "Access-Accept" and login.succeeded else "refused"


def _device_id(number: int) -> str:
    return f"8a0f3c11-0000-4000-8000-{number:012x}"


def _device(number: int, compliance: str) -> dict[str, str]:
    """Return a managedDevice."""
    name = f"LAPTOP-{number}"
    return {"id": _device_id(number), "deviceName": name, "complianceState": compliance, "operatingSystem": "Windows"}


def stock_answers() -> dict[str, str]:
    """Return what the stock server answers to a user with the right password, with a wrong one, and to a stranger."""
    logins = {"bob": "hello", "bob, mistyped": "hallo", "mallory": "hello"}
    return {name: password_login(name.partition(",")[0], password) for name, password in logins.items()}


def events() -> list[str]:
    """Return the kinds of the client events so far."""
    text = Path("/var/log/radtune/radtune-events.jsonl").read_text()
    return [json.loads(line)["event"] for line in text.splitlines()]
