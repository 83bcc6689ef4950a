"""What if: a login that nobody has made, or one that somebody has, with some of it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from radtune.config.settings import Nas
from radtune.identity.matching import Match, MatchState
from radtune.identity.names import NO_GUID, certificate_ids
from radtune.policy.decide import Policy
from radtune.records.device_and_client import COMPLIANCE_STATES, Certificate, Device, Facts
from radtune.request.attributes import Attributes
from radtune.request.facts import parse_mac, read_facts
from radtune_tools.output import timestamp

_NO_TUNNEL = ("mab", "pap", "chap", "mschap")
"""Authentications without TLS: no certificate, and nothing inside."""
_SHOWN_BY = {"pap": "User-Password", "chap": "CHAP-Password", "mschap": "MS-CHAP-Challenge"}
"""The attribute that shows an authentication; EAP-Type shows the others."""


def moment(text: str) -> float:
    """Return the seconds since the epoch of an ISO 8601 time, in this machine's zone if it names none; ValueError."""
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What to change; '' and None leave a thing as it is.

    `at` is in seconds since the epoch, `compliance` one of `ALL_STATES`, `nas` an address, a NAS-Identifier or a name
    of settings, `attributes` are further attributes of the request.
    """

    at: float | None = None
    compliance: str = ""
    ssid: str = ""
    nas: str = ""
    mac: str = ""
    user: str = ""
    auth_type: str = ""
    inner_type: str = ""
    certificate: Certificate | None = None
    attributes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        named = {"compliance": self.compliance, "SSID": self.ssid, "NAS": self.nas, "MAC": self.mac, "user": self.user}
        named |= {"authentication": self.auth_type, "inner authentication": self.inner_type}
        said = [f"{name} {value}" for name, value in named.items() if value]
        said += ["that certificate"] if self.certificate else []
        said += [f"{name} = {value}" for name, value in self.attributes]
        said += (
            [f"the time {timestamp(self.at)}, and the store as fresh then as it is now"] if self.at is not None else []
        )
        return ", ".join(said)

    @property
    def names_client(self) -> bool:
        """Whether it says itself which client is meant."""
        return bool(self.certificate or self.mac or self.user or self.attributes)

    def login(self, facts: Facts, known_nas: Sequence[Nas]) -> Facts:
        """Return the facts of the login with the changes; a NAS that settings know has both address and identifier."""
        before, facts = facts, replace(facts, **self._authentication(facts))
        changes: dict[str, Any] = {}
        if self.mac:
            changes |= {"mac": parse_mac(self.mac), "calling_station_id": self.mac}
            changes |= {"user_name": self.mac} if facts.auth_type == "mab" else {}
        if self.user:
            changes |= {"user_name": self.user}
        if self.ssid:
            changes |= {"ssid": self.ssid, "nas_port_type": "Wireless-802.11"}
        if self.nas:
            changes |= self._place(known_nas)
        facts = _with_attributes(replace(facts, **changes), self.attributes)
        if any(getattr(facts, name) != getattr(before, name) for name in ("user_name", "auth_type", "inner_type")):
            facts = replace(facts, user_verified=_proves_user(facts))
        return facts

    def _authentication(self, facts: Facts) -> dict[str, Any]:
        auth_type = self.auth_type or ("eap-tls" if self.certificate else facts.auth_type)
        changes: dict[str, Any] = {"auth_type": auth_type}
        if self.certificate:
            changes |= {"certificate": self.certificate, "resumed": False}
        elif auth_type in _NO_TUNNEL:
            changes |= {"certificate": None, "resumed": False}
        if self.inner_type or auth_type in (*_NO_TUNNEL, "eap-tls"):
            changes |= {"inner_type": self.inner_type}
        return changes

    def _place(self, known_nas: Sequence[Nas]) -> dict[str, Any]:
        """Return what is another thing at this NAS; whose it is, its groups in settings have to say."""
        for nas in known_nas:
            if self.nas in (nas.name, *nas.nas):
                named = [next(iter(words), "") for words in (nas.addresses, nas.identifiers)]
                return {"nas_address": named[0], "nas_identifier": named[1], "nas_vendor": ""}
        try:
            return {"nas_address": str(ip_address(self.nas)), "nas_identifier": "", "nas_vendor": ""}
        except ValueError:
            return {"nas_address": "", "nas_identifier": self.nas, "nas_vendor": ""}

    def match(self, match: Match, facts: Facts, policy: Policy, now: float) -> Match:
        """Return what would be found of the client if it were in the state asked for, or `at` another time.

        `now` is the time of the question. The store is as fresh at another time as it is now; and fresh where a state
        is asked for that only a fresh one can tell.
        """
        at = now if self.at is None else self.at
        if match.synced_at:
            match = replace(match, synced_at=match.synced_at + at - now)
        if self.compliance == "unavailable":
            return Match("unavailable", "that is asked for")
        if self.compliance == "stale":
            return replace(match, synced_at=at - policy.stale_after - 1)
        if self.compliance in COMPLIANCE_STATES:
            device = match.device or _newest(match.candidates) or _imagined_device(facts)
            device = replace(device, compliance=self.compliance)
            how = match.how if match.device else "that is asked for"
            return replace(match, state="found", how=how, device=device, by=match.by or _means(facts), synced_at=at)
        if not self.compliance:
            return match
        state: MatchState = "ambiguous" if self.compliance == "ambiguous" else "not_enrolled"
        return Match(state, "that is asked for", synced_at=at)


def _proves_user(facts: Facts) -> bool:
    """Tell whether the server would take the user's name for proved, if it has let this login in: by a password."""
    shown = _SHOWN_BY.get(facts.auth_type, "EAP-Type")
    request = {shown: facts.auth_type, "Radtune-Inner-Type": facts.inner_type, "User-Name": facts.user_name}
    request |= {"Calling-Station-Id": facts.calling_station_id}
    return read_facts(
        Attributes(request.items()), mab=facts.auth_type == "mab", auth_types=(facts.auth_type,)
    ).user_verified


