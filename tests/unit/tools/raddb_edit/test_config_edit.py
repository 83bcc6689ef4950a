"""Edits of the configuration: they add lines or replace a value, and touch nothing else."""

import pytest

from radtune_tools.raddb_edit.config_edit import edited, insert_before, insert_first, insert_last, set_value
from radtune_tools.raddb_edit.config_tree import ConfigText, Item, NotUnderstoodError


def section(text: str) -> tuple[ConfigText, Item]:
    file = ConfigText(text)
    return file, file.top.items[0]


def test_a_line_goes_before_the_comment_that_belongs_to_a_statement() -> None:
    text = "a {\n\tone\n\n\t#\n\t# eap\n\t#\n\teap {\n\t}\n}\n"
    file, a = section(text)
    new = edited(text, [insert_before(file, a.items[1], "radtune")])
    assert new == "a {\n\tone\n\n\tradtune\n\n\t#\n\t# eap\n\t#\n\teap {\n\t}\n}\n"


def test_a_line_has_the_indentation_and_the_line_end_of_its_neighbours() -> None:
    text = "a {\r\n    one\r\n    eap\r\n}\r\n"
    file, a = section(text)
    assert edited(text, [insert_before(file, a.items[1], "x")]) == "a {\r\n    one\r\n    x\r\n    eap\r\n}\r\n"
    assert edited(text, [insert_first(file, a, "x\n")]) == "a {\r\n    x\r\n\r\n    one\r\n    eap\r\n}\r\n"
    last = "b {\n\tx\n}"
    assert edited(text, [insert_last(file, a, last)]) == (
        "a {\r\n    one\r\n    eap\r\n    b {\r\n    \tx\r\n    }\r\n}\r\n"
    )


def test_lines_go_into_an_empty_section() -> None:
    text = "\ta {\n\t}\n"
    file, a = section(text)
    assert (
        edited(text, [insert_last(file, a, "x")]) == edited(text, [insert_first(file, a, "x")]) == "\ta {\n\t\tx\n\t}\n"
    )


def test_two_lines_at_one_place_keep_their_order() -> None:
    text = "a {\n}\n"
    file, a = section(text)
    for lines in (["x", "y"], ["y", "x"]):
        edits = [insert_last(file, a, line) for line in lines]
        assert edited(text, edits) == f"a {{\n\t{lines[0]}\n\t{lines[1]}\n}}\n"


@pytest.mark.parametrize(("old", "new"), [('"b"', '"n"'), ("'b'", "'n'"), ("b", "n"), ("", "n")])
def test_a_value_keeps_its_quotes(old: str, new: str) -> None:
    text = f"x ={old} # b\n"
    file = ConfigText(text)
    assert edited(text, [set_value(file, file.top.items[0], "n")]) == f"x ={new} # b\n"


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("a { }\n", "first"),
        ("a { one\n}\n", "first"),
        ("a { \\\n one\n}\n", "first"),
        ("a { }\n", "last"),
        ("a {\n\tone }\n", "last"),
        ("a {\n\tone; two\n}\n", "before"),
        ("a {\n\tx = \\\n\t1\n\tone = 2 \\\n\ttwo\n}\n", "before"),
    ],
)
def test_a_place_that_is_not_clear_is_refused(text: str, edit: str) -> None:
    file, a = section(text)
    with pytest.raises(NotUnderstoodError):
        if edit == "before":
            insert_before(file, a.items[-1], "x")
        else:
            {"first": insert_first, "last": insert_last}[edit](file, a, "x")
