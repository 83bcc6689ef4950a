"""`python3 -m deb build DIRECTORY`, then, in a clean root, `python3 -m deb try DIRECTORY`: `make test-deb` does both.

Each step says in words what it found. The exit code is 0 if every step came out as told.
"""

import sys
from pathlib import Path

from deb.build import BuildError, build
from deb.story import tell
from demo.narration import WrongTurnError

ACTIONS = {"build": build, "try": tell}


def main(action: str, directory: str) -> int:
    """Build the packages, or try them; return the exit code."""
    try:
        ACTIONS[action](Path(directory).resolve())
    except (BuildError, WrongTurnError) as error:
        print(f"NOT AS TOLD: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
