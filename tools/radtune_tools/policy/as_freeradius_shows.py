"""A client certificate as FreeRADIUS 3.2 shows it to the module: the same names in the same spelling.

cbtls_verify in the server's src/main/tls.c takes each value as it stands in the certificate, up to the first NUL, and
hands it on as the inside of double quotes, where a backslash begins an escape.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import read_certificate
from radtune_tools.policy import der
from radtune_tools.policy.der import Value, object_id

_NAMES = (
    "2.5.4.3=CN 2.5.4.4=SN 2.5.4.5=serialNumber 2.5.4.6=C 2.5.4.7=L 2.5.4.8=ST 2.5.4.9=street 2.5.4.10=O "
    "2.5.4.11=OU 2.5.4.12=title 2.5.4.13=description 2.5.4.15=businessCategory 2.5.4.17=postalCode "
    "2.5.4.20=telephoneNumber 2.5.4.41=name 2.5.4.42=GN 2.5.4.43=initials 2.5.4.44=generationQualifier "
    "2.5.4.45=x500UniqueIdentifier 2.5.4.46=dnQualifier 2.5.4.65=pseudonym 2.5.4.72=role "
    "2.5.4.97=organizationIdentifier 0.9.2342.19200300.100.1.1=UID 0.9.2342.19200300.100.1.3=mail "
    "0.9.2342.19200300.100.1.25=DC 1.2.840.113549.1.9.1=emailAddress 1.2.840.113549.1.9.2=unstructuredName "
    "1.2.840.113549.1.9.8=unstructuredAddress 1.3.6.1.4.1.311.60.2.1.1=jurisdictionL "
    "1.3.6.1.4.1.311.60.2.1.2=jurisdictionST 1.3.6.1.4.1.311.60.2.1.3=jurisdictionC "
)
SHORT_NAMES = dict(pair.split("=") for pair in _NAMES.split())
"""OpenSSL's short names for what a subject is made of; anything else goes by its object identifier."""

_COMMON_NAME = "2.5.4.3"
_ALTERNATIVE_NAMES, _KEY_USAGES = "2.5.29.17", "2.5.29.37"
_TEMPLATE, _TEMPLATE_NAME = "1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2"
_UPN = "1.3.6.1.4.1.311.20.2.3"
_OTHER, _EMAIL, _DNS, _DIRECTORY, _URI, _ADDRESS, _REGISTERED = 0xA0, 0x81, 0x82, 0xA4, 0x86, 0x87, 0x88
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_ESCAPE = re.compile(rb'\\(["\\rnt]|[0-7][0-9]{2})')
_CONTROLS = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}
_ONE_LINE_SIZE = 1023
"""Bytes of a distinguished name that the server has room for."""
OCTETS_CUT_AT = 510
"""Bytes of octets that rlm_python3 passes at the most."""
_LONGEST_SERIAL = 31
"""Octets; the server shows no longer one."""


def shown(certificate: bytes, *, names_uris: bool = False) -> Certificate:
    """Return the record of a certificate, given as DER without its signature (TBSCertificate, RFC 5280 4.1).

    `names_uris`: the server makes an attribute of each URI, as from 3.2.7 on.
    Raises ValueError where it is none, or where a name is not UTF-8 or has a null byte in it, written as an escape: the
    server refuses such a client.
    """
    record = read_certificate(Attributes(_pairs(certificate, names_uris=names_uris)))
    if record is None:
        raise ValueError("a certificate without subject and serial number")
    return record


def _pairs(certificate: bytes, *, names_uris: bool) -> Iterator[tuple[str, str]]:
    """Yield the attributes that the server makes of a certificate; an empty one it leaves out."""
    values = [value for value in der.read(certificate).inner() if value.tag != _VERSION]
    serial, _algorithm, issuer, validity, subject, _key, *rest = values
    extensions = _extensions(rest)
    names = _alternative_names(extensions)
    texts = {
        "Serial": (_serial(serial),),
        "Expiration": (validity.inner()[1].content.decode("ascii"),),
        "Issuer": (_text(_one_line(issuer, _ONE_LINE_SIZE)),),
        "Common-Name": (_part(subject, _COMMON_NAME),),
        "Subject-Alt-Name-Dns": _texts(names, _DNS),
        "Subject-Alt-Name-Email": _texts(names, _EMAIL),
        "Subject-Alt-Name-Upn": _texts(names, _OTHER),
        "Subject-Alt-Name-Uri": _texts(names, _URI) if names_uris else (),
        "X509v3-Extended-Key-Usage-OID": tuple(object_id(usage.content) for usage in _list(extensions, _KEY_USAGES)),
    }
    for name, found in texts.items():
        yield from ((f"TLS-Client-Cert-{name}", text) for text in found if text)
    octets = {"Subject": _one_line(subject, _ONE_LINE_SIZE)[:OCTETS_CUT_AT]}
    octets |= {"X509v3-Subject-Alternative-Name": _printed(names)} if names else {}
    octets.update((oid, extensions[oid]) for oid in (_TEMPLATE, _TEMPLATE_NAME) if oid in extensions)
    yield from ((f"TLS-Client-Cert-{name}", f"0x{content.hex()}") for name, content in octets.items() if content)


