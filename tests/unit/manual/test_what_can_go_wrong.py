"""The pages of tasks quote messages as they are."""

import re

import pytest

from parts.manual import PAGES, PROJECT
from parts.messages import EXPLAINED, GAP, has, said_by_code, said_by_raddb

FROM_OTHERS = (
    *("No reply from server", "unknown CA", "Request not applicable to target tenant"),
    *(
        "eap: Failed continuing EAP TLS",
        "No Auth-Type found",
        "AADSTS7000215",
        "AADSTS700016",
        "AADSTS65001",
        "AADSTS53003",
    ),
)
"""What radclient, eapol_test, FreeRADIUS and Microsoft say."""
ROWS = re.compile(r"^\| what you see \| .*\n\|---.*\n((?:\|.*\n)+)", re.MULTILINE)


def quoted() -> dict[str, str]:
    """Return the messages in the first cells of these tables, each with its page; a single word is no message."""
    found = {}
    for page in PAGES:
        rows = [] if page.stem in EXPLAINED else "".join(ROWS.findall(page.read_text())).splitlines()
        spans = [span for row in rows for span in re.findall("`([^`]+)`", row.split(" | ")[0])]
        found.update({span: page.name for span in spans if " " in span or "AADSTS" in span})
    return found


QUOTED = quoted()


def test_there_are_such_messages() -> None:
    assert len(QUOTED) > 10


@pytest.mark.parametrize("message", QUOTED)
def test_a_message_is_said(message: str) -> None:
    said = [each.text for each in (*said_by_code(1, all_is_well=True), *said_by_raddb())]
    installer = "".join(file.read_text() for file in (PROJECT / "tools/installer").glob("*.py"))
    by_installer = all(piece in installer for piece in message.split(GAP))
    assert message in FROM_OTHERS or by_installer or any(has(message, text) for text in said), QUOTED[message]
