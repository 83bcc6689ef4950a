"""Refuses settings of the page that would let in strangers; and reads its key."""

import os
import secrets
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from radtune.config.settings import Settings
from radtune.config.web_settings import WebSettings
from radtune.errors import ConfigurationError, Problem
from radtune_tools.secret_file import check_secret_file

KEY = "key"
LETTERS = 64
"""Letters of a key."""


def check(settings: Settings) -> None:
    """Raise ConfigurationError for settings that would let in strangers."""
    problems = [Problem(settings.file, 1, "web", said) for said in _faults(settings.web)]
    if problems:
        raise ConfigurationError(problems)


def _faults(web: WebSettings) -> Iterator[str]:
    loopback_proxy = any(ip_address(each).is_loopback for each in web.proxies)
    if web.password_file is None and not web.user_header:
        yield "nobody could sign in; give password_file and run radtune-web --add-user, or give proxies and user_header"
    if web.user_header and not web.proxies:
        yield "user_header is believed of proxies alone; give their addresses as proxies"
    if web.user_header and loopback_proxy and web.proxy_secret_file is None:
        yield (
            "every user of this machine could speak as a proxy on a loopback address; give proxy_secret_file, and let "
            "the proxy send its secret in X-Radtune-Proxy"
        )
    if not ip_address(web.address).is_loopback and not web.proxies:
        yield f"{web.listen} would take passwords in clear text from the network; listen on 127.0.0.1, or give proxies"


def key_of(directory: Path) -> bytes:
    """Return the key that cookies are signed with; it is made (mode 0600) if there is none, or less than a whole one.

    A full disk or a killed process leave less.
    """
    file = directory / KEY
    if file.exists() and len(key := check_secret_file(file, "the key of radtune-web")) >= LETTERS:
        return key
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_hex(LETTERS // 2).encode())
    return file.read_bytes()
