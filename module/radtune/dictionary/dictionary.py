"""A policy's attributes, held against FreeRADIUS's own dictionaries: those of replies, of requests, of CoA.

rlm_python3 drops a pair whose name no dictionary knows, and makes 0 of a value that it can't read; the Access-Accept
goes out all the same. So all of a policy is checked when it is loaded.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from radtune.dictionary.attribute import (
    Attribute,
    ValueNames,
    nearest,
    value_as_freeradius_shows,
    value_problem,
    value_text,
)
from radtune.dictionary.definitions import Definitions, read_definitions

_TAG = re.compile(r"[0-9]|[12][0-9]|3[01]")
_NO_VALUE = frozenset({"tlv", "vsa", "evs", "extended", "long-extended"})
"""Types of attributes that hold attributes; the server shows those inside, never these."""

_VLAN = "radtune writes it for a VLAN; assign a label with vlan"
_EAP = "it belongs to the server's authentication"
_RESERVED = {
    "tunnel-type": _VLAN,
    "tunnel-medium-type": _VLAN,
    "tunnel-private-group-id": _VLAN,
    "eap-message": _EAP,
    "eap-key-name": _EAP,
    "message-authenticator": _EAP,
    "state": _EAP,
    "proxy-state": "it belongs to the proxies on the way",
}
_RESERVED_PREFIXES = {"ms-mppe-": _EAP, "ms-chap": _EAP, "arap-": _EAP}
_CREDENTIALS = frozenset({"eap-message", "message-authenticator", "state", "proxy-state", "digest-response"})
_CREDENTIAL_PREFIXES = ("ms-chap", "ms-mppe-", "arap-", "chap-")
_SECRET_NAME = re.compile(
    r"(?:^|-)(?:password|passwd|passphrase|secret|[dp]?psk|pmk|e?msk|anonce|eapol-key-(?:msg|frame))$"
    r"|key$|(?:^|-)password-(?!prompt)"
)


class Dictionary:
    """The attributes and named values that a server knows."""

    def __init__(self, definitions: Definitions) -> None:
        self._known = definitions

    @classmethod
    def read(cls, files: Sequence[Path]) -> Self:
        """Read the server's main dictionary and those after it, such as raddb/dictionary, with all they include.

        Raises ConfigurationError if one is missing or has a line that can't be read, NotPermittedError.
        """
        return cls(read_definitions(files))

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of this name, which has no tag; upper and lower case are the same."""
        return self._known.by_name.get(name.lower())

    def reply_problem(self, name: str, value: str | int) -> str:
        """Return '' if FreeRADIUS sends exactly this in an Access-Accept and a policy may say so, or else why not.

        `name` may end in a tag, as in `Tunnel-Server-Endpoint:1`. A value of digits alone is a number; one of an
        integer's named values goes by its name, too.
        """
        attribute, tag, problem = self._find(name)
        if attribute is None or problem:
            return problem
        return self._unfit_for_reply(attribute) or value_problem(attribute, self._names(attribute), value, tag)

    def canonical(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair for a reply that has no problem as the server has to be given it, but for `attribute.escaped`.

        The name is the newest for the attribute's number, spelled as the dictionary does and with its tag, so that
        the server finds it equal to one that is in the reply already.
        """
        attribute, _, problem = self._find(name)
        if attribute is None or problem:
            raise ValueError(problem)
        newest = self._newest(attribute)
        spelled = newest.name if _alike(newest, attribute) else attribute.name
        return spelled + name[len(attribute.name) :], value_text(self._names(attribute), value)

    def fit(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair for a reply as the server has to be given it; raises ValueError where it has a problem."""
        if problem := self.reply_problem(name, value):
            raise ValueError(problem)
        return self.canonical(name, value)

    def request_problem(self, name: str, value: str | int | None = None) -> str:
        """Return '' if a policy may ask a request for this attribute, and it can have this value, or else why not."""
        attribute, tag, problem = self._find(name)
        if attribute is None or problem:
            return problem
        if problem := self._unfit_for_request(attribute):
            return problem
        if attribute.has_tag and ":" not in name:
            return f"FreeRADIUS shows {attribute.name} with its tag; ask for {attribute.name}:0 where it has none"
        return "" if value is None else value_problem(attribute, self._names(attribute), value, tag)

    def as_freeradius_shows(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair of a request that has no problem as the server shows it to the module."""
        attribute, tag, problem = self._find(name)
        if attribute is None or problem:
            raise ValueError(problem)
        spelled = f"{attribute.name}:{tag}" if attribute.has_tag else attribute.name
        return spelled, value_as_freeradius_shows(attribute, self._names(attribute), value)

    def coa_problem(self, name: str, value: str) -> str:
        """Return '' if a CoA- or Disconnect-Request can hold this attribute and value, or else why not."""
        attribute, tag, problem = self._find(name)
        if attribute is None or problem:
            return problem
        if problem := _unfit_for_coa(attribute):
            return problem
        # Every text fits a string.
        return "" if attribute.type == "string" else value_problem(attribute, self._names(attribute), value, tag)

    def _find(self, name: str) -> tuple[Attribute | None, int, str]:
        """Return the attribute, its tag (0 for none), and what is wrong with the name."""
        plain, colon, tag = name.partition(":")
        attribute = self.attribute(plain)
        if attribute is None:
            spelled = (known.name for known in self._known.by_name.values())
            return None, 0, f"unknown attribute {plain}{nearest(plain, spelled)}"
        if colon and not attribute.has_tag:
            return attribute, 0, f"{attribute.name} can't have a tag"
        if colon and not _TAG.fullmatch(tag):
            return attribute, 0, f"{name}: the tag has to be a number from 0 to 31"
        return attribute, int(tag or 0), ""

    def _names(self, attribute: Attribute) -> ValueNames:
        # Values belong to a number, and an older attribute of the same number may be of another type.
        named = attribute.type in ("byte", "short", "integer")
        return self._known.values.get((attribute.space, attribute.number), {}) if named else {}

    def _newest(self, attribute: Attribute) -> Attribute:
        """Return the attribute by which the server knows the number; of several it is the one defined last."""
        return self._known.by_number.get((attribute.space, attribute.number), attribute)

    def _unfit_for_request(self, attribute: Attribute) -> str:
        """Say why no policy may ask for the attribute."""
        if attribute.virtual or attribute.type in _NO_VALUE:
            return f"{attribute.name} is never among the attributes of a request"
        if attribute.type == "date":
            return f"{attribute.name} is a date, which a policy can't compare"
        newest = self._newest(attribute)
        if newest.name != attribute.name:
            return f"FreeRADIUS shows {attribute.name} as {newest.name}; ask for that"
        lower = attribute.name.lower()
        if _is_secret(attribute) or lower in _CREDENTIALS or lower.startswith(_CREDENTIAL_PREFIXES):
            return f"{attribute.name} is part of a login's proof; a policy can't ask for it"
        return ""

    def _unfit_for_reply(self, attribute: Attribute) -> str:
        """Say why no policy may put the attribute into a reply, whatever the value."""
        if attribute.internal:
            return f"{attribute.name} lives inside of the server and is never sent"
        newest = self._newest(attribute)
        if newest.type != attribute.type:
            # In a reply from Python, 3.2.7 sends it as the newest, 3.2.1 only among the standard ones.
            number = ".".join(map(str, attribute.number))
            return f"{attribute.name} has the number {number}, which is {newest.name} now, of another type"
        for one in (attribute, newest):
            if _is_secret(one):
                return f"{attribute.name} is a secret, and secrets don't belong into a policy"
            lower = one.name.lower()
            starts = (why for start, why in _RESERVED_PREFIXES.items() if lower.startswith(start))
            if why := _RESERVED.get(lower) or next(starts, ""):
                return f"{attribute.name} is not for a policy: {why}"
        return ""


def _unfit_for_coa(attribute: Attribute) -> str:
    if attribute.internal or attribute.virtual or attribute.type in _NO_VALUE:
        return f"{attribute.name} lives inside of the server and is never sent"
    if attribute.name in ("Event-Timestamp", "Message-Authenticator"):
        return f"{attribute.name} goes with every packet; leave it out"
    if attribute.name in ("EAP-Message", "Error-Cause", "Proxy-State"):
        return f"{attribute.name} is not for a request to a NAS"
    return f"{attribute.name} is a secret, and secrets don't belong into a profile" if _is_secret(attribute) else ""


def _alike(one: Attribute, other: Attribute) -> bool:
    return (one.type, one.has_tag, one.length) == (other.type, other.has_tag, other.length)


def _is_secret(attribute: Attribute) -> bool:
    """Tell whether the value is a secret: by the dictionary's flags, or by name, for few dictionaries have flags."""
    named = attribute.type in ("string", "octets") and bool(_SECRET_NAME.search(attribute.name.lower()))
    return named or attribute.secret or attribute.encrypt > 0
