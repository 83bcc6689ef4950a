"""The lines of the eap module that name the inner tunnel and the check of certificates."""

import re
from collections.abc import Iterable, Iterator

from radtune.dataclass import dataclass, field
from radtune_tools.raddb_edit.changes import ByHandError, OpenFile, View
from radtune_tools.raddb_edit.config_edit import Edit, insert_last, set_value
from radtune_tools.raddb_edit.config_tree import Item, NotUnderstoodError
from radtune_tools.raddb_edit.raddb_files import ForeignFileError

KEY = "virtual_server"
_MAY_HAVE_EAP = re.compile(rb"^[^#\n]*(?:\beap\b|\$-?INCLUDE\b)", re.MULTILINE)
CHECK, TUNNEL, STOCK_TUNNEL = "radtune-check-eap-tls", "radtune-inner-tunnel", "inner-tunnel"
_ADVICE = (
    f"in the one eap module, let {KEY} of tls {{ }} be {CHECK}, and that of ttls {{ }} and peap {{ }} your inner "
    f"tunnel or {TUNNEL}; see docs/eap.md"
)


@dataclass(frozen=True, slots=True)
class EapModule:
    """The one eap module; its methods by name, each with its line virtual_server or None."""

    file: OpenFile
    methods: dict[str, tuple[Item, Item | None]] = field(default_factory=dict)

    def server(self, method: str) -> str:
        """Return the virtual server that a method names, '' if it names none or isn't there."""
        pair = self.methods.get(method, (None, None))[1]
        return self.file.config.value(pair) if pair is not None else ""

    @property
    def tunnels(self) -> list[str]:
        """The virtual servers of the methods with a tunnel, each once. Raises ByHandError for a method without."""
        found = [method for method in ("ttls", "peap") if method in self.methods]
        for method in found:
            if not self.server(method):
                raise self.file.refuse(self.methods[method][0].start, f"{method} names no {KEY}")
        return list(dict.fromkeys(self.server(method) for method in found))


def find_eap(view: View) -> EapModule:
    """Return the eap module of mods-enabled. Raises ByHandError if it isn't the one that radtune knows."""
    found = list(_eap_sections(view))
    if len(found) != 1:
        raise ByHandError(
            view.place("mods-enabled"), f"{len(found)} eap modules are enabled, and radtune edits one", _ADVICE
        )
    file, eap = found[0]
    if len(eap.words) > 1:
        raise file.refuse(eap.start, f"the eap module has a name of its own, {eap.words[1]}")
    _check_no_include(file, eap.items, " into eap")
    return EapModule(file, {name: _method(file, eap, name) for name in ("tls", "ttls", "peap") if eap.sections(name)})


def _eap_sections(view: View) -> Iterator[tuple[OpenFile, Item]]:
    for path in view.enabled("mods"):
        try:
            content = view.read(view.real(path)).content
        except ForeignFileError as error:
            raise ByHandError(view.place(path), f"it {error}", _ADVICE) from None
        if _MAY_HAVE_EAP.search(content):
            file = view.config(path, _ADVICE)
            _check_no_include(file, file.config.top.items)
            yield from ((file, item) for item in file.config.top.items if item.kind == "section" and item.name == "eap")


def _check_no_include(file: OpenFile, items: Iterable[Item], where: str = "") -> None:
    for item in items:
        if item.kind in ("include", "template"):
            raise file.refuse(item.start, f"what {' '.join(item.words)} brings{where} is unknown here")


def _method(file: OpenFile, eap: Item, name: str) -> tuple[Item, Item | None]:
    sections = eap.sections(name)
    pairs = sections[0].pairs(KEY)
    if len(sections) > 1 or len(pairs) > 1:
        raise file.refuse((pairs[1] if len(pairs) > 1 else sections[1]).start, f"a second one in eap's {name}")
    _check_no_include(file, sections[0].everything(), f" into {name}")
    if pairs and "$" in file.config.value(pairs[0]):
        raise file.refuse(pairs[0].start, f"what {file.config.value(pairs[0])} stands for is unknown here")
    return sections[0], pairs[0] if pairs else None


def eap_edits(module: EapModule, *, own_tunnels: bool) -> Iterator[Edit]:
    """Name the check of certificates, if none is named, and radtune's tunnel for the stock one.

    With `own_tunnels` the tunnels stay. Raises ByHandError.
    """
    if "tls" in module.methods and not module.server("tls"):
        section, pair = module.methods["tls"]
        if pair is not None:
            raise module.file.refuse(pair.start, f"{KEY} has no value")
        try:
            yield insert_last(module.file.config, section, f"{KEY} = {CHECK}")
        except NotUnderstoodError as error:
            raise module.file.refuse(section.start, f"radtune doesn't edit {error.why}") from None
    for method in ("ttls", "peap"):
        pair = module.methods.get(method, (None, None))[1]
        if not own_tunnels and pair is not None and module.server(method) == STOCK_TUNNEL:
            yield set_value(module.file.config, pair, TUNNEL)
        elif not own_tunnels and method in module.methods and module.server(method) != TUNNEL:
            where = module.methods[method][0] if pair is None else pair
            raise module.file.refuse(
                where.start, f"{method} names a tunnel of yours; --sites own adds radtune's words to it"
            )
