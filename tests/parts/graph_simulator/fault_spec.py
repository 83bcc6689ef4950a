"""Faults as people write them: WHERE:WHAT, such as page=3:status=504 or request=list,nth=5,times=2:reset."""

import difflib
import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from parts.graph_simulator import aadsts
from parts.graph_simulator.fault import LONGEST_SECONDS, Answer, Change, Fault, InvalidFaultError, Shape
from parts.graph_simulator.kinds import GRAPH, SIGN_IN, WALKS, Kind
from parts.graph_simulator.messages import Cut

FOREIGN_HOST: Final = "graph.invalid"
GRAMMAR: Final = """\
A fault is WHERE:WHAT; both are words joined by commas.
WHERE   request=KIND      discovery, token, consent, identity, list, single, overview, batch, delta, entra, other or any
        page=N            the Nth page of a walk of request=list (taken for granted) or request=delta
        path=PATTERN      the path, without the query; * stands for anything
        nth=N             from the Nth such request on (counted from the moment the fault is set)
        every=N           each Nth such request; always, unless times says otherwise
        times=N|always    how often it happens; once if not said
WHAT    status=N[,retry-after=SECONDS|date+SECONDS][,body=json|nested|html|empty]
        aadsts=N          an error of the sign-in host, by its number
        withdraw[=claims] the token is void from now on: 401, and a new one helps
        not-json[=half]   200 with a page of HTML; with the first half of the real answer
        slow=SECONDS      a pause before the answer, alone or with any of the others
        reset[=body]      the connection breaks before the answer; in the middle of the body
        truncate[=BYTES]  the connection ends before the body does; after half of it if not said
        drip=SECONDS      the body comes in small pieces
        empty-page        no devices, and a link to those that belong here
        repeat-link       a link to the page itself
        foreign-link[=HOST]  a link to another host
        no-value          a page without value
        rename            the page's last device is left out, the walk's first is shown again under another name
        end               no link, though there is more
Examples  page=3:status=504   page=2:status=429,retry-after=2.128   request=list,nth=5,times=2:reset
"""


def read(text: str) -> Fault:
    """Read one fault; InvalidFaultError says what is wrong with which word."""
    where, colon, what = text.strip().partition(":")
    if not colon or not where.strip() or not what.strip():
        raise InvalidFaultError(f"fault '{text}': expected WHERE:WHAT, such as page=3:status=504 or request=any:reset")
    try:
        fields = _words(where, _WHERE, "where") | _effects(_words(what, _WHAT, "what"))
        return _checked(Fault(text.strip(), **fields), fields)
    except InvalidFaultError as error:
        raise InvalidFaultError(f"fault '{text}': {error}") from None


def read_file(file: Path) -> list[str]:
    """Give the faults of a file, one a line; empty lines and those that begin with # say nothing."""
    faults = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                read(line)
            except InvalidFaultError as error:
                raise InvalidFaultError(f"{file}:{number}: {error}") from None
            faults.append(line.strip())
    return faults


