"""DER (X.690), as far as the server passes it on unread: bytes in, '' or None for anything that isn't exactly right."""

import re
from datetime import UTC, datetime

OBJECT_IDENTIFIER, SEQUENCE, INTEGER = 0x06, 0x30, 0x02
ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x1E: "utf-16-be"}
"""Of UTF8String, PrintableString, IA5String and BMPString."""
LONGEST_IDENTIFIER = 64
"""In bytes; Microsoft's have some 30."""
_TIME = re.compile(r"[0-9]{14}Z")


def elements(der: bytes) -> list[tuple[int, bytes]] | None:
    """Return tag and content of each element, one after the other; None if the bytes are anything else."""
    found: list[tuple[int, bytes]] = []
    while der:
        if len(der) < 2:
            return None
        tag, length, start = der[0], der[1], 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[2:start], "big")
            # DER has one way to write a length: the shortest.
            if length < 0x80 or der[2] == 0:
                return None
        if len(der) < start + length:
            return None
        found.append((tag, der[start : start + length]))
        der = der[start + length :]
    return found


def read_oid(content: bytes) -> str:
    """Return an object identifier in dotted notation, or ''."""
    if not 0 < len(content) <= LONGEST_IDENTIFIER or content[-1] & 0x80:
        return ""
    numbers = [0]
    for before, byte in zip(b"\0" + content, content, strict=False):
        if not before & 0x80 and byte == 0x80:
            return ""
        numbers[-1] = numbers[-1] << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(0)
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:-1])))


def read_text(tag: int, content: bytes) -> str:
    """Return the text of a string that can be printed, or ''."""
    try:
        text = content.decode(ENCODINGS.get(tag, ""))
    except (LookupError, UnicodeDecodeError):
        return ""
    return text if text.isprintable() else ""


def read_time(text: str) -> int:
    """Return a UTCTime or GeneralizedTime of a certificate (RFC 5280 4.1.2.5) in seconds since the epoch, or 0.

    A year of two digits is from 1950 to 2049. Fractions of seconds and other time zones are not allowed there.
    """
    if len(text) == len("YYMMDDhhmmssZ"):
        text = ("19" if text >= "50" else "20") + text
    try:
        time = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC) if _TIME.fullmatch(text) else None
    except ValueError:
        return 0
    return max(int(time.timestamp()), 0) if time else 0
