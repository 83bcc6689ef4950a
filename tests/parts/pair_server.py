"""A FreeRADIUS whose hook replies the pairs that a test gives it, and radtune's dictionary beside it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from parts.freeradius import FreeRADIUS
from parts.pki import Authority
from parts.raddb import Layout, give_to_server, server_directory
from parts.radius_client import RadiusClient
from parts.radius_wire import Wire
from parts.readable import PROJECT
from parts.steered import HOOK

MAIN = "/usr/share/freeradius/dictionary"
ANSWER_SECONDS = 60

Item = Sequence[tuple[str, str, str | None]]
"""What one request gets: name, operator and value; see tests/parts/steering/pair_hook.py."""


def ask_dictionary(question: str, dictionaries: Sequence[str], given: Any = None) -> Any:
    """Put a question to radtune's dictionary; see tests/parts/steering/dictionary_answers.py."""
    done = subprocess.run(
        [sys.executable, str(HOOK / "dictionary_answers.py"), question, *dictionaries],
        input=json.dumps(given),
        env={"PYTHONPATH": str(PROJECT / "module")},
        capture_output=True,
        text=True,
        check=True,
        timeout=ANSWER_SECONDS,
    )
    return json.loads(done.stdout)


class PairServer:
    """A running server, and the dictionaries that it has read."""

    def __init__(self, server: FreeRADIUS, directory: Path) -> None:
        """Take a server whose hook reads its pairs in `directory`."""
        self.client = RadiusClient(server.auth_port, server.acct_port, server.secret)
        self.dictionaries = [MAIN, str(server.raddb / "dictionary")]
        self._port, self._file = server.auth_port, directory / "pairs.json"
        self.attributes: list[dict[str, Any]] = self.ask("attributes")

    def ask(self, question: str, pairs: Any = None) -> Any:
        """Put a question to radtune's dictionary about what the server has read."""
        return ask_dictionary(question, self.dictionaries, pairs)

    def set(self, items: Sequence[Item]) -> None:
        """Set what the requests get: that at NAS-Port N gets item N."""
        self._file.write_text(json.dumps(items))
        give_to_server(self._file)

    def replies(self, items: Sequence[Item], requests: Sequence[bytes] = ()) -> list[bytes]:
        """Log in once for each item, and give the attributes of each Access-Accept in bytes.

        `requests` are further attributes of each request.
        """
        self.set(items)
        with Wire(self._port) as wire:
            return [wire.ask(number, requests[number] if requests else b"") for number in range(len(items))]


@contextmanager
def pair_server() -> Iterator[PairServer]:
    """Run a server with radtune's raddb files and the hook that replies pairs; it lets everybody in."""
    authority = Authority("Example Root")
    with server_directory() as directory:
        hook = directory / "hook"
        hook.mkdir()
        layout = Layout(
            ca_pem=authority.certificate_pem,
            server=authority.issue_server("radius.example"),
            settings=hook,
            hook="pair_hook",
            python_path=(HOOK,),
            users="DEFAULT Auth-Type := Accept\n",
        )
        with FreeRADIUS(directory, layout, debug=False) as server:
            yield PairServer(server, hook)
