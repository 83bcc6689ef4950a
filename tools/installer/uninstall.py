"""`make uninstall`: everything is taken away that the operator hasn't changed, and the rest is named."""

import re
from contextlib import suppress
from pathlib import Path

from installer import disk
from installer.answers import Answers
from installer.files import UNITS, switched_on
from installer.install import MORE_SETTINGS, NEW, take_away
from installer.record import Record, record_file

_NAMES_RADTUNE = re.compile(r"^[^#\n]*radtune", re.MULTILINE)


def uninstall(answers: Answers, record: Record) -> list[str]:
    """Take away what `record` remembers; return what the operator has to hear, a line each. Raises OSError."""
    kept = []
    switches = {switch: path for path in record.checksums if (switch := switched_on(path, answers))}
    for switch, path in switches.items():
        record.checksums[switch] = record.checksums.get(switch, set()) | record.checksums[path]
    for path in sorted(record.checksums):
        target = answers.place(path)
        target.with_name(target.name + NEW).unlink(missing_ok=True)
        now = disk.state(target)
        if not now or record.is_ours(path, now):
            take_away(path, answers)
        elif target.is_symlink() and path in switches:
            if target.readlink().name == Path(switches[path]).name:
                target.unlink()
        else:
            kept.append(f"kept {target}, which you have changed")
    for unit in UNITS:
        for wants in ("timers.target.wants", "multi-user.target.wants"):
            wanted = answers.place(f"/etc/systemd/system/{wants}/{unit}")
            if wanted.is_symlink():
                wanted.unlink()
    record_file(answers.place(answers.prefix)).unlink()
    kept += _leftovers(answers)
    return [*kept, *_still_named(answers)]


def _leftovers(answers: Answers) -> list[str]:
    lib = answers.place(answers.lib)
    for cache in sorted(lib.rglob("__pycache__")):
        for file in cache.glob("*.pyc"):
            file.unlink()
        disk.remove_empty(cache, lib)
    disk.remove_empty(lib, lib)
    config = answers.place(answers.confdir)
    stores, logs = (answers.place(answers.values[name]) for name in ("STATEDIR", "LOGDIR"))
    events = logs / "radtune-events.jsonl"
    ours = [logs] if logs.name == "radtune" else []  # else it is the server's own
    for directory in (stores, *ours, config / MORE_SETTINGS, config):
        with suppress(OSError):
            directory.rmdir()
    said = (
        (lib, f"kept what is in {lib}"),
        (config, f"kept what is in {config}; secrets may be among it"),
        (stores, f"kept the stores in {stores}; delete them if you want"),
        (events, f"kept the client events in {events}; delete them if you want"),
    )
    return [text for place, text in said if place.exists()]


def _still_named(answers: Answers) -> list[str]:
    raddb = answers.place(answers.raddb)
    places = [raddb / "dictionary", *raddb.glob("sites-enabled/*"), *raddb.glob("mods-enabled/*")]
    naming = [str(file) for file in sorted(places) if file.is_file() and _names_radtune(file)]
    said = "these files still name radtune, and the server won't start until they don't:"
    return [said, *naming] if naming else []


def _names_radtune(file: Path) -> bool:
    return _NAMES_RADTUNE.search(file.read_text(encoding="utf-8", errors="replace")) is not None
