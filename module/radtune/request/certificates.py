"""A verified client certificate, as the server shows it -> Certificate.

FreeRADIUS makes one attribute for each name that it knows, and one for each extension, called as OpenSSL calls it, if a
dictionary has that name. What becomes a string is read as one in double quotes: `\\114APTOP-1` becomes
LAPTOP-1, `\\000` ends a name, and one that ends with a backslash gives no attribute at all. The dictionary of radtune
makes octets of the extensions and of the subject, which come as they are: a name that the server has changed is told
by them.
"""

import re
from functools import lru_cache

from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes, distinct
from radtune.request.der import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, elements, read_oid, read_text, read_time

CUT_AT = 485
"""Bytes of octets, a printed extension or the subject, from which on the rest may be missing: 3.2.1 keeps 485 in its
TLS session cache (tls_new_session), of a line of 1,023 with the attribute's name and two hex digits for each;
rlm_python3 passes 510."""

REMEMBERED = 512
"""Certificates that are remembered as they were read."""

_PREFIX = "TLS-Client-Cert-"
SUBJECT = f"{_PREFIX}Subject"
_ALTERNATIVE_NAME = f"{_PREFIX}Subject-Alt-Name-"
_PRINT = f"{_PREFIX}X509v3-Subject-Alternative-Name"
# Without a name of its own in OpenSSL, before 3.2, and with one.
_TEMPLATE = (f"{_PREFIX}1.3.6.1.4.1.311.21.7", f"{_PREFIX}Microsoft-certificate-template")
_TEMPLATE_NAME = f"{_PREFIX}1.3.6.1.4.1.311.20.2"

# Anything that may be the beginning of a CN in a subject.
_COMMON_NAME = re.compile(r"(?:^|[/+,;])\s*(?:CN|commonName|(?:OID\.)?2\.5\.4\.3)\s*=", re.IGNORECASE)
_PART = re.compile(r"[/+]([A-Za-z]+)=((?:[ -*,-.0-\[\]-~]|\\[/+]|\\x[0-9A-F]{2})*)")
_PART_NAMES = (
    "CN serialNumber C ST L O OU DC UID emailAddress GN SN name initials title description street postalCode "
    "telephoneNumber generationQualifier dnQualifier pseudonym businessCategory organizationIdentifier "
    "unstructuredName unstructuredAddress jurisdictionC jurisdictionST jurisdictionL"
)
_PARTS = frozenset(_PART_NAMES.split())
_WRITTEN_OTHERWISE = re.compile(r"([/+])|[^ -~]")
_OID = re.compile(r"[0-2](?:\.[0-9]+)+")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]+")
_UPN = re.compile(r" UPN::?")
_UNSUPPORTED = "<unsupported>"
# OpenSSL prints the type of a name that it can't show, from 3.0 on.
_UNSUPPORTED_OTHER_NAME = re.compile(rf"(?: [^:,]+::?)?{_UNSUPPORTED}")


def read_certificate(request: Attributes) -> Certificate | None:
    """Return the verified client certificate, or None; the server makes these attributes, no packet can carry them."""
    if f"{_PREFIX}Serial" in request or SUBJECT in request or f"{_PREFIX}Common-Name" in request:
        return _remembered(request.beginning(_PREFIX))
    return None


@lru_cache(REMEMBERED)
def _remembered(lists: tuple[tuple[tuple[str, str], ...], ...]) -> Certificate:
    return certificate_of(Attributes(*lists))


def certificate_of(request: Attributes) -> Certificate:
    """Return the certificate that the attributes of a request show."""
    shown, subject = request.first(f"{_PREFIX}Common-Name"), read_subject(request)
    common_name, may_have_another = _common_name(subject, shown)
    # In a tunnel with a client certificate the server gives each name twice.
    dns, emails, upns = (distinct(request.all(f"{_ALTERNATIVE_NAME}{kind}")) for kind in ("Dns", "Email", "Upn"))
    uris = _uris(request, dns, emails, upns)
    usages = distinct(request.all(f"{_PREFIX}X509v3-Extended-Key-Usage-OID"))
    eku = tuple(usage for usage in usages if _OID.fullmatch(usage))
    template = _template(request)
    unread = {
        "common_name": may_have_another,
        "eku": eku != usages or (not eku and f"{_PREFIX}X509v3-Extended-Key-Usage" in request),
        "template": not template and any(name in request for name in (*_TEMPLATE, _TEMPLATE_NAME)),
    }
    return Certificate(
        common_name=common_name,
        dns=dns,
        uris=uris or (),
        emails=emails,
        upns=upns,
        issuer=request.first(f"{_PREFIX}Issuer"),
        serial=request.first(f"{_PREFIX}Serial"),
        # A CN that isn't shown may hold an id, and so may one that is cut off.
        unclear=uris is None or (may_have_another and not shown) or _may_be_cut(subject),
        subject=subject,
        subject_serial=subject_serial(subject, common_name),
        eku=eku,
        template=template,
        expires_at=read_time(request.first(f"{_PREFIX}Expiration")),
        unread=tuple(part for part, is_unread in unread.items() if is_unread),
    )


def read_subject(request: Attributes) -> str:
    """Return the subject in OpenSSL's one-line form: as octets it comes as it is, as a string with escapes undone."""
    shown = request.first(SUBJECT)
    try:
        return _octets(shown).decode("ascii", "backslashreplace")
    except ValueError:
        return shown


