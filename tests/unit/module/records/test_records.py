"""The records, JSON in and out."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.records.device_and_client import INTUNE_STATES, OWN_STATES, Certificate, Device, Facts, Session
from radtune.records.moves_and_states import Move, MoveState
from radtune.records.session_key import port_of, session_key

CERTIFICATES = st.from_type(Certificate)
FACTS = st.from_type(Facts)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["macs", "facts", "certificate", "id", "key", "granted"]), inner, max_size=4),
    ),
    max_leaves=8,
)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.from_type(Device))
def test_devices_come_back_as_they_were(record: Device) -> None:
    assert Device.from_json(record.to_json()) == record
    assert "\n" not in record.to_json()


@given(st.builds(Session, FACTS, st.text(), FINITE, seen_at=FINITE, denied_at=FINITE, timeout=st.integers()))
def test_sessions_come_back_as_they_were(record: Session) -> None:
    assert Session.from_json(record.to_json()) == record


@given(st.builds(Move, *[st.text()] * 4, st.sampled_from(get_args(MoveState)), FINITE, FINITE))
def test_moves_come_back_as_they_were(record: Move) -> None:
    assert Move.from_json(record.to_json()) == record


@pytest.mark.parametrize("text", ["\udcff", "\ud800x", "Zo\u00eb"])
def test_every_text_can_be_kept_in_a_record(text: str) -> None:
    """Whatever a person or a device is called must not stand in the way of anybody else."""
    session, move = Session(Facts(user_name=text), text, 0.0), Move("k", "a", "b", text, "pending", 0.0)
    device = Device("i", "t", text, "compliant")
    for record in (session, move, device):
        record.to_json().encode()
    assert Device.from_json(device.to_json()) == device
    assert Session.from_json(session.to_json()) == session
    assert Move.from_json(move.to_json()) == move


@given(FACTS)
def test_facts_come_back_as_they_were(record: Facts) -> None:
    assert Facts.from_json(record.to_json()) == record


def test_a_move_of_no_state_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="'elsewhere' is not"):
        Move.from_plain(Move("k", "a", "b", "why", "pending", 0.0).to_plain() | {"state": "elsewhere"})


@pytest.mark.parametrize("read", [Device.from_json, Session.from_json, Move.from_json])
@given(value=JSON)
def test_anything_else_is_a_value_error(read: Callable[[str], object], value: object) -> None:
    with pytest.raises(ValueError):  # its kind is the contract
        read(json.dumps(value))


@pytest.mark.parametrize("change", [{"name": 5}, {"macs": "ab"}, {"macs": [5]}, {"last_check_in": "1"}, {"more": "x"}])
def test_a_field_of_another_type_is_a_value_error(change: dict[str, object]) -> None:
    plain = json.loads(Device("i", "t", "n", "compliant").to_json())
    with pytest.raises(ValueError):
        Device.from_json(json.dumps({**plain, **change}))


@pytest.mark.parametrize(
    ("facts", "key"),
    [
        (Facts(nas_address="192.0.2.1", nas_identifier="sw1", mac="00", user_name="bob"), "192.0.2.1/00"),
        (Facts(nas_identifier="sw1", mac="00"), "sw1/00"),
        (Facts(nas_address="192.0.2.1", user_name="bob"), "192.0.2.1/user bob"),
        (Facts(nas_address="192.0.2.1"), ""),
        (Facts(mac="00", user_name="bob"), ""),
    ],
)
def test_session_keys(facts: Facts, key: str) -> None:
    assert session_key(facts, "") == key
    assert Session(facts, "allow", 0.0).key == key


@pytest.mark.parametrize(
    ("facts", "port"),
    [
        (Facts(nas_port="7", nas_port_id="ge-0/0/7"), "ge-0/0/7"),
        (Facts(nas_port="7"), "7"),
        (Facts(nas_port="0"), ""),
        (Facts(nas_port="7", nas_port_id="radio0", nas_port_type="Wireless-802.11"), ""),
        (Facts(nas_port="7", nas_port_type="Ethernet"), "7"),
    ],
)
def test_a_port_is_what_tells_clients_of_one_mac_apart(facts: Facts, port: str) -> None:
    assert port_of(facts) == port


def test_a_key_has_the_port_of_the_login_and_is_another_one_for_each_session() -> None:
    facts = Facts(nas_identifier="b1/f2", user_name="a/7")
    session = Session(facts, "allow", 0.0, port="7")
    assert session.key == "b1%2Ff2/user a%2F7/7"
    other = replace(session, facts=replace(facts, user_name="a"), port="7/7")
    superseded = replace(session, facts=replace(facts, acct_session_id="S1"), port="", superseded=True)
    assert superseded.key == "b1%2Ff2/user a%2F7/#S1"
    assert len({session.key, other.key, superseded.key, replace(superseded, superseded=False).key}) == 4


def test_the_states_have_different_names() -> None:
    states = INTUNE_STATES + OWN_STATES
    assert len(set(states)) == len(states)
