"""A change taken back, also from a file that was edited since."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.raddb_edit.changes import Change, changed
from radtune_tools.raddb_edit.raddb_files import FILE, LINK, Entry
from radtune_tools.raddb_edit.reversal import reversed_change

LINES = [f"line {number}\n" for number in range(12)]
BEFORE = "".join(LINES)
AFTER = "".join([*LINES[:3], "ours\n", *LINES[3:6], "value = ours\n", *LINES[7:], "last\n"])


def file(text: str, mode: int = 0o640) -> Entry:
    return Entry(FILE, text.encode(), "", mode, 1, 2)


CHANGE = Change("a", file(BEFORE), file(AFTER))


def back(now: str) -> str:
    """Return the text after our lines were taken back."""
    change = reversed_change(CHANGE, file(now))
    return change.after.content.decode() if change else now


def test_what_is_as_it_was_left_is_put_back_and_keeps_a_new_mode() -> None:
    assert back(AFTER) == BEFORE
    change = reversed_change(CHANGE, file(AFTER, mode=0o600))
    assert change and (change.after.mode, change.after.content.decode()) == (0o600, BEFORE)


def test_what_was_never_made_needs_nothing() -> None:
    assert reversed_change(CHANGE, file(BEFORE)) is None


@given(st.lists(st.tuples(st.integers(0, 14), st.sampled_from(["mine\n", "", "line 8\n"])), max_size=6))
def test_an_edit_elsewhere_stays_and_an_edit_of_our_lines_is_told(edits: list[tuple[int, str]]) -> None:
    """Either exactly our lines go, or nothing is changed."""
    now = AFTER.splitlines(keepends=True)
    for place, line in edits:
        now[min(place, len(now)) : min(place, len(now)) + (not line)] = [line] if line else []
    try:
        left = back("".join(now)).splitlines()
    except ValueError as error:
        assert "setup's lines are not as it wrote them: " in str(error)
        return
    assert not {"ours", "value = ours", "last"} & set(left)
    assert [line for line in left if line == "mine"] == [line.strip() for line in now if line == "mine\n"]


def test_edits_away_from_our_lines_stay() -> None:
    assert back(f"top\n{AFTER}bottom\n".replace("line 9\n", "mine\n")) == f"top\n{BEFORE}bottom\n".replace(
        "line 9\n", "mine\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("ours\nline 3", "our own\nline 3"), ("value = ours\n", ""), ("line 2\n", "changed\n"), ("last\n", "last one\n")],
)
def test_our_lines_that_were_changed_or_lost_their_neighbours_are_left(old: str, new: str) -> None:
    with pytest.raises(ValueError, match="setup's lines are not as it wrote them: "):
        back(AFTER.replace(old, new, 1))


def test_our_lines_that_somebody_has_copied_are_left() -> None:
    with pytest.raises(ValueError, match="setup's lines are not as it wrote them: ours"):
        back(AFTER + "line 2\nours\nline 3\n")


def test_lines_that_somebody_has_taken_back_are_no_trouble() -> None:
    assert back(AFTER.replace("ours\nline 3", "line 3", 1)) == BEFORE
    assert reversed_change(CHANGE, file(f"mine\n{BEFORE}")) is None


def test_links() -> None:
    made = Change("a", Entry(), Entry(LINK, target="x"))
    gone = Change("a", Entry(LINK, target="x"), Entry())
    assert reversed_change(made, Entry()) is None and reversed_change(gone, Entry(LINK, target="x")) is None
    assert reversed_change(made, Entry(LINK, target="x", user=7)) == Change(
        "a", Entry(LINK, target="x", user=7), Entry()
    )
    assert reversed_change(gone, Entry()) == Change("a", Entry(), Entry(LINK, target="x"))
    for change, now, was in ((made, file("x"), "a file"), (gone, Entry(LINK, target="y"), "a link to y")):
        with pytest.raises(ValueError, match=f"{was} is there, which setup didn't leave there"):
            reversed_change(change, now)
    with pytest.raises(ValueError, match="nothing is there"):
        reversed_change(changed("a", file("x"), b"y"), Entry())
