"""Rows of a list, as `radtune devices` has them."""

from radtune_tools.listing import Columns
from radtune_tools.output import timestamp
from unit.samples import NOW

DEVICES = Columns(("name", "compliance", "user", "last_check_in"), ("serial", "os", "macs", "id", "empty"))


def fleet(count: int = 3, **more: object) -> list[dict[str, object]]:
    return [
        {
            "name": f"LAPTOP-{number}",
            "compliance": "noncompliant",
            "user": "somebody@contoso.example",
            "last_check_in": timestamp(NOW - 3 * 86_400),
            "serial": "PF2ABCDE",
            "os": "Windows",
            "macs": ["0016cbaabb01", "0016cbaabb02"],
            "id": "8a0f3c11-0000-4000-8000-000000000001",
            "empty": "",
            **more,
        }
        for number in range(count)
    ]