def _text(raw: bytes) -> str:
    """Return a value as the server shows it, or '' where it leaves it out, which a backslash at the end makes it do."""
    raw = raw.partition(b"\0")[0]
    if not re.fullmatch(rb"(?:[^\\]|\\.)*", raw, re.DOTALL):
        return ""
    text = _ESCAPE.sub(_unescaped, raw)
    if b"\0" in text:
        raise ValueError("a name has a null byte in it")
    return text.decode()


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if len(escaped) == 1:
        return _CONTROLS.get(escaped, escaped)
    octal = re.match(rb"[0-7]+", escaped)
    return bytes([int(octal[0], 8) & 0xFF]) if octal else match[0]


def _serial(value: Value) -> str:
    number = abs(int.from_bytes(value.content, "big", signed=True))
    length = max(1, (number.bit_length() + 7) // 8)
    return number.to_bytes(length, "big").hex() if length <= _LONGEST_SERIAL else ""


def _entries(name: Value) -> Iterator[tuple[str, bytes]]:
    """Yield the parts of a distinguished name: object identifier and content."""
    for relative in name.inner():
        for part in relative.inner():
            kind, value = part.inner()
            yield object_id(kind.content), value.content


def _part(name: Value, wanted: str) -> str:
    """Return the first part of this kind, or ''."""
    return next((_text(content) for kind, content in _entries(name) if kind == wanted), "")


def _one_line(name: Value, size: int) -> bytes:
    """Return the name in OpenSSL's one-line form; a part that would make it longer than `size` ends it."""
    line = b""
    for kind, content in _entries(name):
        part = f"/{SHORT_NAMES.get(kind, kind)}=".encode() + b"".join(map(_one_line_octet, content))
        if len(line) + len(part) > size:
            break
        line += part
    return line


def _one_line_octet(octet: int) -> bytes:
    if octet in b"/+":
        return b"\\" + bytes([octet])
    return bytes([octet]) if 0x20 <= octet <= 0x7E else f"\\x{octet:02X}".encode()


def _extensions(values: list[Value]) -> dict[str, bytes]:
    """Return the content of each extension by its object identifier; the first of a kind counts."""
    found: dict[str, bytes] = {}
    for value in values:
        if value.tag == _EXTENSIONS:
            for extension in value.inner()[0].inner():
                kind, *_critical, content = extension.inner()
                found.setdefault(object_id(kind.content), content.content)
    return found


def _list(extensions: dict[str, bytes], wanted: str) -> tuple[Value, ...]:
    return der.read(extensions[wanted]).inner() if wanted in extensions else ()


def _alternative_names(extensions: dict[str, bytes]) -> list[tuple[int, str, Value]]:
    """Return the subject's alternative names: the kind, the object identifier of an `other` name, and the value."""
    found = []
    for name in _list(extensions, _ALTERNATIVE_NAMES):
        if name.tag == _OTHER:
            kind, value = name.inner()
            found.append((name.tag, object_id(kind.content), value.inner()[0]))
        else:
            found.append((name.tag, "", name))
    return found


def _texts(names: list[tuple[int, str, Value]], wanted: int) -> tuple[str, ...]:
    """Return the names of a kind; of the `other` ones those are shown that are user principal names in UTF-8."""
    found = []
    for kind, other, value in names:
        if kind == wanted and (kind != _OTHER or (other == _UPN and value.tag == der.UTF8_STRING)):
            found.append(_text(value.content))
    return tuple(text for text in found if text)


def _printed(names: list[tuple[int, str, Value]]) -> bytes:
    """Return OpenSSL's print of the names, of which the server shows so many bytes; it prints all of them or none."""
    printed = []
    for kind, other, value in names:
        is_text = kind in (_EMAIL, _DNS, _URI) or value.tag in (der.UTF8_STRING, der.IA5_STRING)
        if (other == _UPN and value.tag != der.UTF8_STRING) or (is_text and b"\0" in value.content):
            return b""
        printed.append(_printed_name(kind, other, value))
    return b", ".join(printed)[:OCTETS_CUT_AT]


def _printed_name(kind: int, other: str, value: Value) -> bytes:
    content = value.content
    if kind == _OTHER:
        said = content if value.tag in (der.UTF8_STRING, der.IA5_STRING) else b"<unsupported>"
        return f"othername: {'UPN' if other == _UPN else other}::".encode() + said
    if kind == _DIRECTORY:
        return b"DirName:" + _one_line(value.inner()[0], 255)
    if kind == _ADDRESS and len(content) in (4, 16):
        return f"IP Address:{_address(content)}".encode()
    if kind == _REGISTERED:
        return f"Registered ID:{object_id(content)}".encode()
    words = {_DNS: b"DNS:", _EMAIL: b"email:", _URI: b"URI:"}
    return words[kind] + content if kind in words else b"<unsupported>"


def _address(content: bytes) -> str:
    """Return an IP address as OpenSSL prints it: of IPv6 every group, without leading zeros."""
    if len(content) == 4:
        return str(ip_address(content))
    return ":".join(f"{int.from_bytes(content[at : at + 2], 'big'):X}" for at in range(0, 16, 2))
