"""Whether a session is still there."""

from dataclasses import replace

import pytest

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_end import GRACE_SECONDS, Restart, is_over, nas_prefix
from unit.samples import MAC, NOW

DAY = 86_400.0
WEEK = 7 * DAY
BSS = "02-00-00-00-01-00:Corp"
ON_AP = Facts(mac=MAC, nas_address="192.0.2.1", nas_identifier="ap1", called_station_id=BSS, ssid="Corp")


def session(facts: Facts = ON_AP, **more: object) -> Session:
    return replace(Session(facts, "vlan 750", NOW, seen_at=NOW), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("restart", "ends"),
    [
        (Restart("192.0.2.1", "", ""), True),
        (Restart("192.0.2.1", "ap1", ""), True),
        (Restart("192.0.2.1", "ap1", BSS), True),
        (Restart("192.0.2.1", "ap1", "02-00-00-00-01-00"), True),
        (Restart("192.0.2.1", "ap1", "02-00-00-00-01-01:Guests"), False),
        (Restart("192.0.2.1", "ap1", "02-00-00-00-01"), False),
        (Restart("192.0.2.1", "ap2", ""), False),
        (Restart("192.0.2.2", "ap1", ""), False),
        (Restart("ap1", "ap1", ""), False),
    ],
)
def test_a_restart_ends_the_sessions_of_its_nas_and_bss(restart: Restart, ends: bool) -> None:
    assert is_over(session(), [(restart, NOW + 1)], NOW + 2, WEEK) is ends


def test_a_nas_without_address_goes_by_its_identifier() -> None:
    facts = replace(ON_AP, nas_address="")
    assert is_over(session(facts), [(Restart.of(replace(facts, called_station_id="")), NOW + 1)], NOW + 2, WEEK)


def test_a_nas_that_names_itself_in_one_packet_only_is_the_same() -> None:
    facts = replace(ON_AP, nas_identifier="")
    assert is_over(session(facts), [(Restart("192.0.2.1", "ap1", ""), NOW + 1)], NOW + 2, WEEK)


def test_a_restart_of_a_bss_leaves_a_session_that_names_none() -> None:
    facts = replace(ON_AP, called_station_id="", ssid="")
    assert not is_over(session(facts), [(Restart("192.0.2.1", "ap1", BSS), NOW + 1)], NOW + 2, WEEK)


@pytest.mark.parametrize(
    ("how", "after", "ends"),
    [("seen_at", 0, True), ("seen_at", 9, True), ("seen_at", 11, False), ("granted_at", 11, False)],
)
def test_what_was_heard_of_after_the_restart_is_there(how: str, after: float, ends: bool) -> None:
    restart = Restart("192.0.2.1", "", "")
    heard = session(ON_AP, **{how: NOW + after})
    assert is_over(heard, [(restart, NOW - 1), (restart, NOW + 10)], NOW + 20, WEEK) is ends


@pytest.mark.parametrize(
    ("timeout", "seen", "now", "over"),
    [
        (0, 0, 6 * DAY, False),
        (3600, 0, 3600 + GRACE_SECONDS, False),
        (3600, 0, 3601 + GRACE_SECONDS, True),
        (3600, 3600, 3600 + GRACE_SECONDS, False),
        (3600, 3600, 3601 + GRACE_SECONDS, True),
        (3600, 3601, 3602 + GRACE_SECONDS, False),
        (3600, 7200, 7200 + WEEK, False),
        (3600, 7200, 7201 + WEEK, True),
        (100, 0, 100 + GRACE_SECONDS, False),
        (86_400 * 30, 0, WEEK, False),
        (86_400 * 30, 0, WEEK + 1, True),
        (0, DAY, WEEK + 1, False),
    ],
)
def test_a_session_ends_by_its_timeout_or_by_silence(timeout: int, seen: float, now: float, over: bool) -> None:
    assert is_over(session(timeout=timeout, seen_at=NOW + seen), (), NOW + now, WEEK) is over


@pytest.mark.parametrize(
    ("how", "after", "over"), [("seen_at", 9, True), ("seen_at", 11, False), ("granted_at", 11, False)]
)
def test_one_that_was_taken_for_over_is_there_once_it_is_heard_of(how: str, after: float, over: bool) -> None:
    heard = session(ON_AP, over_at=NOW + 10, **{how: NOW + after})
    assert is_over(heard, (), NOW + 20, WEEK) is over
    assert is_over(session(over_at=NOW), (), NOW, WEEK), "at the very time of its login"


def test_a_clock_that_was_set_back_ends_nothing() -> None:
    assert not is_over(session(timeout=60), (), NOW - WEEK, WEEK)
    assert not is_over(session(), [(Restart("192.0.2.1", "", ""), NOW + DAY)], NOW + 5, WEEK)


def test_restarts_come_back_as_they_were_and_are_found_by_their_nas() -> None:
    restart = Restart("ap", 'a"p', BSS)
    assert Restart.from_json(restart.to_json()) == restart
    assert restart.to_json().startswith(nas_prefix("ap"))
    assert not Restart("ap1", "", "").to_json().startswith(nas_prefix("ap"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", '["a", "b", "c"]', '{"nas": "a", "identifier": "b"}'),
        '{"nas": "a", "identifier": "b", "bss": 1}',
        '{"nas": "a", "identifier": "b", "bss": "c", "more": "d"}',
    ],
)
def test_what_is_no_restart(text: str) -> None:
    with pytest.raises(ValueError):
        Restart.from_json(text)
