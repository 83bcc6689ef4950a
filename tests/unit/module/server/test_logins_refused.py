"""When the logins that a server refuses are everybody's."""

import pytest

from radtune.server.state import REFUSING_SECONDS, Logins
from unit.samples import NOW


def refusals(*clients: str, allowed: bool = True, expected: bool = True) -> Logins:
    logins = Logins()
    if allowed:
        logins.allow(NOW)
    for index, client in enumerate(clients):
        logins.refuse(client, "why", NOW + index * REFUSING_SECONDS, expected=expected)
    return logins


@pytest.mark.parametrize(
    ("logins", "sick"),
    [
        (refusals("a"), False),
        (refusals("a", "a"), False),
        (refusals("a", "b"), True),
        (refusals("a", "a", allowed=False), True),
        (refusals("a", "a", expected=False), True),
    ],
)
def test_one_stranger_is_not_everybody(logins: Logins, sick: bool) -> None:
    assert logins.refuses_everybody == sick


def test_a_clock_that_was_set_back_begins_the_count_anew() -> None:
    logins = refusals("a", "b")
    logins.refuse("c", "why", NOW, expected=True)
    assert (logins.refused_since, logins.in_a_row, logins.refuses_everybody) == (NOW, 1, False)
