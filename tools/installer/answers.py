"""The variables of `make install`: as they are given now, or were the last time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

_DEBIAN = {"LOGDIR": "/var/log/radtune", "RADIUS_USER": "freerad", "RADIUSD": "freeradius"}
_ELSEWHERE = {"LOGDIR": "/var/log/radius", "RADIUS_USER": "radiusd", "RADIUSD": "radiusd"}
_DEFAULTS = {
    "RADDB": "/etc/freeradius/3.0",
    "CONFDIR": "/etc/radtune",
    "STATEDIR": "/var/lib/radtune",
    "PYTHON": "/usr/bin/python3",
}
_FIXED = ("RADDB", "CONFDIR", "STATEDIR")
"""Variables that an upgrade can't change: files that are switched on, and the stores, would stay behind."""
_PATHS = ("PREFIX", *_FIXED, "LOGDIR", "PYTHON")
_WORD = re.compile(
    r"(?P<lib>/usr/local/lib/radtune)|(?P<bin>/usr/local/bin)|(?P<statedir>/var/lib/radtune)"
    r"|(?P<raddb>/etc/freeradius/3\.0)|(?P<confdir>/etc/radtune)|(?P<logdir>/var/log/radtune)|(?P<defaults>/etc/default)"
    r"|(?<=^#!)(?P<python>/usr/bin/python3)|(?P<user>\bfreerad\b)|(?<=PACKAGE_TOOL = \")(?P<package_tool>apt-get)"
    r"|(?<=\nINSTALL = \")(?P<install>apt-get install)"
    r"|(?P<server>(?<=SERVER = \")freeradius|(?<=systemctl restart )freeradius|\bfreeradius(?=\.service| -[CX]))"
)
"""Debian's places in radtune's files, to be replaced. A checkout works as it is, so there are no placeholders."""


class InstallError(Exception):
    """Nothing can be installed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The variables of `make install`; paths are those of the finished system, without DESTDIR."""

    destdir: str
    prefix: str
    values: Mapping[str, str]

    @property
    def lib(self) -> str:
        """The directory of the packages."""
        return f"{self.prefix}/lib/radtune"

    @property
    def raddb(self) -> str:
        """The server's configuration directory."""
        return self.values["RADDB"]

    @property
    def confdir(self) -> str:
        """The directory of settings, policy and secrets."""
        return self.values["CONFDIR"]

    @property
    def is_debian(self) -> bool:
        """True if the server is laid out as in Debian and Ubuntu."""
        return _is_debian(self.raddb)

    def place(self, path: str) -> Path:
        """Return the present path of a file of the finished system, below DESTDIR."""
        return Path(f"{self.destdir}{path}")

    def render(self, text: str) -> str:
        """Return one of radtune's files as it is on this system."""
        words = {
            "lib": self.lib,
            "bin": f"{self.prefix}/bin",
            "statedir": self.values["STATEDIR"],
            "raddb": self.raddb,
            "confdir": self.confdir,
            "logdir": self.values["LOGDIR"],
            "defaults": "/etc/default" if self.is_debian else "/etc/sysconfig",
            "python": self.values["PYTHON"],
            "user": self.values["RADIUS_USER"],
            "server": self.values["RADIUSD"],
            "install": "apt-get install" if self.is_debian else "dnf install",
            "package_tool": "apt-get" if self.is_debian and which("apt-get") else "",
        }
        return _WORD.sub(lambda match: words[match.lastgroup or ""], text)


def _is_debian(raddb: str) -> bool:
    return f"{raddb}/".startswith("/etc/freeradius/")


def prefix_of(notes: Mapping[str, str]) -> str:
    """Return PREFIX without a slash at its end. Raises InstallError."""
    prefix = notes.get("PREFIX", "").rstrip("/")
    return _checked("PREFIX", prefix) if prefix else prefix


def settle(notes: Mapping[str, str], remembered: Mapping[str, str]) -> Answers:
    """Return the answers: what was told now, else the last time, else what fits RADDB. Raises InstallError."""
    said = {name: value for name, value in notes.items() if value}
    raddb = (said.get("RADDB") or remembered.get("RADDB") or _DEFAULTS["RADDB"]).rstrip("/")
    values = dict(remembered) or {**_DEFAULTS, **(_DEBIAN if _is_debian(raddb) else _ELSEWHERE)}
    values |= {name: value for name, value in said.items() if name in values} | {"RADDB": raddb}
    values = {name: _checked(name, value.rstrip("/")) for name, value in values.items()}
    if moved := [name for name in _FIXED if remembered and values[name] != remembered[name]]:
        said_before = " and ".join(f"{name}={remembered[name]}" for name in moved)
        raise InstallError(f"radtune is installed with {said_before}. Run make uninstall first, if you mean to move it")
    return Answers(notes.get("DESTDIR", "").rstrip("/"), prefix_of(notes), values)


def _checked(name: str, value: str) -> str:
    """Return a value that can stand in shell, cron, systemd and FreeRADIUS files as it is."""
    form = r"/[A-Za-z0-9/._+-]+" if name in _PATHS else r"[A-Za-z_][A-Za-z0-9_.-]*"
    if not re.fullmatch(form, value):
        kind = "an absolute path" if name in _PATHS else "a name"
        raise InstallError(f"{name}={value}: write {kind} of letters, digits and ._-+ only")
    return value
