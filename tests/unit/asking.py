"""The questions of policy.d/radtune, put to the hook as the server puts them."""

from pathlib import Path
from types import ModuleType

from parts.event_lines import newest_events
from unit.fake_radiusd import Outcome, call
from unit.samples import (
    Pairs,
    mab_request,
    tls_request,
)

REJECT, FAIL, OK, NOOP, UPDATED = 0, 1, 2, 7, 8
VLAN_750 = [("Tunnel-Type:0", "VLAN"), ("Tunnel-Medium-Type:0", "IEEE-802"), ("Tunnel-Private-Group-Id:0", "750")]
KNOWN, UNKNOWN = tls_request(("Common-Name", "LAPTOP-1")), tls_request(("Common-Name", "nobody"))
STRANGER = mab_request("00-16-3E-00-00-01")


def ask(
    hook: ModuleType, question: str, request: Pairs, state: Pairs | None = None, config: Pairs | None = None
) -> Outcome:
    """Ask as policy.d/radtune does."""
    function = hook.authorize if question in ("mab", "certificate") else hook.post_auth
    control = [*(config or ()), ("Radtune-Question", question)]
    return call(function, request=request, session_state=state or (), config=control)


def kinds(office: Path) -> list[object]:
    """Return the kinds of the events, newest first."""
    return [event["event"] for event in newest_events(office / "events.jsonl")]
