"""README and docs/ are a manual that can be read on a terminal, and whose links lead somewhere."""

import re
from pathlib import Path

import pytest

from parts.manual import FENCE, PAGES, PROJECT, blocks
from parts.manual import page as page_of

WIDTH, README_LINES = 120, 200
INDEX = PROJECT / "docs/README.md"


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_lines_fit_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    assert [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith("|")] == []
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_files_of_the_project_that_are_named_are_there(page: Path) -> None:
    named = re.findall(r"`((?:module|tools|tests|raddb|docs)/[\w./-]+)`", page.read_text())
    assert [name for name in named if "NAME" not in name and not (PROJECT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_a_fenced_sample_names_its_language(page: Path) -> None:
    """What is indented is typed at a shell, and run by tests; what is fenced is in another language."""
    text = page.read_text()
    assert len(re.findall(r"^ *```", text, re.MULTILINE)) == 2 * len(FENCE.findall(text))
    assert all(language for language, _ in FENCE.findall(text))


def test_the_readme_is_short_and_leads_to_the_index_and_the_index_to_every_page() -> None:
    readme = PAGES[0].read_text()
    assert len(readme.splitlines()) <= README_LINES
    assert "](docs/README.md)" in readme
    index = INDEX.read_text()
    pages = [page for page in PAGES[1:] if page != INDEX]
    assert pages and [page.name for page in pages if f"]({page.name})" not in index] == []


def test_what_the_readme_plays_is_on_the_page_whose_lines_the_test_of_make_play_types() -> None:
    section = PAGES[0].read_text().partition("## Play with it\n")[2].partition("\n## ")[0]
    lines = [line.partition(" #")[0].strip() for block in blocks(section) for line in block.splitlines()]
    typed = re.findall(r"^\$ (.*)$", page_of("play"), re.MULTILINE)
    assert lines[0] == "make play" and len(lines) > 5
    assert [line for line in lines[1:] if line not in typed] == []


def test_pages_that_the_code_and_the_servers_files_name_are_there() -> None:
    files = [file for part in ("module", "tools", "raddb") for file in (PROJECT / part).rglob("*") if file.is_file()]
    texts = [file.read_text() for file in (*files, PROJECT / "Makefile") if file.suffix != ".pyc"]
    named = {name for text in texts for name in re.findall(r"docs/[\w-]+\.md", text)}
    assert len(named) > 3 and [name for name in sorted(named) if not (PROJECT / name).exists()] == []
