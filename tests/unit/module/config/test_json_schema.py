"""The schemas, and radtune's own reading of them: it finds what the library for JSON Schema finds."""

import math
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from radtune.config.json_schema import KEYWORDS, faults, format_problem
from radtune.config.schema import schema

NAMES = ("policy", "policy-tests", "profile", "settings")
DESCRIBING = {"$schema", "title", "description", "default", "examples", "unit", "definitions"}
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 1.5, math.nan, 10**7, "", "x", "x\n", "X-1", "y" * 300, "192.0.2.1", "192.0.2"),
    *([], ["x"], ["x", "x"], [1, "x"], {}, {"x": 1}, {"x": "x", "y": {}}),
)
"""Values of every kind, tried against every part of the schemas beside those that its keywords name."""
FEW: tuple[Any, ...] = (None, "x", 1, [], {})


def parts(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every part of a schema in which keywords stand."""
    if isinstance(part, list):
        for each in part:
            yield from parts(each)
    elif isinstance(part, dict):
        yield part
        for keyword, inner in part.items():
            if keyword in ("properties", "definitions"):
                yield from parts(list(inner.values()))
            elif keyword in KEYWORDS:
                yield from parts(inner)


def tried(part: dict[str, Any]) -> Iterator[Any]:
    """Yield the values to try: those at and beyond the limits of a part, too."""
    yield from VALUES
    for word in (*part.get("enum", ()), part.get("const", "x"), *part.get("examples", ())):
        yield from (word, f"{word}\n", [word], [word, word], {"x": word})
    for limit in ("minimum", "maximum"):
        yield from (part[limit] + step for step in (-1, 0, 1) if limit in part)
    for limit in ("minLength", "maxLength"):
        yield from ("z" * (part[limit] + step) for step in (-1, 0, 1) if limit in part)
    known = part.get("properties", {})
    yield from ({key: value} for key in known for value in FEW)
    yield dict.fromkeys(known, "x")
    yield dict.fromkeys(part.get("required", ()), "x")
    yield dict.fromkeys((*part.get("required", ()), "needless"), "x")


def _pattern(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield jsonschema.ValidationError("no match")


FORMATS = jsonschema.FormatChecker(formats=())
for form in ("ip", "date", "moment", "hours", "timezone", "nas"):
    FORMATS.checks(form)(lambda value, form=form: not isinstance(value, str) or not format_problem(value, form))
TYPES = {
    "integer": lambda _, value: type(value) is int,
    "number": lambda _, value: type(value) is int or (type(value) is float and math.isfinite(value)),
}
EXTEND: Any = jsonschema.validators.extend
LIBRARY = EXTEND(
    jsonschema.Draft7Validator,
    validators={"pattern": _pattern},
    type_checker=jsonschema.Draft7Validator.TYPE_CHECKER.redefine_many(TYPES),
)
"""The library, with what radtune means by a number and by a pattern."""


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_have_no_other_keywords(name: str) -> None:
    assert {keyword for part in parts(schema(name)) for keyword in part} <= KEYWORDS | DESCRIBING
    jsonschema.Draft7Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_finds_what_the_library_finds(name: str) -> None:
    root = schema(name)
    checked = {repr(part): part for part in parts(root)}.values()
    for part in checked:
        validator = LIBRARY({**part, "definitions": root.get("definitions", {})}, format_checker=FORMATS)
        for value in tried(part):
            ours = {(fault.path, fault.keyword) for fault in faults(value, part, root)}
            theirs = {(tuple(fault.absolute_path), fault.validator) for fault in validator.iter_errors(value)}
            assert ours == theirs, (part, value)
    assert len(checked) > 15


def test_a_document_that_contains_itself_ends_in_an_error() -> None:
    term: dict[str, Any] = {}
    term["not"] = term
    with pytest.raises(RecursionError):
        list(faults(term, {"$ref": "#/definitions/term"}, schema("policy")))
