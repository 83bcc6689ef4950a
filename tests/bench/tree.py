"""A checkout of the project that is measured: this one, or another one beside it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError
from parts.readable import LIBRARIES, PROJECT, readable

COMMAND_SECONDS = 3600
SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Tree:
    """Where a checkout lies, and what the table calls it."""

    name: str
    root: Path

    @property
    def raddb(self) -> Path:
        """Its files for the server."""
        return self.root / "raddb"

    @property
    def server_path(self) -> tuple[Path, ...]:
        """The directories that Python in the server looks in."""
        return readable(self.root / "module"), readable(LIBRARIES)

    def environment(self, settings: Path) -> dict[str, str]:
        """Give an environment in which Python finds this checkout, and the command its settings."""
        path = (readable(self.root / "module"), readable(self.root / "tools"), readable(LIBRARIES))
        return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "RADTUNE_SETTINGS": str(settings)}

    def run(self, words: Sequence[str], settings: Path) -> str:
        """Run Python with these words, a script or `-m`, and give what it prints; BenchError if it fails."""
        done = subprocess.run(
            [sys.executable, "-P", *words],
            env=self.environment(settings),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            said = (done.stderr or done.stdout)[-SHOWN:]
            raise BenchError(f"{self.root}: {' '.join(words)} ended with {done.returncode}:\n{said}")
        return done.stdout

    def radtune(self, settings: Path, *words: str) -> str:
        """Run the command with --json and give what it prints."""
        return self.run(["-m", "radtune_tools", "--json", *words], settings)


NOW = Tree("now", PROJECT)
