"""docs/glossary.md has each state that a command or an event prints, as it is printed."""

import ast
import json
import re
from collections.abc import Iterator

from parts.manual import PROJECT, page

HEADS = {
    word
    for entry in re.findall(r"^\* (.*?):(?:\s|$)", page("glossary"), re.MULTILINE)
    for word in re.findall(r"`([^`]+)`", entry)
}
RECORDS = ("Reply", "Match")
"""Records whose first field is a state."""


def texts(node: ast.AST) -> Iterator[str]:
    """Give the text, or the texts of a tuple."""
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    yield from (each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str))


def answers(node: ast.Return) -> Iterator[str]:
    """Give the texts that may be returned."""
    choices = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
    yield from (text for each in choices if each is not None for text in texts(each))


def is_state(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "state"


def states_in(tree: ast.AST) -> Iterator[str]:
    """Give what is called a state: given, compared, answered, or listed in a `...State` type."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "state":
            yield from texts(node.value)
        elif isinstance(node, ast.Compare) and is_state(node.left):
            yield from (text for each in node.comparators for text in texts(each))
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and list(texts(key)) == ["state"]:
                    yield from texts(value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RECORDS and node.args:
            yield from texts(node.args[0])
        elif isinstance(node, ast.FunctionDef) and node.name == "state":
            yield from (text for each in ast.walk(node) if isinstance(each, ast.Return) for text in answers(each))
        elif isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id.endswith("State") for each in node.targets
        ):
            yield from (text for each in ast.walk(node.value) for text in texts(each))


def printed_states() -> set[str]:
    files = [file for wing in ("module", "tools/radtune_tools") for file in (PROJECT / wing).rglob("*.py")]
    assert len(files) > 50
    return {state for file in files for state in states_in(ast.parse(file.read_text())) if state}


def test_each_state_that_is_printed_has_an_entry() -> None:
    found = printed_states()
    assert {"pending", "not_enforced", "ended", "ambiguous", "acknowledged", "not let", "unhealthy"} <= found
    assert sorted(found - HEADS) == []


def test_each_state_and_identifier_of_a_policy_has_an_entry() -> None:
    schema = json.loads((PROJECT / "module/radtune/config/schemas/policy-tests.schema.json").read_text())
    expect = schema["definitions"]["expect"]["properties"]
    assert sorted(set(expect["compliance"]["enum"]) - HEADS) == []
    text = page("glossary")
    assert [name for name in expect["matched_by"]["enum"] if name and f"`{name}`" not in text] == []
