"""The `radiusd` module and the caller of a hook, as strict as rlm_python3 of FreeRADIUS 3.2.1.

`call` does to a hook's result what src/modules/rlm_python3/rlm_python3.c (release_3_2_1) does, and raises
`NotTakenError` wherever the C code would log an error, drop a pair, or make something else of it. A hook that passes
here means the same to the real server.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType

Pair = tuple[str, str]
Lists = dict[str, tuple[Pair, ...] | None]

RCODES = ("REJECT", "FAIL", "OK", "HANDLED", "INVALID", "USERLOCK", "NOTFOUND", "NOOP", "UPDATED", "NUMCODES")
LEVELS = {"AUTH": 2, "INFO": 3, "ERR": 4, "WARN": 5, "PROXY": 6, "ACCT": 7}
DEBUG_LEVELS = {"DBG": 16, "DBG_WARN": 17, "DBG_ERR": 18, "DBG_WARN_REQ": 19, "DBG_ERR_REQ": 20}
LISTS = ("request", "reply", "config", "session-state", "proxy-request", "proxy-reply")

# fr_tokens of src/lib/token.c, with the numbers of token.h: the operators that the C code knows by text or number.
_TOKENS = ["{", "}", "(", ")", ",", ";", "++", "+=", "-=", ":=", "=", "!=", ">=", ">"]
_TOKENS += ["<=", "<", "=~", "!~", "=*", "!*", "==", "^=", "#"]
OPERATORS = {token: number for number, token in enumerate(_TOKENS, start=2)}

# What the dictionaries say of the attributes that a hook may set: type, whether it has a tag, names of values.
DICTIONARY: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "tunnel-type": ("integer", True, ("VLAN",)),
    "tunnel-medium-type": ("integer", True, ("IEEE-802",)),
    "tunnel-private-group-id": ("string", True, ()),
    "auth-type": ("integer", False, ("Accept", "Reject")),
    "session-timeout": ("integer", False, ()),
    "reply-message": ("string", False, ()),
    "module-failure-message": ("string", False, ()),
    "user-name": ("string", False, ()),
}


class NotTakenError(AssertionError):
    """The server would not take this as it was meant."""


class FakeRadiusd(ModuleType):
    """What `import radiusd` gives inside of the server; `logged` keeps what went to the server's log."""

    config: dict[str, str]

    def __init__(self, config: dict[str, str]) -> None:
        super().__init__("radiusd")
        self.config = config
        self.logged: list[tuple[int, str]] = []
        for code, name in enumerate(RCODES):
            setattr(self, f"RLM_MODULE_{name}", code)
        for name, level in {**LEVELS, **DEBUG_LEVELS}.items():
            setattr(self, f"L_{name}", level)

    def radlog(self, level: int, message: str) -> None:
        """Take what `PyArg_ParseTuple(args, "is", ...)` takes: text without NUL that UTF-8 can hold."""
        if not isinstance(level, int) or not isinstance(message, str):
            raise TypeError("radlog takes an int and a str")
        if "\0" in message:
            raise ValueError("embedded null character")
        message.encode()
        self.logged.append((level, message))

    def messages(self, level: int = LEVELS["ERR"]) -> str:
        """Return the messages of this level, a line each."""
        return "\n".join(text for at, text in self.logged if at == level)


@dataclass(frozen=True)
class Outcome:
    """What the server goes on with: the code, and all lists as the hook left them."""

    code: int
    lists: dict[str, list[Pair]] = field(default_factory=dict)

    def values(self, list_name: str, name: str) -> list[str]:
        """Return the values of an attribute in a list."""
        return [value for found, value in self.lists.get(list_name, ()) if found == name]


def lists_of(**given: Sequence[Pair]) -> Lists:
    """Return the dictionary that `pass_all_vps_dict = yes` passes; a list without attributes is None."""
    unknown = set(given) - {name.replace("-", "_") for name in LISTS}
    assert not unknown, f"no such list: {unknown}"
    return {name: tuple(given.get(name.replace("-", "_"), ())) or None for name in LISTS}


def call(function: Callable[[Lists], object], **given: Sequence[Pair]) -> Outcome:
    """Call a hook with these lists and do with its result what do_python_single does."""
    lists = lists_of(**given)
    result = function(lists)
    mutable = {name: list(pairs or ()) for name, pairs in lists.items()}
    if result is None:
        return Outcome(2, mutable)
    if type(result) is int:
        return Outcome(_code(result), mutable)
    if type(result) is not tuple:
        raise NotTakenError(f"a {type(result).__name__} is neither an int, a tuple nor None: the request fails")
    if not 2 <= len(result) <= 3:
        raise NotTakenError(f"a tuple of {len(result)}: the request fails")
    code = _code(result[0])
    for name, pairs in _updates(result):
        for pair in _exact_tuple(pairs, name):
            _update(mutable[name], name, pair)
    return Outcome(code, mutable)


