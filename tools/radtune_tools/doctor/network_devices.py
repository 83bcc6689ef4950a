"""NASes: those without accounting, those that settings don't know, and on request their ports for a CoA."""

from collections.abc import Iterable

from radtune.config.settings import Nas, Settings
from radtune.dataclass import dataclass
from radtune.errors import ExitCode, RadtuneError
from radtune.records.device_and_client import Facts, Session
from radtune.records.session_key import nas_key
from radtune.stores.sessions import SessionStore
from radtune.text import counted
from radtune_tools.doctor.report import Check, Private
from radtune_tools.enforce.nas_probe import probe, proof
from radtune_tools.enforce.nas_requests import NasRequests, Prepared, check_secret
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.stores import open_sessions

START_SECONDS = 900.0
"""Seconds after its login by which a NAS has accounted for a session, if it accounts at all."""
MOST = 20
"""NASes that have a finding of their own, at most; the others share one."""
PROBES = 100
"""NASes that are asked at most."""


@dataclass(slots=True)
class _Seen:
    """A NAS with live sessions: the facts of one; how many; how many that it has had the time to account for."""

    facts: Facts
    sessions: int = 0
    old: int = 0
    accounts: bool = False


def check_network_devices(found: Check, settings: Settings, now: float) -> None:
    """Note NASes that never account, and NASes with sessions that no entry is for."""
    requests, nases = NasRequests(settings), _nases(settings, now)
    _note(found, "nas_accounting", {name: nas.old for name, nas in nases.items() if nas.old and not nas.accounts})
    _note(found, "nas_unknown", {name: nas.sessions for name, nas in nases.items() if requests.find(nas.facts) is None})
    found.fact("nases", len(nases))
    found.said = f"{counted(len(nases), 'NAS', 'NASes')} with sessions"


def _nases(settings: Settings, now: float) -> dict[str, _Seen]:
    """Return the NASes with live sessions by their keys."""
    nases: dict[str, _Seen] = {}
    if not SessionStore.exists(settings.session_store):
        return nases
    with open_sessions(settings) as store:
        for session in store.sessions():
            nas = nases.setdefault(nas_key(session.facts), _Seen(session.facts))
            nas.sessions += 1
            nas.old += now - session.granted_at > START_SECONDS
            nas.accounts = nas.accounts or bool(session.accounted_at) or session.seen_at > session.granted_at
    return nases


def _note(found: Check, kind: str, nases: dict[str, int]) -> None:
    """Note those with the most sessions one by one, and the others as one."""
    most = sorted(nases.items(), key=lambda pair: (-pair[1], pair[0]))
    for nas, sessions in most[:MOST]:
        found.find(kind, nas=Private("nas", nas), sessions=sessions)
    if rest := most[MOST:]:
        found.find(kind, nas=f"{len(rest)} more NASes", sessions=sum(sessions for _, sessions in rest))
    found.fact(kind, len(nases))


def check_coa(found: Check, settings: Settings) -> None:
    """Ask each NAS for a session that can't exist, as `radtune nas test` does; note those that don't say so."""
    prepared: dict[str, Prepared] = {}
    requests = NasRequests(settings)
    for facts in _targets(settings):
        name, nas = facts.nas_address or facts.nas_identifier, requests.find(facts)
        if nas is not None and name not in prepared:
            prepared[name] = _prepare(requests, nas, facts)
    sent = {name: each for name, each in prepared.items() if each.packet is not None}
    for name in prepared.keys() - sent.keys():
        found.find("coa_port", nas=Private("nas", name), said=prepared[name].obstacle)
    if len(sent) > PROBES:
        found.unknown(f"whether {len(sent) - PROBES} more NASes take a CoA: ask each by radtune nas test", "many")
    asked = list(sent.items())[:PROBES]
    replies = send(
        [Outgoing(each.packet, each.nas.secret_file, each.nas.rate) for _, each in asked if each.packet and each.nas]
    )
    for (name, _), reply in zip(asked, replies, strict=True):
        code, meaning = proof(reply)
        if code != ExitCode.OK:
            said = f"{reply.state} ({reply.answer}): {meaning}"
            found.find("coa_port", nas=Private("nas", name), said=said, code=int(code), cause=reply.cause)
    found.fact("asked", len(asked))
    found.said = f"{counted(len(asked), 'NAS was', 'NASes were')} asked"


def _prepare(requests: NasRequests, nas: Nas, facts: Facts) -> Prepared:
    """Return the request to a NAS, or why there is none."""
    try:
        check_secret(nas)
        return probe(requests.profile(nas), nas, facts.nas_address, facts.nas_identifier, "")
    except RadtuneError as error:
        return Prepared(Session(facts, "", 0.0), "", nas, obstacle=str(error))


def _targets(settings: Settings) -> Iterable[Facts]:
    """Yield address and identifier of each NAS: of the entries, and of those of networks that have sessions."""
    for entry in settings.nas:
        yield from (Facts(nas_address=address) for address in entry.addresses)
        yield from (Facts(nas_identifier=name) for name in entry.identifiers if entry.coa_address)
    for nas in _nases(settings, 0.0).values():
        yield Facts(nas_address=nas.facts.nas_address, nas_identifier=nas.facts.nas_identifier)
