"""The records that radtune keeps and passes on: frozen, and JSON in and out."""

import json
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

IndexKind = Literal["entra_id", "serial", "name", "mac"]
"""What names a device besides its Intune id."""

FORMAT = "1"
"""Version of the records as stored. A store that names another one is not read."""

COMPLIANCE_STATES = ("compliant", "noncompliant", "in_grace_period", "unknown", "conflict", "error", "config_manager")
"""What Intune says of a device; Graph's complianceState in radtune's spelling."""

OWN_STATES = ("not_enrolled", "ambiguous", "stale", "unavailable")
"""What radtune says where Intune's word can't be used: no record, records of several pieces of hardware, a store
older than the policy trusts, a store that can't be read."""


_KINDS: dict[object, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    tuple[str, ...]: (list,),
}


_ALLOWED: dict[str, dict[str, tuple[type, ...]]] = {}
"""For each kind of record, which types of JSON each field takes; filled at first use."""


def _read(kind: type[Any], plain: Any, **made: object) -> Any:
    """Build a record from what JSON gave; `made` are fields already built. Raises ValueError where a type is wrong."""
    if type(plain) is not dict:
        raise ValueError(f"not a {kind.__name__}: {plain!r}")
    values = {**plain, **made}
    allowed = _ALLOWED.get(kind.__name__)
    if allowed is None:
        allowed = {field.name: _KINDS.get(field.type, ()) for field in fields(kind)}
        _ALLOWED[kind.__name__] = allowed
    for name, value in plain.items():
        if name in made:
            continue
        if type(value) not in allowed.get(name, ()) or (type(value) is list and not {*map(type, value)} <= {str}):
            raise ValueError(f"{kind.__name__}.{name}: {value!r}")
        if type(value) is list:
            values[name] = tuple(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


def _plain(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


@dataclass(frozen=True, slots=True)
class Device:
    """A managed device as Intune last described it. An empty string means that Intune gave none, or a placeholder.

    Ids are lower-case GUIDs, `macs` are 12 lower-case hex digits each, times are seconds since the epoch (0: none).
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
    management_state: str = ""
    last_check_in: int = 0
    enrolled_at: int = 0

    def to_json(self) -> str:
        """Return the record as one line of JSON, the same for equal records."""
        return json.dumps(_plain(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        device: Self = _read(cls, json.loads(text))
        return device


@dataclass(frozen=True, slots=True)
class Certificate:
    """The names in a client certificate that the server has verified, as printed there.

    `unclear` says that there are URIs among them which can't be told apart from other names.
    """

    common_name: str = ""
    dns: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    upns: tuple[str, ...] = ()
    issuer: str = ""
    serial: str = ""
    unclear: bool = False

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Build it from the dictionary that JSON gives back; raises ValueError for anything else."""
        certificate: Self = _read(cls, plain)
        return certificate


@dataclass(frozen=True, slots=True)
class Facts:
    """What a request says of a client and of where it is.

    `mac` is 12 lower-case hex digits, or '' where Calling-Station-Id holds none; `calling_station_id` is the NAS's own
    notation. `user_name` is the inner identity where the server knows it. `auth_type` is one of eap-tls, eap-ttls,
    peap, eap-md5 and so on, mab, pap, chap, mschap.
    """

    mac: str = ""
    calling_station_id: str = ""
    user_name: str = ""
    auth_type: str = ""
    inner_type: str = ""
    resumed: bool = False
    certificate: Certificate | None = None
    nas_address: str = ""
    nas_identifier: str = ""
    nas_port: str = ""
    nas_port_id: str = ""
    nas_port_type: str = ""
    called_station_id: str = ""
    ssid: str = ""
    acct_session_id: str = ""
    acct_multi_session_id: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        plain = _plain(self)
        plain["certificate"] = _plain(self.certificate) if self.certificate else None
        return plain

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Build it from the dictionary that JSON gives back; raises ValueError for anything else."""
        named = plain.get("certificate") if type(plain) is dict else None
        certificate = None if named is None else Certificate.from_plain(named)
        facts: Self = _read(cls, plain, certificate=certificate)
        return facts


@dataclass(frozen=True, slots=True)
class Session:
    """One client on one NAS: what it was granted and what is known of it since.

    `granted` is the outcome of the decision (`Decision.outcome`). Times are seconds since the epoch, 0 for never:
    `granted_at` of the last login, `seen_at` of the last packet about it, `refused_at` of the last login that was
    refused.
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

    @property
    def key(self) -> str:
        """The key of the session in the store: one client has one session on each NAS."""
        return session_key(self.facts)

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        plain = _plain(self)
        plain["facts"] = self.facts.to_plain()
        return json.dumps(plain, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        plain = json.loads(text)
        session: Self = _read(cls, plain, facts=Facts.from_plain(plain.get("facts") if type(plain) is dict else None))
        return session


def session_key(facts: Facts) -> str:
    """Return `NAS/client`, or '' where the request names no NAS or no client.

    The NAS is its address, or its identifier where it sends no address; the client is its MAC, or `user` and its name,
    so that nobody can choose a name that is another client's MAC.
    """
    nas = facts.nas_address or facts.nas_identifier
    client = facts.mac or (facts.user_name and f"user {facts.user_name}")
    return f"{nas}/{client}" if nas and client else ""


@dataclass(frozen=True, slots=True)
class Move:
    """A session that has to get another outcome, from the moment it is planned until it is enforced.

    `state` is one of: pending (not sent, `answer` says why), sent (no answer yet), acknowledged, refused (NAK) or
    unanswered.
    `sent_at` is in seconds since the epoch, 0 for never.
    """

    key: str
    before: str
    after: str
    reason: str
    state: str
    planned_at: float
    sent_at: float = 0.0
    attempts: int = 0
    answer: str = ""

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps(_plain(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        move: Self = _read(cls, json.loads(text))
        return move
