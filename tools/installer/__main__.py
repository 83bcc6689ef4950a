"""The program behind tools/install.sh: `python3 -m installer install|uninstall`, with its variables around it."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.answers import Answers, InstallError, prefix_of, settle
from installer.install import NEW, install
from installer.record import Record, read_record, record_file
from installer.server import server_warnings
from installer.uninstall import uninstall

SOURCE = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    """Do it, say what came of it, and return the exit code."""
    os.umask(0o022)
    try:
        prefix = prefix_of(os.environ)
        place = record_file(Path(f"{os.environ.get('DESTDIR', '').rstrip('/')}{prefix}"))
        record = read_record(place)
        answers = settle(os.environ, record.answers)
        if arguments == ["install"]:
            _install(answers, record)
        elif record.checksums:
            # Where things are is what they were installed with.
            _say(uninstall(settle({"DESTDIR": answers.destdir, "PREFIX": prefix}, record.answers), record))
        else:
            _say([f"there is no {place}, so nothing is installed there; name the PREFIX of make install"])
            return 1
    except InstallError as error:
        _say(str(error).splitlines())
        return 1
    except OSError as error:
        _say([f"stopped half-way: {error}; mend that and run the same again: it goes on from there"])
        return 1
    return 0


def _install(answers: Answers, record: Record) -> None:
    notes = install(SOURCE, answers, record)
    sys.stdout.write("installed; next: radtune link, radtune sync, radtune setup; docs/README.md says more\n")
    sys.stdout.flush()
    if notes.kept:
        _say(["", "ATTENTION: what you have changed stays as it is:"])
        _say([f"  {line}" for line in notes.kept])
        _say([f"Compare each with its {NEW}, take over what is new, and delete that. See docs/upgrade.md."])
    if notes.set_aside:
        _say(["", "ATTENTION: code that you have changed was set aside:", *(f"  {line}" for line in notes.set_aside)])
    _say([*notes.left, *server_warnings(answers)])


def _say(lines: Sequence[str]) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))


sys.exit(main(sys.argv[1:]))
