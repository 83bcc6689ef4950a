"""The sign-ins, kept on the server: a sign-out ends one even if the cookie was copied."""

import hashlib
import secrets
from contextlib import suppress
from pathlib import Path
from threading import Lock

from radtune_web.index.database import DatabaseError, explained, open_database, transaction

FILE = "sign-ins.db"
SCHEMA = "CREATE TABLE sign_in(token TEXT PRIMARY KEY, user TEXT, proof TEXT, at REAL, seen REAL) WITHOUT ROWID"
LIFETIME = 12 * 3600.0
"""Seconds after which a person has to sign in again."""
IDLE = 2 * 3600.0
"""Seconds without a page after which a sign-in is over."""
NOTED_EVERY = 60.0
"""Seconds between two notes that a person is still there."""
MOST = 20
"""Sign-ins of one user at the same time; the oldest go."""


class SignIns:
    """The sign-ins of one directory."""

    def __init__(self, directory: Path) -> None:
        """Open the file, which is made if it is missing; raises what `open_database` raises."""
        self._file = directory / FILE
        self._connection = open_database(self._file, SCHEMA, 1)
        self._lock = Lock()

    def begin(self, user: str, proof: str, now: float) -> str:
        """Sign the user in; return the token of the cookie. `proof` is `Passwords.proof`."""
        token = secrets.token_urlsafe(32)
        keep = "SELECT token FROM sign_in WHERE user = ? ORDER BY at DESC LIMIT ?"
        with self._lock, explained(self._file), transaction(self._connection):
            over = (now - LIFETIME, now - IDLE)
            self._connection.execute("DELETE FROM sign_in WHERE at < ? OR seen < ?", over)
            self._connection.execute(
                "INSERT INTO sign_in VALUES (?, ?, ?, ?, ?)", (_hash(token), user, proof, now, now)
            )
            self._connection.execute(
                f"DELETE FROM sign_in WHERE user = ? AND token NOT IN ({keep})",  # noqa: S608  # a constant
                (user, user, MOST),
            )
        return token

    def find(self, token: str, now: float) -> tuple[str, str] | None:
        """Return the user and the proof of a sign-in that holds, or None."""
        select = "SELECT user, proof, at, seen FROM sign_in WHERE token = ?"
        with self._lock, explained(self._file):
            row = self._connection.execute(select, (_hash(token),)).fetchone()
            if row is None or not 0 <= now - row[2] < LIFETIME or now - row[3] >= IDLE:
                return None
            if now - row[3] >= NOTED_EVERY:
                with suppress(DatabaseError):  # a full disk: pages can still be read
                    self._connection.execute("UPDATE sign_in SET seen = ? WHERE token = ?", (now, _hash(token)))
        return row[0], row[1]

    def end(self, token: str) -> None:
        """Sign out."""
        with self._lock, explained(self._file):
            self._connection.execute("DELETE FROM sign_in WHERE token = ?", (_hash(token),))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _hash(token: str) -> str:
    """Return the hash of a token that is kept: a reader of the file can't sign in with it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
