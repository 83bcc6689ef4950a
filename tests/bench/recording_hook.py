"""radtune's hook, with each call written down as the server made it: one line of JSON, function and lists.

Loaded by FreeRADIUS in place of radtune.server.hook; the file is in the environment as BENCH_CALLS.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from radtune.server import hook

_calls = os.open(os.environ["BENCH_CALLS"], os.O_WRONLY | os.O_APPEND)


def _recorded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(lists: Any) -> Any:
        os.write(_calls, f"{json.dumps([function.__name__, lists])}\n".encode())
        return function(lists)

    return call


instantiate, detach = hook.instantiate, hook.detach
authorize, post_auth, accounting = map(_recorded, (hook.authorize, hook.post_auth, hook.accounting))
