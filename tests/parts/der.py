"""DER (X.690) for what `cryptography` has no way to say."""

UTF8_STRING, TELETEX_STRING, BMP_STRING = 0x0C, 0x14, 0x1E
INTEGER, OBJECT_IDENTIFIER, SEQUENCE = 0x02, 0x06, 0x30


def der(tag: int, content: bytes) -> bytes:
    """Give one element."""
    return bytes([tag]) + der_length(len(content)) + content


def der_length(length: int) -> bytes:
    """Give a length in the shortest form."""
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def der_integer(number: int) -> bytes:
    """Give a number that isn't negative."""
    return der(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def der_oid(dotted: str) -> bytes:
    """Give an object identifier from its dotted form."""
    first, second, *rest = map(int, dotted.split("."))
    return der(OBJECT_IDENTIFIER, b"".join(map(_base_128, (40 * first + second, *rest))))


def _base_128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.insert(0, 0x80 | number & 0x7F)
    return bytes(octets)
