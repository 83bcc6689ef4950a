"""What may end a section of a virtual server before its last word, so that a login would not be judged there."""

from collections.abc import Iterable, Iterator

from radtune_tools.raddb_edit.changes import OpenFile, View
from radtune_tools.raddb_edit.config_tree import ENDINGS, ConfigText, Item

_ADVICE = "write the word radtune where docs/own-site.md says, if no policy there ends the section before it"


def check_goes_on(file: OpenFile, items: Iterable[Item]) -> None:
    """Refuse statements that may end their section, also by what they call. Raises ByHandError."""
    called: dict[str, Item] = {}
    for item in items:
        if _ends(file.config, item):
            raise file.refuse(item.start, "this may end the section before its last word")
        called.setdefault(_called(item), item)
    for name in _ending(file.view):
        if name in called:
            raise file.refuse(called[name].start, f"{name} may end the section before its last word")


def _ending(view: View) -> set[str]:
    """Return the names of policies and modules that may end the section which calls them. Raises ByHandError."""
    ending = set(_modules(view))
    bodies = list(_policies(view))
    while more := {name for name, ends, calls in bodies if name not in ending and (ends or calls & ending)}:
        ending |= more
    return ending


def _modules(view: View) -> Iterator[str]:
    """Yield the names of the modules always whose code is handled."""
    for path in view.included("mods-enabled"):
        if b"handled" in view.read(view.real(path)).content:
            file = view.config(path, _ADVICE)
            for module in file.config.top.items:
                if module.name == "always" and any(
                    file.config.value(rcode) == "handled" for rcode in module.pairs("rcode")
                ):
                    yield module.words[-1]


def _policies(view: View) -> Iterator[tuple[str, bool, set[str]]]:
    """Yield name, whether it may end a section, and what it calls, of each policy in policy.d.

    What a file brings that a policy includes is unknown here, so it may.
    """
    for path in view.included("policy.d"):
        file = view.config(path, _ADVICE)
        for policy in (each for each in file.config.top.items if each.kind == "section"):
            inside = list(policy.everything())
            ends = any(item.kind in ("include", "template") or _ends(file.config, item) for item in inside)
            yield _called(policy), ends, {_called(item) for item in inside}


def _ends(config: ConfigText, item: Item) -> bool:
    if item.kind == "pair":
        return config.value(item).lower() in ENDINGS
    return len(item.words) == 1 and _called(item) in ENDINGS


def _called(item: Item) -> str:
    """Return the module or policy of a call: `-sql` calls sql, and `accept.authorize` is accept in authorize."""
    return item.name.lstrip("-").partition(".")[0] if item.kind in ("word", "section") else ""
