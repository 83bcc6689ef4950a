"""The records that radtune keeps and passes on: frozen, and JSON in and out."""

import json
from dataclasses import dataclass
from typing import Any, Literal, Self

from radtune.records.record_json import plain_record, read_record
from radtune.records.session_key import session_key

IndexKind = Literal["entra_id", "serial", "name", "netbios_name", "mac", "user"]
"""What names a device besides its Intune id."""

FORMAT = "7"
"""Version of the records as stored. A store that names another one is not read."""

NETBIOS_LENGTH = 15
"""Letters of a computer's name that NetBIOS, and with it an account in Active Directory, has room for."""

COMPLIANCE_STATES = ("compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager")
"""What Intune says of a device; Graph's complianceState in radtune's spelling."""

OWN_STATES = ("not_enrolled", "ambiguous", "stale", "unavailable")
"""What radtune says where Intune's word can't be used: no record, records of several pieces of hardware, a store
older than the policy trusts, a store that can't be read."""


@dataclass(frozen=True, slots=True)
class Device:
    """A managed device as Intune last described it. An empty string means that Intune gave none, or a placeholder.

    Ids are lower-case GUIDs, `macs` are 12 lower-case hex digits each, times are seconds since the epoch (0: none).
    `encrypted`, `jail_broken` and `account_enabled` (in Entra) are yes, no or '' where nobody says; Graph's enums are
    in radtune's spelling, `high_severity` for highSeverity. `ethernet_mac` is asked for device by device, lastly
    at `ethernet_at`. `gone_since` is when Intune first listed it no more, `compliance_since` when a sync first saw the
    compliance that it has now.
    """

    id: str
    tenant: str
    name: str
    compliance: str
    entra_id: str = ""
    serial: str = ""
    macs: tuple[str, ...] = ()
    user: str = ""
    os: str = ""
    os_version: str = ""
    ownership: str = ""
    category: str = ""
    encrypted: str = ""
    jail_broken: str = ""
    threat_state: str = ""
    management_state: str = ""
    last_check_in: int = 0
    enrolled_at: int = 0
    ethernet_mac: str = ""
    ethernet_at: int = 0
    account_enabled: str = ""
    gone_since: int = 0
    compliance_since: int = 0

    @property
    def netbios_name(self) -> str:
        """The name of a Windows computer as NetBIOS cuts it, or '' where it cuts nothing."""
        cut = len(self.name) > NETBIOS_LENGTH and self.os.lower().startswith("windows")
        return self.name[:NETBIOS_LENGTH] if cut else ""

    def to_json(self) -> str:
        """Return the record as one line of JSON, the same for equal records."""
        return json.dumps(plain_record(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        device: Self = read_record(cls, json.loads(text))
        return device


@dataclass(frozen=True, slots=True)
class Certificate:
    """The names in a client certificate that the server has verified, as printed there.

    `unclear`: there may be names which can't be told apart from others, or which the server has left out. `issuer` and
    `subject` are in OpenSSL's one-line form, `/C=DE/CN=Contoso CA`; `subject_serial` is the serialNumber in that, ''
    also where it can't be told for sure. `eku` and `template` are dotted object identifiers, a template of version 1
    goes by its name. `expires_at` is in seconds since the epoch, 0 where it isn't known. `unread` are those of
    common_name, eku and template that it has and that can't be read.
    """

    common_name: str = ""
    dns: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    upns: tuple[str, ...] = ()
    issuer: str = ""
    serial: str = ""
    unclear: bool = False
    subject: str = ""
    subject_serial: str = ""
    eku: tuple[str, ...] = ()
    template: str = ""
    expires_at: int = 0
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a request says of a client and of where it is.

    `mac` is 12 lower-case hex digits, or '' where Calling-Station-Id holds none; `calling_station_id` is the NAS's own
    notation. `user_name` is the inner identity where the server knows it, and `user_verified` says that the server has
    checked a password or the like for that very name. `auth_type` is one of eap-tls, eap-ttls, peap, eap-md5 and so on,
    mab, pap, chap, mschap. `nas_vendor` is whose own attributes the NAS sends (`vendors.vendor_of`), or ''.
    `nas_user_name` is the User-Name that the NAS itself sends, `audit_session_id` is Cisco's name of the session.
    `nas_address` is the NAS's own word (NAS-IP-Address, NAS-IPv6-Address). If that can't be a NAS's address, it is the
    source of the packet, and `nas_claimed` is what the NAS says.
    `attributes` holds, as `Name=value`, the further attributes of the request that the policy of that login asked for;
    `asked` names those, whether they were there or not.
    """

    mac: str = ""
    calling_station_id: str = ""
    user_name: str = ""
    user_verified: bool = False
    auth_type: str = ""
    inner_type: str = ""
    resumed: bool = False
    certificate: Certificate | None = None
    nas_address: str = ""
    nas_claimed: str = ""
    nas_identifier: str = ""
    nas_port: str = ""
    nas_port_id: str = ""
    nas_port_type: str = ""
    called_station_id: str = ""
    ssid: str = ""
    nas_vendor: str = ""
    acct_session_id: str = ""
    acct_multi_session_id: str = ""
    audit_session_id: str = ""
    framed_ip: str = ""
    nas_user_name: str = ""
    asked: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        plain = plain_record(self)
        plain["certificate"] = plain_record(self.certificate) if self.certificate else None
        return plain

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Build it from the dictionary that JSON gives back; raises ValueError for anything else."""
        named = plain.get("certificate") if type(plain) is dict else None
        certificate = None if named is None else read_record(Certificate, named)
        facts: Self = read_record(cls, plain, certificate=certificate)
        return facts


@dataclass(frozen=True, slots=True)
class Session:
    """One client on one port of a NAS: what it was granted and what is known of it since.

    `granted` is the outcome of the decision (`Decision.outcome`). Times are seconds since the epoch, 0 for never:
    `granted_at` of the last login, `seen_at` of the last packet about it, `refused_at` of the last login that was
    refused, `over_at` when it was taken for over: it is, until it is heard of later. `timeout` is the Session-Timeout
    that it was granted, in seconds; 0 for none. `port` is the `port_of` its login. `accounted_at` is when the NAS last
    accounted for it under its own Acct-Session-Id, `interval` the longest time between two such packets in seconds.
    `superseded`: a later login without a port, under another Acct-Session-Id, has taken its key.
    """

    facts: Facts
    granted: str
    granted_at: float
    rule: str = ""
    compliance: str = ""
    device_id: str = ""
    device_name: str = ""
    seen_at: float = 0.0
    refused_at: float = 0.0
    timeout: int = 0
    over_at: float = 0.0
    port: str = ""
    accounted_at: float = 0.0
    interval: float = 0.0
    superseded: bool = False

    @property
    def heard_at(self) -> float:
        """When anything was last heard of it."""
        return max(self.granted_at, self.seen_at)

    @property
    def key(self) -> str:
        """The key of the session: `session_key`, and `/#Acct-Session-Id` behind it if it is superseded."""
        key = session_key(self.facts, self.port)
        return f"{key}/#{self.facts.acct_session_id}" if self.superseded else key

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        plain = plain_record(self)
        plain["facts"] = self.facts.to_plain()
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        session: Self = read_record(
            cls, plain, facts=Facts.from_plain(plain.get("facts") if type(plain) is dict else None)
        )
        return session
