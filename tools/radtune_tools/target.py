"""The word by which a person names a client, device, session or NAS, where it names none."""

import re
from ipaddress import ip_address
from itertools import pairwise

from radtune.errors import UsageError
from radtune.request.facts import parse_mac

_GUID_GROUPS = (8, 4, 4, 4, 12)
_MAC_DIGITS = 12


def no_such(word: str, said: str) -> UsageError:
    """Return the error for a word that names nothing: what it would have to name, and what is wrong with it."""
    wrong, hint = malformed(word), _hint(word)
    return UsageError(f"{word}: {wrong or said}" + (f"; {hint}" if hint else ""))


def malformed(word: str) -> str:
    """Return what is wrong with a word that is meant for a MAC or an id (a GUID) and is none, or ''."""
    if parse_mac(word) or _is_address(word):
        return ""
    groups = re.split(r"[-:.]", word)
    if _like_mac(word, groups):
        return _wrong_mac(groups)
    if len(groups) == len(_GUID_GROUPS) and _like_guid(word, groups):
        return _wrong_guid(groups)
    if re.fullmatch(r"\{[0-9A-Fa-f-]{36}\}", word):
        return f"write the id without braces: {word.strip('{}')}"
    return ""


def _like_mac(word: str, groups: list[str]) -> bool:
    """Tell whether it's written as MACs are: pairs, or with dots fours, or what only colons can separate."""
    alike = all(re.fullmatch(r"[0-9A-Za-z]{0,3}", group) for group in groups)
    if ":" in word:
        return word.count(":") >= 2 and alike
    digits = all(re.fullmatch(r"[0-9A-Fa-f]+", group) for group in groups)
    sizes = {len(group) for group in groups}
    if "." in word:
        return digits and len(groups) >= 2 and sizes <= {3, 4, 5} and 4 in sizes
    return digits and len(groups) >= 4 and sizes <= {1, 2, 3} and 2 in sizes


def _wrong_mac(groups: list[str]) -> str:
    text = "".join(groups)
    stray = sorted({character for character in text if character.lower() not in "0123456789abcdef"})
    if stray:
        return f"is no MAC: {' '.join(stray)} isn't a hexadecimal digit (0-9, a-f)"
    if len(text) != _MAC_DIGITS:
        return f"is no MAC: it has {len(text)} hexadecimal digits, and a MAC has 12"
    return "is no MAC: write it as 00:16:cb:aa:bb:01"


def _like_guid(word: str, groups: list[str]) -> bool:
    near = sum(abs(len(group) - size) for group, size in zip(groups, _GUID_GROUPS, strict=True))
    return "-" in word and near <= 3 and all(re.fullmatch(r"[0-9A-Za-z]+", group) for group in groups)


def _wrong_guid(groups: list[str]) -> str:
    stray = sorted({letter for letter in "".join(groups) if letter.lower() not in "0123456789abcdef"})
    if stray:
        return f"is no id: {' '.join(stray)} isn't a hexadecimal digit (0-9, a-f)"
    sizes = tuple(len(group) for group in groups)
    if sizes != _GUID_GROUPS:
        return f"is no id: its groups have {'-'.join(map(str, sizes))} digits, and an id has 8-4-4-4-12"
    return ""


def _hint(word: str) -> str:
    """Return what a word of hexadecimal digits alone may have been meant for."""
    if not re.fullmatch(r"[0-9A-Fa-f]+", word):
        return ""
    if len(word) == sum(_GUID_GROUPS):
        ends = [sum(_GUID_GROUPS[:count]) for count in range(6)]
        return f"an id is written with hyphens: {'-'.join(word[start:end] for start, end in pairwise(ends))}"
    if len(word) in (_MAC_DIGITS - 1, _MAC_DIGITS + 1) or (len(word) == _MAC_DIGITS - 2 and not word.isdecimal()):
        return f"if it is meant for a MAC: it has {len(word)} hexadecimal digits, and a MAC has 12"
    return ""


def _is_address(word: str) -> bool:
    try:
        return bool(ip_address(word))
    except ValueError:
        return False
