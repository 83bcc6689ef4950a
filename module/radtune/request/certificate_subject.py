"""The CNs and the serial number of a subject in OpenSSL's one-line form, `/O=Contoso/CN=LAPTOP-1`."""

import re

CUT_AT = 485
"""Bytes of octets, a printed extension or the subject, from which on the rest may be missing: 3.2.1 keeps 485 in its
TLS session cache (tls_new_session), of a line of 1,023 with the attribute's name and two hex digits for each;
rlm_python3 passes 510."""

COMMON_NAME = re.compile(r"(?:^|[/+,;])\s*(?:CN|commonName|(?:OID\.)?2\.5\.4\.3)\s*=", re.IGNORECASE)
"""Where a CN begins in a subject, as far as it may be one."""

_PART = re.compile(r"[/+]([A-Za-z]+)=((?:[ -*,-.0-\[\]-~]|\\[/+]|\\x[0-9A-F]{2})*)")
_KEYS = frozenset(
    {
        *("CN", "serialNumber", "C", "ST", "L", "O", "OU", "DC", "UID", "emailAddress", "GN", "SN", "name", "initials"),
        *("title", "description", "street", "postalCode", "telephoneNumber", "generationQualifier", "dnQualifier"),
        *("pseudonym", "businessCategory", "organizationIdentifier", "unstructuredName", "unstructuredAddress"),
        *("jurisdictionC", "jurisdictionST", "jurisdictionL"),
    }
)


def behind_common_name(subject: str, common_name: str) -> str | None:
    """Return what follows the first CN of a subject in OpenSSL's one-line form; None where that isn't `common_name`.

    FreeRADIUS shows the first CN alone. Whatever may be a CN counts as one, in either case, behind any separator, and
    also behind an escaped one: a value that ends with a backslash prints like that. What stays unseen is a part that
    would make the line longer than 1,023 bytes: OpenSSL leaves it out, with all behind it.
    """
    first = COMMON_NAME.search(subject)
    written = _oneline(common_name)
    if first is None or not written or may_be_cut(subject) or not subject.startswith(written, first.end()):
        return None
    rest = subject[first.end() + len(written) :]
    return rest if rest[:1] in ("", "/", "+") else None


def may_be_cut(subject: str) -> bool:
    """Tell whether the server may have cut the end off."""
    return len(subject.encode(errors="surrogatepass")) >= CUT_AT


def subject_serial(subject: str, common_name: str) -> str:
    """Return the serialNumber of a subject in OpenSSL's one-line form, or '' where it can't be told for sure.

    OpenSSL writes a slash and a plus inside of a value with a backslash before it, from 3.0 on, and any other byte
    than printable ASCII as `\\xC3`. A backslash itself it leaves alone, and FreeRADIUS turns `\\057` into a slash. So
    the whole subject has to be made of known parts, with one serialNumber and with no other CN than the one that the
    server gives by itself. What stays unseen is `\\057serialNumber=` in a part other than the CN.
    """
    if may_be_cut(subject):
        return ""
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(subject):
        part = _PART.match(subject, position)
        if part is None or part[1] not in _KEYS:
            return ""
        parts.append((part[1], part[2]))
        position = part.end()
    names = [value for key, value in parts if key == "CN"]
    serials = [value for key, value in parts if key == "serialNumber"]
    certain = names == ([_oneline(common_name)] if common_name else []) and len(serials) == 1
    # A slash reads like a backslash and a slash, for FreeRADIUS makes one of two backslashes.
    return serials[0] if certain and "\\" not in serials[0] else ""


def _oneline(name: str) -> str:
    """Write a value as OpenSSL does in the one-line form."""
    written = (chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}" for byte in name.encode(errors="surrogatepass"))
    return "".join(f"\\{char}" if char in "/+" else char for char in written)
