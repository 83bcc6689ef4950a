"""The signature of a webhook, as https://www.standardwebhooks.com has it: HMAC-SHA256 over id, time and body."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

from radtune.errors import FaultyFileError
from radtune_tools.secret_file import read_secret

PREFIX = "whsec_"
_FEWEST, _MOST = 24, 64
"""Bytes of a key."""


def read_key(file: Path) -> bytes:
    """Return the key in a file; raises what `read_secret` raises."""
    text = read_secret(file, "the key of the signature")
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(PREFIX) or not _FEWEST <= len(key) <= _MOST:
        said = f"expected {PREFIX} and {_FEWEST} to {_MOST} bytes in base64, as from: openssl rand -base64 32"
        raise FaultyFileError(file, said)
    return key


def headers(key: bytes | None, name: str, now: float, body: bytes) -> dict[str, str]:
    """Return the headers of a message: its id, the time in seconds since the epoch, and with a key its signature."""
    at = str(int(now))
    found = {"webhook-id": name, "webhook-timestamp": at}
    if key is not None:
        signature = hmac.new(key, f"{name}.{at}.".encode() + body, sha256).digest()
        found["webhook-signature"] = f"v1,{b64encode(signature).decode()}"
    return found
