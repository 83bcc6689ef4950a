"""The bodies of webhooks: what Teams, Slack and programs get, and no markup from an event."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.push.syslog_message import message
from radtune_tools.push.webhook_body import body, message_id, most_events

EVENT = {
    "id": "e-1",
    "time": "2026-11-28T07:58:59.074Z",
    "event": "not_enforced",
    "mac": "0016cb000003",
    "device": "LAPTOP-3",
    "nas": "sw-1",
    "site": "berlin",
    "before": "vlan 750",
    "outcome": "vlan 1",
    "resumed": False,
    "reason": "the MAC is 0016cb000003: LAPTOP-3 is noncompliant",
}
LINES = [
    "not enforced: LAPTOP-3",
    "time 2026-11-28T07:58:59.074Z, mac 0016cb000003, device LAPTOP-3, before vlan 750, outcome vlan 1, nas sw-1, "
    "site berlin",
    "the MAC is 0016cb000003: LAPTOP-3 is noncompliant",
]
EVIL = "*b* _i_ <!channel> <https://evil.example|here> [x](https://evil.example) {{DATE(2017-02-14Z)}} <at>all</at> &"


def made(template: str, *events: dict[str, Any]) -> Any:
    return json.loads(body(template, events))


def texts(value: Any) -> list[tuple[str, str]]:
    """Return every text of a value, with its key."""
    if isinstance(value, dict):
        here = [(key, inner) for key, inner in value.items() if isinstance(inner, str)]
        return here + [each for inner in value.values() for each in texts(inner)]
    return [each for inner in value for each in texts(inner)] if isinstance(value, list) else []


def test_json_has_the_events_as_they_are() -> None:
    assert made("json", EVENT, {**EVENT, "id": "e-2"}) == {"events": [EVENT, {**EVENT, "id": "e-2"}]}


def test_slack_gets_a_block_for_each_event_and_a_text_for_notifications() -> None:
    found = made("slack", EVENT, EVENT)
    block = {"type": "section", "text": {"type": "plain_text", "emoji": False, "text": "\n".join(LINES)}}
    assert found["blocks"] == [block, block]
    assert found["text"] == "not enforced: LAPTOP-3; not enforced: LAPTOP-3"
    assert (found["mrkdwn"], found["unfurl_links"], found["unfurl_media"]) == (False, False, False)


def test_teams_gets_an_adaptive_card() -> None:
    found = made("teams", EVENT)
    (attachment,) = found["attachments"]
    assert found["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [block["inlines"][0]["text"] for block in card["body"]] == LINES
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


@pytest.mark.parametrize("name", ["device", "ssid", "user", "reason"])
def test_a_name_is_no_markup(name: str) -> None:
    event = {"event": "moved", name: EVIL}
    slack, teams = made("slack", event), made("teams", event)
    for _, text in texts(slack):
        assert (
            "<" not in text
            and ">" not in text
            and text.count("&") == text.count("&lt;") + text.count("&gt;") + text.count("&amp;")
        )
    assert {inner["type"] for inner in (block["text"] for block in slack["blocks"])} == {"plain_text"}
    assert not any("{{" in text for _, text in texts(teams))
    said = [text for key, text in texts(teams) if "evil" in text]
    assert said and {block["type"] for block in teams["attachments"][0]["content"]["body"]} == {"RichTextBlock"}


@given(st.dictionaries(st.sampled_from([*EVENT, "ssid", "user"]), st.one_of(st.text(), st.lists(st.text()), st.none())))
def test_whatever_an_event_holds_it_stays_one_line_of_text(event: dict[str, Any]) -> None:
    for template in ("slack", "teams"):
        for _, text in texts(made(template, event)):
            assert text.replace("\n", "").isprintable()
            assert text.count("\n") <= 2


def test_a_message_for_people_is_small_enough_for_teams_and_slack() -> None:
    long = dict.fromkeys(EVENT, "ä" * 5000) | {"event": "moved", "ssid": "x" * 5000, "cert_san": ["y" * 500] * 500}
    assert len(body("teams", [long])) < 28_000
    (block,) = made("slack", long)["blocks"]
    assert len(block["text"]["text"]) <= 3000
    assert (most_events("teams", 100), most_events("slack", 5), most_events("json", 100)) == (10, 5, 100)
    usual = {**EVENT, "reason": "r" * 300, "user": "u" * 60}
    assert len(body("teams", [usual] * 10)) < 28_000


def test_doubles_are_dropped_by_the_id_of_the_event_or_of_the_batch() -> None:
    assert message_id([EVENT]) == "e-1"
    two = message_id([EVENT, {"id": "e-2"}])
    assert two == message_id([EVENT, {"id": "e-2"}]) and two.startswith("batch-")
    assert len({two, message_id([{"id": "e-2"}, EVENT]), message_id([EVENT, {"id": "e-2"}, {"id": "e-3"}])}) == 3


def test_lists_in_lists_and_half_characters_hold_nothing_up() -> None:
    """Forwarding would stop at such an event for good."""
    nested = json.loads("[" * 800 + "]" * 800)
    odd = {"id": "e\ud800", "event": "moved", "reason": nested, "device": {"a": [nested]}}
    assert message_id([odd, odd]).startswith("batch-")
    for template in ("json", "slack", "teams"):
        assert body(template, [odd]).isascii()
    assert message(odd, "daemon", "host", 1).startswith(b"<30>1 - host radtune 1 moved [radtune@32473 ")
