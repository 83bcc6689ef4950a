"""The architecture page says of each wing what the wing says itself."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/architecture.md").read_text()
WING = re.compile(r"(.*)\n\nMay import: (.*)\.\nBegin with: (.*)\.")


def test_every_wing_has_its_row() -> None:
    rows = set()
    for init in (*ROOT.glob("module/radtune/*/__init__.py"), *ROOT.glob("tools/radtune_*/*/__init__.py")):
        said = WING.fullmatch(ast.get_docstring(ast.parse(init.read_text())) or "")
        assert said, init
        purpose, may_import, begin = said.groups()
        rows.add(f"| `{init.parent.relative_to(ROOT)}/` | {purpose} | {may_import} | `{begin}` |")
    assert rows
    assert {line for line in PAGE.splitlines() if line.startswith(("| `module/", "| `tools/"))} == rows
