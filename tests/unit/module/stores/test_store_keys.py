"""The keys of a store, by their beginning and in order."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.stores import store as module
from unit.samples import opened

KEYS = st.text(st.sampled_from("a/0.é\U0010ffff"), min_size=1, max_size=4)


@settings(max_examples=40)
@given(st.sets(KEYS), KEYS.map(lambda text: f"{text}/"), st.one_of(st.just(""), KEYS), st.integers(1, 4))
def test_like_a_sorted_list(
    tmp_path_factory: pytest.TempPathFactory, keys: set[str], prefix: str, after: str, at_once: int
) -> None:
    with opened(tmp_path_factory.mktemp("keys")) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS_AT_ONCE", at_once)
        for key in keys:
            store.write(key, "x")
        there = sorted({*keys, "format"})
        assert list(store.keys(prefix, after)) == [
            key for key in there if key.startswith(prefix) and key > prefix + after
        ]


def test_keys_that_are_added_or_taken_away_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 2)
    with opened(tmp_path) as store:
        for key in ("a/1", "a/2", "a/3", "a/6", "b/1"):
            store.write(key, "x")
        keys = store.keys("a/")
        assert [next(keys), next(keys)] == ["a/1", "a/2"]
        store.write("a/0", "x")
        store.write("a/5", "x")
        store.delete("a/3")
        assert list(keys) == ["a/5", "a/6"]


def test_the_cost_is_that_of_an_index(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        plan = store.query(
            "EXPLAIN QUERY PLAN SELECT key FROM Cache WHERE key > ? AND key < ? ORDER BY key LIMIT ?", ("a", "b", 9)
        )
    assert [row[3] for row in plan] == [
        "SEARCH Cache USING COVERING INDEX Cache_key_raw (key>? AND key<?)",
    ]
