"""Files that are named on the command line."""

import os
from pathlib import Path
from typing import Any

import click

from radtune.text import printable


class GivenFile(click.Path):
    """A file that has to be there; who may not look whether it is, is told so where it is read."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)
        self.name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; click refuses the command line where there is no such file."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self.fail(f"{printable(str(path))}: there is no such file", param, ctx)
        except ValueError:
            self.fail(f"{value!r} can't be the name of a file", param, ctx)
        except OSError:
            pass
        return path
