"""Several records of one piece of hardware, such as re-enrolments: the test for that, and the record that counts."""

from collections.abc import Iterable, Sequence

from radtune.identity.identifiers import real_serial
from radtune.records.device_and_client import Device


def same_hardware(devices: Sequence[Device]) -> bool:
    """Tell whether all the records are of one piece of hardware: the same Entra id, or the same serial number.

    A serial number can be forged on a machine that Intune enrols. So it joins only records without an Entra id.
    """
    if len({device.id for device in devices}) == 1:
        return True
    entra_ids = {device.entra_id for device in devices}
    return len(entra_ids) == 1 and ("" not in entra_ids or _one_serial(devices))


def may_be_same_hardware(devices: Sequence[Device]) -> bool:
    """Tell whether all the records have one serial number, and no two of them different Entra ids; or one Entra id."""
    entra_ids = {device.entra_id for device in devices if device.entra_id}
    return same_hardware(devices) or (len(entra_ids) < 2 and _one_serial(devices))


def by_check_in(devices: Iterable[Device]) -> tuple[Device, ...]:
    """Return the records, the newest check-in first."""
    return tuple(
        sorted(devices, key=lambda device: (device.last_check_in, device.enrolled_at, device.id), reverse=True)
    )


def newer_and_worse(named: Device, same_serial: Iterable[Device]) -> Device | None:
    """Return the record that takes its compliance state from the one that a certificate names, or None.

    If only the serial number joins two records, the other one may be another machine that has forged it: with a newer
    check-in and a worse state it takes the better one away, and never gives one.
    """
    last = by_check_in((named, *(each for each in same_serial if may_be_same_hardware((named, each)))))[0]
    return last if _rank(named) < _rank(last) else None


def _rank(device: Device) -> int:
    """Return 0 for the best state; a policy may let in the next best, too, and hardly another."""
    return {"compliant": 0, "in_grace_period": 1, "config_manager": 1}.get(device.compliance, 2)


def _one_serial(devices: Iterable[Device]) -> bool:
    serials = {real_serial(device.serial) for device in devices}
    return len(serials) == 1 and "" not in serials
