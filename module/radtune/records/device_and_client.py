"""Devices, clients and their sessions, as they are kept and passed on."""

from typing import Literal, get_args

from radtune.dataclass import dataclass, field
from radtune.records.json_record import Record
from radtune.records.session_key import session_key

IndexKind = Literal["entra_id", "serial", "name", "netbios_name", "mac", "user"]
"""The kinds of names of a device, besides its Intune id."""

FORMAT = "10"
"""Version of the records as stored. A store that names another one is not read."""

NETBIOS_LENGTH = 15
"""Letters of a computer's name that NetBIOS, and with it an account in Active Directory, has room for."""

IntuneState = Literal["compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager"]
"""Intune's word on a device; Graph's complianceState in radtune's spelling."""
OwnState = Literal["not_enrolled", "ambiguous", "stale", "unavailable"]
"""radtune's own, if Intune's word can't be used: no record, records of several pieces of hardware, a store older than
the policy trusts, a store that can't be read."""
ComplianceState = Literal[IntuneState, OwnState]
"""The state that a client is judged in."""
INTUNE_STATES: tuple[IntuneState, ...] = get_args(IntuneState)
OWN_STATES: tuple[OwnState, ...] = get_args(OwnState)
ALL_STATES: frozenset[ComplianceState] = frozenset((*INTUNE_STATES, *OWN_STATES))


@dataclass(frozen=True, slots=True)
class Device(Record):
    """A managed device as Intune last described it. '' is what Intune doesn't say, or says with a placeholder.

    Times are seconds since the epoch, 0 for never; Graph's enums are in radtune's spelling, `high_severity`.

    id, entra_id: lower-case GUIDs
    compliance: an `IntuneState`; any other word, such as one that Intune invents, counts as unknown
    macs, ethernet_mac: 12 lower-case hex digits each
    encrypted, jail_broken, account_enabled: yes, no or ''; the last is Entra's word
    ethernet_at: when its Ethernet MAC was asked for, which is done device by device
    missing_since: when Intune first listed it no more
    compliance_since: when a sync first saw the compliance that it has now
    source: the hash of what Intune said of it and its last check-in, '' if unknown; no part of the device itself
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
    missing_since: int = 0
    compliance_since: int = 0
    source: str = field(default="", compare=False)

    @property
    def netbios_name(self) -> str:
        """The name of a Windows computer as NetBIOS cuts it, or '' if it cuts nothing."""
        cut = len(self.name) > NETBIOS_LENGTH and self.os.lower().startswith("windows")
        return self.name[:NETBIOS_LENGTH] if cut else ""


@dataclass(frozen=True, slots=True)
class Certificate(Record):
    """A client certificate that the server has verified, its names as printed there.

    issuer, subject: in OpenSSL's one-line form, `/C=DE/CN=Contoso CA`
    unclear: some names can't be told apart from others, or the server may have left some out
    subject_serial: the serialNumber in the subject, '' also if it can't be told for sure
    eku: dotted object identifiers
    template: a dotted object identifier, or the name of a template of version 1
    expires_at: seconds since the epoch, 0 if unknown
    unread: those of common_name, eku and template that it has and that can't be read
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
class Facts(Record):
    """The facts of a request: the client, how it logs in, and its place.

    mac: 12 lower-case hex digits, or '' if Calling-Station-Id holds no MAC
    user_name: the inner identity if the server knows it
    user_verified: the server has checked a password or the like for that very name
    auth_type: eap-tls, eap-ttls, peap, eap-md5 and so on, or mab, pap, chap, mschap
    nas_address: the NAS's own word, or the source of the packet if that can't be a NAS's address
    nas_claimed: the NAS's word if the source had to take its place
    nas_vendor: the one whose own attributes the NAS sends (`vendors.vendor_of`), or ''
    audit_session_id: Cisco's name of the session
    nas_user_name: the User-Name that the NAS itself sends
    extra_attributes: names of further attributes that the policy of that login asked for
    attributes: those of them that were there, as `Name=value`
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
    extra_attributes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session(Record):
    """One client on one port of a NAS: what it was granted and what is known of it since.

    Times are seconds since the epoch, 0 for never.

    granted: the outcome of the decision (`Decision.outcome`), at `granted_at`, its last login
    seen_at: the last packet about it
    denied_at: the last login that was denied
    timeout: the Session-Timeout that it was granted, in seconds; 0 for none
    over_at: when it was taken for over: it is, until it is heard of later
    port: the `port_of` its login
    accounted_at: when the NAS last accounted for it under its own Acct-Session-Id
    interval: the longest time between two such packets, in seconds
    superseded: a later login without a port, under another Acct-Session-Id, has taken its key
    """

    facts: Facts
    granted: str
    granted_at: float
    rule: str = ""
    compliance: str = ""
    device_id: str = ""
    device_name: str = ""
    seen_at: float = 0.0
    denied_at: float = 0.0
    timeout: int = 0
    over_at: float = 0.0
    port: str = ""
    accounted_at: float = 0.0
    interval: float = 0.0
    superseded: bool = False

    @property
    def heard_at(self) -> float:
        """The time at which anything was last heard of it."""
        return max(self.granted_at, self.seen_at)

    @property
    def key(self) -> str:
        """The key of the session: `session_key`, and `/#Acct-Session-Id` behind it if it is superseded."""
        key = session_key(self.facts, self.port)
        return f"{key}/#{self.facts.acct_session_id}" if self.superseded else key
