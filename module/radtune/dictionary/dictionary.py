"""A policy's attributes, held against FreeRADIUS's own dictionaries: those of replies, of requests, of CoA.

rlm_python3 drops a pair whose name no dictionary knows, and makes 0 of a value that it can't read; the Access-Accept
goes out all the same. So all of a policy is checked when it is loaded.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

from radtune.dictionary.attribute import Attribute, read_value
from radtune.dictionary.definitions import Definitions, read_definitions
from radtune.text import nearest

_TAG = re.compile(r"[0-9]|[12][0-9]|3[01]")
_NO_VALUE = frozenset({"tlv", "vsa", "evs", "extended", "long-extended"})
"""Types of attributes that hold attributes; the server shows those inside, never these."""

_RESERVED = (
    (r"tunnel-(type|medium-type|private-group-id)", "radtune writes it for a VLAN; assign a label with vlan"),
    (
        r"(eap-message|eap-key-name|message-authenticator|state)|(ms-mppe-|ms-chap|arap-).*",
        "it belongs to the server's authentication",
    ),
    (r"proxy-state", "it belongs to the proxies on the way"),
)
"""Patterns of lower-case names that are not for a policy, each with the reason."""
_CREDENTIAL = re.compile(
    r"(eap-message|message-authenticator|state|proxy-state|digest-response)|(ms-chap|ms-mppe-|arap-|chap-).*"
)
_SECRET_NAME = re.compile(
    r"(?:^|-)(?:password|passwd|passphrase|secret|[dp]?psk|pmk|e?msk|anonce|eapol-key-(?:msg|frame))$"
    r"|key$|(?:^|-)password-(?!prompt)"
)


class Dictionary:
    """The attributes and named values that a server knows."""

    def __init__(self, definitions: Definitions) -> None:
        self._known = definitions
        # Most packets to a NAS name it by the same values.
        self.coa_problem: Callable[[str, str], str] = lru_cache(1000)(self._coa_problem)

    @classmethod
    def read(cls, files: Sequence[Path]) -> Self:
        """Read the server's main dictionary and those after it, such as raddb/dictionary, with all they include.

        Raises ConfigurationError if one is missing or has a line that can't be read, NotPermittedError.
        """
        return cls(read_definitions(files))

    def attribute(self, name: str) -> Attribute | None:
        """Return the attribute of this name, which has no tag; upper and lower case are the same."""
        return self._known.by_name.get(name.lower())

    def fit(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair for an Access-Accept as the server has to be given it, but for `attribute.escaped`.

        The name is the newest for the attribute's number, spelled as the dictionary does, so that the server finds it
        equal to one that is in the reply already. It may end in a tag, as in `Tunnel-Server-Endpoint:1`. A value of
        digits alone is a number; one of an integer's named values goes by its name, too. Raises ValueError if a policy
        may not say so, or if FreeRADIUS wouldn't send exactly this.
        """
        attribute, tag = self._find(name)
        self._check_reply(attribute)
        sent, _ = self._read(attribute, value, tag)
        newest = self._newest(attribute)
        alike = (newest.type, newest.has_tag, newest.length) == (attribute.type, attribute.has_tag, attribute.length)
        return (newest if alike else attribute).name + name[len(attribute.name) :], sent

    def spelled(self, name: str) -> str:
        """Return the name of an attribute as the dictionary spells it, with its tag; raises ValueError."""
        return self._find(name)[0].name + name[len(name.partition(":")[0]) :]

    def request_name(self, name: str) -> str:
        """Return the name as the dictionary spells it; raises ValueError if a policy may not ask a request for it."""
        self._find_for_request(name)
        return self.spelled(name)

    def as_freeradius_shows(self, name: str, value: str | int) -> tuple[str, str]:
        """Return a pair of a request as the server shows it to the module; raises ValueError if it can't be."""
        attribute, tag = self._find_for_request(name)
        _, shown = self._read(attribute, value, tag)
        return f"{attribute.name}:{tag}" if attribute.has_tag else attribute.name, shown

    def reply_problem(self, name: str, value: str | int) -> str:
        """Return why this can't stand in an Access-Accept, or ''."""
        return _problem(lambda: self.fit(name, value))

    def _coa_problem(self, name: str, value: str) -> str:
        """Return why a CoA- or Disconnect-Request can't hold this attribute and value, or ''."""

        def check() -> None:
            attribute, tag = self._find(name)
            _check_coa(attribute)
            if attribute.type != "string":  # which takes every text
                self._read(attribute, value, tag)

        return _problem(check)

    def _find(self, name: str) -> tuple[Attribute, int]:
        """Return the attribute and its tag, 0 for none; raises ValueError."""
        plain, colon, tag = name.partition(":")
        attribute = self.attribute(plain)
        if attribute is None:
            spelled = (known.name for known in self._known.by_name.values())
            raise ValueError(f"unknown attribute {plain}{nearest(plain, spelled)}")
        if colon and not attribute.has_tag:
            raise ValueError(f"{attribute.name} can't have a tag")
        if colon and not _TAG.fullmatch(tag):
            raise ValueError(f"{name}: the tag has to be a number from 0 to 31")
        return attribute, int(tag or 0)

    def _find_for_request(self, name: str) -> tuple[Attribute, int]:
        attribute, tag = self._find(name)
        self._check_request(attribute)
        if attribute.has_tag and ":" not in name:
            raise ValueError(
                f"FreeRADIUS shows {attribute.name} with its tag; ask for {attribute.name}:0 if it has none"
            )
        return attribute, tag

    def _read(self, attribute: Attribute, value: str | int, tag: int) -> tuple[str, str]:
        # Values belong to a number, and an older attribute of the same number may be of another type.
        named = attribute.type in ("byte", "short", "integer")
        names = self._known.values.get((attribute.space, attribute.number), {}) if named else {}
        return read_value(attribute, names, value, tag)

    def _newest(self, attribute: Attribute) -> Attribute:
        """Return the attribute that the server takes for the number: the one defined last, if there are several."""
        return self._known.by_number.get((attribute.space, attribute.number), attribute)

    def _check_request(self, attribute: Attribute) -> None:
        """Raise ValueError if no policy may ask for the attribute."""
        name, newest = attribute.name, self._newest(attribute)
        if attribute.virtual or attribute.type in _NO_VALUE:
            raise ValueError(f"{name} is never among the attributes of a request")
        if attribute.type == "date":
            raise ValueError(f"{name} is a date, which a policy can't compare")
        if newest.name != name:
            raise ValueError(f"FreeRADIUS shows {name} as {newest.name}; ask for that")
        if _is_secret(attribute) or _CREDENTIAL.fullmatch(name.lower()):
            raise ValueError(f"{name} is part of a login's proof; a policy can't ask for it")

    def _check_reply(self, attribute: Attribute) -> None:
        """Raise ValueError if no policy may put the attribute into a reply, whatever the value."""
        if attribute.internal:
            raise ValueError(f"{attribute.name} lives inside of the server and is never sent")
        newest = self._newest(attribute)
        if newest.type != attribute.type:
            # In a reply from Python, 3.2.7 sends it as the newest, 3.2.1 only among the standard ones.
            number = ".".join(map(str, attribute.number))
            raise ValueError(f"{attribute.name} has the number {number}, which is {newest.name} now, of another type")
        for one in (attribute, newest):
            if _is_secret(one):
                raise ValueError(f"{attribute.name} is a secret, and secrets don't belong into a policy")
            for pattern, why in _RESERVED:
                if re.fullmatch(pattern, one.name.lower()):
                    raise ValueError(f"{attribute.name} is not for a policy: {why}")


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except ValueError as error:
        return str(error)
    return ""


def _check_coa(attribute: Attribute) -> None:
    """Raise ValueError if no request to a NAS may hold the attribute, whatever the value."""
    if attribute.internal or attribute.virtual or attribute.type in _NO_VALUE:
        raise ValueError(f"{attribute.name} lives inside of the server and is never sent")
    if attribute.name in ("Event-Timestamp", "Message-Authenticator"):
        raise ValueError(f"{attribute.name} goes with every packet; leave it out")
    if attribute.name in ("EAP-Message", "Error-Cause", "Proxy-State"):
        raise ValueError(f"{attribute.name} is not for a request to a NAS")
    if _is_secret(attribute):
        raise ValueError(f"{attribute.name} is a secret, and secrets don't belong into a profile")


def _is_secret(attribute: Attribute) -> bool:
    """Tell whether the value is a secret: by the dictionary's flags, or by name, for few dictionaries have flags."""
    named = attribute.type in ("string", "octets") and bool(_SECRET_NAME.search(attribute.name.lower()))
    return named or attribute.secret
