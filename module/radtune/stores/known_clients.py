"""The last known devices of clients: the one that each was at its last login."""

import json

from radtune.identity.matching import Match, still_shows
from radtune.records.device_and_client import Device, Facts
from radtune.records.json_record import encode
from radtune.records.session_key import client_key
from radtune.stores.store import Store


class KnownClientStore(Store):
    """The part of the session store that is read if the device store can't be."""

    def recall(self, facts: Facts, identifiers: frozenset[str]) -> Match | None:
        """Return the device that this client was at its last login, if it shows now what that was found by.

        Only if that is one of these identifier kinds: the policy may have been another one then.
        """
        match = self.parsed(f"known/{client_key(facts)}", _read_known)
        return match if match is not None and match.by in identifiers and still_shows(facts, match) else None

    def remember(self, facts: Facts, match: Match) -> None:
        """Note which device this client is; if it is none any more, that is forgotten."""
        key = f"known/{client_key(facts)}"
        if match.device is None:
            self.delete(key)
        else:
            self.write(key, encode([match.by, match.synced_at, match.device]))

    def forget_known(self, before: float) -> int:
        """Forget what Intune said of clients before this time (seconds since the epoch); return of how many."""
        known = self.all_parsed(self.rows("known/"), _read_known)
        return sum([self.delete(key) for key, match in known if match.synced_at < before])


def _read_known(text: str) -> Match:
    by, synced_at, plain = json.loads(text)
    device = Device.from_plain(plain)
    return Match("found", "as at its last login", device, str(by), (device,), float(synced_at), recalled=True)
