"""docs/security.md names tests that there are, and the permissions that radtune asks of Microsoft."""

import re

from parts.manual import PROJECT, page

PAGE = page("security")


def test_each_test_that_it_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+\.py)`", PAGE))
    there = {file.name for file in (PROJECT / "tests").rglob("test_*.py")}
    assert len(named) > 25
    assert sorted(named - there) == []


def test_each_point_of_its_attackers_says_what_holds_it() -> None:
    """A row without a test is one that is not radtune's to hold: two rows of what a NAS can do anyway, and one more."""
    parts = re.findall(r"^\| (?:it tries|they try|where) \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert len(parts) == 5
    rows = [row for part in parts for row in part.splitlines()]
    assert len([row for row in rows if not re.search(r"`test_\w+\.py` \|$", row)]) == 3


def test_the_permissions_are_those_that_are_asked_for() -> None:
    code = "\n".join(file.read_text() for file in (PROJECT / "tools/radtune_tools").rglob("*.py"))
    asked = set(re.findall(r'^READ_\w+ = "([\w.]+)"', code, re.MULTILINE))
    assert len(asked) == 2
    assert set(re.findall(r"^\| Microsoft Graph.*\| `([\w.]+)`", PAGE, re.MULTILINE)) == asked
