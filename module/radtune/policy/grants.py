"""What a rule gives, and what a client gets of it at its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from radtune.policy.client_context import ClientContext
from radtune.records.device_and_client import Facts
from radtune.request.vendors import role_pairs

PLACEHOLDER = "CHANGE-ME"
"""Stands for a VLAN that its operator has not set yet; nobody is let in with it."""


@dataclass(frozen=True, slots=True)
class PerSiteValue:
    """A text that depends on the site or the vendor: `by` that, or else `default` ('': there is none)."""

    default: str = ""
    by: Mapping[str, str] = field(default_factory=dict)

    def at(self, place: str) -> str:
        """Return the text for this site or vendor, or ''."""
        return self.by.get(place, self.default)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a rule gives: access or none, and with it a VLAN, a role and so on. None and 0 leave that to the NAS.

    A VLAN is 1 to 4094 as digits, or a name. `session_timeout` is in seconds. `attributes` are names and values as the
    dictionaries spell them; an attribute may occur several times.
    """

    allow: bool
    vlan: PerSiteValue | None = None
    role: PerSiteValue | None = None
    session_timeout: int = 0
    reply_message: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


DENY = Authorization(allow=False)


@dataclass(frozen=True, slots=True)
class Authorized:
    """What a client gets: a grant where it is. `missing` says what the grant has not for this place: then it denies.

    `accept` is what the NAS wants beside the VLAN; it says the same as that, and is no part of the outcome.
    """

    allow: bool
    vlan: str = ""
    role: str = ""
    vendor: str = ""
    session_timeout: int = 0
    reply_message: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    accept: tuple[tuple[str, str], ...] = ()
    missing: str = ""

    @property
    def outcome(self) -> str:
        """What the client has, as a text to compare: `deny`, `allow`, `vlan 750`, `vlan 750, role staff`...

        Session-Timeout and Reply-Message are left out: for another one of those nobody is to be disconnected.
        """
        if not self.allow:
            return "deny"
        parts = [f"vlan {self.vlan}"] if self.vlan else []
        parts += [f"role {self.role}"] if self.role else []
        parts += [f"{name}={value}" for name, value in self.attributes]
        return ", ".join(parts) or "allow"


def give(grant: Authorization, subject: ClientContext) -> Authorized:
    """Return what the subject gets of a grant. What has no value for its place denies: no access without its VLAN."""
    if not grant.allow:
        return Authorized(allow=False, reply_message=grant.reply_message)
    vlan = grant.vlan.at(subject.site) if grant.vlan else ""
    role = grant.role.at(subject.vendor) if grant.role else ""
    if grant.vlan and not vlan:
        site = f"the site {subject.site}" if subject.site else "a NAS of no known site"
        return Authorized(allow=False, missing=f"there is no VLAN for {site}")
    if vlan == PLACEHOLDER:
        return Authorized(allow=False, missing=f"its VLAN is still {PLACEHOLDER}; write the number or name of the VLAN")
    if grant.role and not role:
        vendor = f"the vendor {subject.vendor}" if subject.vendor else "a NAS of no known vendor"
        return Authorized(allow=False, missing=f"there is no role for {vendor}")
    try:
        accept = subject.accept(vlan) if vlan else ()
    except ValueError as error:
        return Authorized(allow=False, missing=f"the VLAN {vlan} can't be given as its NAS wants it: {error}")
    return Authorized(
        allow=True,
        vlan=vlan,
        role=role,
        vendor=subject.vendor if role else "",
        session_timeout=grant.session_timeout,
        reply_message=grant.reply_message,
        attributes=grant.attributes,
        accept=accept,
    )


def reply_pairs(given: Authorized, facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return what goes into the Access-Accept, or the Access-Reject, in order.

    The VLAN as RFC 3580 3.31 wants it, and what the NAS wants beside it, but for attributes that the rule gives by
    itself; a role in the way of the NAS's vendor; Session-Timeout with the Termination-Action that makes the NAS ask
    again when it is over (RFC 2865 5.29). No Reply-Message goes with EAP (RFC 3579 2.6.5).
    """
    more: list[tuple[str, str]] = []
    if given.role:
        more += role_pairs(given.vendor, given.role)
    if given.session_timeout:
        more += [("Session-Timeout", str(given.session_timeout)), ("Termination-Action", "RADIUS-Request")]
    by_eap = any(method.startswith(("eap", "peap", "teap")) for method in (facts.auth_type, facts.inner_type))
    if given.reply_message and not by_eap:
        more.append(("Reply-Message", given.reply_message))
    more += given.attributes
    if not given.vlan:
        return tuple(more)
    names = {name for name, _ in more}
    return (
        ("Tunnel-Type:0", "VLAN"),
        ("Tunnel-Medium-Type:0", "IEEE-802"),
        ("Tunnel-Private-Group-Id:0", given.vlan),
        *(pair for pair in given.accept if pair[0] not in names),
        *more,
    )
