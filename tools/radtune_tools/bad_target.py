"""The error for a word that should name a client, device, session or NAS, and names none."""

import re
from ipaddress import ip_address
from itertools import accumulate

from radtune.errors import UsageError
from radtune.records.addresses import parse_mac

_GUID_GROUPS = (8, 4, 4, 4, 12)
_MAC_LIKE = re.compile(
    r"""(?=.*:.*:)[0-9a-z]{0,3}([-:.][0-9a-z]{0,3})+  # what only colons can separate
    | (?=.*\b[0-9a-f]{4}\b)[0-9a-f]{3,5}(\.[0-9a-f]{3,5})+  # fours of digits
    | (?=.*\b[0-9a-f]{2}\b)[0-9a-f]{1,3}(-[0-9a-f]{1,3}){3,}  # pairs""",
    re.IGNORECASE | re.VERBOSE,
)


def no_such(word: str, said: str) -> UsageError:
    """Return the error for a word that names nothing: what it would have to name, and what is wrong with it."""
    hint = _hint(word)
    return UsageError(f"{word}: {malformed(word) or said}" + (f"; {hint}" if hint else ""))


def malformed(word: str) -> str:
    """Return what is wrong with a word that is meant for a MAC or an id (a GUID) and is none, or ''."""
    if parse_mac(word) or _is_address(word):
        return ""
    if re.fullmatch(r"\{[0-9A-Fa-f-]{36}\}", word):
        return f"write the id without braces: {word.strip('{}')}"
    groups = re.split("[-:.]", word)
    sizes = tuple(map(len, groups))
    kind = "MAC" if _MAC_LIKE.fullmatch(word) else "id" if _like_guid(word, sizes) else ""
    return f"is no {kind}: {wrong}" if kind and (wrong := _wrong(kind, "".join(groups), sizes)) else ""


def _wrong(kind: str, text: str, sizes: tuple[int, ...]) -> str:
    wrong = sorted({letter for letter in text if letter.lower() not in "0123456789abcdef"})
    if wrong:
        return f"{' '.join(wrong)} isn't a hexadecimal digit (0-9, a-f)"
    if kind == "id":
        named = "-".join(map(str, sizes))
        return "" if sizes == _GUID_GROUPS else f"its groups have {named} digits, and an id has 8-4-4-4-12"
    if len(text) != 12:
        return f"it has {len(text)} hexadecimal digits, and a MAC has 12"
    return "write it as 00:16:cb:aa:bb:01"


def _like_guid(word: str, sizes: tuple[int, ...]) -> bool:
    if (
        "-" not in word
        or len(sizes) != len(_GUID_GROUPS)
        or not re.fullmatch(r"[0-9A-Za-z]+([-:.][0-9A-Za-z]+)+", word)
    ):
        return False
    return sum(abs(size - right) for size, right in zip(sizes, _GUID_GROUPS, strict=True)) <= 3


def _hint(word: str) -> str:
    """Return what a word of hexadecimal digits alone may have been meant for."""
    if not re.fullmatch(r"[0-9A-Fa-f]+", word):
        return ""
    if len(word) == sum(_GUID_GROUPS):
        ends = list(accumulate(_GUID_GROUPS))
        groups = (word[end - size : end].lower() for end, size in zip(ends, _GUID_GROUPS, strict=True))
        return f"an id is written with hyphens: {'-'.join(groups)}"
    if len(word) in (11, 13) or (len(word) == 10 and not word.isdecimal()):
        return f"if it is meant for a MAC: it has {len(word)} hexadecimal digits, and a MAC has 12"
    return ""


def _is_address(word: str) -> bool:
    try:
        return bool(ip_address(word))
    except ValueError:
        return False
