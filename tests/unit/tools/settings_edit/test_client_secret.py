"""A secret of clients.conf that releases of FreeRADIUS read differently."""

from pathlib import Path

import pytest

from radtune_tools.settings_edit.clients_conf import Section
from radtune_tools.settings_edit.nas_import import Found, NotTaken, find_entries


@pytest.mark.parametrize(
    ("as_read", "taken"),
    [
        (r"se\\cr\101et", r"se\\cr\101et"),
        (r"se\crAet", r"se\crAet"),
        (r"se cret", "the server reads its secret differently from how it is written"),
        (
            None,
            "releases of FreeRADIUS read the escapes in its secret differently, and freeradius on this machine can't",
        ),
    ],
)
def test_the_server_says_how_it_reads_escapes(as_read: str | None, taken: str) -> None:
    words = {"ipaddr": "192.0.2.1", "secret": r'"se\\cr\101et"'}
    (result,) = find_entries([Section("client", "x", Path("c"), 1, words)], {}, lambda _: as_read)
    assert result.secret == taken if isinstance(result, Found) else taken in result.said


def test_a_control_character_is_never_guessed() -> None:
    """The server shows a blank in its place."""
    words = {"ipaddr": "192.0.2.1", "secret": r'"a\nb"'}
    (result,) = find_entries([Section("client", "x", Path("c"), 1, words)], {}, lambda _: "a b")
    assert isinstance(result, NotTaken)
