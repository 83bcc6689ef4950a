"""radtune refuses no dictionary that FreeRADIUS reads; radclient reads them as the server does."""

import subprocess
from pathlib import Path

from parts.dictionary_lines import HEAD, LATER, READ, REFUSED, REFUSED_BY_THE_SERVER
from parts.pair_server import ask_dictionary
from parts.radius_client import PROGRAM

READ_WELL = "radclient: Nothing to send"


def write(directory: Path, *lines: str) -> Path:
    directory.mkdir()
    file = directory / "dictionary"
    file.write_text(HEAD + "\n".join(lines) + "\n")
    file.chmod(0o644)
    return file


def radclient_says(file: Path) -> str:
    done = subprocess.run(
        [PROGRAM, "-D", str(file.parent), "-d", str(file.parent / "none"), "127.0.0.1:9", "auth", "secret"],
        input="",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.stderr.strip()


def test_what_radtune_refuses_the_server_refuses(tmp_path: Path) -> None:
    files = [write(tmp_path / str(number), *lines) for number, (lines, _) in enumerate(REFUSED)]
    faults = ask_dictionary("faults", [], [str(file) for file in files])
    said = [radclient_says(file) for file in files]
    assert [file.read_text() for file, fault in zip(files, faults, strict=True) if not fault] == []
    assert [file.read_text() for file, says in zip(files, said, strict=True) if says == READ_WELL] == []


def test_what_radtune_reads_too_kindly_no_server_starts_with(tmp_path: Path) -> None:
    files = [write(tmp_path / str(number), *lines) for number, lines in enumerate(REFUSED_BY_THE_SERVER)]
    assert ask_dictionary("faults", [], [str(file) for file in files]) == [""] * len(files)
    assert [file.read_text() for file in files if radclient_says(file) == READ_WELL] == []


def test_both_read_the_same(tmp_path: Path) -> None:
    files = [write(tmp_path / str(number), line) for number, line in enumerate(READ)]
    assert ask_dictionary("faults", [], [str(file) for file in files]) == [""] * len(READ)
    assert {line: radclient_says(file) for line, file in zip(READ, files, strict=True)} == dict.fromkeys(
        READ, READ_WELL
    )


def test_what_a_later_release_knows_is_passed_over(tmp_path: Path) -> None:
    files = [write(tmp_path / str(number), line) for number, line in enumerate(LATER)]
    assert ask_dictionary("faults", [], [str(file) for file in files]) == [""] * len(LATER)


def test_debians_dictionaries_are_read_without_a_fault() -> None:
    main = "/usr/share/freeradius/dictionary"
    assert ask_dictionary("faults", [], [main]) == [""]
    assert len(ask_dictionary("attributes", [main])) > 7000
