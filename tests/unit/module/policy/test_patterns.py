"""Patterns, versions, comparisons and lengths of time."""

import fnmatch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from radtune.policy.patterns import comparisons, duration, pattern_test, version

TEXT = st.text(st.sampled_from("ab*?.\\[^$\nÄ"), max_size=8)


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        ("abc", ("abc", "ABC"), ("abcd", "xabc", "", "abc\n")),
        ("a*", ("a", "abc", "a\nb"), ("b", "ba", "")),
        ("*c", ("c", "abc"), ("cb", "")),
        ("a*c", ("ac", "abcbc"), ("abcb", "a")),
        ("*a*", ("a", "bab"), ("b", "")),
        ("a*b*c", ("abc", "axbxc", "abbcc"), ("acb", "abx")),
        ("a?c", ("abc", "a.c", "a\nc"), ("ac", "abbc")),
        ("a.c", ("a.c",), ("abc",)),
        ("[a]", ("[a]",), ("a",)),
        ("a\\*", ("a\\", "a\\b"), ("a*", "ab")),
        ("\\?", ("\\a",), ("?", "\\")),
        ("***", ("", "x"), ()),
        ("^a$", ("^a$",), ("a",)),
        ("Ä*", ("ä", "Äx"), ("a",)),
    ],
)
def test_a_pattern(pattern: str, fits: tuple[str, ...], fails: tuple[str, ...]) -> None:
    for text in fits:
        assert pattern_test([pattern])(text)
    for text in fails:
        assert not pattern_test([pattern])(text)


def test_patterns_can_tell_case() -> None:
    assert pattern_test(["Corp*"], ignore_case=False)("Corp 1")
    assert not pattern_test(["Corp*"], ignore_case=False)("corp 1")


def test_one_alternative_is_enough_and_none_runs_into_the_next() -> None:
    both = pattern_test(["a", "b*"])
    assert both("a")
    assert both("bc")
    assert not both("ab")


@given(TEXT, TEXT)
def test_patterns_mean_what_a_shell_means(pattern: str, text: str) -> None:
    plain = "".join(f"[{c}]" if c == "[" else c for c in pattern)
    assert pattern_test([pattern], ignore_case=False)(text) == fnmatch.fnmatchcase(text, plain)


def test_many_stars_do_not_make_a_long_text_costly() -> None:
    """A pattern that tried every place for every star would not end in this life."""
    assert not pattern_test(["*a" * 30 + "*b"])("a" * 2000)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        *(("10.0.22631.1", (10, 0, 22631, 1)), ("14", (14,)), ("14.0.0", (14,)), ("0", ()), ("0.0", ())),
        *(("14.5.1 (23F79)", (14, 5, 1)), ("12-rc1", (12,)), ("", None), ("Unknown", None), (".5", None), ("v1", None)),
    ],
)
def test_versions(text: str, numbers: tuple[int, ...] | None) -> None:
    assert version(text) == numbers


@given(
    st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=5),
    st.sampled_from(["", ".", ".x", "..1", " (23F79)", "-rc1", "x9", "\n1"]),
)
@example([10, 0, 0], "")
def test_numbers_with_dots_are_a_version_whatever_follows(numbers: list[int], behind: str) -> None:
    last = max((place for place, number in enumerate(numbers, 1) if number), default=0)
    assert version(".".join(map(str, numbers)) + behind) == tuple(numbers[:last])


@given(st.text("019.- (aZ²", max_size=8))
def test_what_begins_with_no_digit_is_no_version(text: str) -> None:
    assert (version(text) is None) == (text[:1] not in {"0", "1", "9"})


def test_comparisons() -> None:
    ((compare, bound),) = comparisons(" >=10.0 ")
    assert (compare((10, 1), (10,)), bound) == (True, "10.0")
    assert [bound for _, bound in comparisons(">= 10, < 11")] == ["10", "11"]


@pytest.mark.parametrize("text", ["", "10", ">=", ">> 1", ">= 10 < 11", ">= 10,", "~ 3"])
def test_what_is_no_comparison(text: str) -> None:
    with pytest.raises(ValueError, match="expected a comparison"):
        comparisons(text)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("8h", 28800), ("14d", 1209600)])
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "5 h", "-5h", "1.5h", "5w", "5h\n", "9999999999s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number and"):
        duration(text)
