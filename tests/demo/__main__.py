"""`make demo`: exit code 0 only if every step came out as told."""

import sys

from demo.story import tell
from parts.lab.netns import lab_impossible
from parts.raddb import server_directory
from parts.stock import NoStockError, stock


def main() -> int:
    """Tell the story; return the exit code."""
    try:
        stock()
    except NoStockError as error:
        print(error, file=sys.stderr)
        return 1
    with server_directory() as directory:
        return tell(directory, lab_impossible())


if __name__ == "__main__":
    sys.exit(main())
