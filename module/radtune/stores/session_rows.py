"""Sessions as rows of their store: a list of the values of a session, its facts and their certificate among them."""

import json

from radtune.records.device_and_client import Certificate, Facts, Session
from radtune.records.json_record import Layout, encode

_SESSION, _CERTIFICATE = Layout(Session(Facts(), "", 0.0)), Layout(Certificate())
_FACTS, _BARE = Layout(Facts(certificate=Certificate())), Layout(Facts())
_AT = _BARE.types.index(type(None))
"""The place of the certificate among the facts; theirs among the values of a session is the first."""


def session_text(session: Session) -> str:
    """Return the session as one line of JSON, the same for equal ones."""
    facts = [*_FACTS.values(session.facts)]
    if facts[_AT] is not None:
        facts[_AT] = _CERTIFICATE.values(facts[_AT])
    values = [*_SESSION.values(session)]
    values[0] = facts
    return encode(values)


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
