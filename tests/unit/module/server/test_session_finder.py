"""The session that a packet is about, by each word of the NAS that can tell."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import port_of
from radtune.server.session_finder import choose, find_on_nas, find_session
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import WriteRetryQueue
from unit.samples import MAC, NOW

LOOPBACK, ADDRESS = "127.0.0.1", "192.0.2.1"
AIR = "Wireless-802.11"


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[WriteRetryQueue]:
    with closing(SessionStore(tmp_path, create=True, timeout=0.05)) as store:
        yield WriteRetryQueue(store)


def session(**facts: Any) -> Session:
    login = Facts(**{"mac": MAC, "nas_address": ADDRESS, **facts})
    return Session(login, "vlan 750", NOW, port=port_of(login))


def packet(**facts: Any) -> Facts:
    return Facts(**{"mac": MAC, "nas_address": ADDRESS, "acct_session_id": "NEW", **facts})


@pytest.mark.parametrize(
    ("login", "packet", "same"),
    [
        # A port is another one if both name it by the same attribute.
        ({"nas_port_id": "ge1"}, {"nas_port_id": "ge1", "nas_port": "7"}, True),
        ({"nas_port_id": "ge1"}, {"nas_port_id": "ge2"}, False),
        ({"nas_port_id": "ge1", "nas_port": "5"}, {"nas_port_id": "ge1", "nas_port": "6"}, True),
        ({"nas_port_id": "ge1", "nas_port": "5"}, {"nas_port_id": "ge2", "nas_port": "5"}, False),
        ({"nas_port_id": "ge1"}, {"nas_port": "6"}, True),
        ({"nas_port": "5"}, {"nas_port_id": "ge1"}, True),
        ({"nas_port": "5"}, {"nas_port": "6"}, False),
        ({"nas_port": "5"}, {"nas_port": "5"}, True),
        ({"nas_port": "5"}, {}, True),
        ({}, {"nas_port": "6"}, True),
        ({"nas_port_id": "ge1", "nas_port": "5"}, {"nas_port": "6"}, False),
        ({"nas_port_id": "ge1", "nas_port": "0"}, {"nas_port": "6"}, True),
        ({"nas_port": "5"}, {"nas_port_id": "ge1", "nas_port": "0"}, True),
        ({"nas_port": "5", "nas_port_type": AIR}, {"nas_port": "6", "nas_port_type": AIR}, True),
        ({"nas_port": "5"}, {"nas_port": "6", "nas_port_type": AIR}, True),
        ({"nas_port": "5"}, {"nas_port": "6", "acct_session_id": ""}, False),
        # An id that both have overrules the port.
        ({"nas_port": "5", "acct_session_id": "NEW"}, {"nas_port": "6"}, True),
    ],
)
def test_a_session_on_another_port_is_another_one(login: dict[str, Any], packet: dict[str, Any], same: bool) -> None:
    known = session(**login)
    facts = Facts(**{"acct_session_id": "NEW", **packet})
    assert choose(facts, [known], alive=False) == (known if same else None)


MULTI = {"acct_multi_session_id": "M1"}


@pytest.mark.parametrize(
    ("packet", "logins", "chosen"),
    [
        (MULTI, [{"acct_session_id": "A", **MULTI}, {"acct_session_id": "B", "acct_multi_session_id": "M2"}], 0),
        ({}, [{"acct_session_id": "A"}, {"acct_session_id": "B", **MULTI}], None),
        ({}, [{"acct_session_id": "A", "nas_port": "5"}, {"acct_session_id": "B"}], 1),
        ({}, [{"nas_port": "5"}, {"acct_session_id": "B", "nas_port": "6"}], 0),
        ({}, [{"nas_port": "5"}, {"nas_port": "6"}], None),
        ({}, [{"acct_session_id": "A", "nas_port": "5"}, {"acct_session_id": "B", "nas_port": "6"}], None),
        ({"nas_port": "6"}, [{"nas_port": "5"}, {"nas_port": "6"}], 1),
        ({}, [], None),
    ],
)
def test_of_several_sessions_the_one_that_fits_best(
    packet: dict[str, Any], logins: list[dict[str, Any]], chosen: int | None
) -> None:
    sessions = [session(**each) for each in logins]
    found = choose(Facts(**{"acct_session_id": "NEW", **packet}), sessions, alive=False)
    assert found == (None if chosen is None else sessions[chosen])


@pytest.mark.parametrize(
    ("alive", "accounted_at", "current"), [(True, 0.0, True), (True, NOW + 1, False), (False, 0.0, False)]
)
def test_until_a_login_is_accounted_for_its_nas_may_call_it_by_the_id_before(
    queue: WriteRetryQueue, alive: bool, accounted_at: float, current: bool
) -> None:
    before = replace(session(acct_session_id="OLD"), superseded=True)
    now = replace(session(acct_session_id="A2"), accounted_at=accounted_at)
    queue.put(before)
    queue.put(now)
    facts = packet(acct_session_id="OLD")
    assert find_session(facts, queue, alive=alive) == (now if current else before)
    assert find_on_nas(facts, queue) == before, "a login"


@pytest.mark.parametrize(
    ("login", "words", "found"),
    [
        # The same address, under an identifier that one of both leaves out: NASes on loopback are told apart by it.
        ({"nas_address": LOOPBACK, "nas_identifier": "ap-1"}, {"nas_address": LOOPBACK}, True),
        ({"nas_address": LOOPBACK}, {"nas_address": LOOPBACK, "nas_identifier": "ap-1"}, True),
        (
            {"nas_address": LOOPBACK, "nas_identifier": "ap-1"},
            {"nas_address": LOOPBACK, "nas_identifier": "ap-2"},
            False,
        ),
        ({"nas_identifier": "ap-1", "nas_claimed": LOOPBACK}, {"nas_identifier": "ap-1"}, True),
        ({"nas_address": "", "nas_identifier": "ap-1"}, {"nas_address": ""}, False),
        ({"nas_address": LOOPBACK, "nas_identifier": "ap-1"}, {"nas_address": "127.0.0.2"}, False),
        ({"acct_session_id": "NEW", "nas_port": "5"}, {"nas_port": "5"}, True),
        # Another address: the id and the client have to be the same, and no word may say otherwise.
        ({"acct_session_id": "NEW"}, {"nas_address": "192.0.2.9"}, True),
        ({"acct_session_id": "OLD"}, {"nas_address": "192.0.2.9"}, False),
        ({"acct_session_id": "NEW", "nas_identifier": "a"}, {"nas_address": "192.0.2.9", "nas_identifier": "b"}, False),
        ({"acct_session_id": "NEW", "nas_identifier": "a"}, {"nas_address": "192.0.2.9"}, True),
        ({"acct_session_id": "NEW"}, {"nas_address": "192.0.2.9", "nas_identifier": "b"}, True),
        ({"acct_session_id": "NEW", "nas_port": "5"}, {"nas_address": "192.0.2.9", "nas_port": "6"}, False),
        # Without a MAC in the packet the identifier has to be the same, too: many sessions have one id.
        ({"acct_session_id": "NEW"}, {"nas_address": "192.0.2.9", "mac": ""}, False),
        ({"acct_session_id": "NEW"}, {"mac": ""}, False),
        (
            {"acct_session_id": "NEW", "nas_identifier": "a"},
            {"nas_address": "192.0.2.9", "nas_identifier": "a", "mac": ""},
            True,
        ),
        (
            {"acct_session_id": "NEW", "nas_identifier": "a", "nas_user_name": "bob"},
            {"nas_address": "192.0.2.9", "nas_identifier": "a", "mac": "", "nas_user_name": "eve"},
            False,
        ),
        (
            {"acct_session_id": "NEW", "mac": "", "user_name": "bob"},
            {"nas_address": "192.0.2.9", "mac": "", "user_name": "eve"},
            False,
        ),
        (
            {"acct_session_id": "NEW", "nas_identifier": "a", "mac": "", "user_name": "bob", "nas_user_name": "bob"},
            {"nas_address": "192.0.2.9", "nas_identifier": "a", "mac": "", "nas_user_name": "eve"},
            False,
        ),
        (
            {"acct_session_id": "NEW", "nas_identifier": "a", "mac": "0016cbaabbff"},
            {"nas_address": "192.0.2.9", "nas_identifier": "a"},
            False,
        ),
        *(
            (
                {"acct_session_id": "NEW", "nas_identifier": "a", "nas_user_name": "bob"},
                {"nas_address": "192.0.2.9", "nas_identifier": "a", "mac": "", "nas_user_name": name},
                True,
            )
            for name in ("", "bob")
        ),
        # A User-Name that is a MAC counts if the NAS called the client so at its login.
        ({"nas_user_name": MAC}, {"mac": "", "nas_user_name": MAC.upper()}, True),
        ({"nas_user_name": "bob"}, {"mac": "", "nas_user_name": MAC}, False),
        ({"nas_user_name": MAC, "acct_session_id": "OLD"}, {"mac": "", "nas_user_name": MAC}, False),
        (
            {"nas_user_name": MAC, "acct_session_id": "OLD"},
            {"mac": "", "nas_user_name": MAC, "acct_session_id": ""},
            True,
        ),
    ],
)
def test_a_session_is_found_under_another_word_for_its_nas(
    queue: WriteRetryQueue, login: dict[str, Any], words: dict[str, Any], found: bool
) -> None:
    known = session(**login)
    queue.put(known)
    assert find_session(packet(**words), queue, alive=False) == (known if found else None)


def test_two_sessions_elsewhere_are_none(queue: WriteRetryQueue) -> None:
    for address in (ADDRESS, "192.0.2.2"):
        queue.put(session(acct_session_id="NEW", nas_address=address))
    assert find_session(packet(nas_address="192.0.2.9"), queue, alive=False) is None
