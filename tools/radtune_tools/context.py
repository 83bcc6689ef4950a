"""The start of every command: its settings, and the form of its answer."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from radtune.config.policy_labels import PolicyContext
from radtune.config.settings import DEFAULT_SETTINGS, Settings, check_settings, read_settings
from radtune.errors import ConfigurationError, NotPermittedError
from radtune_tools.output import Form, Output
from radtune_tools.user_and_lock import become_store_owner


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
    def output(self) -> Output:
        """The answer."""
        return Output(self.form)

    def settings(self) -> Settings:
        """Read the settings; if root calls, go on as the store's owner, who has to be able to read them, too."""
        become_store_owner(self.as_caller())
        return self.as_caller()

    def settings_whole(self) -> Settings:
        """Read the settings as `settings` does, but name the faults of the profiles with those of settings."""
        try:
            return self.settings()
        except ConfigurationError:
            check_settings(self.settings_file, dictionaries=True).raise_problems()
            raise

    def as_caller(self) -> Settings:
        """Read the settings and stay the caller, who may read files that the store's owner may not."""
        return read_settings(self.settings_file)


def settings_if_any(settings_file: Path) -> tuple[Settings | None, PolicyContext, str]:
    """Return the settings if there are any that this user may read, what a policy is read with, and that in words.

    Raises ConfigurationError if the settings have faults.
    """
    try:
        settings = read_settings(settings_file)
    except NotPermittedError as error:
        why = str(error)
    except ConfigurationError:
        if settings_file.exists():
            raise
        why = f"there is no {settings_file}"
    else:
        return settings, settings.policy_context, f"with the sites and dictionaries of {settings_file}"
    return None, PolicyContext(None), f"without sites and dictionaries: {why}"
