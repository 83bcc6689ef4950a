"""What a FreeRADIUS in debug mode says it has sent."""

import re

_LINE = re.compile(r"\((\d+)\) (.*)")
_SENT = re.compile(r"Sent (Access-Accept|Access-Reject) ")
_VLAN = re.compile(r'\s+Tunnel-Private-Group-Id(?::\d+)? :?\+?= "?([^"]*)')


def answers(log: str) -> list[tuple[str, str]]:
    """Give each Access-Accept and Access-Reject that went out, in order, with its VLAN ('' where there is none).

    The server's threads write into the log line by line, and one's lines may stand between those of another: what
    belongs together bears the same number. An answer counts once it is written down to its end.
    """
    found: list[tuple[str, str]] = []
    begun: dict[str, tuple[str, str]] = {}
    for number, text in (line.groups() for line in map(_LINE.search, log.splitlines()) if line):
        sent, vlan = _SENT.match(text), _VLAN.match(text)
        if sent:
            begun[number] = (sent[1], "")
        elif number in begun and vlan and not begun[number][1]:
            begun[number] = (begun[number][0], vlan[1])
        elif number in begun and not text.startswith(" "):
            found.append(begun.pop(number))
    return found
