"""Takes a noted change back. From a file that was edited since, only the lines that setup wrote."""

from difflib import SequenceMatcher

from radtune_tools.raddb_edit.changes import Change, changed
from radtune_tools.raddb_edit.raddb_files import FILE, Entry

_EDGE = b""
"""Stands for the beginning and the end of a file, among its lines."""


def reversed_change(change: Change, now: Entry) -> Change | None:
    """Return the change that takes a noted one back, from what is there `now`; None if it was never made, or is back.

    Raises ValueError, with the reason, if setup's lines are no longer as it wrote them.
    """
    if now.same(change.before):
        return None
    if now.same(change.after) and now.kind == FILE == change.before.kind:
        return changed(change.path, now, change.before.content)
    if now.same(change.after):
        return Change(change.path, now, change.before)
    if now.kind == change.before.kind == change.after.kind == FILE:
        content = _merged(change.before.content, change.after.content, now.content)
        return changed(change.path, now, content) if content != now.content else None
    was = {"absent": "nothing", "file": "a file", "link": f"a link to {now.target}"}[now.kind]
    raise ValueError(f"{was} is there, which setup didn't leave there")


def _merged(before: bytes, after: bytes, now: bytes) -> bytes:
    """Return the text of `now` in which what changed from `before` to `after` is changed back.

    Each place has to stand in `now` as setup left it, with the lines right above and below it.
    """
    old, ours, theirs = (text.splitlines(keepends=True) for text in (before, after, now))
    same = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    result = list(theirs)
    for tag, ours_from, ours_to, old_from, old_to in reversed(
        SequenceMatcher(None, ours, old, autojunk=False).get_opcodes()
    ):
        if tag == "equal":
            continue
        first, last = max(ours_from - 1, 0), min(ours_to + 1, len(ours))
        around, before_it = ours[first:last], [_EDGE, *old, _EDGE][old_from : old_to + 2]
        if _count(ours, around) != _count(theirs, around):
            if _count([_EDGE, *old, _EDGE], before_it) == _count([_EDGE, *theirs, _EDGE], before_it):
                continue  # taken back by hand already
            raise ValueError(f"setup's lines are not as it wrote them: {_short(ours[ours_from:ours_to])}")
        block = next((each for each in same if each.a <= first and last <= each.a + each.size), None)
        if block is None:
            raise ValueError(f"setup's lines are not as it wrote them: {_short(ours[ours_from:ours_to])}")
        at = block.b + ours_from - block.a
        result[at : at + ours_to - ours_from] = old[old_from:old_to]
    return b"".join(result)


def _count(lines: list[bytes], around: list[bytes]) -> int:
    return sum(lines[at : at + len(around)] == around for at in range(len(lines) - len(around) + 1))


def _short(lines: list[bytes]) -> str:
    return " / ".join(line.decode("utf-8", "backslashreplace").strip() for line in lines)
