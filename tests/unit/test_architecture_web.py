"""The wings of radtune-web, held as `test_architecture.py` holds those of module and tools."""

import ast
import re
from pathlib import Path

import pytest

from unit.test_architecture import MODULE, ROOT, SCRIPT, TOOLS, importers, may_import, packages, wing_imports

PACKAGE = "tools/radtune_web"
WEB = ROOT / PACKAGE
WINGS = ("index", "access", "view", "pages")
"""From the ground up: a wing imports only wings before it."""
PAGES = {f"pages/{file.name}" for file in (WEB / "pages").glob("[a-z]*.py")} - {"pages/jobs.py"}


def test_every_file_is_in_a_wing_or_at_the_top() -> None:
    assert {each.name for each in WEB.iterdir() if each.is_dir()} - {"__pycache__"} == set(WINGS)
    assert {each.stem for each in WEB.glob("*.py")} == {"__init__", "app", "main"}


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_imports_what_it_says_and_nothing_else(wing: str) -> None:
    text = ast.get_docstring(ast.parse((WEB / wing / "__init__.py").read_text())) or ""
    (begin,) = re.findall(r"^Begin with: (\w+\.py)\.$", text, re.MULTILINE)
    assert (WEB / wing / begin).exists()
    assert may_import(WEB / wing) <= set(WINGS[: WINGS.index(wing)])
    used = {each for file in (WEB / wing).rglob("*.py") for each in wing_imports(file, PACKAGE)}
    assert used - {wing, "__init__"} == may_import(WEB / wing)


def test_nothing_imports_the_page() -> None:
    """Module and command run without Flask."""
    command: list[Path] = [file for file in TOOLS if "radtune_tools" in file.parts]
    assert {file for file in (*MODULE, *command, SCRIPT) if "radtune_web" in packages(file)} == set()


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("flask", {"radtune_web/app.py", "access/gate.py", *PAGES}),
        ("waitress", {"radtune_web/main.py"}),
        ("multiprocessing", {"radtune_web/main.py", "pages/jobs.py"}),
    ],
)
def test_each_outside_system_has_its_files(package: str, only: set[str]) -> None:
    assert importers(package) == only
