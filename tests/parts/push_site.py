"""What client events are pushed from: settings, an event log that is written and rotated, and `radtune push`."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parts.process import ENDS_WITH_US
from parts.readable import code
from parts.tool import Tool

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class PushSite:
    """radtune with these destinations in `directory` (see `server_directory`), and a log without events."""

    def __init__(self, directory: Path, *destinations: Mapping[str, Any]) -> None:
        self.tool = Tool(directory, SECRET)
        self.log = directory / "events.jsonl"
        self.log.touch()
        self.tool.write_settings(push=[{"kinds": ["moved"], "timeout": "30s", **each} for each in destinations])
        self.secret_file = self.tool.secret_file
        self._written = 0

    def write(self, count: int, **fields: Any) -> list[str]:
        """Append so many events, each in one write as the server does; give their ids."""
        ids = []
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        for _ in range(count):
            self._written += 1
            ids.append(f"e-{self._written}")
            at = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
            event = {"time": f"{at}Z", "event": "moved", "id": ids[-1], "device": "LAPTOP", **fields}
            os.write(descriptor, f"{json.dumps(event)}\n".encode())
        os.close(descriptor)
        return ids

    def rotate(self) -> None:
        """Rename the log and pack the one before, as logrotate does with `delaycompress` and `nocreate`."""
        numbers = sorted(
            (int(each.suffixes[-2][1:]) for each in self.log.parent.glob("events.jsonl.*.gz")), reverse=True
        )
        for number in numbers:
            self._rotated(number, ".gz").rename(self._rotated(number + 1, ".gz"))
        before = self._rotated(1)
        if before.exists():
            with gzip.open(self._rotated(2, ".gz"), "wb") as packed:
                packed.write(before.read_bytes())
            before.unlink()
        self.log.rename(before)

    def _rotated(self, number: int, suffix: str = "") -> Path:
        return self.log.with_name(f"{self.log.name}.{number}{suffix}")

    def push(self, *words: str, expect: int = 0) -> str:
        """Run `radtune push` with these words to its end; give what it printed on standard error."""
        return self.tool.radtune("push", *words, expect=expect).stderr

    def start(self) -> "subprocess.Popen[str]":
        """Start the forwarder; `stderr` is what it says."""
        path = os.pathsep.join(map(str, code()))
        return subprocess.Popen(
            [*ENDS_WITH_US, sys.executable, "-m", "radtune_tools", "push"],
            env={**os.environ, "PYTHONPATH": path, "RADTUNE_SETTINGS": str(self.tool.settings_file)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def saved(self, name: str) -> dict[str, Any]:
        """Give what is kept of a destination."""
        found = json.loads((self.tool.directory / f"store/push/{name}.json").read_text())
        assert isinstance(found, dict)
        return found
