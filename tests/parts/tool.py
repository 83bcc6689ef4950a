"""The command, and radtune's way to send packets, without an office around them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from parts.raddb import give_to_server
from parts.readable import PROJECT, code


class Tool:
    """radtune with settings of its own in `directory` (see `server_directory`); `coa-secret` holds the secret."""

    def __init__(self, directory: Path, secret: str) -> None:
        self.directory = directory
        self.settings_file = directory / "settings.yaml"
        self.secret_file = directory / "coa-secret"
        (directory / "store").mkdir()
        self.secret_file.write_text(f"{secret}\n")
        self.secret_file.chmod(0o640)
        self.write_settings()
        give_to_server(directory)

    def write_settings(self, **more: Any) -> None:
        """Write settings.yaml with these keys besides those that it needs."""
        settings = {"store": "store", "events": "events.jsonl", "policy": "policy.yaml", **more}
        self.settings_file.write_text(yaml.safe_dump(settings))

    def radtune(self, *arguments: str, expect: int | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command; with `expect`, RuntimeError where it exits otherwise."""
        done = self._run(["-m", "radtune_tools", *arguments], "")
        if expect is not None and done.returncode != expect:
            raise RuntimeError(f"radtune {' '.join(arguments)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def send(self, **asked: Any) -> list[dict[str, Any]]:
        """Send packets (see parts/steering/send_packets.py); give what became of each."""
        script = PROJECT / "tests/parts/steering/send_packets.py"
        done = self._run([str(script)], json.dumps({"secret_file": str(self.secret_file), "rate": 20, **asked}))
        if done.returncode:
            raise RuntimeError(f"{script} failed:\n{done.stderr}")
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows

    def _run(self, arguments: list[str], text: str) -> subprocess.CompletedProcess[str]:
        module, tools, libraries = code()
        path = os.pathsep.join(map(str, (module, tools, libraries)))
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": path, "RADTUNE_SETTINGS": str(self.settings_file)},
            cwd="/",
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
