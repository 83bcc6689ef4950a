"""What client events and the servers' own words add up to."""

from collections import Counter
from typing import Any

import pytest

from radtune.records.moves_and_states import PolicyState
from radtune.server.state import HOOK_NANOSECONDS, Logins, ServerState
from radtune_tools.health import counters as module
from radtune_tools.health.counters import ENFORCEMENT_SECONDS, MOST_CHARACTERS, Counters, Key, buckets

ALLOWED = {"event": "login_allowed", "rule": "Corp", "compliance": "compliant", "site": "berlin", "nas": "sw1"}
DENIED = {**ALLOWED, "event": "login_denied", "rule": "default", "compliance": "not_enrolled", "denied_by": "radtune"}
REFUSED = {**DENIED, "rule": "", "compliance": "", "denied_by": "server", "reason": "mschap: wrong password"}
REQUESTED = {"event": "move_requested", "nas": "sw1", "method": "disconnect", "state": "unanswered", "site": "berlin"}


def counted(*events: dict[str, Any]) -> Counters:
    found = Counters()
    for event in events:
        found.add(event)
    return found


def of(found: Counters, kind: str) -> dict[Key, int]:
    return {key[1:]: count for key, count in found.total().items() if key[0] == kind}


def server(**more: Any) -> ServerState:
    return ServerState(1, "", 0.0, 0.0, "", "", "", {}, {}, PolicyState("", 0.0), Logins(), **more)


def test_logins_by_outcome_state_rule_and_site() -> None:
    found = counted(ALLOWED, ALLOWED, DENIED, REFUSED)
    assert of(found, "logins") == {
        ("allowed", "compliant", "Corp", "berlin"): 2,
        ("denied", "not_enrolled", "default", "berlin"): 1,
        ("denied", "server", "", "berlin"): 1,
    }
    assert of(found, "events") == {("login_allowed",): 2, ("login_denied",): 2}


def test_hits_of_rules_and_when_the_last_was() -> None:
    found = counted(
        {**ALLOWED, "time": "2026-01-01"}, {**ALLOWED, "time": "2026-01-02"}, {**DENIED, "time": "2026-01-03"}
    )
    assert of(found, "rules") == {("Corp",): 2, ("default",): 1}
    assert found.last == {"Corp": "2026-01-02", "default": "2026-01-03"}
    assert found.since == "2026-01-01"


def test_requests_to_nases() -> None:
    found = counted(REQUESTED, REQUESTED, {**REQUESTED, "nas": "sw2", "method": "bounce", "state": "acknowledged"})
    assert of(found, "coa") == {("sw1", "disconnect", "unanswered"): 2, ("sw2", "bounce", "acknowledged"): 1}


@pytest.mark.parametrize("unknown", ["", None, -1, True, 1.5])
def test_time_to_enforcement(unknown: object) -> None:
    known = [{"event": "moved", "since_change": seconds} for seconds in (0, 1, 2, 3, 28_800, 28_801)]
    found = counted(*known, {"event": "moved", "since_change": unknown}, {"event": "moved"})
    cumulated, total = buckets(found.total(), ("enforcement",), len(ENFORCEMENT_SECONDS) + 1)
    assert cumulated == [2, 3, 4, *[4] * (len(ENFORCEMENT_SECONDS) - 4), 5, 6]
    assert total == 57_607
    assert of(found, "events") == {("moved",): 8}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": 7},
        {"event": "login_allowed", "rule": ["x"], "site": None, "compliance": {}},
        {"event": "move_requested", "nas": 5},
        {"event": "moved", "since_change": [1]},
    ],
)
def test_an_event_of_any_form_is_counted(event: dict[str, Any]) -> None:
    found = counted(event)
    assert of(found, "events").popitem()[1] == 1
    assert Counters.from_json(found.to_json()).total() == found.total()


def test_a_word_that_is_none_of_radtune_s_makes_no_series_of_its_own() -> None:
    found = counted({"event": "a"}, {"event": "b"}, {**ALLOWED, "compliance": "made up"})
    assert of(found, "events") == {("other",): 2, ("login_allowed",): 1}
    assert of(found, "logins") == {("allowed", "other", "Corp", "berlin"): 1}


def test_a_label_is_unicode_and_short() -> None:
    found = counted({**REQUESTED, "nas": "sw\udcff" + "x" * 1000})
    ((nas, _, _),) = of(found, "coa")
    assert nas == "sw?" + "x" * (MOST_CHARACTERS - 3)


def test_too_many_are_counted_as_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 3)
    found = counted(*({**REQUESTED, "nas": f"sw{number}"} for number in range(10)), {**REQUESTED, "nas": "sw1"})
    again = Counters.from_json(found.to_json())
    again.add({**REQUESTED, "nas": "sw99"})
    assert of(again, "coa") == {
        ("sw0", "disconnect", "unanswered"): 1,
        ("sw1", "disconnect", "unanswered"): 2,
        ("sw2", "disconnect", "unanswered"): 1,
        ("other", "other", "other"): 8,
    }
    rules = counted(*({**ALLOWED, "rule": f"rule {number}", "time": "t"} for number in range(10)))
    assert set(rules.last) == {"rule 0", "rule 1", "rule 2"}
    assert of(rules, "logins")["allowed", "compliant", "other", "other"] == 7


def test_what_a_server_has_said_stays_counted_when_its_file_is_gone() -> None:
    hook = {"mab": (3, *[0] * len(HOOK_NANOSECONDS), 90_000)}
    found = Counters()
    found.take_servers({"a": server(errors={"events": 2}, hook=hook), "b": server(errors={"events": 5})})
    found.take_servers({"a": server(errors={"events": 4}, hook=hook), "b": None})
    found = Counters.from_json(found.to_json())
    assert of(found, "errors") == {("events",): 9}
    found.take_servers({"c": server(errors={"events": 1})})
    assert of(found, "errors") == {("events",): 10}
    cumulated, total = buckets(found.total(), ("hook", "mab"), len(HOOK_NANOSECONDS) + 1)
    assert (set(cumulated), total) == ({3}, 90_000)


def test_all_of_it_comes_back_from_json() -> None:
    found = counted(ALLOWED, DENIED, REQUESTED, {"event": "moved", "since_change": 5})
    found.at, found.position = 7.5, {"file": "f", "offset": 3, "time": "t", "id": "i"}
    found.take_servers({"a": server(errors={"bug": 1})})
    again = Counters.from_json(found.to_json())
    assert (again.total(), again.at, again.position) == (found.total(), 7.5, found.position)
    assert (again.last, again.since, again.to_json()) == (found.last, found.since, found.to_json())


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"format":2}', "[" * 100_000),
        Counters().to_json().replace('"counts":[]', '"counts":[["a"]]'),
        Counters().to_json().replace('"counts":[]', '"counts":[["a","b"]]'),
        Counters().to_json().replace('"counts":[]', '"counts":[[1,1]]'),
        Counters().to_json().replace('"counts":[]', '"counts":[[1]]'),
        Counters().to_json().replace('"counts":[]', '"counts":7'),
        Counters().to_json().replace('"last":{}', '"last":[]'),
        Counters().to_json().replace('"servers":{}', '"servers":{"a":{}}') + "x",
    ],
)
def test_what_it_did_not_write_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Counters.from_json(text)


def test_a_total_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = counted(ALLOWED)
    found.total().update(Counter({("logins",): 5}))
    assert ("logins",) not in found.total()
