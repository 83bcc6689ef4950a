"""Labels about the client: how it logs in, and with which certificate, name and MAC."""

from collections.abc import Callable
from typing import Any

from radtune.policy.client_context import ClientContext
from radtune.policy.device_labels import alternatives
from radtune.policy.labels import Answer, Condition
from radtune.policy.patterns import Patterns, duration
from radtune.records.device_and_client import Certificate
from radtune.request.facts import is_random_mac, parse_mac

EKU_NAMES = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "codeSigning": "1.3.6.1.5.5.7.3.3",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "smartcardLogon": "1.3.6.1.4.1.311.20.2.2",
}
"""The extended key usages that go by a name (RFC 5280 4.2.1.12; the last is Microsoft's)."""


def realm(user_name: str) -> str:
    """Return the realm of a user name, in lower case: of `user@realm`, `REALM\\user` or `host/name.realm`; else ''."""
    if "\\" in user_name:
        return user_name.partition("\\")[0].lower()
    if "@" in user_name:
        return user_name.rpartition("@")[2].lower()
    if user_name.lower().startswith("host/"):
        return user_name.partition(".")[2].lower()
    return ""


def _words(what: str, read: Callable[[ClientContext], str]) -> Callable[[Any], Condition]:
    """Return the kind of label that asks for one of some words."""

    def compile_label(value: Any) -> Condition:
        wanted = frozenset(alternatives(value))
        return Condition(
            lambda subject: read(subject) in wanted, lambda subject: f"{what} is {read(subject) or 'none'}"
        )

    return compile_label


def _text(what: str, read: Callable[[ClientContext], str]) -> Callable[[Any], Condition]:
    """Return the kind of label that holds a text of the request against patterns; an empty one never fits."""

    def compile_label(value: Any) -> Condition:
        patterns = Patterns(alternatives(value))

        def holds(subject: ClientContext) -> Answer:
            text = read(subject)
            return text != "" and patterns.fit(text)

        return Condition(holds, lambda subject: f"{what} is {read(subject) or 'not given'}")

    return compile_label


_Part = Callable[[Certificate, float], Answer]


def _names(value: Any, read: Callable[[Certificate], tuple[str, ...]], part: str = "") -> _Part:
    """Return the part of a certificate label that wants one of the names to fit; it may be one that can't be read."""
    patterns = Patterns(alternatives(value))

    def fits(certificate: Certificate, _now: float) -> Answer:
        if any(name and patterns.fit(name) for name in read(certificate)):
            return True
        return None if _may_hide(certificate, part) else False

    return fits


def _may_hide(certificate: Certificate, part: str) -> bool:
    return certificate.unclear if part == "san" else part in certificate.unread


def _expires_within(value: Any) -> _Part:
    seconds = duration(value)
    # Each certificate has an end.
    return lambda certificate, now: certificate.expires_at - now < seconds if certificate.expires_at else None


def _eku(value: Any) -> _Part:
    wanted = frozenset(EKU_NAMES.get(usage, usage) for usage in alternatives(value))

    def fits(certificate: Certificate, _now: float) -> Answer:
        if not wanted.isdisjoint(certificate.eku):
            return True
        return None if _may_hide(certificate, "eku") else False

    return fits


def _sans(certificate: Certificate) -> tuple[str, ...]:
    return (*certificate.dns, *certificate.uris, *certificate.upns, *certificate.emails)


_PARTS: dict[str, Callable[[Any], _Part]] = {
    "issuer": lambda value: _names(value, lambda certificate: (certificate.issuer,)),
    "common_name": lambda value: _names(value, lambda certificate: (certificate.common_name,), "common_name"),
    "san": lambda value: _names(value, _sans, "san"),
    "eku": _eku,
    "template": lambda value: _names(value, lambda certificate: (certificate.template,), "template"),
    "expires_within": _expires_within,
}


def _certificate(value: dict[str, Any]) -> Condition:
    parts = [_PARTS[key](wanted) for key, wanted in value.items()]

    def holds(subject: ClientContext) -> Answer:
        certificate = subject.facts.certificate
        if certificate is None:
            return False
        answers = [part(certificate, subject.now) for part in parts]
        if False in answers:
            return False
        return None if None in answers else True

    return Condition(holds, lambda subject: _certificate_seen(subject, value))


def _certificate_seen(subject: ClientContext, asked: dict[str, Any]) -> str:
    certificate = subject.facts.certificate
    if certificate is None:
        return "the client shows no certificate"
    days = (certificate.expires_at - subject.now) / 86400
    hidden = {part: " and what can't be read" for part in asked if _may_hide(certificate, part)}
    shown = {
        "issuer": f"issuer {certificate.issuer or 'none'}",
        "common_name": f"common name {certificate.common_name or 'none'}",
        "san": f"SAN {', '.join(_sans(certificate)) or 'none'}",
        "eku": f"EKU {', '.join(certificate.eku) or 'none'}",
        "template": f"template {certificate.template or 'none'}",
        "expires_within": f"{days:.1f} days to its expiry" if certificate.expires_at else "an expiry that isn't known",
    }
    return f"the certificate has {', '.join(shown[key] + hidden.get(key, '') for key in asked)}"


def _mac(value: Any) -> Condition:
    macs: set[str] = set()
    prefixes: set[str] = set()
    for text in alternatives(value):
        digits = parse_mac(text)
        (macs if digits else prefixes).add(digits or oui(text))

    def holds(subject: ClientContext) -> Answer:
        mac = subject.facts.mac
        return mac in macs or (mac != "" and mac[:6] in prefixes)

    return Condition(holds, lambda subject: f"the MAC is {subject.facts.mac or 'not given'}")


def oui(text: str) -> str:
    """Return the six lower-case hex digits of an OUI such as 00:16:CB; raises ValueError where it is none."""
    digits = text.lower().replace(":", "").replace("-", "").replace(".", "")
    if len(digits) != 6 or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(f"{text}: expected a MAC, such as 00:16:cb:aa:bb:01, or an OUI, such as 00:16:cb")
    return digits


def _mac_randomised(value: Any) -> Condition:
    def holds(subject: ClientContext) -> Answer:
        mac = subject.facts.mac
        return mac != "" and is_random_mac(mac) == value

    def seen(subject: ClientContext) -> str:
        mac = subject.facts.mac
        kind = "randomised" if mac and is_random_mac(mac) else "the hardware's own"
        return f"the MAC {mac} is {kind}" if mac else "there is no MAC"

    return Condition(holds, seen)


KINDS: dict[str, Callable[[Any], Condition]] = {
    "auth_type": _words("the authentication", lambda subject: subject.facts.auth_type),
    "inner_type": _words("the inner authentication", lambda subject: subject.facts.inner_type),
    "certificate": _certificate,
    "username": _text("the user name", lambda subject: subject.facts.user_name),
    "realm": _text("the realm", lambda subject: realm(subject.facts.user_name)),
    "mac": _mac,
    "mac_randomised": _mac_randomised,
}
"""Each kind of label about the client, and what makes its condition of a value that the schema lets through.

They raise ValueError for what the schema can't see.
"""
