"""Sessions -> the NAS of each -> radclient."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from radtune.errors import RadtuneError
from radtune.records import Facts, Session
from radtune.secret import read_secret
from radtune.settings import Nas, Settings
from radtune_tools.radclient import Reply, disconnect


def by_nas(settings: Settings, sessions: Iterable[Session]) -> dict[Nas | None, list[Session]]:
    """Return the sessions of each NAS; under None those whose NAS settings don't know."""
    found: defaultdict[Nas | None, list[Session]] = defaultdict(list)
    for session in sessions:
        found[find_nas(settings.nas, session.facts)].append(session)
    return found


def obstacle_to(settings: Settings, nas: Nas | None, session: Session) -> str:
    """Return why nothing can be sent for a session on this NAS, or ''."""
    if nas is None:
        where = session.facts.nas_address or session.facts.nas_identifier
        return f"no entry under nas in {settings.file} has the address or identifier {where}"
    try:
        read_secret(nas.secret_file, f"the CoA secret of {nas.name}")
    except RadtuneError as error:
        return str(error)
    return ""


def ask(settings: Settings, nas: Nas | None, sessions: Sequence[Session]) -> list[Reply]:
    """Ask one NAS to end these sessions; return what became of each, in their order.

    Whatever is wrong with the NAS, its entry in settings or its secret, is the reply, `pending`, so that it keeps no
    other NAS waiting.
    """
    if nas is None:
        return [Reply("pending", f"not sent: {obstacle_to(settings, nas, session)}") for session in sessions]
    try:
        return disconnect(nas, sessions)
    except RadtuneError as error:
        return [Reply("pending", f"not sent: {error}")] * len(sessions)


def find_nas(entries: Sequence[Nas], facts: Facts) -> Nas | None:
    """Return the NAS of settings that a session is on: by its address, or else by its identifier."""
    for nas in entries:
        if nas.address and nas.address == facts.nas_address:
            return nas
    for nas in entries:
        if nas.identifier and nas.identifier == facts.nas_identifier:
            return nas
    return None
