"""Frozen records that are stored as a line of JSON."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any, Literal, Self, get_args, get_origin

encode = json.JSONEncoder(separators=(",", ":"), default=lambda record: record.without_defaults()).encode
"""Return a record, or a list of them, as one line of JSON, the same for equal ones; defaults are left out."""

_Reader = Callable[[Any], Any]
_Fields = tuple[tuple[str, ...], _Reader, tuple[Any, ...], dict[str, Any], dict[str, _Reader]]
"""The fields of a dataclass: names, what gets their values, defaults (MISSING for none), types and readers by name."""
_FIELDS: dict[type[Any], _Fields] = {}


class Record:
    """A dataclass of plain types, tuples and mappings of them, and other records."""

    __slots__: tuple[str, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return the fields by name; records within stay what they are."""
        return {name: getattr(self, name) for name in self.__slots__}

    def without_defaults(self) -> dict[str, Any]:
        """Return the fields by name that aren't at their default; records within stay what they are."""
        names, values, defaults, *_ = _fields(self.__class__)
        there = zip(names, values(self), defaults, strict=True)
        return {name: value for name, value, default in there if value != default}

    def to_json(self) -> str:
        """Return the record as one line of JSON."""
        return encode(self)

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Build it from the dictionary that JSON gives back; raises ValueError for anything else."""
        if type(plain) is not dict:
            raise ValueError(f"not a {cls.__name__}: {plain!r}")
        *_, types, readers = _fields(cls)
        try:
            # Most fields are of a plain type: only the others are looked at closely.
            values = {
                name: value if type(value) is types[name] else readers[name](value) for name, value in plain.items()
            }
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a {cls.__name__}: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises ValueError for anything else."""
        return cls.from_plain(json.loads(text))


def _fields(record: type[Any]) -> _Fields:
    if record not in _FIELDS:
        found = fields(record)
        names = tuple(field.name for field in found)
        made = (MISSING if field.default_factory is MISSING else field.default_factory() for field in found)
        defaults = tuple(field.default if new is MISSING else new for field, new in zip(found, made, strict=True))
        types = {field.name: field.type for field in found}
        readers = {name: _reader(kind) for name, kind in types.items()}
        _FIELDS[record] = names, attrgetter(*names), defaults, types, readers
    return _FIELDS[record]


class Layout:
    """The order of the values of a record that is stored as a list of them."""

    def __init__(self, sample: Record, names: Iterable[str] = ()) -> None:
        """Take a record with a value of the right type in each field, and the names in order if it isn't their own."""
        self.names = tuple(names) or tuple(field.name for field in fields(sample))  # type: ignore[arg-type]  # it is one
        self.values = attrgetter(*self.names)
        self.types = [*map(type, self.values(sample))]
        self._tuples = [index for index, kind in enumerate(self.types) if kind is tuple]

    def checked(self, values: list[Any]) -> list[Any]:
        """Return the values as the record has them; raises ValueError if one is of another type.

        A tuple holds texts alone. Raises TypeError or IndexError for what is no list, or too short a one.
        """
        for index in self._tuples:
            texts = values[index]
            if type(texts) is not list or not {*map(type, texts)} <= {str}:
                raise ValueError("no texts")
            values[index] = tuple(texts)
        if [*map(type, values)] != self.types:
            raise ValueError("values of other types")
        return values


def _reader(kind: Any) -> _Reader:
    """Return what makes a value of this type of what JSON gave; it raises ValueError for anything else."""
    origin, inner = get_origin(kind), get_args(kind)
    within = [_reader(each) for each in inner if each not in (type(None), ...)] if origin is not Literal else []

    def read(value: Any) -> Any:
        if origin is tuple and type(value) is list:
            return tuple([each if type(each) is inner[0] else within[0](each) for each in value])
        if type(value) is kind or (kind is float and type(value) is int) or (origin is Literal and value in inner):
            return value
        if isinstance(kind, type) and issubclass(kind, Record):
            return kind.from_plain(value)
        if origin is Mapping and type(value) is dict:
            return {name: within[1](each) for name, each in value.items()}
        if type(None) in inner:
            return None if value is None else within[0](value)
        raise ValueError(f"{value!r} is not {kind}")

    return read
