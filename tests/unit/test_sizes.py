"""How large a folder, a file and a function may be."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(file for part in ("module", "tools") for file in (ROOT / part).rglob("*.py"))
FILES = [*CODE, ROOT / "tools/radtune", *sorted((ROOT / "tests").rglob("*.py"))]
MAX_FOLDER, MAX_FILE, MAX_FUNCTION = 15, 250, 40


def test_folders_stay_small() -> None:
    """Except commands, which has a file for each command."""
    wings = Counter(file.parent for file in CODE if file.parent.name != "commands" and file.name != "__init__.py")
    assert {folder: size for folder, size in wings.items() if size > MAX_FOLDER} == {}


def test_files_and_functions_stay_small() -> None:
    large = []
    for file in FILES:
        text, name = file.read_text(), str(file.relative_to(ROOT))
        if len(text.splitlines()) > MAX_FILE:
            large.append(f"{name} has {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                large += [f"{name}:{node.lineno} {node.name} has {length} lines"] if length > MAX_FUNCTION else []
    assert large == []
