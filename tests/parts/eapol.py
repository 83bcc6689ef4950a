"""eapol_test: a real supplicant (that of wpa_supplicant) and a small NAS in one program."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parts.ports import LOOPBACK

PROGRAM = "/usr/bin/eapol_test"
WAIT_SECONDS = 20
CODES = {"2": "Access-Accept", "3": "Access-Reject"}
# RFC 2865, 3579 and 2868 attribute numbers; Microsoft's vendor id and key attributes are those of RFC 2548.
VENDOR_SPECIFIC, EAP_MESSAGE = 26, 79
TUNNEL_TYPE, TUNNEL_MEDIUM, TUNNEL_GROUP = 64, 65, 81
MICROSOFT_KEYS = ("0000013710", "0000013711")
EAP_SUCCESS, EAP_FAILURE = 3, 4
LAST_TAG = 0x1F

Method = Literal["TLS", "TTLS", "PEAP", "MD5", "GTC", "PWD"]
Attribute = tuple[int, str | int | bytes]

MESSAGE = re.compile(r"^RADIUS message: code=(\d+) .*\n((?:   .*\n)*)", re.MULTILINE)
ATTRIBUTE = re.compile(r"^   Attribute (\d+) .*\n      Value: (.*)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Supplicant:
    """What the client is set to: TLS takes `certificate` and `key`, others a password, tunnels an `inner` method."""

    method: Method
    ca: Path
    identity: str
    certificate: Path | None = None
    key: Path | None = None
    password: str = ""
    inner: str = ""
    anonymous: str = "anonymous"
    tls_1_3: bool = False

    def network(self) -> str:
        """Give the network block of the configuration file."""
        lines = ["key_mgmt=IEEE8021X", "eapol_flags=0", f"eap={self.method}", f'identity="{self.identity}"']
        lines += [f'ca_cert="{self.ca}"', f'phase1="tls_disable_tlsv1_3={int(not self.tls_1_3)}"']
        if self.certificate and self.key:
            # In a tunnel it is the inner method that shows the certificate.
            second = "2" if self.inner == "TLS" else ""
            lines += [f'client_cert{second}="{self.certificate}"', f'private_key{second}="{self.key}"']
            lines += [f'ca_cert2="{self.ca}"'] if second else []
        if self.inner:
            kind = "autheap" if (self.method, self.inner) == ("TTLS", "TLS") else "auth"
            lines += [f'anonymous_identity="{self.anonymous}"']
            lines += [f'phase2="{kind}={self.inner}"']
        lines += [f'password="{self.password}"'] if self.password else []
        return "network={\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"


@dataclass(frozen=True, slots=True)
class Login:
    """One EAP login as the NAS and the client saw it.

    `code` is the name of the last packet from the server, "" where none ended the login; `attributes` are its own, as
    eapol_test prints them; `response_id` is the identifier of the client's last EAP packet; `succeeded` is what the
    client thinks.
    """

    code: str
    attributes: tuple[tuple[int, str], ...]
    response_id: int
    resumed: bool
    succeeded: bool

    def all(self, number: int) -> tuple[str, ...]:
        """Give every value of an attribute."""
        return tuple(value for found, value in self.attributes if found == number)

    @property
    def eap_codes(self) -> tuple[int, ...]:
        """The codes of the EAP packets inside (RFC 3748 4.2: 3 success, 4 failure)."""
        return tuple(int(value[:2], 16) for value in self.all(EAP_MESSAGE))

    @property
    def eap_ids(self) -> tuple[int, ...]:
        """The identifiers of the EAP packets inside."""
        return tuple(int(value[2:4], 16) for value in self.all(EAP_MESSAGE))

    @property
    def has_keys(self) -> bool:
        """Whether the packet holds a key of the session (MS-MPPE-Send-Key, MS-MPPE-Recv-Key)."""
        return any(value.startswith(MICROSOFT_KEYS) for value in self.all(VENDOR_SPECIFIC))

    @property
    def vlan(self) -> str:
        """The VLAN, or "" where there is none; ValueError where the attributes aren't one VLAN (RFC 3580, 3.31)."""
        kinds = [value[2:] for number in (TUNNEL_TYPE, TUNNEL_MEDIUM) for value in self.all(number)]
        vlans = [bytes.fromhex(value) for value in self.all(TUNNEL_GROUP)]
        if not kinds and not vlans:
            return ""
        if kinds != ["00000d", "000006"] or len(vlans) != 1:
            raise ValueError(f"not one VLAN: {self.attributes}")
        vlan = vlans[0]
        return (vlan[1:] if vlan[0] <= LAST_TAG else vlan).decode()


def eap_login(
    supplicant: Supplicant,
    port: int,
    secret: str,
    mac: str,
    attributes: Sequence[Attribute] = (),
    again: int = 0,
    host: str = LOOPBACK,
) -> list[Login]:
    """Log in, and then `again` as many times with the same client, which resumes its TLS session where it can.

    `mac` in colon notation becomes the Calling-Station-Id; `attributes` are further ones, by number.
    """
    with tempfile.TemporaryDirectory(prefix="eapol-") as directory:
        configuration = Path(directory) / "network.conf"
        configuration.write_text(supplicant.network())
        command = [PROGRAM, "-c", str(configuration), "-a", host, "-p", str(port), "-s", secret, "-M", mac]
        command += ["-r", str(again), "-t", str(WAIT_SECONDS)]
        for number, value in attributes:
            command += ["-N", _written(number, value)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=(again + 2) * WAIT_SECONDS,
        )
    logins = parse_logins(done.stdout)
    if not logins:
        raise ValueError(f"eapol_test did not start a login: {done.stdout}{done.stderr}")
    return logins


def parse_logins(output: str) -> list[Login]:
    """Read what eapol_test prints, one login after the other."""
    return [_login(part) for part in output.split("CTRL-EVENT-EAP-STARTED")[1:]]


def _login(output: str) -> Login:
    code, response_id = "", -1
    attributes: tuple[tuple[int, str], ...] = ()
    for number, body in MESSAGE.findall(output):
        found = tuple((int(attribute), value) for attribute, value in ATTRIBUTE.findall(body))
        if number == "1":
            sent = [value for attribute, value in found if attribute == EAP_MESSAGE]
            response_id = int(sent[0][2:4], 16)
        elif number in CODES:
            code, attributes = CODES[number], found
    return Login(
        code=code,
        attributes=attributes,
        response_id=response_id,
        resumed="Handshake finished - resumed=1" in output,
        succeeded="CTRL-EVENT-EAP-SUCCESS" in output,
    )


def _written(number: int, value: str | int | bytes) -> str:
    if isinstance(value, int):
        return f"{number}:d:{value}"
    if isinstance(value, bytes):
        return f"{number}:x:{value.hex()}"
    return f"{number}:s:{value}"
