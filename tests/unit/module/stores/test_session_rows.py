"""Sessions as rows: what was written is read, and nothing else."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.records.device_and_client import Certificate, Facts, Session
from radtune.stores.session_rows import read_session, session_text

FULL = Session(
    facts=Facts(
        mac="0016cbaabb01",
        certificate=Certificate(common_name="LAPTOP-1", dns=("a", "b"), expires_at=7, unread=("eku",)),
        extra_attributes=("Class",),
        attributes=("Class=x",),
    ),
    granted="vlan 750",
    granted_at=1.5,
    timeout=3600,
    superseded=True,
)


@pytest.mark.parametrize("certificate", [FULL.facts.certificate, None])
def test_what_was_written_is_read(certificate: Certificate | None) -> None:
    session = replace(FULL, facts=replace(FULL.facts, certificate=certificate))
    assert read_session(session_text(session)) == session


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=80))
def test_anything_else_is_no_session(plain: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_session(json.dumps(plain))


@pytest.mark.parametrize("place", [(0, 0), (0, 7), (0, 7, 1), (0, 22), (0, 23, 0), (1,), (2,), (-1,)])
def test_a_value_of_another_type_is_no_session(place: tuple[int, ...]) -> None:
    plain = json.loads(session_text(FULL))
    *above, last = place
    inner = plain
    for index in above:
        inner = inner[index]
    inner[last] = 7 if isinstance(inner[last], str | bool | list) else "x"
    with pytest.raises(ValueError, match=r"."):
        read_session(json.dumps(plain))
