"""The word radtune in the sections of a virtual server, where docs/own-site.md says it belongs."""

from collections.abc import Callable, Iterator

from radtune_tools.raddb_edit.changes import ByHandError, OpenFile
from radtune_tools.raddb_edit.config_edit import Edit, insert_before, insert_first, insert_last
from radtune_tools.raddb_edit.config_tree import Item, NotUnderstoodError
from radtune_tools.setup.endings import check_goes_on

WORD = "radtune"
_POST_AUTH_TYPES = ("reject", "challenge", "client-lost")
"""The sections of post-auth for denied logins."""


def outer_edits(file: OpenFile, server: Item) -> Iterator[Edit]:
    """Yield what a virtual server for NASes lacks. Raises ByHandError."""
    yield from _before_eap(file, _one(file, server, "authorize"))
    yield from _accounting(file, _one(file, server, "accounting"))
    post_auth = _one(file, server, "post-auth")
    yield from _last(file, post_auth)
    yield from _on_reject(file, post_auth)


def inner_edits(file: OpenFile, server: Item) -> Iterator[Edit]:
    """Yield what an inner tunnel lacks. Raises ByHandError."""
    yield from _before_eap(file, _one(file, server, "authorize"))
    yield from _last(file, _one(file, server, "post-auth"))


def check_edits(file: OpenFile, server: Item) -> Iterator[Edit]:
    """Yield what a check of certificates lacks. Raises ByHandError."""
    yield from _last(file, _one(file, server, "authorize"))


def calls(section: Item, word: str) -> list[Item]:
    """Return the places where a section calls this module or policy, at any depth, but not by Post-Auth-Type."""
    found = []
    for each in section.items:
        if each.kind in ("word", "section") and len(each.words) == 1 and each.name.removeprefix("-") == word:
            found.append(each)
        elif each.kind == "section" and each.name.lower() != "post-auth-type":
            found += calls(each, word)
    return found


def _one(file: OpenFile, server: Item, name: str) -> Item:
    """Return the section of this name, if radtune knows all that is in it."""
    found = server.sections(name)
    where = " ".join(server.words)
    if len(found) != 1:
        what = f"{where} has no section {name}" if not found else f"{where} has several sections {name}"
        raise file.refuse(server.start, what)
    for item in (*server.items, *found[0].everything()):
        if item.kind in ("include", "template"):
            raise file.refuse(item.start, f"what {' '.join(item.words)} brings into {where} is unknown here")
        if item in found[0].items and item.kind in ("word", "section") and "${" in " ".join(item.words):
            raise file.refuse(item.start, f"what {' '.join(item.words)} stands for is unknown here")
    return found[0]


def _before_eap(file: OpenFile, section: Item) -> Iterator[Edit]:
    eaps = calls(section, "eap")
    if len(eaps) != 1:
        why = "no eap stands there" if not eaps else "eap stands there more than once"
        raise file.refuse((eaps[1] if eaps else section).start, f"{why} (authorize)")
    if eaps[0] not in section.items:
        raise file.refuse(eaps[0].start, "eap stands inside of a block there")
    words = calls(section, WORD)
    if words and words[0].start > eaps[0].start:
        raise file.refuse(words[0].start, "radtune stands behind eap, which ends the section")
    if not words:
        yield _edit(file, lambda: insert_before(file.config, eaps[0], WORD))


def _accounting(file: OpenFile, section: Item) -> Iterator[Edit]:
    if calls(section, WORD):
        return
    filters = calls(section, "attr_filter.accounting_response")
    if len(filters) > 1 or any(each not in section.items for each in filters):
        raise file.refuse(filters[0].start, "attr_filter.accounting_response stands inside of a block, or twice")
    _check_goes_on(file, section, section.end)
    if filters:
        yield _edit(file, lambda: insert_before(file.config, filters[0], WORD))
    else:
        yield _edit(file, lambda: insert_last(file.config, section, WORD))


def _last(file: OpenFile, section: Item) -> Iterator[Edit]:
    for each in section.items:
        if each.kind == "section" and each.name.lower() == "post-auth-type":
            kind = each.words[1].lower() if len(each.words) > 1 else ""
            if kind not in _POST_AUTH_TYPES:
                raise file.refuse(each.start, "a Post-Auth-Type of your own takes the place of the whole section")
    words = calls(section, WORD)
    _check_goes_on(file, section, words[0].start if words else section.end)
    if not words:
        yield _edit(file, lambda: insert_last(file.config, section, WORD))


def _check_goes_on(file: OpenFile, section: Item, end: int) -> None:
    """Refuse a section that may end before this place: a login that ends there would not be judged."""
    types = [each for each in section.items if each.kind == "section" and each.name.lower() == "post-auth-type"]
    check_goes_on(
        file,
        (
            item
            for item in section.everything()
            if item.start < end and not any(each.start <= item.start < each.end for each in types)
        ),
    )


def _on_reject(file: OpenFile, section: Item) -> Iterator[Edit]:
    found = section.sections("Post-Auth-Type", "REJECT")
    if len(found) > 1:
        raise file.refuse(found[1].start, "a second Post-Auth-Type REJECT")
    if not found:
        yield _edit(file, lambda: insert_last(file.config, section, f"\nPost-Auth-Type REJECT {{\n\t{WORD}\n}}"))
    elif not calls(found[0], WORD):
        yield _edit(file, lambda: insert_first(file.config, found[0], f"{WORD}\n"))


def _edit(file: OpenFile, make: Callable[[], Edit]) -> Edit:
    try:
        return make()
    except NotUnderstoodError as error:
        raise ByHandError(
            f"{file.view.place(file.path)}:{error.line}", f"radtune doesn't edit {error.why}", file.advice
        ) from None
