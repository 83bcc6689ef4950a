"""The made parts of docs/ are what `make manual` would make, and leave nothing out."""

import re
from pathlib import Path

import pytest

from manual import commands
from manual.pages import DOCS, made, parts
from radtune.errors import ExitCode
from unit.running import Run

OPTION = r"(?<![\w-])--?[a-z][a-z-]*"
ROW = r"^\| `(-.*?)` \|"
PAGES = [page for page in sorted(DOCS.glob("*.md")) if parts(page.read_text())]


def page(name: str) -> str:
    return (DOCS / name).read_text()


def names(pattern: str, text: str) -> set[str]:
    """Return the options in what the pattern finds."""
    return {name for found in re.findall(pattern, text, re.MULTILINE) for name in re.findall(OPTION, found)}


def headings(name: str) -> list[str]:
    return re.findall(r"^## (.*)$", page(name), re.MULTILINE)


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_what_is_made_from_the_code_is_up_to_date(file: Path) -> None:
    text = file.read_text()
    assert text == made(text), "run: make manual"


def test_a_part_that_the_code_has_outrun_is_made_anew() -> None:
    text = page("commands.md")
    assert made(text.replace("Ask only for what may have changed", "An older word")) == text


def test_every_command_has_a_section_with_its_part() -> None:
    known = [path for path, _ in commands.paths()]
    assert {"policy check", "nas test", "sync"} < set(known)
    assert headings("commands.md")[2:] == [f"radtune {path}" for path in known]
    assert {f"command {path}" for path in known} < set(parts(page("commands.md")))


@pytest.mark.parametrize("path", [path for path, _ in commands.paths()])
def test_a_section_says_what_the_help_of_its_command_says(run: Run, path: str) -> None:
    before, _, after = page("commands.md").partition(f"\n## radtune {path}\n")
    section = after.partition("\n## ")[0]
    words, _, options = run(*path.split(), "--help").out.partition("Options:\n")
    told, own, shared = names(r"^  (-.*?)(?:  |$)", options), names(ROW, section), names(ROW, before)
    assert own <= told <= own | shared and "--json" in told
    for paragraph in words.partition("\n\n")[2].split("\n\n"):
        assert " ".join(paragraph.split()) in " ".join(section.split())


@pytest.mark.parametrize("group", [(), ("nas",), ("policy",)])
def test_the_help_of_a_group_fits_a_terminal_and_cuts_no_word_of_its_commands(run: Run, group: tuple[str, ...]) -> None:
    out = run(*group, "--help").out
    assert [line for line in out.splitlines() if len(line) > 80] == []
    listed = out.partition("\nCommands:\n")[2].partition("\n\n")[0]
    assert len(listed.splitlines()) > 2 and "..." not in listed


def test_every_exit_code_has_a_section() -> None:
    assert [int(head.partition(":")[0]) for head in headings("exit-codes.md")] == sorted(ExitCode)
