"""Sessions as rows of their store: a list of the values of a session, its facts and their certificate among them."""

import json
from dataclasses import fields
from operator import attrgetter
from typing import Any

from radtune.records.device_and_client import Certificate, Facts, Session

_encode = json.JSONEncoder(separators=(",", ":")).encode


class _Layout:
    """The fields of a record, in order."""

    def __init__(self, sample: Session | Facts | Certificate) -> None:
        names = [field.name for field in fields(sample)]
        self.values = attrgetter(*names)
        self.types = [type(getattr(sample, name)) for name in names]
        self.tuples = [index for index, kind in enumerate(self.types) if kind is tuple]

    def checked(self, values: list[Any]) -> list[Any]:
        """Return the values as the record has them; raises ValueError if one is of another type."""
        for index in self.tuples:
            texts = values[index]
            if type(texts) is not list or not all(type(text) is str for text in texts):
                raise ValueError("no texts")
            values[index] = tuple(texts)
        if [*map(type, values)] != self.types:
            raise ValueError("values of other types")
        return values


_SESSION, _CERTIFICATE = _Layout(Session(Facts(), "", 0.0)), _Layout(Certificate())
_FACTS, _BARE = _Layout(Facts(certificate=Certificate())), _Layout(Facts())
_AT = _BARE.types.index(type(None))
"""The place of the certificate among the facts; theirs among the values of a session is the first."""


def session_text(session: Session) -> str:
    """Return the session as one line of JSON, the same for equal ones."""
    facts = [*_FACTS.values(session.facts)]
    if facts[_AT] is not None:
        facts[_AT] = _CERTIFICATE.values(facts[_AT])
    values = [*_SESSION.values(session)]
    values[0] = facts
    return _encode(values)


def read_session(text: str) -> Session:
    """Read what `session_text` wrote; raises ValueError for anything else."""
    values = json.loads(text)
    try:
        facts = values[0]
        if (certificate := facts[_AT]) is not None:
            facts[_AT] = Certificate(*_CERTIFICATE.checked(certificate))
        values[0] = Facts(*(_BARE if certificate is None else _FACTS).checked(facts))
        return Session(*_SESSION.checked(values))
    except (TypeError, LookupError) as error:
        raise ValueError(f"no session: {error}") from error
