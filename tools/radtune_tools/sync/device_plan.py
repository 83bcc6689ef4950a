"""The counts of what a sync would write, and the limits for them. Nothing is done here."""

from collections import Counter

from radtune.config.settings import Limits
from radtune.dataclass import dataclass, field, replace
from radtune.records.device_and_client import Device
from radtune.text import counted
from radtune_tools.limits import too_many

SHOWN = 50
"""Changes that are kept as sentences; a first sync has thousands."""


@dataclass(frozen=True, slots=True)
class AcceptedCounts:
    """The numbers of devices that a person lets be missing, and cease to be compliant, in spite of the limits."""

    missing: int | None = None
    lost_compliance: int | None = None


NOTHING_ACCEPTED = AcceptedCounts()


@dataclass(slots=True)
class DevicePlan:
    """The counts of what a sync would write. It doesn't hold the devices themselves.

    stored: devices in the store before
    seen: devices that Intune lists, each once
    unusable: those listed without a usable id
    missing: devices that Intune listed at the last look and lists no more
    kept: all that are kept though Intune lists them no more
    expired: those that count as not enrolled from now on
    lost_compliance: those that cease to be compliant
    missing_before, lost_compliance_before: those of earlier looks since the last whole sync
    held: those that aren't written as long as a whole sync is refused
    whole: this is a whole sync
    now: the tenant's devices by compliance state, as they would be then
    flips: devices whose compliance changes, by the new state
    entra_status_unknown: ids of devices for which Entra has to be asked
    sentences, unsaid: changes in words, and how many more there are
    """

    tenant: str
    stored: int = 0
    seen: int = 0
    unusable: int = 0
    new: int = 0
    changed: int = 0
    lost_compliance: int = 0
    missing: int = 0
    kept: int = 0
    expired: int = 0
    missing_before: int = 0
    lost_compliance_before: int = 0
    held: int = 0
    whole: bool = True
    now: Counter[str] = field(default_factory=Counter)
    flips: Counter[str] = field(default_factory=Counter)
    entra_status_unknown: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    unsaid: int = 0

    @property
    def differs(self) -> bool:
        """True if a device would be written."""
        return bool(self.new or self.changed or self.missing or self.expired)

    @property
    def all_missing(self) -> int:
        """The number of missing devices, those of earlier looks included."""
        return self.missing_before + self.missing

    @property
    def all_lost_compliance(self) -> int:
        """The number of devices that cease to be compliant, those of earlier looks included."""
        return self.lost_compliance_before + self.lost_compliance

    def listed(self, before: Device | None, after: Device) -> bool:
        """Take in a device that Intune lists; tell whether it has to be written."""
        self.now[after.compliance] += 1
        if before == after:
            return False
        if before is None:
            self.new += 1
            self._say(f"new: {after.name} ({after.id}) is {after.compliance}")
            return True
        self.changed += 1
        if before.missing_since and not after.missing_since:
            self._say(f"back: {after.name} ({after.id}) is {after.compliance}")
        if before.compliance != after.compliance:
            self.flips[after.compliance] += 1
            self.lost_compliance += before.compliance == "compliant"
            self._say(f"changed: {after.name} ({after.id}) {before.compliance} -> {after.compliance}")
        return True

    def as_before(self, compliance: str, count: int = 1, *, checked_in: bool = False) -> None:
        """Take in so many devices that are listed as they are stored, or with another last check-in alone."""
        self.seen += count
        self.stored += count
        self.now[compliance] += count
        self.changed += count if checked_in else 0

    def lost(self, device: Device, *, keep: int, now: int) -> Device | None:
        """Take in a device that Intune lists no more; return it as it is kept for `keep` seconds, None after that."""
        since = device.missing_since or now
        self.missing += not device.missing_since
        if now - since >= keep:
            self.expired += 1
            self._say(f"expired: {device.name} ({device.id}) was {device.compliance}")
            return None
        self.kept += 1
        if device.tenant == self.tenant:
            self.now[device.compliance] += 1
        if not device.missing_since:
            self._say(
                f"missing: {device.name} ({device.id}) is {device.compliance}, kept for {counted(keep // 60, 'minute')}"
            )
        return replace(device, missing_since=since)

    def summary(self) -> str:
        """Return the plan in one line."""
        now = "".join(f", {count} now {state}" for state, count in sorted(self.flips.items()))
        odd = f", {self.unusable} passed over for want of a usable id" if self.unusable else ""
        lost = f", {self.expired} expired" if self.whole or self.expired else ""
        lost += f", {self.kept} missing and kept" if self.kept else ""
        lost += f", {self.held} held back because a whole sync was refused" if self.held else ""
        seen = counted(self.seen, "device") if self.whole else f"{self.seen} looked at"
        return f"{self.tenant}: {seen}; {self.new} new, {self.changed} changed{now}{lost}{odd}"

    def exceeded_limit(self, limits: Limits, accepted: AcceptedCounts = NOTHING_ACCEPTED) -> str:
        """Return why a person has to accept this first, or ''."""
        missing, lost, since = self.all_missing, self.all_lost_compliance, " since the last whole sync"
        if self.missing and accepted.missing != missing:
            if self.whole and self.seen == 0:
                said = f"Intune lists no device at all, the store has {self.stored}"
                return f"{said}; --accept-missing {missing} lets it happen"
            number, percent = limits.devices_missing, limits.devices_missing_percent
            what = f"devices would be missing{since if self.missing_before else ''}"
            if said := too_many(what, missing, self.stored, number, percent):
                return f"{said}; --accept-missing {missing} lets it happen"
        if self.lost_compliance and accepted.lost_compliance != lost:
            number, percent = limits.devices_lost_compliance, limits.devices_lost_compliance_percent
            what = f"devices would cease to be compliant{since if self.lost_compliance_before else ''}"
            if said := too_many(what, lost, self.stored, number, percent):
                return f"{said}; --accept-lost-compliance {lost} lets it happen"
        return ""

    def _say(self, sentence: str) -> None:
        if len(self.sentences) < SHOWN:
            self.sentences.append(sentence)
        else:
            self.unsaid += 1
