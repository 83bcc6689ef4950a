"""The section `push` of settings.yaml -> Destination records."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from radtune.config.yaml_file import Document, KeyPath
from radtune.dataclass import dataclass
from radtune.policy.patterns import duration

LOCAL_LOG = "/dev/log"
"""The socket of the local syslog."""
_TLS = {"ca_file", "certificate_file", "private_key_file"}
_OWN = {
    "syslog": {"address", "facility", *_TLS},
    "webhook": {"url", "url_file", "template", "secret_file", "proxy", *_TLS},
}
"""The keys that only one type takes."""
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[!-~]*)?"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """A place that client events are pushed to. Paths are absolute, times in seconds.

    kinds: the kinds of events that go there
    sites, outcomes: only events with one of these; () for all
    address: of a syslog: a socket's path, or HOST:PORT for TLS
    url, url_file: of a webhook, one of them
    secret_file: the key of a webhook's signature
    proxy: a URL, 'none', or '' for that of the environment
    batch: the most events in one request or on one connection
    timeout: for one request, or for one connection
    give_up: the age from which an event isn't sent any more
    """

    name: str
    type: Literal["syslog", "webhook"]
    kinds: tuple[str, ...]
    batch: int
    timeout: int
    give_up: int
    sites: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    address: str = LOCAL_LOG
    facility: str = "daemon"
    url: str = ""
    url_file: Path | None = None
    template: Literal["json", "slack", "teams"] = "json"
    secret_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    private_key_file: Path | None = None
    proxy: str = ""


def check_destinations(document: Document) -> None:
    """Note the faults that the schema can't see."""
    document.check_unique("push", "name", str.lower)
    for path, entry in document.items("push"):
        kind = str(entry.get("type"))
        for other, keys in _OWN.items():
            for key in sorted(keys & set(entry) - _OWN.get(kind, keys)):
                document.problem((*path, key), f"only a {other} has this key")
        if kind == "webhook":
            _check_webhook(document, path, entry)
        elif str(entry.get("address", LOCAL_LOG)).startswith("/"):
            for key in sorted(_TLS & set(entry)):
                document.problem((*path, key), "only an address with a host has this key; the local syslog has no TLS")
        if ("certificate_file" in entry) != ("private_key_file" in entry):
            document.problem(path, "certificate_file and private_key_file go together")


def _check_webhook(document: Document, path: KeyPath, entry: Mapping[str, Any]) -> None:
    if ("url" in entry) == ("url_file" in entry):
        document.problem(path, "a webhook has a url or a url_file, one of them")
    if isinstance(url := entry.get("url"), str) and (said := url_problem(url)):
        document.problem((*path, "url"), said)


def url_problem(url: str) -> str:
    """Return why events can't be sent to this URL, or ''. The URL itself may be a secret, so it isn't shown."""
    parts = _URL.fullmatch(url)
    if parts is None or int(parts["port"] or 1) not in range(1, 65536):
        return "not a URL that can be asked for; expected https://HOST/…, without a user and in ASCII"
    if parts["scheme"] == "http" and not _is_loopback(parts["host"].strip("[]")):
        return "http would send names of people in the clear; use https, or http to this machine alone"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def build_destination(entry: Mapping[str, Any], base: Path) -> Destination:
    """Return the destination of an entry without faults, defaults included; file names are relative to `base`."""
    files = {key: base / value for key, value in entry.items() if key.endswith("_file")}
    lists = {key: tuple(entry[key]) for key in ("kinds", "sites", "outcomes") if key in entry}
    times = {key: duration(entry[key]) for key in ("timeout", "give_up")}
    return Destination(**{**entry, **files, **lists, **times})
