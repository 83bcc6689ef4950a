"""What the server says of a verified client certificate -> Certificate.

FreeRADIUS makes one attribute for each name that it knows, and one for each extension, called as OpenSSL calls it, if a
dictionary has that name. Whatever it makes a string of, it reads as one in double quotes: `\\114APTOP-1` becomes
LAPTOP-1, `\\000` ends a name, and one that ends with a backslash gives no attribute at all. The dictionary of radtune
makes octets of the extensions and of the subject, which come as they are: a name that the server has changed is told
by them.
"""

import re

from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificate_subject import COMMON_NAME, CUT_AT, behind_common_name, may_be_cut, subject_serial
from radtune.request.der import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, elements, read_oid, read_text, read_time

_PREFIX = "TLS-Client-Cert-"
SUBJECT = f"{_PREFIX}Subject"
_ALTERNATIVE_NAMES = f"{_PREFIX}X509v3-Subject-Alternative-Name"
# Without a name of its own in OpenSSL, before 3.2, and with one.
_TEMPLATE = (f"{_PREFIX}1.3.6.1.4.1.311.21.7", f"{_PREFIX}Microsoft-certificate-template")
_TEMPLATE_NAME = f"{_PREFIX}1.3.6.1.4.1.311.20.2"

_OID = re.compile(r"[0-2](?:\.[0-9]+)+")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+")
_UPN = re.compile(r" UPN::?")
_UNSUPPORTED = "<unsupported>"
# OpenSSL prints the type of a name that it can't show, from 3.0 on.
_UNSUPPORTED_OTHER_NAME = re.compile(rf"(?: [^:,]+::?)?{_UNSUPPORTED}")


def read_certificate(request: Attributes) -> Certificate | None:
    """Return the verified client certificate, or None; the server makes these attributes, no packet can carry them."""
    if not any(f"{_PREFIX}{name}" in request for name in ("Serial", "Subject", "Common-Name")):
        return None
    shown, subject = request.first(f"{_PREFIX}Common-Name"), read_subject(request)
    # Of a certificate without a CN, 3.2.1 shows that of its issuer (cbtls_verify doesn't clear its buffer).
    has_cn = bool(COMMON_NAME.search(subject))
    others = behind_common_name(subject, shown)
    common_name = "" if others is None else shown
    eku = request.once(f"{_PREFIX}X509v3-Extended-Key-Usage-OID")
    template = _template(request)
    there = {
        "common_name": has_cn and (others is None or bool(COMMON_NAME.search(others))),
        "eku": not all(map(_OID.fullmatch, eku)) or (not eku and f"{_PREFIX}X509v3-Extended-Key-Usage" in request),
        "template": not template and any(name in request for name in (*_TEMPLATE, _TEMPLATE_NAME)),
    }
    unread = tuple(part for part, is_unread in there.items() if is_unread)
    # In a tunnel with a client certificate the server gives each of its names twice.
    dns = request.once(f"{_PREFIX}Subject-Alt-Name-Dns")
    emails = request.once(f"{_PREFIX}Subject-Alt-Name-Email")
    upns = request.once(f"{_PREFIX}Subject-Alt-Name-Upn")
    uris = _uris(request, dns, emails, upns)
    return Certificate(
        common_name=common_name,
        dns=dns,
        uris=uris or (),
        emails=emails,
        upns=upns,
        issuer=request.first(f"{_PREFIX}Issuer"),
        serial=request.first(f"{_PREFIX}Serial"),
        # A CN that isn't shown may hold an id, and so may one that is cut off.
        unclear=uris is None or (has_cn and not shown) or may_be_cut(subject),
        subject=subject,
        subject_serial=subject_serial(subject, common_name),
        eku=tuple(oid for oid in eku if _OID.fullmatch(oid)),
        template=template,
        expires_at=read_time(request.first(f"{_PREFIX}Expiration")),
        unread=unread,
    )


def read_subject(request: Attributes) -> str:
    """Return the subject in OpenSSL's one-line form: as octets it comes as it is, as a string with escapes undone."""
    shown = request.first(SUBJECT)
    try:
        return _octets(shown).decode("ascii", "backslashreplace")
    except ValueError:
        return shown


