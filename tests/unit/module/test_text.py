"""Text from elsewhere, and words for counts."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.text import counted, printable, utc


@given(st.lists(st.integers(0, 0x10FFFF)))
def test_what_comes_out_can_be_printed_and_stored(numbers: list[int]) -> None:
    shown = printable("".join(map(chr, numbers)))
    assert shown.isprintable()
    shown.encode()


@pytest.mark.parametrize("text", ["", "LAPTOP-1", "Zoë", "東京", "a\\b"])
def test_what_can_be_printed_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\0", "\\x00"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800")],
)
def test_what_can_t_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1_800_000_000, "2027-01-15T08:00:00Z"),
        (0.9, "1970-01-01T00:00:00Z"),
        (10**15, f"{10**15} seconds after 1970"),
        (-(10**300), f"-{10**300} seconds after 1970"),
        (float("nan"), "nan seconds after 1970"),
    ],
)
def test_every_time_can_be_said(seconds: float, said: str) -> None:
    assert utc(seconds) == said


def test_one_is_not_several() -> None:
    assert [counted(number, "session") for number in (0, 1, 2)] == ["0 sessions", "1 session", "2 sessions"]
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


WORDS = "sessions|devices|entries|rules|cases|warnings|requests|moves|clients|days|times"
COUNT = re.compile(r"\{(?:len\([^{}]*\)|[a-z_.]+)\} (?:live )?(?:" + WORDS + r")\b.*")
NEVER_ONE = ("of the same hardware",)
CODE = [file for part in ("module", "tools") for file in (Path(__file__).parents[3] / part).rglob("*.py")]


def test_a_count_that_may_be_one_stands_before_its_word_through_counted_alone() -> None:
    found = {
        f"{file.name}: {each}"
        for file in CODE
        if file.parent.name != "enforce"
        for each in COUNT.findall(file.read_text())
    }
    assert {each for each in found if not any(more in each for more in NEVER_ONE)} == set()
