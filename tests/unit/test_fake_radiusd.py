"""The fake server takes and refuses what rlm_python3 3.2.1 does: "What C accepts" of the facts, row by row."""

from collections import OrderedDict
from enum import IntEnum, StrEnum
from functools import partial
from typing import NamedTuple

import pytest

from unit.fake_radiusd import OPERATORS, FakeRadiusd, NotTakenError, call, lists_of

VLAN = ("Tunnel-Private-Group-Id:0", ":=", "750")


class Code(IntEnum):
    OK = 2


class Word(StrEnum):
    REPLY = "reply"
    NAME = "Reply-Message"


class Text(str):
    __slots__ = ()


class Result(NamedTuple):
    code: int
    updates: dict[str, object]


class ThreeFields(NamedTuple):
    name: str
    operator: str
    value: str


def _answer(result: object, _: object) -> object:
    return result


TAKEN = {
    "an int": 2,
    "nothing means ok": None,
    "code and updates": (8, {"reply": (VLAN,)}),
    "a list that is None": (8, {"reply": None}),
    "no updates": (8, {}),
    "code, reply and config": (2, (VLAN,), (("Auth-Type", ":=", "Accept"),)),
    "a pair without operator": (2, {"reply": (("Reply-Message", "hello"),)}),
    "bytes as value": (2, {"reply": (("Reply-Message", b"hello"),)}),
    "an operator by number": (2, {"reply": (("Reply-Message", OPERATORS[":="], "hello"),)}),
    "a name in other case": (2, {"reply": (("tunnel-private-group-id:0", ":=", "750"),)}),
    "a value by number": (2, {"reply": (("Tunnel-Type:0", ":=", "13"),)}),
    "a backslash that is no escape": (2, {"request": (("Module-Failure-Message", ":=", r"DOM\bob"),)}),
    "two backslashes": (2, {"request": (("Module-Failure-Message", ":=", r"DOM\\nina"),)}),
}

REFUSED = {
    # The whole answer fails, which rejects the client.
    "a code that is an IntEnum": Code.OK,
    "a code that is a bool": True,
    "a code that no server knows": 9,
    "a float": 2.0,
    "a string": "ok",
    "a list as result": [2, {}],
    "a NamedTuple as result": Result(2, {}),
    "a tuple of one": (2,),
    "a tuple of four": (2, (), (), ()),
    "an IntEnum in the tuple": (Code.OK, {}),
    "a code that is None": (None, {}),
    "a subclass of dict": (2, OrderedDict(reply=(VLAN,))),
    "updates that are None": (2, None),
    # The client is accepted, and the attribute is missing.
    "an unknown list": (2, {"control": (VLAN,)}),
    "session_state for session-state": (2, {"session_state": (VLAN,)}),
    "a list of the proxy where there is none": (2, {"proxy-reply": (VLAN,)}),
    "a list in place of the tuple of pairs": (2, {"reply": [VLAN]}),
    "a generator of pairs": (2, {"reply": (pair for pair in (VLAN,))}),
    "a pair that is a list": (2, {"reply": (list(VLAN),)}),
    "a pair that is a NamedTuple": (2, {"reply": (ThreeFields(*VLAN),)}),
    "a pair of one": (2, {"reply": (("Reply-Message",),)}),
    "a pair of four": (2, {"reply": (("Reply-Message", ":=", "a", "b"),)}),
    "a pair in place of the tuple of pairs": (2, {"reply": ("Reply-Message", "hello")}),
    "an int as value": (2, {"reply": (("Tunnel-Private-Group-Id:0", ":=", 750),)}),
    "None as value": (2, {"reply": (("Reply-Message", ":=", None),)}),
    "a str subclass as value": (2, {"reply": (("Reply-Message", ":=", Text("a")),)}),
    "a str-Enum as name": (2, {"reply": ((Word.NAME, ":=", "a"),)}),
    "bytes as name": (2, {"reply": ((b"Reply-Message", ":=", "a"),)}),
    "a lone surrogate": (2, {"reply": (("Reply-Message", ":=", "\ud800"),)}),
    "bytes that aren't UTF-8": (2, {"reply": (("Reply-Message", ":=", b"\xff"),)}),
    "a name that no dictionary knows": (2, {"reply": (("Tunnel-Privat-Group-Id:0", ":=", "1"),)}),
    "a tag on an attribute without tags": (2, {"reply": (("Reply-Message:0", ":=", "a"),)}),
    "a tag over 31": (2, {"reply": (("Tunnel-Type:32", ":=", "VLAN"),)}),
    "a list in the name": (2, {"reply": (("control:Auth-Type", ":=", "Accept"),)}),
    "an index in the name": (2, {"reply": (("Reply-Message[1]", ":=", "a"),)}),
    "an empty name": (2, {"reply": (("", ":=", "a"),)}),
    # The attribute is another one than was meant.
    "a value that the type can't parse": (2, {"reply": (("Tunnel-Type:0", ":=", "NOPE"),)}),
    "a NUL in the value": (2, {"reply": (("Reply-Message", ":=", "a\0b"),)}),
    "an escape in the value": (2, {"reply": (("Reply-Message", ":=", r"DOM\nina"),)}),
    "a backslash at the end": (2, {"reply": (("Reply-Message", ":=", "a\\"),)}),
    "an empty value": (2, {"reply": (("Tunnel-Private-Group-Id:0", ":=", ""),)}),
    "an unknown operator": (2, {"reply": (("Reply-Message", "=:", "a"),)}),
    "an unknown number of an operator": (2, {"reply": (("Reply-Message", 99, "a"),)}),
    "an operator that is None": (2, {"reply": (("Reply-Message", None, "a"),)}),
    "an operator that compares": (2, {"reply": (("Reply-Message", "==", "a"),)}),
    "an operator that removes": (2, {"reply": (("Reply-Message", "-=", "a"),)}),
}


