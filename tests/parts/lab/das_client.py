"""radclient as a RADIUS server that asks a NAS for something (RFC 5176): one request, one reply."""

import tempfile
import time
from typing import Literal

from parts.ports import LOOPBACK
from parts.radius_client import Reply, ask_once

Kind = Literal["disconnect", "coa"]


def ask_nas(
    kind: Kind, port: int, secret: str, attributes: str, *, guarded: bool = True, wait_seconds: int = 10
) -> Reply:
    """Send a Disconnect-Request or a CoA-Request to 127.0.0.1 once, and give the answer.

    `attributes` are as radclient reads them; when `guarded`, the time and a Message-Authenticator go with them.
    """
    if guarded:
        attributes += f"\nEvent-Timestamp = {int(time.time())}\nMessage-Authenticator = 0x00"
    with tempfile.NamedTemporaryFile("w", prefix="radius-secret-") as file:
        file.write(secret)
        file.flush()
        return ask_once(["-S", file.name, f"{LOOPBACK}:{port}", kind], attributes, wait_seconds)
