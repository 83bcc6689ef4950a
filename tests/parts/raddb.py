"""A private copy of Debian's stock configuration, with radtune put into it as the manual tells an operator."""

import os
import pwd
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from parts.pki import KeyPair
from parts.readable import LIBRARIES, PROJECT, readable
from parts.stock import stock

USER = "freerad"
SITES = ("radtune", "radtune-inner-tunnel", "radtune-check-eap-tls")
LISTEN = re.compile(r"^listen \{\n.*?^\}\n", re.MULTILINE | re.DOTALL)
DEFAULT_PYTHON_PATH = (PROJECT / "module", LIBRARIES)

Change = Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """What a test changes in the eap module; with `cache`, sessions are resumable and `store` lists what they keep."""

    cache: bool = False
    store: Sequence[str] = ("Tunnel-Private-Group-Id",)
    max_version: str = "1.2"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a private configuration directory is made of.

    `clients` are addresses or networks that may send requests with `secret`; `users` are lines of the users file;
    `hook` is the Python module that FreeRADIUS loads; `sites` are the virtual servers to enable, that for NASes first;
    `changes` are called with the directory when radtune is in it, for what only one test wants; `environment` are
    further variables of the server's environment; `shipped` are radtune's files.
    """

    ca_pem: bytes
    server: KeyPair
    settings: Path
    hook: str = "radtune.server.hook"
    python_path: Sequence[Path] = DEFAULT_PYTHON_PATH
    secret: str = "testing123"
    clients: Sequence[str] = ("127.0.0.1",)
    users: str = ""
    tls: TlsOptions = TlsOptions()
    sites: Sequence[str] = SITES
    changes: Sequence[Change] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    shipped: Path = PROJECT / "raddb"


@contextmanager
def server_directory() -> Iterator[Path]:
    """Give an empty directory that the server's user owns and, unlike pytest's own, can reach; removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="radtune-"))
    try:
        directory.chmod(0o755)
        give_to_server(directory)
        yield directory
    finally:
        shutil.rmtree(directory)


