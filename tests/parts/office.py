"""A small company on one machine: a simulated Intune, radtune's settings and stores, a FreeRADIUS with the module."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from parts.client_event import checked_event
from parts.eapol import Login, Supplicant, eap_login
from parts.freeradius import FreeRADIUS
from parts.graph_simulator.process import SimulatorProcess
from parts.pki import Authority, KeyPair
from parts.raddb import Layout, TlsOptions, give_to_server
from parts.radius_client import RadiusClient
from parts.readable import code

TENANT = "contoso.example"
CLIENT_ID = "6f1d6c1e-4a36-4c8e-9f0b-3d7a51d1a001"
CLIENT_SECRET = "a client secret that nobody else has"
USERS = 'bob Cleartext-Password := "hello"\n'
NAS_ADDRESS = "127.0.0.1"

POLICY = """\
labels:
  intune-compliant:     {mdm_compliance: compliant}
  intune-non-compliant: {mdm_compliance: noncompliant}
  corp-vlan:            {vlan: 750}
  quarantine:           {vlan: 1}
rules:
  - name: Corp Compliant
    match: [intune-compliant]
    policy: allow
    assign: [corp-vlan]
  - name: Quarantine
    match: [intune-non-compliant]
    policy: allow
    assign: [quarantine]
default: deny
"""


class Office:
    """Everything in `directory` (see `server_directory`), running inside `with`, with the store filled once.

    `fleet` are managedDevice objects; `nas` are entries of settings.yaml. `users` are lines of the server's users file,
    unless given bob with the password hello; certificates come from `authority`. With `debian`, command and module run
    with Debian's own packages, as an operator installs them, and not with those of the virtual environment. With
    `debug`, the server's log says everything.
    """

    def __init__(
        self,
        directory: Path,
        fleet: Iterable[Mapping[str, Any]],
        *,
        policy: str = POLICY,
        nas: Sequence[Mapping[str, Any]] = (),
        tls: TlsOptions = TlsOptions(),  # noqa: B008  # frozen
        synced: bool = True,
        consent: bool = True,
        app_certificate: KeyPair | None = None,
        debian: bool = False,
        users: str = USERS,
        debug: bool = True,
    ) -> None:
        self.directory = directory
        self.settings_file = directory / "etc" / "settings.yaml"
        self.policy_file = directory / "etc" / "policy.yaml"
        self.events_file = directory / "log" / "events.jsonl"
        self.store = directory / "store"
        self.authority = Authority("The company's CA")
        self._synced, self._nas, self._debian = synced, list(nas), debian
        for name in ("etc", "log", "store", "intune", "certificates"):
            (directory / name).mkdir()
        self.policy_file.write_text(policy)
        self.secret_file("intune-secret", CLIENT_SECRET)
        self.ca_file = directory / "certificates" / "ca.pem"
        self.ca_file.write_bytes(self.authority.certificate_pem)
        self.intune = SimulatorProcess(
            directory / "intune",
            tenant=TENANT,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            client_certificate=app_certificate.certificate_pem if app_certificate else None,
            consent=consent,
            fleet=fleet,
        )
        self.layout = self._layout(tls, users)
        self.server = FreeRADIUS(directory, self.layout, debug=debug)
        self._stack = ExitStack()

    def _path(self, *, tools: bool) -> list[Path]:
        """Give where Python looks; Debian's interpreter, in freeradius too, finds Debian's own packages by itself."""
        module, tools_directory, libraries = code()
        return [module, *([tools_directory] if tools else []), *([] if self._debian else [libraries])]

    def _layout(self, tls: TlsOptions, users: str) -> Layout:
        return Layout(
            ca_pem=self.authority.certificate_pem,
            server=self.authority.issue_server("radius.example"),
            settings=self.settings_file,
            users=users,
            tls=tls,
            python_path=self._path(tools=False),
        )

    def __enter__(self) -> Self:
        try:
            self._stack.enter_context(self.intune)
            self.write_settings()
            give_to_server(self.directory / "etc", self.directory / "log", self.store)
            if self._synced:
                self.radtune("sync", expect=0)
                self._stack.enter_context(self.server)
        except BaseException:  # Ctrl-C, too, must not leave what has begun behind
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write_settings(self, **changes: Any) -> None:
        """Write settings.yaml, with other values for some of its keys; `intune` may be one tenant or a list of them."""
        settings = {
            "store": str(self.store),
            "events": str(self.events_file),
            "policy": self.policy_file.name,
            "intune": self.intune_settings(),
            "nas": self._nas,
            "sync": {"keep_missing": "0s"},
            **changes,
        }
        if isinstance(settings["intune"], dict):
            settings["intune"] = [settings["intune"]]
        self.settings_file.write_text(yaml.safe_dump(settings))

    def intune_settings(self) -> dict[str, Any]:
        """Give the tenant's entry in settings.yaml; pages are small, so that there are several."""
        return {
            "tenant": TENANT,
            "client_id": CLIENT_ID,
            "client_secret_file": "intune-secret",
            "authority": self.intune.url,
            "graph": self.intune.url,
            "ca_file": str(self.intune.ca_file),
            "page_size": 2,
        }

    def secret_file(self, name: str, secret: str) -> Path:
        """Write a secret beside the settings, readable by the server's user alone."""
        file = self.directory / "etc" / name
        file.write_text(f"{secret}\n")
        file.chmod(0o640)
        give_to_server(file)
        return file

    def command(self, *arguments: str) -> list[str]:
        """Give the command line of the command; it wants `environment`."""
        return ["/usr/bin/python3" if self._debian else sys.executable, "-m", "radtune_tools", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The environment that the command runs in."""
        path = os.pathsep.join(map(str, self._path(tools=True)))
        return {**os.environ, "PYTHONPATH": path, "RADTUNE_SETTINGS": str(self.settings_file)}

    def radtune(self, *arguments: str, expect: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command; with `expect`, RuntimeError where it exits otherwise."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if expect is not None and done.returncode != expect:
            raise RuntimeError(f"radtune {' '.join(arguments)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command and go on; its output goes nowhere."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen(self.command(*arguments), env=self.environment, cwd="/", stdout=quiet, stderr=quiet)

    def ask(self, *arguments: str) -> Any:
        """Run the command with --json and give what it answered."""
        return json.loads(self.radtune("--json", *arguments, expect=0).stdout)

    def events(self) -> list[dict[str, Any]]:
        """Give the client events, oldest first; each has to be as the schema says."""
        lines = self.events_file.read_text().splitlines() if self.events_file.exists() else []
        return [checked_event(line) for line in lines]

    @property
    def client(self) -> RadiusClient:
        """A NAS that sends single packets."""
        return RadiusClient(self.server.auth_port, self.server.acct_port, self.server.secret)

    def certificate(self, pair: KeyPair, name: str = "client") -> tuple[Path, Path]:
        """Write a client's certificate and key, and give the two files."""
        return pair.write(self.directory / "certificates", name)

    def eap_tls(self, pair: KeyPair, mac: str, identity: str = "host/laptop", again: int = 0) -> list[Login]:
        """Log in by EAP-TLS; `mac` in colon notation."""
        certificate, key = self.certificate(pair)
        supplicant = Supplicant("TLS", self.ca_file, identity, certificate, key)
        return self.eap(supplicant, mac, again)

    def eap(self, supplicant: Supplicant, mac: str, again: int = 0) -> list[Login]:
        """Log in by EAP, and `again` as many times, resuming the TLS session where the server lets it."""
        return eap_login(supplicant, self.server.auth_port, self.server.secret, mac, again=again)


def device(number: int, **changes: Any) -> dict[str, Any]:
    """Give a managedDevice: a compliant Windows laptop with ids, serial number, name and MAC made from its number."""
    return {
        "id": f"8a0f3c11-0000-4000-8000-{number:012x}",
        "azureADDeviceId": f"e0e0e0e0-0000-4000-8000-{number:012x}",
        "deviceName": f"LAPTOP-{number}",
        "serialNumber": f"SN{number:06}",
        "wiFiMacAddress": f"0016CB{number:06X}",
        "complianceState": "compliant",
        "operatingSystem": "Windows",
        "osVersion": "10.0.22631.4317",
        "userPrincipalName": f"user{number}@contoso.example",
        "lastSyncDateTime": "2026-01-02T03:04:05Z",
        "enrolledDateTime": "2025-01-02T03:04:05Z",
        **changes,
    }


def mac_of(number: int) -> str:
    """Give the MAC of `device(number)` as an access point writes it."""
    digits = f"0016CB{number:06X}"
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
