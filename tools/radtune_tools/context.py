"""The start of every command: its settings, and the form of its answer. Imports what few commands need on demand."""

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from radtune.dataclass import dataclass
from radtune.errors import StoreError
from radtune.installation import DEFAULT_SETTINGS

if TYPE_CHECKING:
    from radtune.config.settings import Settings
    from radtune_tools.output import Output


@dataclass(frozen=True)
class Form:
    """The form of an answer.

    quiet: nothing but problems
    as_csv, wide, columns: of a list: as CSV; all columns, none of them cut; these columns
    """

    as_json: bool = False
    quiet: bool = False
    as_csv: bool = False
    wide: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """The global options."""

    settings_file: Path
    form: Form

    @classmethod
    def usual(cls) -> "Context":
        """Return the context of a command line without global options."""
        return cls(Path(os.environ.get("RADTUNE_SETTINGS") or DEFAULT_SETTINGS), Form())

    @cached_property
    def output(self) -> "Output":
        """The answer."""
        from radtune_tools.output import Output

        return Output(self.form)

    def settings(self) -> "Settings":
        """Read the settings; if root calls, go on as the store's owner, who has to be able to read them."""
        from radtune.config.settings import store_directory
        from radtune_tools.user_and_lock import become_store_owner

        try:
            become_store_owner(store_directory(self.settings_file))
        except StoreError:
            self.as_caller()  # what is wrong in settings comes first
            raise
        return self.as_caller()

    def as_caller(self) -> "Settings":
        """Read the settings and stay the caller, who may read files that the store's owner may not."""
        from radtune.config.settings import read_settings

        return read_settings(self.settings_file)
