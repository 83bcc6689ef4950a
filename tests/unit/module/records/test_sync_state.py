"""How the syncs of a tenant went, in JSON and back."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.errors import RadtuneError, RefusedError, TemporaryError
from radtune.records.moves_and_states import SyncState
from radtune_tools.sync.whole_sync import failed, succeeded

NUMBERS = st.integers(0, 2**40)
COUNTS = st.dictionaries(st.text(), st.integers())
STATES = st.builds(
    SyncState,
    tenant=st.text(),
    linked_at=NUMBERS,
    whole_at=NUMBERS,
    changes_at=NUMBERS,
    watermark=NUMBERS,
    failures=NUMBERS,
    failing_since=NUMBERS,
    problem=st.text(),
    whole_failed=st.booleans(),
    refused=st.booleans(),
    missing=NUMBERS,
    lost_compliance=NUMBERS,
    cursor=st.text(),
    entra_link=st.text(),
    counts=COUNTS,
)


@given(STATES)
def test_a_state_comes_back_as_it_was(state: SyncState) -> None:
    text = state.to_json()
    assert SyncState.from_json(text) == state
    assert "\n" not in text


def test_what_is_new_in_it_may_be_missing() -> None:
    assert SyncState.from_json('{"tenant": "t"}') == SyncState("t")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "null",
            "[]",
            "5",
            "{}",
            '{"tenant": 5}',
            '{"tenant": "t", "more": 1}',
            '{"tenant": "t", "whole_at": 1.5}',
        ),
        *('{"tenant": "t", "counts": []}', '{"tenant": "t", "counts": {"a": "5"}}', '{"tenant": "t", "counts": null}'),
        '{"tenant": "t", "counts": {"a": true}}',
    ],
)
def test_what_is_none_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        SyncState.from_json(text)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_whatever_is_stored_is_a_state_or_a_value_error(plain: object) -> None:
    with contextlib.suppress(ValueError):
        SyncState.from_json(json.dumps(plain))


def test_how_many_devices_there_are() -> None:
    assert SyncState("t").devices == 0
    assert SyncState("t", counts={"compliant": 5, "error": 2}).devices == 7


def test_failures_are_counted_and_cleared() -> None:
    state = failed(SyncState("t", whole_at=1), TemporaryError("first"), 100, whole=False)
    assert (state.failures, state.failing_since, state.problem, state.whole_failed) == (1, 100, "first", False)
    state = failed(state, TemporaryError("second"), 200, whole=True)
    assert (state.failures, state.failing_since, state.problem, state.whole_failed) == (2, 100, "second", True)
    state = failed(state, TemporaryError("third"), 300, whole=False)
    assert (state.failures, state.failing_since, state.problem, state.whole_failed) == (3, 100, "third", True)
    assert succeeded(state) == SyncState("t", whole_at=1)


@pytest.mark.parametrize(
    ("error", "whole", "refused"),
    [
        (RefusedError("too many"), True, True),
        (RefusedError("too many"), False, False),
        (TemporaryError("busy"), True, False),
    ],
)
def test_a_refused_whole_list_is_remembered(error: RadtuneError, whole: bool, refused: bool) -> None:
    state = failed(SyncState("t"), error, 100, whole=whole)
    assert state.refused is refused
    assert failed(state, TemporaryError("busy"), 200, whole=True).refused is refused
