"""A hook that does nothing but answer, always the same: what is left of its cost is the price of calling Python at all.

Loaded by FreeRADIUS in place of radtune.server.hook, from the same module configuration and by the same policies.
"""

from typing import Any

import radiusd  # made by FreeRADIUS in its own process

Answer = tuple[int, dict[str, tuple[tuple[str, str, str], ...]]]

_ALLOW: Answer = (radiusd.RLM_MODULE_UPDATED, {"config": (("Auth-Type", ":=", "Accept"),)})
_VLAN: Answer = (
    radiusd.RLM_MODULE_UPDATED,
    {
        "reply": (
            ("Tunnel-Type:0", ":=", "VLAN"),
            ("Tunnel-Medium-Type:0", ":=", "IEEE-802"),
            ("Tunnel-Private-Group-Id:0", ":=", "750"),
        )
    },
)


def instantiate(_lists: Any = None) -> int:
    return int(radiusd.RLM_MODULE_OK)


def detach(_lists: Any = None) -> int:
    return int(radiusd.RLM_MODULE_OK)


def authorize(_lists: Any) -> Answer:
    return _ALLOW


def post_auth(_lists: Any) -> Answer:
    return _VLAN


def accounting(_lists: Any) -> int:
    return int(radiusd.RLM_MODULE_OK)
