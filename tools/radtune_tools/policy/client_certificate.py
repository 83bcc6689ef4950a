"""A client certificate of a file, as the server would show it and read it."""

import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

from radtune.dictionary.dictionary import Dictionary
from radtune.errors import FaultyFileError
from radtune.file_access import read_file
from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import read_certificate
from radtune.request.der import elements, read_oid

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
_SHORT_NAMES = dict(pair.split("=") for pair in _NAMES.split())
"""OpenSSL's short names for the parts of a subject; it writes any other part with its object identifier."""
_EMPTY = b"\x30\0"
"""A sequence of nothing."""
_COMMON_NAME, _ALTERNATIVE_NAMES, _KEY_USAGES = "2.5.4.3", "2.5.29.17", "2.5.29.37"
_TEMPLATES = ("1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2")
_UPN = "1.3.6.1.4.1.311.20.2.3"
_UTF8_STRING, _IA5_STRING, _VERSION, _EXTENSIONS = 0x0C, 0x16, 0xA0, 0xA3
_OTHER, _EMAIL, _DNS, _DIRECTORY, _URI, _ADDRESS, _REGISTERED = 0, 1, 2, 4, 6, 7, 8
"""The kinds of alternative names (RFC 5280 4.2.1.6)."""
_PRINTED_AS = {_EMAIL: b"email:", _DNS: b"DNS:", _URI: b"URI:"}
_UNSUPPORTED = b"<unsupported>"
_PEM = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----(.+?)-----END", re.DOTALL)
_ESCAPE = re.compile(rb'\\(["\\rnt]|[0-7][0-9]{2})')
_CONTROLS = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}
_OCTETS_CUT_AT = 510
"""Bytes of octets that rlm_python3 passes at most."""


def read_client_certificate(file: Path, dictionaries: Sequence[Path]) -> Certificate:
    """Return the record that the server would make of this client certificate, PEM or DER.

    What the server doesn't look at may be broken. `dictionaries`: the server's files, its own first. They say which
    names it makes attributes of. Raises ConfigurationError if the file holds no certificate, or one that the server
    can't show; NotPermittedError.
    """
    data, _ = read_file(file, "the certificate")
    try:
        pem = _PEM.search(data)
        der = binascii.a2b_base64(pem[1]) if pem else data
        shown = Attributes(_as_freeradius_shows(der, shows_uris=_shows_uris(dictionaries)))
    except ValueError as error:
        raise FaultyFileError(file, f"not a certificate that the server can show, in PEM or DER: {error}") from error
    record = read_certificate(shown)
    if record is None:
        raise FaultyFileError(file, "a certificate without subject and serial number")
    return record


def _shows_uris(dictionaries: Sequence[Path]) -> bool:
    """Tell whether the server's own dictionary has the name; that of radtune, behind it, always has."""
    own = Dictionary.read(dictionaries[:1]) if dictionaries else None
    return own is not None and own.attribute("TLS-Client-Cert-Subject-Alt-Name-Uri") is not None


