"""What a FreeRADIUS in debug mode says it has sent."""

import re

_SENT = re.compile(r"^\(\d+\) Sent (Access-Accept|Access-Reject) .*\n((?:\(\d+\)   .*\n)*)", re.MULTILINE)
_VLAN = re.compile(r'Tunnel-Private-Group-Id(?::\d+)? (?::?=) "?([^"\n]*)')


def answers(log: str) -> list[tuple[str, str]]:
    """Give each Access-Accept and Access-Reject that went out, in order, with its VLAN ('' where there is none)."""
    found = []
    for code, body in _SENT.findall(re.sub(r"^.*?(?=\(\d+\) )", "", log, flags=re.MULTILINE)):
        vlan = _VLAN.search(body)
        found.append((code, vlan[1] if vlan else ""))
    return found
