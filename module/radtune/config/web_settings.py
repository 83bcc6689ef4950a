"""The section `web` of settings.yaml: the page for the network team and the help desk."""

from ipaddress import ip_address
from pathlib import Path
from typing import Any

from radtune.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where radtune-web listens, which proxies it trusts, and what users may do.

    listen: `ADDRESS:PORT`, an IPv6 address in brackets
    actors: the users who may act if `actions` is on; () for all who are signed in
    """

    listen: str
    state: Path
    hosts: tuple[str, ...]
    proxies: tuple[str, ...]
    actions: bool
    days: int
    metrics_from: tuple[str, ...]
    password_file: Path | None = None
    user_header: str = ""
    proxy_secret_file: Path | None = None
    actors: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The address of `listen`, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return int(self.listen.rpartition(":")[2])


def build_web(data: dict[str, Any], base: Path) -> WebSettings:
    """Build it of a section without faults; file names are relative to `base`."""
    values = dict(data)
    values |= {key: tuple(data[key]) for key in ("hosts", "actors") if key in data}
    values |= {key: tuple(str(ip_address(each)) for each in data[key]) for key in ("proxies", "metrics_from")}
    values |= {key: base / data[key] for key in ("state", "password_file", "proxy_secret_file") if key in data}
    return WebSettings(**values)
