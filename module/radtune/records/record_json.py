"""Frozen records of plain types: from what JSON gave, every type looked at, and back."""

from dataclasses import fields
from typing import Any

_KINDS: dict[object, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    tuple[str, ...]: (list,),
}


_ALLOWED: dict[str, dict[str, tuple[type, ...]]] = {}
"""For each kind of record, which types of JSON each field takes; filled at first use."""


def read_record(kind: type[Any], plain: Any, **made: object) -> Any:
    """Build a record from what JSON gave; `made` are fields already built. Raises ValueError where a type is wrong."""
    if type(plain) is not dict:
        raise ValueError(f"not a {kind.__name__}: {plain!r}")
    values = {**plain, **made}
    allowed = _ALLOWED.get(kind.__name__)
    if allowed is None:
        allowed = {field.name: _KINDS.get(field.type, ()) for field in fields(kind)}
        _ALLOWED[kind.__name__] = allowed
    for name, value in plain.items():
        if name in made:
            continue
        if type(value) not in allowed.get(name, ()) or (type(value) is list and not {*map(type, value)} <= {str}):
            raise ValueError(f"{kind.__name__}.{name}: {value!r}")
        if type(value) is list:
            values[name] = tuple(value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"not a {kind.__name__}: {error}") from error


def plain_record(record: Any) -> dict[str, Any]:
    """Return the fields of a record by name; records within it stay what they are."""
    return {name: getattr(record, name) for name in record.__slots__}