@pytest.mark.parametrize("result", TAKEN.values(), ids=TAKEN)
def test_taken(result: object) -> None:
    assert call(lambda _: result).code in (2, 8)


@pytest.mark.parametrize("result", REFUSED.values(), ids=REFUSED)
def test_refused(result: object) -> None:
    with pytest.raises(NotTakenError):
        call(lambda _: result)


def test_an_exception_goes_through_as_what_it_is() -> None:
    def broken(_: object) -> int:
        raise KeyError("mac")

    with pytest.raises(KeyError):
        call(broken)


def test_the_lists_are_tuples_of_pairs_or_none_and_keep_repeated_attributes() -> None:
    lists = lists_of(request=[("Class", "a"), ("Class", "b")], session_state=[("Framed-MTU", "994")])
    assert lists["request"] == (("Class", "a"), ("Class", "b"))
    assert lists["session-state"] == (("Framed-MTU", "994"),)
    assert lists["reply"] is None
    assert list(lists) == ["request", "reply", "config", "session-state", "proxy-request", "proxy-reply"]


def test_set_replaces_the_first_and_only_the_first() -> None:
    there = [("Tunnel-Private-Group-Id:0", "1"), ("Tunnel-Private-Group-Id:1", "2")]
    outcome = call(lambda _: (8, {"reply": (VLAN,)}), reply=there)
    assert outcome.lists["reply"] == [("Tunnel-Private-Group-Id:0", "750"), ("Tunnel-Private-Group-Id:1", "2")]


def test_the_default_operator_keeps_what_is_there_so_it_is_refused() -> None:
    for pair in (("Reply-Message", "=", "new"), ("Reply-Message", "new")):
        result = (8, {"reply": (pair,)})
        with pytest.raises(NotTakenError, match="there already"):
            call(partial(_answer, result), reply=[("Reply-Message", "old")])


def test_add_keeps_what_is_there() -> None:
    pair = ("Reply-Message", "+=", "new")
    outcome = call(lambda _: (8, {"reply": (pair,)}), reply=[("Reply-Message", "old")])
    assert outcome.values("reply", "Reply-Message") == ["old", "new"]


def test_two_backslashes_mean_one() -> None:
    outcome = call(lambda _: (2, {"reply": (("Reply-Message", ":=", r"DOM\\nina"),)}))
    assert outcome.values("reply", "Reply-Message") == [r"DOM\nina"]


def test_constants_are_those_of_the_server() -> None:
    radiusd = FakeRadiusd({})
    codes = {name: getattr(radiusd, f"RLM_MODULE_{name}") for name in ("REJECT", "FAIL", "OK", "NOOP", "UPDATED")}
    assert codes == {"REJECT": 0, "FAIL": 1, "OK": 2, "NOOP": 7, "UPDATED": 8}
    levels = {name: getattr(radiusd, f"L_{name}") for name in ("AUTH", "INFO", "ERR", "WARN", "DBG", "DBG_ERR_REQ")}
    assert levels == {"AUTH": 2, "INFO": 3, "ERR": 4, "WARN": 5, "DBG": 16, "DBG_ERR_REQ": 20}


@pytest.mark.parametrize(
    ("message", "error"), [("a\0b", ValueError), ("\ud800", UnicodeEncodeError), (b"a", TypeError), (None, TypeError)]
)
def test_the_log_takes_only_what_c_takes(message: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        FakeRadiusd({}).radlog(4, message)
