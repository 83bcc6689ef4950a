"""The secret of CoA packets, as radclient takes it from its file."""

from pathlib import Path

from radtune.config.secret import read_secret_text
from radtune.errors import ConfigurationError, Problem


def check_coa_secret(file: Path, what: str) -> None:
    """Raise what `read_secret` raises, and ConfigurationError where radclient would take it for another secret."""
    if why := unfit(read_secret_text(file, what).rstrip("\r\n")):
        raise ConfigurationError([Problem(file, 1, "", f"{what} can't be given to radclient{why}")])


def unfit(secret: str) -> str:
    """Return why radclient can't be given this secret, to be put behind that; or ''."""
    if not secret.isprintable() or secret != secret.strip() or not 2 <= len(secret.encode()) <= 250:
        return ": 2 to 250 bytes on one line, no spaces around it"
    if not secret[-1].isascii():
        return ", which drops a last character outside of ASCII; let the secret end in another, here and on the NAS"
    return ""
