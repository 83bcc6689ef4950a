"""Client events, held against their JSON Schema."""

import json
from functools import cache
from typing import Any

from parts.readable import PROJECT


@cache
def _validator() -> Any:
    # Debian's own Python runs `make test-deb` and `make play`, and has it not.
    import jsonschema  # noqa: PLC0415

    schema = json.loads((PROJECT / "module/radtune/config/schemas/event.schema.json").read_text())
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def checked_event(line: str) -> dict[str, Any]:
    """Give the event in a line of JSON; raises AssertionError if the schema doesn't let it through."""
    event: dict[str, Any] = json.loads(line)
    faults = [fault.message for fault in _validator().iter_errors(event)]
    assert not faults, f"{event}: {faults}"
    return event
