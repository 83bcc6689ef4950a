"""A login with some of it changed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from ipaddress import ip_address
from typing import Any, Literal

from radtune.config.settings import Nas
from radtune.dataclass import dataclass, replace
from radtune.identity.identifiers import NO_GUID, certificate_ids
from radtune.identity.matching import Match, MatchState
from radtune.policy.decide import Policy
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import INTUNE_STATES, Certificate, ComplianceState, Device, Facts
from radtune.request.attributes import Attributes
from radtune.request.facts import read_facts
from radtune_tools.output import timestamp

_NO_TUNNEL = ("mab", "pap", "chap", "mschap")
"""Authentications without TLS: no certificate, and nothing inside."""
_SHOWN_BY = {"pap": "User-Password", "chap": "CHAP-Password", "mschap": "MS-CHAP-Challenge"}
"""The attribute that shows an authentication; EAP-Type shows the others."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The changes; '' and None leave a thing as it is.

    at: seconds since the epoch
    nas: an address, a NAS-Identifier, or the name of an entry in settings
    attributes: further attributes of the request
    """

    at: float | None = None
    compliance: ComplianceState | Literal[""] = ""
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
        if self.at is not None:
            said.append(f"the time {timestamp(self.at)}, and the store as fresh then as it is now")
        return ", ".join(said)

    @property
    def names_client(self) -> bool:
        """True if it says itself which client is meant."""
        return bool(self.certificate or self.mac or self.user or self.attributes)

    def login(self, facts: Facts, known_nas: Sequence[Nas]) -> Facts:
        """Return the facts of the login with the changes; a NAS that settings know has both address and identifier."""
        changes = self._authentication(facts)
        if self.mac:
            changes |= {"mac": parse_mac(self.mac), "calling_station_id": self.mac}
            changes |= {"user_name": self.mac} if changes["auth_type"] == "mab" else {}
        if self.user:
            changes["user_name"] = self.user
        if self.ssid:
            changes |= {"ssid": self.ssid, "nas_port_type": "Wireless-802.11"}
        if self.nas:
            changes |= self._place(known_nas)
        changed = _with_attributes(replace(facts, **changes), self.attributes)
        if any(getattr(changed, name) != getattr(facts, name) for name in ("user_name", "auth_type", "inner_type")):
            changed = replace(changed, user_verified=_proves_user(changed))
        return changed

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
        """Return the fields of the NAS; the groups of settings say whose NAS it is."""
        address, identifier = "", self.nas
        with suppress(ValueError):
            address, identifier = str(ip_address(self.nas)), ""
        for nas in known_nas:
            if self.nas in (nas.name, *nas.nas):
                address, identifier = (next(iter(words), "") for words in (nas.addresses, nas.identifiers))
                break
        return {"nas_address": address, "nas_identifier": identifier, "nas_vendor": ""}

    def match(self, match: Match, facts: Facts, policy: Policy, now: float) -> Match:
        """Return what would be found of the client if it were in this state, or `at` another time.

        `now` is the time of the question. At another time the store is as fresh as it is now. It is fresh for a state
        that only a fresh one can tell.
        """
        at = now if self.at is None else self.at
        if match.synced_at:
            match = replace(match, synced_at=match.synced_at + at - now)
        if self.compliance == "unavailable":
            return Match("unavailable", "that is asked for")
        if self.compliance == "stale":
            return replace(match, synced_at=at - policy.stale_after - 1)
        if self.compliance in INTUNE_STATES:
            newest = max(match.candidates, key=lambda device: device.last_check_in, default=None)
            device = match.device or newest or Device(NO_GUID, "", facts.user_name or facts.mac, "")
            device = replace(device, compliance=self.compliance)
            how = match.how if match.device else "that is asked for"
            return replace(match, state="found", how=how, device=device, by=match.by or _shown_by(facts), synced_at=at)
        if not self.compliance:
            return match
        state: MatchState = "ambiguous" if self.compliance == "ambiguous" else "not_enrolled"
        return Match(state, "that is asked for", synced_at=at)


def _shown_by(facts: Facts) -> str:
    """Return the kind of identifier that would find a device with this certificate, or this MAC."""
    if facts.certificate is None:
        return "mac"
    return "device_id" if certificate_ids(facts.certificate) else "name"


def _proves_user(facts: Facts) -> bool:
    """Tell whether the server would take the user's name for proved by a password, if it has let this login in."""
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
