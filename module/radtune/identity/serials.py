"""Serial numbers: which of them name a device, and which are what a maker writes where there is none."""

import re
from functools import lru_cache
from itertools import pairwise

SHORTEST = 4
"""Letters and digits that a serial number has at least, leading zeros not counted."""

_DIGITS, _LETTERS = "0123456789", "abcdefghijklmnopqrstuvwxyz"
_ROWS = (_DIGITS, _LETTERS, f"{_DIGITS}abcdef", f"123456789{_LETTERS}", f"{_DIGITS}{_LETTERS}")
_COUNTED = frozenset(f"{one}{other}" for row in _ROWS for one, other in zip(row, (*row[1:], row[0]), strict=True))
"""Each character with the one that follows it in a row; the first follows the last."""

_WORDS = (
    *("system", "chassis", "base", "board", "main", "mother", "product", "machine", "device", "hardware", "computer"),
    *("serial", "number[0-9]?", "numb", "num", "no", "nr", "sn", "mb", "id", "string[0-9]?", "asset", "tag"),
    *("default", "standard", "none", "not", "na", "nil", "null", "empty", "blank", "unknown", "undefined", "invalid"),
    *("unspecified", "unavailable", "applicable", "available", "specified", "defined", "provided", "supplied", "set"),
    *("present", "found", "known", "assigned", "installed", "programmed", "initialized", "to", "be", "is", "by", "the"),
    *(
        "information",
        "info",
        "filled",
        "fill",
        "in",
        "enter",
        "here",
        "your",
        "please",
        "change",
        "me",
        "tbd",
        "tba",
        "oem",
        "odm",
    ),
    *("manufacturer", "vendor", "customer", "reference", "test", "sample", "example", "demo", "dummy", "placeholder"),
    *("type[0-9]?", "name", "version", "family", "sku", "eval", "bios", "x{3,}", "0{3,}"),
    *("0?123456?", "0?1234567(?:89?0?)?"),
)
# The longest first and without a step back: a text of words that begin alike must not take for ever.
_NO_NUMBER = re.compile(f"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})++")


def real_serial(text: str) -> str:
    """Return the serial number in lower case, or '' where it names no device.

    No device is named by the words that makers leave in the firmware ("To be filled by O.E.M.", "Default string"), by
    one character repeated, by a row such as 123456789, by less than four letters and digits. Case, blanks and
    punctuation make no difference to that.
    """
    key = re.sub(r"[\W_]", "", text.lower())
    return "" if _is_placeholder(key) else text.strip().lower()


@lru_cache(maxsize=4096)
def _is_placeholder(key: str) -> bool:
    if len(key.lstrip("0")) < SHORTEST:
        return True
    return _is_row(key) or _NO_NUMBER.fullmatch(key) is not None


def _is_row(key: str) -> bool:
    """Tell whether it counts up or down: 123456789, fedcba, 112233, 0102030405; or does so again and again."""
    unit = next((key[:size] for size in range(1, len(key) // 2 + 1) if key[:size] * (len(key) // size) == key), key)
    return len(unit) <= 2 or _counts(unit) or _counts(unit[::-1])


def _counts(text: str) -> bool:
    """Tell whether each character follows the one before it; each may be there twice or more, or with a 0 before it."""
    rows = [text, text[1:] if text.startswith("0") else ""]
    rows.append("".join(char for at, char in enumerate(text) if at == 0 or text[at - 1] != char))
    if len(text) % 2 == 0 and set(text[::2]) <= {"0"}:
        rows.append(text[1::2])
    return any(len(row) > 2 and all(f"{one}{other}" in _COUNTED for one, other in pairwise(row)) for row in rows)