def give_to_server(*paths: Path) -> None:
    """Make the server's user the owner of these trees; nothing to do where the tests don't run as root."""
    if os.geteuid() != 0:
        return
    owner = pwd.getpwnam(USER)
    for top in paths:
        for path in (top, *top.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def edit(file: Path, *replacements: tuple[str, str]) -> None:
    """Replace what regular expressions (multi-line) match; each has to match: a changed stock file shall be noticed."""
    text = file.read_text()
    for pattern, new in replacements:
        text, found = re.subn(pattern, new.replace("\\", r"\\"), text, flags=re.MULTILINE)
        if not found:
            raise ValueError(f"{file}: nothing matches {pattern!r}")
    file.write_text(text)


def build(raddb: Path, layout: Layout, address: str, auth_port: int, acct_port: int) -> None:
    """Make the configuration directory `raddb`; logs, pid file and sessions go into its parent directory."""
    shutil.copytree(stock(), raddb, symlinks=True)
    _main_file(raddb)
    _clients(raddb, layout)
    _install(raddb, layout)
    _eap(raddb, layout)
    users = raddb / "mods-config/files/authorize"
    users.write_text(f"{layout.users}\n{users.read_text()}")
    for change in layout.changes:
        change(raddb)
    _listen(raddb, layout, address, {"auth": auth_port, "acct": acct_port})
    give_to_server(raddb.parent)


def enable(raddb: Path, kind: str, *names: str) -> None:
    """Link files of `kind`-available (mods, sites) into `kind`-enabled."""
    for name in names:
        (raddb / f"{kind}-enabled" / name).symlink_to(f"../{kind}-available/{name}")


def _listen(raddb: Path, layout: Layout, address: str, ports: dict[str, int]) -> None:
    """Give the first site the ports of this server, and no other site any."""
    for number, site in enumerate(layout.sites):
        file = raddb / "sites-available" / site
        text = LISTEN.sub("", file.read_text())
        if number == 0:
            kinds = (
                f"listen {{\n\ttype = {kind}\n\tipaddr = {address}\n\tport = {port}\n}}\n"
                for kind, port in ports.items()
            )
            text = text.replace(f"server {site} {{\n", f"server {site} {{\n{''.join(kinds)}", 1)
        file.write_text(text)


def _main_file(raddb: Path) -> None:
    place = raddb.parent
    changes = [
        (r"^logdir = .*", f"logdir = {place}/log"),
        (r"^raddbdir = .*", f"raddbdir = {raddb}"),
        (r"^run_dir = .*", f"run_dir = {place}/run"),
        (r"^db_dir = .*", f"db_dir = {place}/run"),
        (r"^\treject_delay = .*", "\treject_delay = 0"),
        (r"^\tauth = no", "\tauth = yes"),
    ]
    if os.geteuid() != 0:
        changes.append((r"^\t(user|group) = .*", ""))
    edit(raddb / "radiusd.conf", *changes)
    for name in ("log", "run", "run/tlscache"):
        (place / name).mkdir(mode=0o700, exist_ok=True)


def _clients(raddb: Path, layout: Layout) -> None:
    sections = [
        f"client test{number} {{\n\tipaddr = {address}\n\tsecret = {layout.secret}\n}}\n"
        for number, address in enumerate(layout.clients)
    ]
    (raddb / "clients.conf").write_text("".join(sections))


def _install(raddb: Path, layout: Layout) -> None:
    """Copy radtune's files and enable them."""
    shutil.copytree(layout.shipped, raddb, dirs_exist_ok=True)
    for site in ("default", "inner-tunnel"):
        (raddb / "sites-enabled" / site).unlink()
    enable(raddb, "mods", "radtune")
    enable(raddb, "sites", *layout.sites)
    with (raddb / "dictionary").open("a") as dictionary:
        dictionary.write("\n$INCLUDE mods-config/radtune/dictionary\n")
    edit(
        raddb / "mods-available/radtune",
        (r"^\tpython_path = .*", f'\tpython_path = "{":".join(str(readable(path)) for path in layout.python_path)}"'),
        (r"^\tmodule = .*", f'\tmodule = "{layout.hook}"'),
        (r"^\t\tsettings = .*", f'\t\tsettings = "{layout.settings}"'),
    )


def _eap(raddb: Path, layout: Layout) -> None:
    certs = raddb / "certs"
    (certs / "ca.pem").write_bytes(layout.ca_pem)
    layout.server.write(certs, "server")
    edit(
        raddb / "mods-available/eap",
        (r"^\t\tprivate_key_password = .*", ""),
        (r"^\t\tprivate_key_file = .*", "\t\tprivate_key_file = ${certdir}/server.key"),
        (r"^\t\tcertificate_file = .*", "\t\tcertificate_file = ${certdir}/server.pem"),
        (r"^\t\tca_file = .*", "\t\tca_file = ${cadir}/ca.pem"),
        (r"^\t\ttls_max_version = .*", f'\t\ttls_max_version = "{layout.tls.max_version}"'),
        (r"^\t#\tvirtual_server = check-eap-tls", "\t\tvirtual_server = radtune-check-eap-tls"),
        (r'^\t\tvirtual_server = "inner-tunnel"', '\t\tvirtual_server = "radtune-inner-tunnel"'),
    )
    if layout.tls.cache:
        edit(
            raddb / "mods-available/eap",
            (r"^\t\t\tenable = no\n(?=\n\t\t\t#  Lifetime)", "\t\t\tenable = yes\n"),
            (r'^\t\t#\tname = "EAP module"', '\t\t\tname = "EAP module"'),
            (r'^\t\t#\tpersist_dir = "\$\{logdir\}/tlscache"', '\t\t\tpersist_dir = "${db_dir}/tlscache"'),
            (r"^\t\t\t\tTunnel-Private-Group-Id", "".join(f"\t\t\t\t{name}\n" for name in layout.tls.store)),
        )
