"""Which policy a command is about, and which settings it is read with."""

from dataclasses import dataclass
from pathlib import Path

from radtune.config.label_file import PolicyContext
from radtune.config.policy_file import load_policy
from radtune.config.settings import Settings, read_settings
from radtune.config.yaml_file import Document
from radtune.errors import ConfigurationError, NotPermittedError
from radtune.policy.decide import Policy

NOWHERE = PolicyContext(None)
"""What a policy is read with where there are no settings: what sites and attributes are called isn't checked."""


@dataclass(frozen=True, slots=True)
class Around:
    """The settings in use, or None where there are none, and which they are, in words."""

    settings: Settings | None
    said: str

    @property
    def policy_context(self) -> PolicyContext:
        """What a policy is read with."""
        return self.settings.policy_context if self.settings else NOWHERE

    def load(self, file: Path) -> tuple[Document, Policy]:
        """Read a policy; raises ConfigurationError with every fault, NotPermittedError."""
        return load_policy(file, self.policy_context)


def around(settings_file: Path) -> Around:
    """Return the settings, if there are any that this user may read.

    Raises ConfigurationError where they have faults.
    """
    try:
        return Around(read_settings(settings_file), f"with the sites and dictionaries of {settings_file}")
    except NotPermittedError as error:
        return Around(None, f"without sites and dictionaries: {error}")
    except ConfigurationError:
        if settings_file.exists():
            raise
        return Around(None, f"without sites and dictionaries: there is no {settings_file}")
