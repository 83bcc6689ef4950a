"""A client event as a message of syslog: RFC 5424, with its fields as structured data."""

import re

from radtune_tools.push.words import CUT, Event, fields, text_of, words

LONGEST = 8192
"""Bytes of a message at most: what a receiver by TLS should take (RFC 5425 4.3.1)."""
SD_ID = "radtune@32473"
"""The name of the structured data. 32473 is the enterprise number for examples (RFC 5612): radtune has none."""
_FACILITIES = {"daemon": 3, "auth": 4, "authpriv": 10, **{f"local{number}": 16 + number for number in range(8)}}
_INFO, _NOTICE, _WARNING = 6, 5, 4
_SEVERITIES = {
    "login_denied": _NOTICE,
    **dict.fromkeys(("not_enforced", "identity_conflict", "policy_refused"), _WARNING),
}
_NAME = re.compile(r"[!#-<>-\\^-~]{1,32}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})")
_BOM = "\ufeff"
"""Stands before a text that isn't ASCII (RFC 5424 6.4)."""
_IN_HEADER = ("time", "event")
"""Fields that stand before the structured data."""
_SAID = ""
"""The place of the text among the fields; no field has this name."""


def message(event: Event, facility: str, hostname: str, pid: int, longest: int = LONGEST) -> bytes:
    """Return the message. If it is longer than `longest` bytes, its longest values are cut, and end with `…`."""
    kind = text_of(event.get("event"))
    priority = _FACILITIES[facility] * 8 + _SEVERITIES.get(kind, _INFO)
    at = text_of(event.get("time"))
    stamp = at if _TIME.fullmatch(at) else "-"
    header = f"<{priority}>1 {stamp} {_token(hostname, 255)} radtune {pid} {_token(kind, 32)}"
    texts = {name: text for name, text in fields(event) if _NAME.fullmatch(name) and name not in _IN_HEADER}
    texts[_SAID] = words(event).line()
    while len(whole := _whole(header, texts)) > longest:
        name = max(texts, key=lambda name: len(texts[name]))
        if not texts[name]:
            break
        texts[name] = _half(texts[name])
    return whole


def _whole(header: str, texts: dict[str, str]) -> bytes:
    data = "".join(f' {name}="{_escaped(text)}"' for name, text in texts.items() if text and name != _SAID)
    said = texts[_SAID]
    return f"{header} [{SD_ID}{data}] {said if said.isascii() else f'{_BOM}{said}'}".encode()


def _half(text: str) -> str:
    """Return half of the text, with the mark of what was cut; at last nothing."""
    return f"{text[: len(text) // 2 - 1]}{CUT}" if len(text) > 2 else ""


def _token(text: str, longest: int) -> str:
    """Return a text as a field of the header: printable ASCII without blanks; `-` for nothing."""
    return re.sub(r"[^!-~]", "_", text)[:longest] or "-"


def _escaped(text: str) -> str:
    r"""Return a text as the value of a parameter: `"`, `\` and `]` with a backslash before them (RFC 5424 6.3.3)."""
    return re.sub(r'(["\\\]])', r"\\\1", text)


def framed(messages: list[bytes]) -> bytes:
    """Return the messages as they go over TLS: each with its length in bytes before it (RFC 5425 4.3)."""
    return b"".join(b"%d %s" % (len(each), each) for each in messages)
