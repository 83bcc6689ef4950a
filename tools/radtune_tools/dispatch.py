"""Sessions -> the NAS of each -> radclient."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from radtune.errors import RadtuneError
from radtune.records import Facts, Session
from radtune.settings import Nas, Settings
from radtune_tools.radclient import Reply, disconnect


def dispatch(settings: Settings, sessions: Sequence[Session]) -> Iterator[tuple[int, Reply]]:
    """Ask the NASes to end these sessions, one NAS after the other; yield each reply with the index of its session.

    Whatever is wrong with one NAS, its entry in settings or its secret, is the reply for its sessions, `pending`, and
    keeps no other NAS waiting.
    """
    batches: defaultdict[Nas, list[int]] = defaultdict(list)
    for index, session in enumerate(sessions):
        nas = find_nas(settings.nas, session.facts)
        if nas is None:
            where = session.facts.nas_address or session.facts.nas_identifier
            said = f"no entry under nas in {settings.file} has the address or identifier {where}"
            yield index, Reply("pending", f"not sent: {said}")
        else:
            batches[nas].append(index)
    for nas, indexes in batches.items():
        try:
            replies = disconnect(nas, [sessions[index] for index in indexes])
        except RadtuneError as error:
            replies = [Reply("pending", f"not sent: {error}")] * len(indexes)
        yield from zip(indexes, replies, strict=True)


def find_nas(entries: Sequence[Nas], facts: Facts) -> Nas | None:
    """Return the NAS of settings that a session is on: by its address, or else by its identifier."""
    for nas in entries:
        if nas.address and nas.address == facts.nas_address:
            return nas
    for nas in entries:
        if nas.identifier and nas.identifier == facts.nas_identifier:
            return nas
    return None