def _code(code: object) -> int:
    if type(code) is not int:
        raise NotTakenError(f"the code is of type {type(code).__name__}, not int: the request fails")
    if not 0 <= code < len(RCODES) - 1:
        raise NotTakenError(f"{code} is no code of the server")
    return code


def _updates(result: tuple[object, ...]) -> list[tuple[str, object]]:
    if len(result) == 3:
        return [("reply", result[1]), ("config", result[2])]
    updates = result[1]
    if type(updates) is not dict:
        raise NotTakenError(f"the updates are of type {type(updates).__name__}, not dict: the request fails")
    for name in updates:
        if name not in LISTS or name.startswith("proxy-"):
            raise NotTakenError(f"there is no list {name!r}: what is in it is dropped")
    return list(updates.items())


def _exact_tuple(pairs: object, name: str) -> tuple[object, ...]:
    if pairs is None:
        return ()
    if type(pairs) is not tuple:
        raise NotTakenError(f"{name} is of type {type(pairs).__name__}, not tuple: all of it is dropped")
    return pairs


def _update(target: list[Pair], list_name: str, pair: object) -> None:
    """Do what mod_vptuple and radius_pairmove do with one (name, operator, value) or (name, value)."""
    if type(pair) is not tuple or not 2 <= len(pair) <= 3:
        raise NotTakenError(f"{list_name}: {pair!r} is no tuple of 2 or 3: it is dropped")
    name, value = _text(pair[0], "name"), _text(pair[-1], "value")
    operator = _operator(pair[1]) if len(pair) == 3 else "="
    key, _, tag = name.removeprefix("&").partition(":")
    known = DICTIONARY.get(key.lower())
    if known is None:
        raise NotTakenError(f"{list_name}: no dictionary knows {name}: it is dropped")
    if tag and not (known[1] and tag.isdecimal() and int(tag) <= 31):
        raise NotTakenError(f"{list_name}: {name} can't have this tag: it is dropped")
    value = _value(name, known, value)
    there = [index for index, (found, _) in enumerate(target) if found.partition(":")[0].lower() == key.lower()]
    if operator == "+=" or not there:
        target.append((name.removeprefix("&"), value))
    elif operator == "=":
        raise NotTakenError(f"{list_name}: {name} is there already, and = keeps what is there")
    else:
        # The first one is replaced, and only that one.
        target[there[0]] = (name.removeprefix("&"), value)


def _text(value: object, what: str) -> str:
    text: str
    if type(value) is str:
        text = value
    elif type(value) is bytes and what == "value":
        text = value.decode(errors="surrogateescape")
    else:
        raise NotTakenError(f"a {what} of type {type(value).__name__}: the pair is dropped")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotTakenError(f"a {what} that isn't UTF-8 gives a pair without value: {error}") from error
    if "\0" in text:
        raise NotTakenError(f"C ends the {what} {text!r} at the NUL")
    return text


def _operator(operator: object) -> str:
    if type(operator) is str:
        text = operator
    elif isinstance(operator, int):
        text = next((token for token, number in OPERATORS.items() if number == operator), "")
    else:
        raise NotTakenError(f"an operator of type {type(operator).__name__} is taken for =")
    if text not in OPERATORS:
        raise NotTakenError(f"the operator {operator!r} is unknown and taken for =")
    if text not in ("=", ":=", "+="):
        raise NotTakenError(f"the operator {text} sets nothing")
    return text


def _value(name: str, known: tuple[str, bool, tuple[str, ...]], text: str) -> str:
    """Return what fr_pair_value_from_str makes of the text."""
    kind, _, words = known
    if kind == "integer":
        if not text.isdecimal() and text.lower() not in {word.lower() for word in words}:
            raise NotTakenError(f"{name} := {text!r} becomes 0")
        return text
    if not text:
        raise NotTakenError(f"an empty {name} is left out of the packet")
    # Text is read as if it stood between double quotes. Two backslashes mean one; every other escape is a mistake.
    for escape in re.findall(r"(?s)\\(?:\\|[0-9]{3}|.|$)", text):
        if escape != "\\\\" and (escape[1:] in ("", "r", "n", "t", '"') or escape[1:].isdecimal()):
            raise NotTakenError(f"{name}: C takes {escape!r} in {text!r} for an escape")
    return text.replace("\\\\", "\\")