def _words(text: str, known: Mapping[str, Callable[[str], Any]], side: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for word in text.split(","):
        name, _, value = word.strip().partition("=")
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            raise InvalidFaultError(f"'{name}' says nothing about {side}{hint}")
        if name in fields:
            raise InvalidFaultError(f"{name} is there twice")
        try:
            fields[name] = known[name](value)
        except ValueError as error:
            raise InvalidFaultError(f"{name}: {error}") from None
    renamed = {"request": "kind"}
    return {renamed.get(name, name): value for name, value in fields.items()}


def _effects(words: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    details = {name.replace("-", "_"): words.pop(name) for name in ("retry-after", "body") if name in words}
    for name, value in words.items():
        field = "slow" if name == "slow" else {Answer: "answer", Shape: "shape", Cut: "cut"}[type(value)]
        if field in fields:
            raise InvalidFaultError(f"{name} can't be together with what stands before it")
        fields[field] = value
    if details:
        answer = fields.get("answer")
        if answer is None or answer.how != "status":
            raise InvalidFaultError(f"{', '.join(details).replace('_', '-')}: belongs to status=")
        fields["answer"] = replace(answer, **details)
    return fields


def _checked(fault: Fault, given: Mapping[str, Any]) -> Fault:
    if fault.page is not None and fault.kind is None:
        fault = replace(fault, kind=Kind.LIST)
    if fault.every is not None and "times" not in given:
        fault = replace(fault, times=None)
    if fault.every is not None and fault.nth is not None:
        raise InvalidFaultError("every can't be together with nth")
    if fault.page is not None and fault.kind not in WALKS:
        raise InvalidFaultError(f"page: only request=list and request=delta have pages, not {fault.kind}")
    if fault.shape is not None:
        _check_shape(fault, fault.shape)
    if fault.answer is not None:
        _check_answer(fault, fault.answer)
    return fault


def _check_shape(fault: Fault, shape: Shape) -> None:
    if fault.kind not in WALKS or (fault.kind == Kind.DELTA and shape.change is Change.RENAME):
        needed = "request=list" if shape.change is Change.RENAME else "page=N, request=list or request=delta"
        raise InvalidFaultError(f"{shape.change} changes a page of a walk: it needs {needed}")
    if fault.answer is not None:
        raise InvalidFaultError(f"{shape.change} can't be together with another answer")


def _check_answer(fault: Fault, answer: Answer) -> None:
    if answer.how == "aadsts" and fault.kind not in SIGN_IN:
        raise InvalidFaultError("aadsts comes from the sign-in host: it needs request=token, discovery or consent")
    if answer.how == "withdraw" and fault.kind not in {None, *GRAPH}:
        raise InvalidFaultError(f"withdraw needs a request with an access token, not {fault.kind}")
    if answer.body == "nested" and fault.kind not in {None, *GRAPH}:
        raise InvalidFaultError(f"body=nested is Graph's, not that of {fault.kind}")
    if fault.cut is not None and fault.cut.how == "reset":
        raise InvalidFaultError("reset leaves no answer: it can't be together with one")


def _kind(value: str) -> Kind | None:
    if value == "any":
        return None
    if value not in set(Kind):
        raise ValueError(f"expected {', '.join(Kind)} or any, got '{value}'")
    return Kind(value)


def _whole(value: str, lowest: int = 1, highest: int = 10**9) -> int:
    if not re.fullmatch("[0-9]{1,10}", value) or not lowest <= int(value) <= highest:
        limit = f"from {lowest} on" if highest == 10**9 else f"from {lowest} to {highest}"
        raise ValueError(f"expected a whole number {limit}, got '{value}'")
    return int(value)


def _seconds(value: str) -> float:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) or float(value) > LONGEST_SECONDS:
        raise ValueError(f"expected seconds up to {LONGEST_SECONDS:.0f}, got '{value}'")
    return float(value)


def _retry_after(value: str) -> str | None:
    if value == "absent":
        return None
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?|date[+-][0-9]+", value):
        raise ValueError(f"expected seconds, date+SECONDS or absent, got '{value}'")
    return value


def _aadsts(value: str) -> Answer:
    code = _whole(value)
    if code not in aadsts.KINDS:
        raise ValueError(f"expected one of {', '.join(map(str, sorted(aadsts.KINDS)))}, got '{value}'")
    return Answer("aadsts", code=code)


def _one_of(choices: Mapping[str, Any], value: str) -> Any:
    if value not in choices:
        words = " or ".join(choice or "nothing" for choice in choices)
        raise ValueError(f"expected {words}, got '{value}'")
    return choices[value]


def _flag(change: Change, value: str) -> Shape:
    _one_of({"": None}, value)
    return Shape(change)


_WHERE: Final[Mapping[str, Callable[[str], Any]]] = {
    "request": _kind,
    "page": _whole,
    "path": lambda value: re.compile(fnmatch.translate(value)),
    "nth": _whole,
    "every": _whole,
    "times": lambda value: None if value == "always" else _whole(value),
}
_WHAT: Final[Mapping[str, Callable[[str], Any]]] = {
    "status": lambda value: Answer("status", status=_whole(value, 400, 599)),
    "retry-after": _retry_after,
    "body": partial(_one_of, {name: name for name in ("json", "nested", "html", "empty")}),
    "aadsts": _aadsts,
    "withdraw": partial(_one_of, {"": Answer("withdraw", 401), "claims": Answer("withdraw", 401, claims=True)}),
    "not-json": partial(_one_of, {"": Answer("not-json"), "half": Answer("half-json")}),
    "slow": _seconds,
    "reset": partial(_one_of, {"": Cut("reset"), "body": Cut("reset-in-body")}),
    "truncate": lambda value: Cut("truncate", _whole(value, 0) if value else None),
    "drip": lambda value: Cut("drip", _seconds(value)),
    **{change.value: partial(_flag, change) for change in Change if change is not Change.FOREIGN_LINK},
    "foreign-link": lambda value: Shape(Change.FOREIGN_LINK, value or FOREIGN_HOST),
}
