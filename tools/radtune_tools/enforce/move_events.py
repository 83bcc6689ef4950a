"""What is written down of moves, among the client events."""

import time
from pathlib import Path
from typing import Any

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import named_in
from radtune.records.states import Move
from radtune.server.events import append_event, why_not_written


class MoveEvents:
    """The file of events; where that can't be written it is noted in `problems`, and everything else goes on."""

    def __init__(self, file: Path) -> None:
        """Take the file, which need not be there yet."""
        self.problems: list[str] = []
        self._file = file

    def append(self, kind: str, move: Move, state: str, session: Session | None) -> None:
        """Append an event about a move."""
        try:
            append_event(self._file, time.time(), kind, **_fields(move, state, session))
        except OSError as error:
            self.problems.append(f"an event is lost: {why_not_written(self._file, error)}")


def _fields(move: Move, state: str, session: Session | None) -> dict[str, Any]:
    facts = session.facts if session else _facts(move.key)
    return {
        "mac": facts.mac or facts.calling_station_id,
        "user": facts.user_name,
        "auth_type": facts.auth_type,
        "device": session.device_name if session else "",
        "device_id": session.device_id if session else "",
        "outcome": move.after,
        "before": move.before,
        "state": state,
        "method": move.method,
        "answer": move.answer,
        "nas": facts.nas_identifier or facts.nas_address,
        "reason": move.reason,
    }


def _facts(key: str) -> Facts:
    """Return what the key of a session says of it."""
    nas, client = named_in(key)
    if client.startswith("user "):
        return Facts(user_name=client.removeprefix("user "), nas_address=nas)
    return Facts(mac=client, nas_address=nas)
