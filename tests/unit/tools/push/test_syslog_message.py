"""A message of syslog: RFC 5424, whatever stands in an event."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.push.syslog_message import LONGEST, framed, message

EVENT = {
    "id": "e-1",
    "time": "2026-11-28T07:58:59.074Z",
    "event": "login_denied",
    "mac": "0016cb000009",
    "resumed": False,
    "cert_san": ["laptop.example", "8a0f"],
    "device": "",
    "reason": 'no "device" [of] \\this kind',
}
MESSAGE = re.compile(
    rb"<(\d{1,3})>1 (-|[0-9TZ:.+-]{20,32}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) "
    rb'\[([^ =\]"]{1,32})((?: [^ =\]"]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\] (.*)',
    re.DOTALL,
)
"""RFC 5424 6, as far as radtune writes it."""
PARAMETER = re.compile(r' ([^ =]+)="((?:[^"\\\]]|\\["\\\]])*)"')
VALUES = st.one_of(st.text(), st.booleans(), st.none(), st.lists(st.text(max_size=20), max_size=5), st.integers())
EVENTS = st.dictionaries(st.one_of(st.sampled_from(sorted(EVENT)), st.text(max_size=40)), VALUES, max_size=12)


def read(raw: bytes) -> tuple[list[str], dict[str, str], str]:
    """Return the fields of the header, the parameters and the text."""
    parts = MESSAGE.fullmatch(raw)
    assert parts is not None, raw
    values = {name: re.sub(r'\\(["\\\]])', r"\1", text) for name, text in PARAMETER.findall(parts[8].decode())}
    return [parts[number].decode() for number in range(1, 8)], values, parts[9].decode()


def test_every_part_of_a_message() -> None:
    header, values, text = read(message(EVENT, "authpriv", "radius.example", 7))
    assert header == [
        "85",
        "2026-11-28T07:58:59.074Z",
        "radius.example",
        "radtune",
        "7",
        "login_denied",
        "radtune@32473",
    ]
    assert values == {
        "id": "e-1",
        "mac": "0016cb000009",
        "cert_san": "laptop.example, 8a0f",
        "reason": 'no "device" [of] \\this kind',
    }
    assert text == 'login denied: 0016cb000009: mac 0016cb000009 (no "device" [of] \\this kind)'


@pytest.mark.parametrize(
    ("kind", "facility", "priority"),
    [("moved", "daemon", 30), ("not_enforced", "daemon", 28), ("login_denied", "local7", 189), ("", "auth", 38)],
)
def test_facility_and_severity(kind: str, facility: str, priority: int) -> None:
    assert message({"event": kind}, facility, "h", 1).startswith(b"<%d>1 " % priority)


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-28 07:58:59Z", "2026-11-28T07:58:59Z] x", None, 5])
def test_a_time_that_is_none_is_left_out(time: Any) -> None:
    assert read(message({"time": time}, "daemon", "h", 1))[0][1] == "-"


def test_a_text_that_is_not_ascii_is_marked_as_utf_8() -> None:
    raw = message({"event": "moved", "device": "Büro"}, "daemon", "h", 1)
    assert b'device="B\xc3\xbcro"' in raw
    assert raw.partition(b"] ")[2].startswith(b"\xef\xbb\xbfmoved: B\xc3\xbcro")


def test_nobody_writes_a_line_of_their_own_or_closes_the_data() -> None:
    name = 'a"] <34>1 - evil root - - [x\n\r\x1b[31m\u202e'
    raw = message({"event": "moved", "device": name}, "daemon", "h", 1)
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\x1b") == 0
    assert read(raw)[1] == {"device": 'a"] <34>1 - evil root - - [x\\n\\r\\x1b[31m\\u202e'}


@given(EVENTS, st.text(max_size=300), st.integers(120, 2000))
def test_whatever_an_event_holds_the_message_is_one_and_no_longer_than_it_may_be(
    event: dict[str, Any], hostname: str, longest: int
) -> None:
    raw = message(event, "local0", hostname, 1, longest=longest + len(hostname))
    header, values, _ = read(raw)
    assert len(raw) <= longest + len(hostname) or not values
    assert set(values) <= set(event)
    assert header[3:5] == ["radtune", "1"]


def test_the_longest_value_is_cut_and_marked_and_the_id_stays() -> None:
    long = {**EVENT, "cert_san": [f"name-{number}.example" for number in range(5000)], "reason": "ä" * 20_000}
    raw = message(long, "daemon", "h", 1)
    _, values, text = read(raw)
    assert LONGEST // 2 < len(raw) <= LONGEST
    assert (values["id"], values["mac"]) == (EVENT["id"], EVENT["mac"])
    assert values["cert_san"].startswith("name-0.example, name-1") and values["cert_san"].endswith("…")
    assert values["reason"].strip("ä") == "…" and text.endswith("…)")


def test_over_tls_each_message_has_its_length_in_bytes_before_it() -> None:
    assert framed([b"a\nb", "ä".encode()]) == b"3 a\nb2 \xc3\xa4"


def test_half_of_a_character_of_json_is_shown_as_an_escape() -> None:
    event = json.loads('{"event": "moved", "device": "a\\ud800"}')
    assert read(message(event, "daemon", "h", 1))[1] == {"device": "a\\ud800"}