def subject_serial(subject: str, common_name: str) -> str:
    """Return the serialNumber of a subject in OpenSSL's one-line form, or '' if it can't be told for sure.

    OpenSSL writes a slash and a plus inside of a value with a backslash before it, from 3.0 on, and any other byte
    than printable ASCII as `\\xC3`. A backslash itself it leaves alone, and FreeRADIUS turns `\\057` into a slash. So
    the whole subject has to be made of known parts, with one serialNumber and with no other CN than the one that the
    server gives by itself. What stays unseen is `\\057serialNumber=` in a part other than the CN.
    """
    if _may_be_cut(subject):
        return ""
    values: dict[str, list[str]] = {"CN": [], "serialNumber": []}
    position = 0
    while position < len(subject):
        part = _PART.match(subject, position)
        if part is None or part[1] not in _PARTS:
            return ""
        values.setdefault(part[1], []).append(part[2])
        position = part.end()
    serials = values["serialNumber"]
    certain = values["CN"] == ([one_line(common_name)] if common_name else []) and len(serials) == 1
    # A slash reads like a backslash and a slash, for FreeRADIUS makes one of two backslashes.
    return serials[0] if certain and "\\" not in serials[0] else ""


def printed_uris(
    printed: str, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the URIs in OpenSSL's print of a subject alternative name, or None if they can't be told apart.

    FreeRADIUS before 3.2.7 gives URIs in no other form, and OpenSSL's print escapes nothing: the DNS name
    `a, URI:b` prints like a DNS name and a URI. So every entry has to be of a known kind, and those that the
    server also gives as attributes of their own must be exactly the printed ones, in order. With a backslash in it
    nothing is believed: the server may have left out or cut any of the names, an id among them. What stays unseen is a
    URI that holds `, URI:`.
    """
    if _may_be_cut(printed) or "\\" in printed:
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
    same = distinct(kinds["DNS"]) == dns and distinct(kinds["email"]) == emails and (hidden or distinct(shown) == upns)
    return distinct(kinds["URI"]) if same and all(map(_UNSUPPORTED_OTHER_NAME.fullmatch, rest)) else None


def _common_name(subject: str, shown: str) -> tuple[str, bool]:
    """Return the CN that the server shows, '' if it isn't the subject's first one, and whether there may be another.

    FreeRADIUS shows the first CN alone; without one, 3.2.1 shows that of the issuer (cbtls_verify doesn't clear its
    buffer). Whatever may be a CN counts as one, in either case, behind any separator, and also behind an escaped one: a
    value that ends with a backslash prints like that. What stays unseen is a part that would make the line longer than
    1,023 bytes: OpenSSL leaves it out, with all behind it.
    """
    first = _COMMON_NAME.search(subject)
    if first is None:
        return "", False
    written = one_line(shown)
    rest = subject[first.end() + len(written) :]
    begins = written != "" and subject.startswith(written, first.end()) and rest[:1] in ("", "/", "+")
    if not begins or _may_be_cut(subject):
        return "", True
    return shown, bool(_COMMON_NAME.search(rest))


def _may_be_cut(printed: str) -> bool:
    return len(printed.encode(errors="surrogatepass")) >= CUT_AT


def one_line(name: str) -> str:
    """Write a value as OpenSSL does in the one-line form."""
    octets = name.encode(errors="surrogatepass").decode("latin-1")
    return _WRITTEN_OTHERWISE.sub(lambda found: f"\\{found[1]}" if found[1] else f"\\x{ord(found[0]):02X}", octets)


def _uris(
    request: Attributes, dns: tuple[str, ...], emails: tuple[str, ...], upns: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the URIs, or None if there may be some that can't be read.

    The print decides, even if the server gives URIs by themselves: it leaves out names with a NUL or a backslash.
    """
    uris, prints = distinct(request.all(f"{_ALTERNATIVE_NAME}Uri")), distinct(request.all(_PRINT))
    if not prints:
        # Names of the extension without a print of it, or a certificate that names nothing, which RFC 5280 4.1.2.6
        # doesn't allow: OpenSSL has failed to print it (a NUL in a name does that).
        return None if uris or dns or emails or upns or SUBJECT not in request else ()
    try:
        found = printed_uris(_octets(prints[0]).decode(), dns, emails, upns) if len(prints) == 1 else None
    except ValueError:
        return None
    return found if not uris or found == uris else None


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
    identifiers = distinct(value for name in _TEMPLATE for value in request.all(name))
    written = identifiers or distinct(request.all(_TEMPLATE_NAME))
    try:
        ((tag, content),) = (len(written) == 1 and elements(_octets(written[0]))) or []
        if not identifiers:
            name = read_text(tag, content)
            return "" if _OID.fullmatch(name) else name
        (kind, oid), *versions = elements(content) or []
    except ValueError:
        return ""
    are_numbers = len(versions) < 3 and all(each == INTEGER and number for each, number in versions)
    return read_oid(oid) if (tag, kind) == (SEQUENCE, OBJECT_IDENTIFIER) and are_numbers else ""


def _octets(value: str) -> bytes:
    """Return octets that FreeRADIUS has printed, `0x3039`; raises ValueError for anything else."""
    if not value.startswith("0x") or not value.isascii() or not value.isalnum():
        raise ValueError("no octets")
    return bytes.fromhex(value[2:])
