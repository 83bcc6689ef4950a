"""A server's own state: the logins that it refuses, and the code that it has loaded."""

from pathlib import Path

import pytest

from radtune.server.state import CODE, DENYING_SECONDS, Logins, code_fingerprint
from unit.samples import NOW


def denials(*clients: str, allowed: bool = True, expected: bool = True) -> Logins:
    logins = Logins()
    if allowed:
        logins.allow(NOW)
    for index, client in enumerate(clients):
        logins.deny(client, "why", NOW + index * DENYING_SECONDS, expected=expected)
    return logins


@pytest.mark.parametrize(
    ("logins", "sick"),
    [
        (denials("a"), False),
        (denials("a", "a"), False),
        (denials("a", "b"), True),
        (denials("a", "a", allowed=False), True),
        (denials("a", "a", expected=False), True),
    ],
)
def test_one_stranger_is_not_everybody(logins: Logins, sick: bool) -> None:
    assert logins.denies_everybody == sick


def test_a_clock_that_was_set_back_begins_the_count_anew() -> None:
    logins = denials("a", "b")
    logins.deny("c", "why", NOW, expected=True)
    assert (logins.denied_since, logins.in_a_row, logins.denies_everybody) == (NOW, 1, False)


def test_the_code_that_is_compared_is_the_whole_module() -> None:
    assert (CODE / "__init__.py").is_file()
    assert (CODE / "server/state.py").is_file()
    assert CODE.name == "radtune"


def test_code_that_can_not_be_read_has_no_fingerprint(tmp_path: Path) -> None:
    assert code_fingerprint(CODE)
    assert code_fingerprint(tmp_path / "none") == ""
    (tmp_path / "wing").mkdir()
    (tmp_path / "wing/file.py").symlink_to("gone")
    assert code_fingerprint(tmp_path) == ""