def _with_attributes(facts: Facts, pairs: tuple[tuple[str, str], ...]) -> Facts:
    """Return the facts as the server would read them if the request had these attributes, too."""
    if not pairs:
        return facts
    said, nothing, given = read_facts(Attributes(pairs)), Facts(), {name for name, _ in pairs}
    changes = {
        field.name: getattr(said, field.name)
        for field in fields(Facts)
        if getattr(said, field.name) != getattr(nothing, field.name)
        and field.name not in ("extra_attributes", "attributes")
    }
    if "EAP-Type" not in given:
        changes.pop("auth_type", None)
    kept = [pair for pair in facts.attributes if pair.partition("=")[0] not in given]
    added = [f"{name}={value}" for name, value in pairs]
    names = dict.fromkeys((*facts.extra_attributes, *(name for name, _ in pairs)))
    return replace(facts, **changes, attributes=(*kept, *added), extra_attributes=tuple(names))


def _newest(devices: Sequence[Device]) -> Device | None:
    return max(devices, key=lambda device: device.last_check_in, default=None)


def _imagined_device(facts: Facts) -> Device:
    return Device(id=NO_GUID, tenant="", name=facts.user_name or facts.mac, compliance="")


def _means(facts: Facts) -> str:
    """Return by what a device would be found that shows this certificate, or this MAC."""
    if facts.certificate is None:
        return "mac"
    return "device_id" if certificate_ids(facts.certificate) else "name"


def imagined_login(target: str, policy: Policy) -> Facts:
    """Return the facts of a login by MAC, or else by EAP-TLS with this name or id in the certificate."""
    mac = parse_mac(target)
    if mac:
        return Facts(
            mac=mac,
            calling_station_id=target,
            user_name=target,
            auth_type="mab",
            extra_attributes=policy.extra_attributes,
        )
    certificate = Certificate(common_name=target)
    return Facts(
        auth_type="eap-tls", user_name=target, certificate=certificate, extra_attributes=policy.extra_attributes
    )


def certificate_login(certificate: Certificate, policy: Policy) -> Facts:
    """Return the facts of a login by EAP-TLS with this certificate."""
    return Facts(auth_type="eap-tls", certificate=certificate, extra_attributes=policy.extra_attributes)
