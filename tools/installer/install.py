"""`make install`: everything in its place. What the operator changed stays, and is told of at the end."""

import grp
import os
import pwd
from collections.abc import Iterator, Mapping
from compileall import compile_dir
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from installer import disk
from installer.answers import Answers, InstallError
from installer.files import File, files, switched_on
from installer.record import Record, record_file, text_of

NEW, OLD = ".radtune-new~", ".radtune-old"
"""FreeRADIUS reads every file of policy.d and sites-enabled, but passes over names with a ~."""
MORE_SETTINGS = "settings.d"


@dataclass(slots=True)
class Notes:
    """The lines that the operator has to read at the end."""

    kept: list[str] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def install(source: Path, answers: Answers, record: Record) -> Notes:
    """Install, or bring up to date what `record` remembers.

    Raises InstallError before anything is written, and OSError in between; to install again then finishes the work.
    """
    wanted = dict(_with_copies(files(source, answers), answers, record))
    _check_targets(wanted, answers)
    group, notes = _server_group(answers), Notes()
    place = record_file(answers.place(answers.prefix))
    after: dict[str, set[str]] = {path: {file.checksum} for path, file in wanted.items()}
    # Should this be interrupted, what is written already is known as ours.
    both = {path: after.get(path, set()) | record.checksums.get(path, set()) for path in after | record.checksums}
    disk.replace(place, text_of(answers.values, both).encode(), 0o644, None)
    for path, file in wanted.items():
        for_server = path.startswith((f"{answers.raddb}/", f"{answers.confdir}/"))
        _put(path, file, answers, record, notes, group if for_server else None)
    for path in sorted(record.checksums.keys() - wanted.keys()):
        if not _forget(path, answers, record, notes):
            after[path] = record.checksums[path]
    _directories(answers, group)
    if not answers.destdir:
        # The server's user can't write compiled code there, and would compile all of it at each run.
        compile_dir(answers.lib, quiet=2)
    disk.replace(place, text_of(answers.values, after).encode(), 0o644, None)
    return notes


def _with_copies(wanted: Mapping[str, File], answers: Answers, record: Record) -> Iterator[tuple[str, File]]:
    """Yield the files, and the copies of them that an operator has switched on: those are brought up to date."""
    for path, file in wanted.items():
        yield path, file
        copy = switched_on(path, answers)
        if copy and disk.state(answers.place(copy)) not in ("", disk.CHANGED):
            for checksum in record.checksums.get(path, ()):
                record.add(copy, checksum)
            yield copy, File(file.content, file.mode, is_code=False)


def _check_targets(wanted: Mapping[str, File], answers: Answers) -> None:
    problems: dict[str, None] = {}
    for path in wanted:
        file = answers.place(path)
        # The configuration belongs to the server's user: a link of his must not lead root elsewhere.
        if path.startswith(f"{answers.raddb}/"):
            inside = list(PurePosixPath(path).relative_to(answers.raddb).parents)[:-1]
            links = [each for parent in inside if (each := answers.place(answers.raddb) / parent).is_symlink()]
            problems |= {f"{each} is a link; radtune installs nothing through it. Remove it": None for each in links}
        if file.is_dir() and not file.is_symlink():
            problems[f"{file} is a directory, and a file belongs there. Move it away"] = None
        elif not disk.is_writable(file):
            problems[f"{file.parent} can't be written. Run as root, and see that it isn't mounted read-only"] = None
    if problems:
        raise InstallError("\n".join([*problems, "nothing was installed; mend that and run make install again"]))


def _server_group(answers: Answers) -> int | None:
    """Return the group to give files to. A staged tree (DESTDIR) gets its owners from the packager."""
    if answers.destdir or os.geteuid() != 0:
        return None
    try:
        return grp.getgrnam(answers.values["RADIUS_USER"]).gr_gid
    except KeyError:
        return None


def _put(path: str, file: File, answers: Answers, record: Record, notes: Notes, group: int | None) -> None:
    target = answers.place(path)
    new = target.with_name(target.name + NEW)
    target.with_name(target.name + NEW.rstrip("~")).unlink(
        missing_ok=True
    )  # of an older version, which the server reads
    now = disk.state(target)
    if now == file.checksum:
        disk.give(target, group)
    elif not now or record.is_ours(path, now):
        disk.replace(target, file.content, file.mode, group)
    elif file.is_code:
        _set_aside(target, notes)
        disk.replace(target, file.content, file.mode, group)
    else:
        same = record.checksums.get(path) == {file.checksum}
        if not same or os.path.lexists(new):
            new.unlink(missing_ok=True)
            disk.replace(new, file.content, file.mode, group)
            again = ", the same as last time" if same else ""
            notes.kept.append(f"kept your {target}; the new one is {new}{again}")
        return
    if not file.is_code:
        new.unlink(missing_ok=True)


def _set_aside(target: Path, notes: Notes) -> None:
    """Rename changed code, so that Python doesn't mix it with this version's."""
    old = target.with_name(target.name + OLD)
    target.replace(old)
    notes.set_aside.append(f"{target} is {old} now")


def _forget(path: str, answers: Answers, record: Record, notes: Notes) -> bool:
    """Remove a file that this version no longer has; return whether it is gone."""
    target = answers.place(path)
    now = disk.state(target)
    target.with_name(target.name + NEW).unlink(missing_ok=True)
    if now and not record.is_ours(path, now):
        if path.startswith(f"{answers.lib}/"):
            _set_aside(target, notes)
            return True
        notes.left.append(f"kept {target}, which you have changed; this version of radtune doesn't use it")
        return False
    take_away(path, answers)
    return True


def take_away(path: str, answers: Answers) -> None:
    """Remove a file, the link that switched it on, and the directories that are empty then."""
    target, link = answers.place(path), switched_on(path, answers)
    if link and (enabled := answers.place(link)).is_symlink() and enabled.readlink().name == target.name:
        enabled.unlink()
    target.unlink(missing_ok=True)
    for top in (answers.lib, answers.confdir, f"{answers.raddb}/mods-config/radtune"):
        disk.remove_empty(target.parent, answers.place(top))


def _directories(answers: Answers, group: int | None) -> None:
    for cache in sorted(answers.place(answers.lib).rglob("__pycache__")):
        for file in cache.glob("*.pyc"):
            file.unlink()
        disk.remove_empty(cache, answers.place(answers.lib))
    config = answers.place(answers.confdir)
    stores, logs = (answers.place(answers.values[name]) for name in ("STATEDIR", "LOGDIR"))
    new = [] if logs.exists() else [logs]  # it may be the server's own, which has an owner
    for directory in (config / MORE_SETTINGS, stores, *new):
        directory.mkdir(parents=True, exist_ok=True)
    if group is not None:
        for directory in (config, config / MORE_SETTINGS):
            os.chown(directory, -1, group)
            directory.chmod(0o750)
        for directory in (stores, *new):
            os.chown(directory, pwd.getpwnam(answers.values["RADIUS_USER"]).pw_uid, group)
            directory.chmod(0o750)
