"""A server that runs beside the command: its file, locked as long as the test wants it to live."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from radtune import __version__
from radtune.config.policy_file import read_policy
from radtune.config.settings import read_settings
from radtune.records.moves_and_states import PolicyState
from radtune.server.state import CODE, Logins, ServerState, code_fingerprint, settings_fingerprints
from radtune.server.state_file import StateFile
from radtune.stores.store import Store
from unit.samples import NOW


class Server:
    """A server that has loaded and opened what is there now, and says of itself what a test lets it say."""

    def __init__(self, office: Path) -> None:
        settings = read_settings(office / "settings.yaml")
        policy = read_policy(settings.policy, settings.policy_context)
        self._file = StateFile(settings.store)
        self.state = ServerState(
            pid=os.getpid(),
            version=__version__,
            started_at=NOW,
            written_at=NOW,
            code=str(CODE),
            code_fingerprint=code_fingerprint(CODE),
            settings_file=str(settings.file),
            settings=settings_fingerprints(settings),
            stores={
                "devices": Store.current_file_id(settings.device_store),
                "sessions": Store.current_file_id(settings.session_store),
            },
            policy=PolicyState(policy.fingerprint, NOW),
            logins=Logins(),
        )
        self.say()

    def say(self, **changes: Any) -> None:
        """Say the same as before, but for these fields."""
        self.state = replace(self.state, **changes)
        self._file.write(self.state)

    def judge_by(self, fingerprint: str, *problem: Any) -> None:
        """Say that another policy is in force."""
        self.say(policy=PolicyState(fingerprint, NOW, *problem))

    def end(self, *, forget: bool = False) -> None:
        """End, as the kernel sees it."""
        self._file.close(forget=forget)


@contextmanager
def serving(office: Path) -> Iterator[Server]:
    """Give a server that ends with the block at the latest."""
    made = Server(office)
    try:
        yield made
    finally:
        made.end()
