"""Which device a client is, read from the manual alone: no line of this is shared with the module."""

from dataclasses import dataclass, field

from fuzz.labels import Device
from fuzz.request import NO_MAC, Client, forms, id_texts, randomised, users

RANK = {"compliant": 0, "in_grace_period": 1, "config_manager": 1}
"""The better states; all others are worse than these."""


@dataclass
class Found:
    """Which device a client is, and which records it might be."""

    state: str
    device: Device | None = None
    by: str = ""
    conflict: bool = False
    records: list[Device] = field(default_factory=list)


@dataclass
class Fleet:
    """The devices that Intune knows."""

    devices: list[Device]

    def find(self, client: Client, means: list[str]) -> Found:
        """Return the device, by the order of trust; `means` are those by which it may be found."""
        found = self._find(client, means)
        if found.device is not None and not found.conflict:
            found.conflict = self._conflict(client, found)
        return found

    def _find(self, client: Client, means: list[str]) -> Found:
        certificate = client.certificate
        if certificate is not None:
            ids = list(dict.fromkeys(found_id for name in id_texts(certificate) for found_id in name))
            if ids:
                return self._by_ids(ids, means)
            found = self._by_names(certificate, means)
            if found is not None:
                return found
        if "name" in means and client.verified and client.user.lower().startswith("host/"):
            records = self.named("name", forms(client.user))
            if records:
                return pick(records, "name")
        if "mac" in means and client.mac and client.mac not in NO_MAC and not randomised(client.mac):
            records = [each for each in self.devices if client.mac in each["macs"]]
            if records:
                return pick(records, "mac")
        if "user" in means and certificate is not None:
            records = self.named("user", users(certificate))
            if records:
                return pick(records, "user")
        return Found("not_enrolled")

    def _by_ids(self, ids: list[str], means: list[str]) -> Found:
        records: list[Device] = []
        by = "entra_id"
        for each in ids:
            named = self.named("id", [each]) if "device_id" in means else []
            by = "device_id" if named else by
            named = named or (self.named("entra_id", [each]) if "entra_id" in means else [])
            if not named:
                return Found("not_enrolled")
            records += named
        found = pick(records, by)
        if found.device is None:
            found.conflict = len(ids) > 1
            return found
        found = pick([*found.records, *self._enrolments(found.device)], by)
        if found.device is not None:
            found.device = self._worse(found.device)
        return found

    def _enrolments(self, device: Device) -> list[Device]:
        return self.named("entra_id", [device["entra_id"]])

    def _worse(self, device: Device) -> Device:
        """Return the record that the serial number alone joins, if it is newer and its state is worse."""
        alike = [each for each in self.named("serial", [device["serial"]]) if not two_entra_ids(device, each)]
        last = max([device, *alike], key=check_in)
        return last if RANK.get(last["compliance"], 2) > RANK.get(device["compliance"], 2) else device

    def with_hardware(self, records: list[Device]) -> list[Device]:
        """Return the records, and those of the same hardware."""
        more = list(records)
        for record in records:
            more += [each for each in self.devices if each not in more and may_be_same(record, each)]
        return more

    def _by_names(self, certificate: dict[str, list[str]], means: list[str]) -> Found | None:
        texts = [form for text in [*certificate["cn"], *certificate["dns"]] for form in forms(text)]
        serials = self.named("serial", [*certificate["serial"], *texts]) if "serial" in means else []
        names = self.named("name", texts) if "name" in means else []
        if not serials and not names:
            return None
        return pick([*serials, *names], "serial" if serials else "name")

    def named(self, key: str, values: list[str]) -> list[Device]:
        """Return the devices that have one of these values there."""
        wanted = {value.lower() for value in values if value}
        return [each for each in self.devices if each[key] and each[key].lower() in wanted]

    def _conflict(self, client: Client, found: Found) -> bool:
        device = found.device
        assert device is not None
        if found.by == "mac":
            named = users(client.certificate) if client.certificate else []
            return bool(named and device["user"] and device["user"].lower() not in named)
        if not client.mac or client.mac in NO_MAC or randomised(client.mac):
            return False
        owners = [each for each in self.devices if client.mac in each["macs"]]
        return bool(owners) and not any(each["id"] == device["id"] or same([each, device]) for each in owners)


def pick(records: list[Device], by: str) -> Found:
    """Return the one device that the records are of; the newest check-in counts."""
    once = list({each["id"]: each for each in records}.values())
    if len(once) >= 16 or not same(once):
        return Found("ambiguous", by=by, records=once)
    return Found("found", max(once, key=check_in), by, records=once)


def check_in(device: Device) -> tuple[int, int, str]:
    """Return what tells the newest record."""
    return device["last_check_in"], device["enrolled_at"], device["id"]


def same(records: list[Device]) -> bool:
    """Tell whether the records are of one piece of hardware."""
    if len(records) == 1:
        return True
    entra = {each["entra_id"] for each in records}
    serials = {each["serial"].lower() for each in records}
    return len(entra) == 1 and ("" not in entra or (len(serials) == 1 and "" not in serials))


def two_entra_ids(one: Device, other: Device) -> bool:
    """Tell whether the records have two Entra ids."""
    return len({one["entra_id"], other["entra_id"]} - {""}) > 1


def may_be_same(one: Device, other: Device) -> bool:
    """Tell whether the records may be of one piece of hardware."""
    serials = {one["serial"].lower(), other["serial"].lower()}
    return same([one, other]) or (len(serials) == 1 and "" not in serials and not two_entra_ids(one, other))
