"""The steps of docs/install.md, each with its reason and the changes that it still needs."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from radtune.dataclass import dataclass
from radtune_tools.raddb_edit.changes import ByHandError, Change, View, changed, link
from radtune_tools.raddb_edit.config_tree import Item
from radtune_tools.raddb_edit.raddb_files import ABSENT, FILE, LINK, Entry, ForeignFileError
from radtune_tools.setup.eap import CHECK, TUNNEL, eap_edits, find_eap
from radtune_tools.setup.virtual_servers import server_steps

SITE = "radtune"
STOCK_SITES = ("default", "inner-tunnel")
DICTIONARY = "mods-config/radtune/dictionary"
_INCLUDED = re.compile(
    rb"^[ \t]*\$INCLUDE[ \t]+(?:\S*/)?" + re.escape(DICTIONARY.encode()) + rb"[ \t\r]*$", re.MULTILINE
)
_BLOCK = re.compile(rb"^[ \t]*(BEGIN|END)-(?:VENDOR|TLV|PROTOCOL)", re.MULTILINE)
_INSTALL = "install radtune's files, as docs/install.md says"
Changes = Callable[[View], list[Change]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, why it is needed, and what returns its changes in a view; none if it is already done.

    live: it changes what clients get, so all such steps are done, or none
    changes: raises ByHandError
    """

    name: str
    why: str
    changes: Changes
    live: bool = False


def steps(sites: str, servers: Sequence[str]) -> list[Step]:
    """Return the steps. With `sites` radtune, its sites replace the stock ones; with own, the operator's stay.

    `servers` names the operator's virtual servers that get radtune; all of them if it is empty.
    """
    first = [
        Step("dictionary", "The server has to know radtune's own attributes.", _dictionary),
        Step("module", "The server loads radtune, and utf8, which keeps broken names from it.", _modules),
        Step("site of the checks", "EAP-TLS asks it about each certificate.", _site_of_checks),
    ]
    if sites == "own":
        edit_eap = Step("eap", "EAP-TLS has to name its check of certificates.", _eap_own, live=True)
        return [*first, edit_eap, *(Step(*each, live=True) for each in server_steps(servers))]
    return [
        *first,
        Step("site of the tunnels", "It judges the logins inside of EAP-TTLS and PEAP.", _site_of_tunnels),
        Step("eap", "Tunnels and certificates have to be judged by radtune's sites.", _eap_radtune, live=True),
        Step("checks of certificates", "Your own check has to ask radtune.", server_steps(servers)[0][2], live=True),
        Step("site", "radtune's site takes the place of the stock ones.", _sites, live=True),
    ]


def _dictionary(view: View) -> list[Change]:
    advice = f"add the line $INCLUDE {DICTIONARY} to dictionary"
    _need(view, DICTIONARY, FILE)
    path, entry = _file(view, "dictionary", advice)
    if _INCLUDED.search(entry.content):
        return []
    blocks = [match[1] for match in _BLOCK.finditer(entry.content)]
    if blocks.count(b"BEGIN") != blocks.count(b"END") or entry.content.rstrip(b"\r\n").endswith(b"\\"):
        raise ByHandError(view.place(path), "a block in it is not closed", advice)
    end = b"\r\n" if b"\r\n" in entry.content else b"\n"
    start = b"" if not entry.content or entry.content.endswith(b"\n") else end
    return [changed(path, entry, entry.content + start + f"$INCLUDE {DICTIONARY}".encode() + end)]


def _modules(view: View) -> list[Change]:
    _need(view, "policy.d/radtune", FILE)
    _check_main_file(view)
    return [*_enable(view, "mods", "utf8"), *_enable(view, "mods", "radtune")]


def _check_main_file(view: View) -> None:
    """Refuse a server that doesn't read the directories into which the links go."""
    advice = "let radiusd.conf include mods-enabled/, policy.d/ and sites-enabled/, as the stock one does"
    file = view.config("radiusd.conf", advice)
    read = {
        (tuple(each.words for each in path), item.words[1].strip("/").rpartition("/")[2])
        for path, item in _includes([file.config.top])
    }
    for section, directory in (("modules", "mods-enabled"), ("policy", "policy.d"), ("", "sites-enabled")):
        where = ((section,),) if section else ()
        if (where, directory) not in read:
            raise ByHandError(view.place(file.path), f"it doesn't include {directory}", advice)


def _includes(path: list[Item]) -> Iterator[tuple[list[Item], Item]]:
    for item in path[-1].items:
        if item.kind == "include":
            yield path[1:], item
        yield from _includes([*path, item])


def _site_of_checks(view: View) -> list[Change]:
    server = find_eap(view).server("tls")
    return _enable(view, "sites", CHECK) if server in ("", CHECK) else []


def _site_of_tunnels(view: View) -> list[Change]:
    return _enable(view, "sites", TUNNEL)


def _eap_own(view: View) -> list[Change]:
    module = find_eap(view)
    return module.file.change(eap_edits(module, own_tunnels=True))


def _eap_radtune(view: View) -> list[Change]:
    module = find_eap(view)
    return module.file.change(eap_edits(module, own_tunnels=False))


def _sites(view: View) -> list[Change]:
    return [*_enable(view, "sites", SITE), *_disable(view, STOCK_SITES)]


def _disable(view: View, names: Iterable[str]) -> Iterator[Change]:
    for name in names:
        path = f"sites-enabled/{name}"
        entry = _read(view, path)
        if entry.kind == FILE and entry.content != _read(view, f"sites-available/{name}").content:
            raise ByHandError(
                view.place(path),
                "it is a file of yours and not a link",
                "move it out of sites-enabled, or use --sites own",
            )
        if entry.kind != ABSENT:
            yield Change(path, entry, Entry())


def _enable(view: View, kind: str, name: str) -> list[Change]:
    """Return the link that switches a file on, if neither a link nor a copy does."""
    path, available = f"{kind}-enabled/{name}", f"{kind}-available/{name}"
    _need(view, available, FILE)
    entry = _read(view, path)
    if entry.kind == ABSENT:
        return [link(path, f"../{available}")]
    if entry.kind == LINK and _real(view, path) != available:
        raise ByHandError(view.place(path), f"it is a link to {entry.target}", f"let it be a link to ../{available}")
    return []


def _need(view: View, path: str, kind: str) -> None:
    if _read(view, path).kind != kind:
        stock = PurePosixPath(path).name == "utf8"
        raise ByHandError(
            view.place(path), "there is no such file", "reinstall FreeRADIUS's files" if stock else _INSTALL
        )


def _read(view: View, path: str) -> Entry:
    try:
        return view.read(path)
    except ForeignFileError as error:
        raise ByHandError(view.place(path), f"it {error}", "let it be a plain file, or a link to one") from None


def _real(view: View, path: str) -> str:
    try:
        return view.real(path)
    except ForeignFileError as error:
        raise ByHandError(view.place(path), f"it {error}", "let it be a plain file, or a link to one") from None


def _file(view: View, path: str, advice: str) -> tuple[str, Entry]:
    real = _real(view, path)
    entry = _read(view, real)
    if entry.kind != FILE:
        raise ByHandError(view.place(real), "there is no such file", advice)
    return real, entry
