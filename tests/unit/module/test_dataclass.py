"""radtune's dataclass() and the standard library's make the same of a class, but for what forbids a change."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from radtune import dataclass as module


def kinds(make: Callable[..., Any]) -> list[Any]:
    """Return classes of each kind that radtune has, made by this dataclass()."""

    @make(frozen=True, slots=True)
    class Plain:
        """A record."""

        name: str
        count: int = 0
        unseen: str = dataclasses.field(default="", compare=False, repr=False)

    @make(frozen=True, slots=True, order=True)
    class Ordered:
        """A record that can be sorted."""

        line: int
        said: str = ""

    @make(slots=True)
    class Changing:
        """A record that is filled bit by bit."""

        name: str
        found: list[int] = dataclasses.field(default_factory=list)

    @make(slots=True, eq=False)
    class Itself:
        name: str

    @make(frozen=True)
    class Said:
        name: str

        def __repr__(self) -> str:
            return "said"

    return [Plain, Ordered, Changing, Itself, Said]


PAIRS = list(zip(kinds(module.dataclass), kinds(dataclasses.dataclass), strict=True))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_it_is_the_same_class(ours: Any, theirs: Any) -> None:
    first = dataclasses.fields(ours)[0]
    values = [1, 2, 1] if first.type in (int, "int") else ["a", "b", "a"]
    one, other, again = (ours(value) for value in values)
    left, right, repeated = (theirs(value) for value in values)
    assert (one == again, one == other, one == "a") == (left == repeated, left == right, left == "a")
    shown = (repr(left), repr(one)) if ours.__name__ != "Itself" else ("", "")
    assert shown[0].rpartition(".")[2] == shown[1].rpartition(".")[2]
    assert (ours.__hash__ is None) == (theirs.__hash__ is None)
    assert hasattr(one, "__dict__") == hasattr(left, "__dict__")
    assert [each.name for each in dataclasses.fields(ours)] == [each.name for each in dataclasses.fields(theirs)]
    assert dataclasses.asdict(one) == dataclasses.asdict(left)
    assert dataclasses.replace(one, **{first.name: values[1]}) == other or ours.__name__ == "Itself"
    if ours.__hash__ is not None and ours.__name__ != "Itself":
        assert hash(one) == hash(again)
    if ours.__name__ == "Ordered":
        assert sorted([other, one]) == [one, other] and one < other and not other < one


def test_fields_that_are_not_compared_are_not_hashed() -> None:
    plain = PAIRS[0][0]
    assert plain("a", 1, "x") == plain("a", 1, "y")
    assert hash(plain("a", 1, "x")) == hash(plain("a", 1, "y"))
    assert repr(plain("a", 1, "x")).endswith("Plain(name='a', count=1)")
    assert plain("a", 1) != PAIRS[4][0]("a")


@module.dataclass(frozen=True, slots=True)
class Part:
    first: str
    second: tuple[str, ...] = ()
    made: str = module.field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "made", f"made of {self.first}")


def test_a_record_with_other_values_is_made_anew() -> None:
    part = Part("a", ("b",))
    other = module.replace(part, first="c")
    assert (other.first, other.second, other.made) == ("c", ("b",), "made of c")
    assert module.replace(part) == part
    with pytest.raises(TypeError, match="third"):
        module.replace(part, third="d")
