"""The authorization that a rule gives, and what a client gets of it at its NAS."""

from collections.abc import Mapping

from radtune.dataclass import dataclass, field
from radtune.policy.labels import ClientContext
from radtune.policy.templates import Pairs
from radtune.records.device_and_client import Facts
from radtune.request.vendors import role_pairs

PLACEHOLDER = "CHANGE-ME"
"""Stands for a VLAN that its operator has not set yet; nobody is let in with it."""


@dataclass(frozen=True, slots=True)
class PerSiteValue:
    """A text that depends on the site or the vendor.

    default: the text everywhere else; '' for none
    by: the text of some sites or vendors
    """

    default: str = ""
    by: Mapping[str, str] = field(default_factory=dict)

    def at(self, place: str) -> str:
        """Return the text for this site or vendor, or ''."""
        return self.by.get(place, self.default)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Access or none, and with it a VLAN, a role and so on. None and 0 leave that to the NAS.

    vlan: 1 to 4094 as digits, or a name
    session_timeout: in seconds
    attributes: names and values as the dictionaries spell them; an attribute may occur several times
    """

    allow: bool
    vlan: PerSiteValue | None = None
    role: PerSiteValue | None = None
    session_timeout: int = 0
    reply_message: str = ""
    attributes: Pairs = ()
    _resolved: dict[tuple[str, str], "Authorized"] = field(default_factory=dict, init=False, compare=False, repr=False)


DENY = Authorization(allow=False)


@dataclass(frozen=True, slots=True)
class Authorized:
    """An authorization at one NAS.

    accept: what the NAS wants beside the VLAN; it says the same as the VLAN and is no part of the outcome
    missing: what the authorization lacks for this NAS, in words; access is denied then
    """

    allow: bool
    vlan: str = ""
    role: str = ""
    vendor: str = ""
    session_timeout: int = 0
    reply_message: str = ""
    attributes: Pairs = ()
    accept: Pairs = ()
    missing: str = ""
    outcome: str = field(init=False, compare=False)
    """The access as a text to compare: `deny`, `allow`, `vlan 750`, `vlan 750, role staff`...

    Session-Timeout and Reply-Message are left out, so that a change of them disconnects nobody.
    """

    def __post_init__(self) -> None:
        parts = [f"vlan {self.vlan}"] if self.vlan else []
        parts += [f"role {self.role}"] if self.role else []
        parts += [f"{name}={value}" for name, value in self.attributes]
        object.__setattr__(self, "outcome", ", ".join(parts) or "allow" if self.allow else "deny")


def authorize(client: ClientContext, grant: Authorization) -> Authorized:
    """Return what the client gets of an authorization. If its VLAN or role is missing here, the client is denied."""
    nas = client.nas
    if nas.accept is not None:
        return _authorized(client, grant)
    # It depends on nothing else: a policy has few outcomes.
    key = (nas.site, nas.vendor)
    if key not in grant._resolved:
        grant._resolved[key] = _authorized(client, grant)
    return grant._resolved[key]


def _authorized(client: ClientContext, grant: Authorization) -> Authorized:
    if not grant.allow:
        return Authorized(allow=False, reply_message=grant.reply_message)
    nas = client.nas
    accept: Pairs = ()
    vlan = grant.vlan.at(nas.site) if grant.vlan else ""
    role = grant.role.at(nas.vendor) if grant.role else ""
    missing = ""
    if grant.vlan and not vlan:
        missing = f"there is no VLAN for {f'the site {nas.site}' if nas.site else 'a NAS of no known site'}"
    elif vlan == PLACEHOLDER:
        missing = f"its VLAN is still {PLACEHOLDER}; write the number or name of the VLAN"
    elif grant.role and not role:
        missing = f"there is no role for {f'the vendor {nas.vendor}' if nas.vendor else 'a NAS of no known vendor'}"
    elif vlan and nas.accept is not None:
        try:
            accept = nas.accept.at(vlan, client.facts)
        except ValueError as error:
            missing = f"the VLAN {vlan} can't be given as its NAS wants it: {error}"
    if missing:
        return Authorized(allow=False, missing=missing)
    return Authorized(
        allow=True,
        vlan=vlan,
        role=role,
        vendor=nas.vendor if role else "",
        session_timeout=grant.session_timeout,
        reply_message=grant.reply_message,
        attributes=grant.attributes,
        accept=accept,
    )


def reply_pairs(authorized: Authorized, facts: Facts) -> Pairs:
    """Return the attributes of the Access-Accept or Access-Reject, in order.

    - the VLAN (RFC 3580 3.31), and what the NAS wants beside it unless the rule gives the same attribute
    - the role in the form of the NAS's vendor
    - Session-Timeout, with the Termination-Action that makes the NAS ask again (RFC 2865 5.29)
    - Reply-Message, but never with EAP (RFC 3579 2.6.5)
    """
    more = [*role_pairs(authorized.vendor, authorized.role)] if authorized.role else []
    if authorized.session_timeout:
        more += [("Session-Timeout", str(authorized.session_timeout)), ("Termination-Action", "RADIUS-Request")]
    methods = (facts.auth_type, facts.inner_type)
    if authorized.reply_message and not any(method.startswith(("eap", "peap", "teap")) for method in methods):
        more.append(("Reply-Message", authorized.reply_message))
    more += authorized.attributes
    if not authorized.vlan:
        return tuple(more)
    names = {name for name, _ in more}
    return (
        ("Tunnel-Type:0", "VLAN"),
        ("Tunnel-Medium-Type:0", "IEEE-802"),
        ("Tunnel-Private-Group-Id:0", authorized.vlan),
        *(pair for pair in authorized.accept if pair[0] not in names),
        *more,
    )
