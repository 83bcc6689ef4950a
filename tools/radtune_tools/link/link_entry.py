"""The entry of a tenant: from the command line, the present entry, and a person's answers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtune.config.json_schema import a_day
from radtune.dataclass import dataclass
from radtune_tools.link.questions import agreed, ask, ask_secret, at_terminal
from radtune_tools.settings_edit.settings_file import Entry, SettingsFile, secret_name

FILES = ("client_secret_file", "certificate_file", "private_key_file", "passphrase_file", "federated_token_file")
WAYS = (*FILES, "managed_identity")
CREDENTIAL = (*WAYS, "client_secret_expires")
"""The keys that say what to sign in with; a new credential takes the place of all of them."""
_ORDER = ("tenant", "client_id", *CREDENTIAL)
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class Chosen:
    """An entry, and the secret that a person has typed for it, or ''."""

    entry: dict[str, Any]
    secret: str = ""


def choose(file: SettingsFile, tenant: str, old: Entry, given: Mapping[str, Any]) -> Chosen:
    """Return the entry. `old` is the present one or empty, `given` what the command line says, by settings key.

    Asks for what is missing; raises UsageError without a terminal.
    """
    options = {key: file.named(value) if isinstance(value, Path) else value for key, value in given.items()}
    kept = dict(old)
    secret = ""
    if any(key in options for key in WAYS):
        kept = {key: value for key, value in old.items() if key not in CREDENTIAL}
        if "managed_identity" in options:
            kept.pop("client_id", None)
    if "client_id" not in options and "managed_identity" not in {**kept, **options} and "client_id" not in kept:
        options["client_id"] = ask("Application (client) ID", "--client-id", a_client_id)
    if not any(key in {**kept, **options} for key in WAYS) or _new_secret_wanted(old, options):
        secret = ask_secret("The client secret's value", "--client-secret-file, or another credential")
        kept = {key: value for key, value in kept.items() if key not in CREDENTIAL}
        options["client_secret_file"] = secret_name(file.file.parent, tenant)
    if "client_secret_file" in options and "client_secret_expires" not in options and at_terminal():
        what = "The day on which the secret expires, such as 2027-05-01 (empty: not known)"
        options["client_secret_expires"] = ask(what, "--client-secret-expires", a_day, empty=True)
    entry = {**kept, "tenant": kept.get("tenant", tenant), **{key: value for key, value in options.items() if value}}
    ordered = sorted(entry, key=lambda key: _ORDER.index(key) if key in _ORDER else len(_ORDER))
    return Chosen({key: entry[key] for key in ordered}, secret)


def a_client_id(text: str) -> str:
    """Return the id of an application; raises ValueError for anything else."""
    if not _GUID.fullmatch(text):
        raise ValueError(f"{text}: expected a GUID such as 00000000-0000-0000-0000-000000000000")
    return text.lower()


def _new_secret_wanted(old: Entry, options: Mapping[str, Any]) -> bool:
    """Ask whether to replace the present secret, unless another credential is given."""
    if "client_secret_file" not in old or any(key in options for key in WAYS) or not at_terminal():
        return False
    return agreed("Enter a new client secret in place of the present one?", "--client-secret-file")
