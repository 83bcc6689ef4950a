"""The session that a packet is about, as far as its NAS tells: by Acct-Session-Id, client and port."""

from collections.abc import Sequence

from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import client_of, nas_key, port_of, session_key
from radtune.stores.write_retry_queue import WriteRetryQueue


def find_session(facts: Facts, retry_queue: WriteRetryQueue, *, alive: bool) -> Session | None:
    """Return the session that these facts of a packet are about, even if it is over; raises StoreError.

    None if it isn't known, or if several fit. `alive`: the packet says that the client is there.
    """
    exact = retry_queue.get_including_ended(session_key(facts, port_of(facts)))
    if exact is not None and _same_id(facts, exact.facts):
        return exact
    if on_nas := _on_nas(facts, retry_queue):
        return choose(facts, on_nas, alive=alive)
    of_client = retry_queue.sessions.of_client(facts.mac) if facts.mac else []
    with_id = retry_queue.sessions.with_id(facts) if facts.nas_identifier else []
    elsewhere = {each.key: each for each in (*of_client, *with_id)}.values()
    named = [each for each in elsewhere if _is_the_one(facts, each.facts)]
    if len(named) == 1:
        return named[0]
    return choose(facts, [each for each in elsewhere if _at_address(facts, each.facts)], alive=alive)


def find_on_nas(facts: Facts, retry_queue: WriteRetryQueue) -> Session | None:
    """Return the session that a login by these facts is about, on the NAS that it comes from; raises StoreError."""
    return choose(facts, _on_nas(facts, retry_queue), alive=False)


def _on_nas(facts: Facts, retry_queue: WriteRetryQueue) -> list[Session]:
    """Return the sessions of the client on the NAS of the packet.

    A client can choose its User-Name. One that is a MAC counts for a session whose NAS called it so at its login, too,
    and whose id it has if both have one.
    """
    nas, client = nas_key(facts), client_of(facts)
    found = retry_queue.of_client(nas, client) if client else []
    if not facts.mac and (mac := parse_mac(facts.nas_user_name)):
        called_so = (each for each in retry_queue.of_client(nas, mac) if parse_mac(each.facts.nas_user_name) == mac)
        ids = ("", facts.acct_session_id)
        found += [each for each in called_so if not facts.acct_session_id or each.facts.acct_session_id in ids]
    return found


def _at_address(facts: Facts, known: Facts) -> bool:
    """Tell whether the NAS is at the same address, and only one of both packets tells its identifier."""
    identifiers = {facts.nas_identifier, known.nas_identifier}
    return facts.nas_address == known.nas_address != "" and ("" in identifiers or len(identifiers) == 1)


def choose(facts: Facts, sessions: Sequence[Session], *, alive: bool) -> Session | None:
    """Return the one of a client's sessions on its NAS that the facts are about, or None if that isn't clear.

    A session of another id is meant if no other can be: a NAS may account under an id that the login didn't have.
    """
    possible = [each for each in sessions if _same_id(facts, each.facts) or not _on_other_port(facts, each.facts)]
    current = [each for each in possible if not each.superseded]
    named = [each for each in possible if _same_id(facts, each.facts)]
    if named and alive and len(current) == 1 and not current[0].accounted_at:
        # Until the NAS accounts for the new login, too, that one may be what it goes on to call so.
        return current[0]
    multi_id, port = facts.acct_multi_session_id, port_of(facts)
    left = named or current
    for fitting in (
        [each for each in left if multi_id and each.facts.acct_multi_session_id == multi_id],
        [each for each in left if port_of(each.facts) == port],
        [each for each in left if not each.facts.acct_session_id],
        left,
    ):
        if len(fitting) == 1:
            return fitting[0]
    return None


def _same_id(facts: Facts, known: Facts) -> bool:
    return facts.acct_session_id != "" and facts.acct_session_id == known.acct_session_id


def _on_other_port(facts: Facts, known: Facts) -> bool:
    """Tell whether the port is another one: one that both name, by the same attribute."""
    if not port_of(facts) or not port_of(known):
        return False
    if facts.nas_port_id and known.nas_port_id:
        return facts.nas_port_id != known.nas_port_id
    return facts.nas_port not in ("", "0") and known.nas_port not in ("", "0") and facts.nas_port != known.nas_port


def _is_the_one(facts: Facts, known: Facts) -> bool:
    """Tell whether a session that may be on another NAS is meant: by its id and client, and nothing says otherwise.

    The same NAS-Identifier and id will do if the packet tells no MAC. An id alone is that of many sessions.
    """
    same_nas = facts.nas_identifier != "" and facts.nas_identifier == known.nas_identifier
    other_nas = not same_nas and facts.nas_identifier != "" and known.nas_identifier != ""
    same_mac = facts.mac != "" and facts.mac == known.mac
    if not _same_id(facts, known) or other_nas or _on_other_port(facts, known):
        return False
    names = {parse_mac(name) or name for name in (facts.nas_user_name, known.nas_user_name) if name}
    other_client = (facts.mac and known.mac) or len(names) > 1
    return same_mac or (same_nas and not other_client)
