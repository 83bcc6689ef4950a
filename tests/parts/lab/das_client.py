"""radclient as a RADIUS server that asks a NAS for something (RFC 5176): one request, one reply."""

import subprocess
import tempfile
import time
from typing import Literal

from parts.ports import LOOPBACK
from parts.radius_client import PROGRAM, Reply, parse_reply

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
        done = subprocess.run(
            [PROGRAM, "-x", "-r", "1", "-t", str(wait_seconds), "-S", file.name, f"{LOOPBACK}:{port}", kind],
            input=f"{attributes}\n",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=wait_seconds + 30,
        )
    if not done.stdout.startswith("Sent "):
        raise ValueError(f"radclient could not send {attributes!r}: {done.stdout}{done.stderr}")
    return parse_reply(done.stdout)
