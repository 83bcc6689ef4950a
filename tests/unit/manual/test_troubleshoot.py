"""The pages about troubles have what radtune says to an operator by its words, and nothing that it says no more."""

import ast
import re
from difflib import get_close_matches

import pytest

from manual.pages import parts
from parts.manual import PROJECT, page
from parts.messages import (
    EXPLAINED,
    FEWEST_WORDS,
    NO_MESSAGES_IN,
    Message,
    explained,
    has,
    keys,
    missing,
    said_by_code,
    said_by_raddb,
    words,
)

SERVERS_OWN = "\n### FreeRADIUS refuses\n"
"""The heading of the reasons that are FreeRADIUS's own; tests/server holds each of them against a real server."""
WINGS = tuple(wing for part in parts(page("messages")) for wing in part.split()[1:])
"""The wings whose messages explain themselves."""


def test_each_message_is_explained_or_explains_itself() -> None:
    """A text that is new or was changed goes into a table of docs/troubleshoot*.md; `make manual` lists the rest."""
    said = [each for each in (*said_by_code(), *said_by_raddb()) if not each.where.startswith(WINGS)]
    assert len(said) > 300
    lost = missing(said, explained())
    assert not lost, _told(lost)


def test_each_message_that_explains_itself_is_listed() -> None:
    listed = (*explained(), *keys(page("messages")))
    lost = missing(said_by_code(), listed)
    assert not lost, _told(lost)


def test_each_reason_of_a_refusal_is_on_the_page_of_logins() -> None:
    wings = ("module/radtune/identity/", "module/radtune/policy/decide", "module/radtune/policy/grants", "raddb/")
    said = [each for each in (*said_by_code(), *said_by_raddb()) if each.where.startswith(wings)]
    assert len(said) > 40
    lost = missing(said, keys(page("troubleshoot")))
    assert not lost, _told(lost)


@pytest.mark.parametrize("name", EXPLAINED)
def test_nothing_is_explained_that_is_said_no_more(name: str) -> None:
    before, _, behind = page(name).partition(SERVERS_OWN)
    ours = keys(before + "\n## ".join(behind.split("\n## ")[1:]))
    said = [each.text for each in (*said_by_code(1, all_is_well=True), *said_by_raddb())]
    gone = [key for key in ours if not any(_says(text, key) for text in said)]
    assert not gone, "\n".join(f"{key}; perhaps now: {get_close_matches(key, said, 1, 0.3)}" for key in gone)


def test_the_reasons_of_the_server_are_those_that_a_real_one_gives() -> None:
    own = keys(page("troubleshoot").partition(SERVERS_OWN)[2].partition("\n## ")[0])
    files = (PROJECT / "tests/server").rglob("*.py")
    held = {text for file in files for text in _texts(ast.parse(file.read_text())) if words(text) > 1}
    ours = [each.text for each in said_by_code(1)]
    assert len(own) > 10
    assert [
        key
        for key in own
        if not any(text in key or key in text for text in held) and not any(has(key, o) for o in ours)
    ] == []


def test_what_is_passed_over_is_there() -> None:
    for name in NO_MESSAGES_IN:
        assert (PROJECT / "tools/radtune_tools" / name).exists(), name


def test_a_key_is_long_enough_to_be_searched_by() -> None:
    assert [key for key in explained() if len(re.findall("[A-Za-z]", key)) < 7] == []


def _told(found: list[Message]) -> str:
    """Give each message on a line of its own, so that none is cut."""
    return "".join(f"\n{each.where}: {each.text}" for each in found)


def _says(text: str, key: str) -> bool:
    """Tell whether the text is what the key is about; a shorter one is in many keys by chance."""
    return words(text) >= min(words(key), FEWEST_WORDS) and has(key, text)


def _texts(tree: ast.AST) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
