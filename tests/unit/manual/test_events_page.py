"""docs/events.md and the JSON Schema of the events, against each other and the code."""

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from manual.events import kinds
from parts.client_event import checked_event
from parts.manual import fenced, page
from radtune.config.schema import schema
from radtune.identity.matching import IDENTIFIERS
from radtune.records.device_and_client import ALL_STATES
from radtune.server.client_events import DeniedBy, EventKind

PAGE = page("events")


def test_schema_page_and_code_have_the_same_kinds() -> None:
    assert sorted(kinds()) == sorted(get_args(EventKind))
    assert sorted(re.findall(r"^## (\w+): ", PAGE, re.MULTILINE)) == sorted(kinds())


def test_the_schema_has_the_words_of_the_code() -> None:
    login = schema("event")["definitions"]["login_event"]["properties"]
    assert set(login["compliance"]["enum"]) == {"", *ALL_STATES}
    assert set(login["matched_by"]["enum"]) == {"", *IDENTIFIERS}
    assert set(login["denied_by"]["enum"]) == set(get_args(DeniedBy))


@pytest.mark.parametrize("sample", fenced(PAGE, "json"))
def test_each_sample_is_an_event(sample: str) -> None:
    checked_event(sample)


def wrong() -> Iterator[dict[str, Any]]:
    event = json.loads(fenced(PAGE, "json")[0])
    yield {**event, "event": "accept"}
    yield {**event, "further": ""}
    yield {**event, "time": "2026-11-28 07:58:59"}
    yield {**event, "id": ""}
    yield {**event, "resumed": ""}
    yield {name: value for name, value in event.items() if name != "site"}


@pytest.mark.parametrize("event", [*wrong()])
def test_what_is_no_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        checked_event(json.dumps(event))