def _as_freeradius_shows(der: bytes, *, shows_uris: bool) -> Iterator[tuple[str, str]]:
    """Yield the attributes that FreeRADIUS 3.2 makes of a certificate (cbtls_verify in its src/main/tls.c)."""
    (_, signed), _algorithm, _signature = _inside(der)
    fields = [each for each in _elements(signed) if each[0] != _VERSION]
    (_, number), _, (_, issuer), (_, validity), (_, subject), *rest = fields
    _, (_, end) = _elements(validity)
    extensions = _extensions(rest)
    names = [(tag & 0x1F, content) for tag, content in _inside(extensions.get(_ALTERNATIVE_NAMES, _EMPTY))]
    serial = abs(int.from_bytes(number, "big", signed=True))
    texts: dict[str, Iterable[bytes]] = {
        "Serial": [serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big").hex().encode()],
        "Expiration": [end],
        "Issuer": [_one_line(issuer)],
        "Common-Name": [value for kind, value in _parts(subject) if kind == _COMMON_NAME][:1],
        "Subject-Alt-Name-Dns": _texts(names, _DNS),
        "Subject-Alt-Name-Email": _texts(names, _EMAIL),
        "Subject-Alt-Name-Upn": _user_principal_names(names),
        "Subject-Alt-Name-Uri": _texts(names, _URI) if shows_uris else (),
        "X509v3-Extended-Key-Usage-OID": [
            read_oid(each).encode() for _, each in _inside(extensions.get(_KEY_USAGES, _EMPTY))
        ],
    }
    for name, values in texts.items():
        yield from ((f"TLS-Client-Cert-{name}", text) for text in map(_as_quoted, values) if text)
    octets = {"Subject": _one_line(subject), "X509v3-Subject-Alternative-Name": _print(names)}
    octets = {name: content[:_OCTETS_CUT_AT] for name, content in octets.items()}
    octets |= {oid: extensions[oid] for oid in _TEMPLATES if oid in extensions}
    yield from ((f"TLS-Client-Cert-{name}", f"0x{content.hex()}") for name, content in octets.items() if content)


def _extensions(fields: Iterable[tuple[int, bytes]]) -> dict[str, bytes]:
    """Return the values of the extensions by their object identifiers, unread."""
    extensions: dict[str, bytes] = {}
    for _, listed in (_only(content) for tag, content in fields if tag == _EXTENSIONS):
        for _, extension in _elements(listed):
            (_, kind), *_, (_, value) = _elements(extension)
            if extensions.setdefault(read_oid(kind), value) is not value:
                raise ValueError(f"it has the extension {read_oid(kind)} twice")
    return extensions


def _as_quoted(raw: bytes) -> str:
    """Read a value, up to its first NUL, as the inside of double quotes; a backslash at its end empties it."""
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


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    found = elements(der)
    if found is None:
        raise ValueError("one of its fields is no DER")
    return found


def _only(der: bytes) -> tuple[int, bytes]:
    """Return the one element that there is."""
    (found,) = _elements(der)
    return found


def _inside(der: bytes) -> list[tuple[int, bytes]]:
    """Return the elements within the one that there is."""
    return _elements(_only(der)[1])


def _parts(name: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield object identifier and value of each part of a distinguished name, whatever the encoding of the value."""
    for _, relative in _elements(name):
        for _, part in _elements(relative):
            (_, kind), (_, value) = _elements(part)
            yield read_oid(kind), value


def _one_line(name: bytes) -> bytes:
    """Return the name in OpenSSL's one-line form."""
    parts = (f"/{_SHORT_NAMES.get(kind, kind)}=".encode() + _escaped(value) for kind, value in _parts(name))
    return b"".join(parts)


def _escaped(value: bytes) -> bytes:
    written = (chr(octet) if 0x20 <= octet <= 0x7E else f"\\x{octet:02X}" for octet in value)
    return "".join(f"\\{letter}" if letter in "/+" else letter for letter in written).encode()


def _texts(names: Iterable[tuple[int, bytes]], kind: int) -> list[bytes]:
    return [content for each, content in names if each == kind]


def _user_principal_names(names: Iterable[tuple[int, bytes]]) -> list[bytes]:
    return [text for kind, tag, text in map(_other, _texts(names, _OTHER)) if (kind, tag) == (_UPN, _UTF8_STRING)]


def _other(name: bytes) -> tuple[str, int, bytes]:
    """Return the kind of an `otherName`, and the DER tag and content of its value."""
    (_, kind), (_, value) = _elements(name)
    return read_oid(kind), *_only(value)


def _print(names: Iterable[tuple[int, bytes]]) -> bytes:
    """Return OpenSSL's print of the alternative names, or b'' for names that it fails to print."""
    printed = []
    for kind, content in names:
        if kind == _OTHER:
            oid, tag, text = _other(content)
            if oid == _UPN and tag != _UTF8_STRING:
                return b""
            text = text if tag in (_UTF8_STRING, _IA5_STRING) else _UNSUPPORTED
            printed.append(f"othername: {'UPN' if oid == _UPN else oid}::".encode() + text)
        elif kind == _DIRECTORY:
            printed.append(b"DirName:" + _one_line(_only(content)[1]))
        elif kind == _REGISTERED:
            printed.append(f"Registered ID:{read_oid(content)}".encode())
        elif kind == _ADDRESS:
            printed.append(f"IP Address:{ip_address(content)}".encode())
        else:
            printed.append(_PRINTED_AS[kind] + content if kind in _PRINTED_AS else b"X400Name:" + _UNSUPPORTED)
    line = b", ".join(printed)
    return b"" if b"\0" in line else line
