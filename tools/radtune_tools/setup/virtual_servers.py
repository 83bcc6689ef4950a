"""An operator's own virtual servers: which of them radtune belongs into, and its words in them."""

from collections.abc import Callable, Iterator, Sequence

from radtune_tools.raddb_edit.changes import ByHandError, Change, OpenFile, View
from radtune_tools.raddb_edit.config_edit import Edit
from radtune_tools.raddb_edit.config_tree import Item
from radtune_tools.raddb_edit.raddb_files import ABSENT, ForeignFileError
from radtune_tools.setup.eap import CHECK, TUNNEL, find_eap
from radtune_tools.setup.sections import WORD, calls, check_edits, inner_edits, outer_edits

OURS = ("radtune", TUNNEL, CHECK)
_ADVICE = "write the word radtune where docs/own-site.md says"
Words = Callable[[OpenFile, Item], Iterator[Edit]]


def server_steps(names: Sequence[str]) -> list[tuple[str, str, Callable[[View], list[Change]]]]:
    """Return name, reason and changes of each step on an operator's virtual servers; checks of certificates first."""
    return [
        ("checks of certificates", "Your own check has to ask radtune.", _checks),
        ("inner tunnels", "Who logs in inside of a tunnel has to be judged there.", _tunnels),
        ("virtual servers", "Each login has to be judged, and each session known.", lambda view: _outer(view, names)),
    ]


def _checks(view: View) -> list[Change]:
    server = find_eap(view).server("tls")
    return [] if server in ("", *OURS) else _edited(view, [server], check_edits)


def _tunnels(view: View) -> list[Change]:
    return _edited(view, [each for each in find_eap(view).tunnels if each not in OURS], inner_edits)


def _outer(view: View, names: Sequence[str]) -> list[Change]:
    eap = find_eap(view)
    inside = {*eap.tunnels, eap.server("tls")}
    there = [server for _, server in servers_of(view) if len(server.words) == 2]
    with_eap = [each.words[1] for each in there if each.words[1] not in inside and _asks_eap(each)]
    wanted = list(names) or [name for name in with_eap if name not in OURS]
    if both := sorted(set(wanted) & inside):
        raise ByHandError(view.place("sites-enabled"), f"{both[0]} is an inner tunnel or a check, too", _ADVICE)
    if not wanted:
        raise ByHandError(view.place("sites-enabled"), "no virtual server there has eap in authorize", _ADVICE)
    if len(wanted) > 1 and not names:
        known = " and ".join(f"--server {name}" for name in wanted)
        raise ByHandError(
            view.place("sites-enabled"), f"{' and '.join(wanted)} have eap", f"say which radtune is for: {known}"
        )
    return _edited(view, wanted, outer_edits)


def missing_servers(view: View) -> list[str]:
    """Return those of radtune's virtual servers that eap names and that are not enabled, as far as that is known."""
    try:
        eap = find_eap(view)
        there = {server.words[1] for _, server in servers_of(view) if len(server.words) == 2}
        return [name for name in (*eap.tunnels, eap.server("tls")) if name in OURS and name not in there]
    except ByHandError:
        return []


def servers_without_radtune(view: View) -> list[str]:
    """Return the virtual servers that take logins of NASes and don't ask radtune, as far as they are known."""
    try:
        eap = find_eap(view)
        inside = {*eap.tunnels, eap.server("tls")}
        there = [server for _, server in servers_of(view) if len(server.words) == 2 and server.words[1] not in inside]
        return [server.words[1] for server in there if _takes_logins(server) and not _asks_radtune(server)]
    except ByHandError:
        return []


def _takes_logins(server: Item) -> bool:
    listens = any(section.pairs("type") or section.pairs("ipaddr") for section in server.sections("listen"))
    return listens and bool(server.sections("authorize"))


def _asks_radtune(server: Item) -> bool:
    return any(calls(section, WORD) for section in server.sections("post-auth"))


def _asks_eap(server: Item) -> bool:
    return any(item.name == "eap" for section in server.sections("authorize") for item in section.everything())


def _edited(view: View, names: Sequence[str], words: Words) -> list[Change]:
    """Return the changes of the files of these virtual servers; two of them may be in one file."""
    edits: dict[str, tuple[OpenFile, list[Edit]]] = {}
    known = list(servers_of(view)) if names else []
    for name in names:
        found = [(file, server) for file, server in known if server.words[1:] == (name,)]
        if len(found) != 1:
            why = f"virtual server {name} is in no file there" if not found else f"{name} is in several files there"
            raise ByHandError(view.place("sites-enabled"), why, _ADVICE)
        file, server = found[0]
        edits.setdefault(file.path, (file, []))[1].extend(words(file, server))
    return [change for file, each in edits.values() for change in file.change(each)]


def servers_of(view: View) -> Iterator[tuple[OpenFile, Item]]:
    """Yield the virtual servers of sites-enabled with their files. Raises ByHandError."""
    for path in view.enabled("sites"):
        try:
            if view.read(view.real(path)).kind == ABSENT:
                continue
        except ForeignFileError as error:
            raise ByHandError(view.place(path), f"it {error}", _ADVICE) from None
        file = view.config(path, _ADVICE)
        for item in file.config.top.items:
            if item.kind == "section" and item.name == "server":
                yield file, item
            elif item.kind in ("include", "template"):
                raise file.refuse(item.start, f"what {' '.join(item.words)} brings is unknown here")
            elif item.kind == "section" and item.name in ("authorize", "post-auth"):
                raise file.refuse(item.start, f"{item.name} stands outside of a server section")
