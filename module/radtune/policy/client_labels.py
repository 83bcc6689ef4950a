"""Labels about the client: how it logs in, and with which certificate, name and MAC."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from radtune.policy.labels import (
    ClientContext,
    Condition,
    Kind,
    Test,
    Truth,
    about_client,
    alternatives,
    fitting,
    one_of,
)
from radtune.policy.patterns import duration
from radtune.records.addresses import is_random_mac, parse_mac
from radtune.records.device_and_client import Certificate

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
    return user_name.partition(".")[2].lower() if user_name.lower().startswith("host/") else ""


def oui(text: str) -> str:
    """Return the six lower-case hex digits of an OUI such as 00:16:CB; raises ValueError if it is none."""
    digits = text.lower().replace(":", "").replace("-", "").replace(".", "")
    if len(digits) != 6 or not set(digits) <= set("0123456789abcdef"):
        raise ValueError(f"{text}: expected a MAC, such as 00:16:cb:aa:bb:01, or an OUI, such as 00:16:cb")
    return digits


def _mac(texts: list[str]) -> Callable[[str], bool]:
    known = frozenset(parse_mac(text) or oui(text) for text in texts)
    return lambda mac: mac in known or mac[:6] in known


def _mac_randomised(value: Any) -> Condition:
    def seen(client: ClientContext) -> str:
        mac = client.facts.mac
        kind = "randomised" if mac and is_random_mac(mac) else "the hardware's own"
        return f"the MAC {mac} is {kind}" if mac else "there is no MAC"

    return lambda client: client.facts.mac != "" and is_random_mac(client.facts.mac) == value, seen


def _eku(usages: list[str]) -> Callable[[str], bool]:
    return one_of([EKU_NAMES.get(usage, usage) for usage in usages])


_NAMES: dict[str, tuple[str, Callable[[Certificate], tuple[str, ...]], Test]] = {
    "issuer": ("issuer", lambda certificate: (certificate.issuer,), fitting),
    "common_name": ("common name", lambda certificate: (certificate.common_name,), fitting),
    "san": (
        "SAN",
        lambda certificate: (*certificate.dns, *certificate.uris, *certificate.upns, *certificate.emails),
        fitting,
    ),
    "eku": ("EKU", lambda certificate: certificate.eku, _eku),
    "template": ("template", lambda certificate: (certificate.template,), fitting),
}
"""The texts of a certificate: what they are called, and the test of each. One that fits is enough."""

_Part = Callable[[Certificate, float], Truth]


def _may_hide(certificate: Certificate, key: str) -> bool:
    """Tell whether the certificate may have more of these texts than could be read."""
    return certificate.unclear if key == "san" else key in certificate.unread


def _part(key: str, value: Any) -> _Part:
    """Compile one key of a certificate label."""
    if key == "expires_within":
        seconds = duration(value)
        # Each certificate has an end: it is unknown if it could not be read.
        return lambda certificate, now: certificate.expires_at - now < seconds if certificate.expires_at else None
    _, read, test = _NAMES[key]
    fits = test(alternatives(value))

    def holds(certificate: Certificate, _now: float) -> Truth:
        if any(fits(name) for name in read(certificate)):
            return True
        return None if _may_hide(certificate, key) else False

    return holds


def _certificate(value: dict[str, Any]) -> Condition:
    parts = [_part(key, wanted) for key, wanted in value.items()]

    def holds(client: ClientContext) -> Truth:
        certificate = client.facts.certificate
        if certificate is None:
            return False
        truths = [part(certificate, client.now) for part in parts]
        if False in truths:
            return False
        return None if None in truths else True

    def seen(client: ClientContext) -> str:
        certificate = client.facts.certificate
        if certificate is None:
            return "the client shows no certificate"
        return f"the certificate has {', '.join(_shown(certificate, key, client.now) for key in value)}"

    return holds, seen


def _shown(certificate: Certificate, key: str, now: float) -> str:
    if key == "expires_within":
        days = (certificate.expires_at - now) / 86400
        return f"{days:.1f} days to its expiry" if certificate.expires_at else "an expiry that isn't known"
    title, read, _ = _NAMES[key]
    hidden = " and what can't be read" if _may_hide(certificate, key) else ""
    return f"{title} {', '.join(read(certificate)) or 'none'}{hidden}"


KINDS: dict[str, Kind] = {
    "auth_type": about_client("the authentication", attrgetter("facts.auth_type"), one_of, "none"),
    "inner_type": about_client("the inner authentication", attrgetter("facts.inner_type"), one_of, "none"),
    "certificate": _certificate,
    "username": about_client("the user name", attrgetter("facts.user_name"), fitting, "not given"),
    "realm": about_client("the realm", lambda client: realm(client.facts.user_name), fitting, "not given"),
    "mac": about_client("the MAC", attrgetter("facts.mac"), _mac, "not given"),
    "mac_randomised": _mac_randomised,
}
"""The kinds of label about the client."""