def _uris(
    request: Attributes, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the URIs, or None where there may be some that can't be read.

    The print decides, also where the server gives URIs by themselves: it leaves out names with a NUL or a backslash.
    """
    uris = request.once(f"{_PREFIX}Subject-Alt-Name-Uri")
    prints = request.once(_ALTERNATIVE_NAMES)
    if not prints:
        # Names of the extension without a print of it, or a certificate that names nothing, which RFC 5280 4.1.2.6
        # doesn't allow: OpenSSL has failed to print it (a NUL in a name does that).
        return None if uris or dns or emails or upns or SUBJECT not in request else ()
    try:
        printed = _octets(prints[0]).decode()
    except ValueError:
        return None
    found = printed_uris(printed, dns, emails, upns) if len(prints) == 1 else None
    return found if not uris or found == uris else None


def printed_uris(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the URIs in OpenSSL's print of a subject alternative name, or None where they can't be told apart.

    FreeRADIUS before 3.2.7 gives URIs in no other form, and OpenSSL's print escapes nothing: the DNS name
    `a, URI:b` prints like a DNS name and a URI. So every entry has to be of a known kind, and those that the
    server also gives as attributes of their own must be exactly the printed ones, in order. With a backslash in it
    nothing is believed: the server may have left out or cut any of the names, an id among them. What stays unseen is a
    URI that holds `, URI:`.
    """
    if len(printed.encode(errors="surrogatepass")) >= CUT_AT:
        return None
    if "\\" in printed:
        return None
    if "URI:" not in printed:
        return ()
    kinds: dict[str, list[str]] = {"DNS": [], "email": [], "URI": [], "othername": []}
    for entry in printed.split(", "):
        kind, _, value = entry.partition(":")
        if kind in kinds:
            kinds[kind].append(value)
        elif not _holds_no_text(kind, value):
            return None
    shown = tuple(_UPN.sub("", name, count=1) for name in kinds["othername"] if _UPN.match(name))
    rest = [name for name in kinds["othername"] if not _UPN.match(name)]
    # OpenSSL before 3.0 shows no UPN.
    hidden = bool(rest) and not shown and not any(", " in upn for upn in upns)
    same = _once(kinds["DNS"]) == dns and _once(kinds["email"]) == emails and (hidden or _once(shown) == upns)
    return _once(kinds["URI"]) if same and all(map(_UNSUPPORTED_OTHER_NAME.fullmatch, rest)) else None


def _holds_no_text(kind: str, value: str) -> bool:
    """Tell whether this entry of the print is one that has no text of anybody's choice."""
    if kind == "IP Address":
        return bool(_ADDRESS.fullmatch(value))
    if kind == "Registered ID":
        return bool(_OID.fullmatch(value))
    return kind in ("X400Name", "EdiPartyName") and value == _UNSUPPORTED


def _template(request: Attributes) -> str:
    """Return the certificate template of a Microsoft CA: its object identifier, or the name of one of version 1.

    Certificate Template (MS-WCCE 2.2.2.7.7.2) is a sequence of the identifier and one or two version numbers, Enroll
    Certificate Type (2.2.2.7.7.1) a string. A name that looks like an identifier is not believed.
    """
    identifiers = request.once(*_TEMPLATE)
    if identifiers:
        return _template_oid(identifiers[0]) if len(identifiers) == 1 else ""
    names = request.once(_TEMPLATE_NAME)
    name = _template_name(names[0]) if len(names) == 1 else ""
    return "" if _OID.fullmatch(name) else name


def _template_oid(value: str) -> str:
    outer = _elements(value)
    inner = elements(outer[0][1]) if len(outer) == 1 and outer[0][0] == SEQUENCE else None
    if not inner or len(inner) > 3 or inner[0][0] != OBJECT_IDENTIFIER:
        return ""
    return read_oid(inner[0][1]) if all(tag == INTEGER and number for tag, number in inner[1:]) else ""


def _template_name(value: str) -> str:
    found = _elements(value)
    return read_text(found[0]) if len(found) == 1 else ""


def _elements(value: str) -> list[tuple[int, bytes]]:
    try:
        return elements(_octets(value)) or []
    except ValueError:
        return []


def _octets(value: str) -> bytes:
    """Return octets that FreeRADIUS has printed, `0x3039`; raises ValueError for anything else."""
    if not value.startswith("0x") or not value.isascii() or not value.isalnum():
        raise ValueError("no octets")
    return bytes.fromhex(value[2:])


def _once(names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
