"""Owner and mode of each of radtune's files, as docs/files.md has them."""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from radtune.config.settings import Settings
from radtune.dataclass import dataclass
from radtune.file_access import account, group_name, lets_user
from radtune.installation import USER
from radtune_tools.doctor.paths import FILES, File
from radtune_tools.doctor.report import Check, Private, Value, Word, number, one_of

PATTERNS = frozenset(file.path for file in FILES)
_NAMES = frozenset(("root", USER))


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that is there."""

    file: File
    path: Path
    status: os.stat_result


def check_files(found: Check, places: Mapping[str, str], settings: Settings | None, keys: Iterable[Path]) -> None:
    """Note files that others can read or change, and files that the server's user can't use.

    places: as paths.DEFAULTS, those of this installation
    keys: private keys of the server, which aren't radtune's
    """
    there = list(_seen(found, [*_listed(places), *_named(settings), *((_KEY, key) for key in keys)]))
    for seen in there:
        _judge(found, seen)
    _check_ways(found, there)
    found.fact("files", len(there))
    found.said = f"{len(there)} files looked at"


_KEY = File("yours", "", f"root:{USER}", "0640", "the server's private key", "secret")


def _listed(places: Mapping[str, str]) -> Iterator[tuple[File, Path]]:
    return ((file, Path(file.at(places))) for file in FILES if file.path and file.mode)


def _named(settings: Settings | None) -> Iterator[tuple[File, Path]]:
    """Yield the files that settings name."""
    entries = [*settings.tenants, *settings.nas, *settings.push, settings.web] if settings is not None else []
    for file in FILES:
        for key in file.keys if file.mode else ():
            paths = {getattr(entry, key, None) for entry in entries}
            yield from ((file, path) for path in paths if path is not None)


def _seen(found: Check, wanted: Iterable[tuple[File, Path]]) -> Iterator[Seen]:
    """Yield each file that is there once; what this user may not look into is not known."""
    known, hidden = set[Path](), set[Path]()
    for file, pattern in wanted:
        closed = _closed(pattern.parent)
        if closed is not None:
            hidden.add(closed)
            continue
        for path in _matching(pattern):
            try:
                status = path.stat()
            except OSError:
                continue
            if path not in known:
                known.add(path)
                yield Seen(file, path, status)
    for directory in sorted(hidden):
        found.unknown(f"owner and mode of what is in {directory}: this user may not look into it; run as root")


def _closed(directory: Path) -> Path | None:
    """Return the first directory above or at this one that this user may not look into; None if there is none."""
    for each in (*reversed(directory.parents), directory):
        if not os.access(each, os.F_OK, effective_ids=True):
            return None  # not there, and so is nothing below it
        if not os.access(each, os.X_OK | (os.R_OK if each == directory else 0), effective_ids=True):
            return each
    return None


def _matching(pattern: Path) -> Iterator[Path]:
    """Yield what a pattern means: `*` alone stands for everything below; with a directory comes what is in it."""
    if pattern.name == "*":
        yield from (pattern.parent, *pattern.parent.rglob("*"))
        return
    for path in pattern.parent.glob(pattern.name):
        yield path
        if path.is_dir() and path.name in ("devices", "sessions"):
            yield from path.iterdir()


def _judge(found: Check, seen: Seen) -> None:
    file, status = seen.file, seen.status
    owner, is_state = account(status.st_uid), file.owner.startswith(USER)
    fields = _fields(seen.path, status, file)
    if is_state and owner not in (USER, account(os.geteuid()) if os.geteuid() else USER):
        found.find("path_owner", **fields)
    if (file.is_confidential and status.st_mode & 0o007) and _reachable(seen.path):
        found.find("path_open", holds=one_of(file.what, _HELD), **fields)
    if who := _changer(seen, owner):
        found.find("path_writable", who=who, wanted=one_of(file.owner, _OWNERS), **fields)
    need = os.R_OK | (os.X_OK if seen.path.is_dir() else 0)
    if _server_reads(file) and not is_state and not lets_user(status, need, USER):
        found.find("path_unreadable", letters=Word("rx") if need & os.X_OK else Word("r"), **fields)


def _fields(path: Path, status: os.stat_result, file: File) -> dict[str, Value]:
    return {
        "path": Private("path", str(path)),
        "pattern": one_of(file.path, PATTERNS),
        "mode": number(f"{stat.S_IMODE(status.st_mode):04o}"),
        "owner": _name(f"{account(status.st_uid)}:{group_name(status.st_gid)}"),
        "user": one_of(USER, [USER]),
    }


def _check_ways(found: Check, files: Iterable[Seen]) -> None:
    """Note each directory that keeps the server's user from a file below it."""
    for directory in sorted({each for seen in files if _server_reads(seen.file) for each in seen.path.parents}):
        try:
            status = directory.stat()
        except OSError:
            continue
        if not lets_user(status, os.X_OK, USER):
            found.find("path_unreadable", letters=Word("x"), **_fields(directory, status, _WAY))


_WAY = File("directories", "", "", "", "a directory above")
_HELD = frozenset(file.what for file in (*FILES, _KEY))
_OWNERS = frozenset(file.owner for file in FILES)


def _server_reads(file: File) -> bool:
    """Tell whether the server's user has to read it: as owner or group, or as every user may; not cron's files."""
    lets = USER in file.owner or bool(int(file.mode or "0", 8) & 0o004)
    return lets and (file.path.startswith("{") or not file.path)


def _name(text: str) -> Value:
    """Return user and group; those of each installation are words of ours."""
    return one_of(text, [text]) if set(text.split(":")) <= _NAMES else Private("name", text)


def _changer(seen: Seen, owner: str) -> Value:
    """Return who can change a file beside root, the caller and, if it is no code, the server's user; or ''."""
    trusted = {"root", account(os.geteuid())} | ({USER} if f":{USER}" in seen.file.owner else set())
    if seen.status.st_mode & 0o002 and _reachable(seen.path) and not seen.status.st_mode & stat.S_ISVTX:
        return Word("every user")
    if owner not in trusted:
        return _name(owner)
    group = group_name(seen.status.st_gid)
    return _name(group) if seen.status.st_mode & 0o020 and group not in trusted else ""


def _reachable(path: Path) -> bool:
    """Tell whether every user can get through the directories above."""
    try:
        return all(each.stat().st_mode & 0o001 for each in path.parents)
    except OSError:
        return False
