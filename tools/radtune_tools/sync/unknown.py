"""The devices of live sessions that the store doesn't know: asked for by what the client says it is."""

from collections.abc import Iterable, Iterator
from itertools import islice

from radtune.identity.matching import MANY
from radtune.identity.names import certificate_ids, certificate_serials, host_names
from radtune.records.device_and_client import Session
from radtune.stores.devices import DeviceStore
from radtune_tools.graph.client import InvalidRequestError
from radtune_tools.graph.managed_device import PROPERTIES
from radtune_tools.sync.delta_result import DeltaResult
from radtune_tools.sync.plan import DevicePlan
from radtune_tools.sync.whole import Run, read_listed

ASK_AGAIN_SECONDS = 60
"""How soon a device that Intune didn't know is asked for again; twice as late after each time, up to an hour."""
ASK_AT_MOST = 40
"""Unknown devices that one run asks for."""
FORGET_SECONDS = 86400
"""How long it is remembered that a device was asked for."""
NAMES_AT_MOST = 4
"""Names of one client that are asked for."""


def ask_for_unknown(
    run: Run, live: Iterable[Session], store: DeviceStore, plan: DevicePlan, found: DeltaResult, now: int
) -> None:
    """Ask for the devices of live sessions that the store doesn't know.

    Whether Intune knew them or not, they aren't asked for again at once: that is noted.
    """
    due: dict[tuple[str, str], list[int]] = {}
    for kind, value in dict.fromkeys(name for session in live for name in _names(session, store, found)):
        last, times = store.note(run.tenant.name, f"asked/{kind}/{value}") or (0, 0)
        waits = min(3600, ASK_AGAIN_SECONDS * 2 ** (times - 1)) if times else 0
        if len(due) < ASK_AT_MOST and not 0 <= now - last < waits:
            due[kind, value] = [now, min(times + 1, 10)]
    notes: dict[str, list[int] | None] = {f"asked/{kind}/{value}": note for (kind, value), note in due.items()}
    for managed in _answers(run, due):
        device = read_listed(managed, run.tenant, plan)
        if device is not None:
            found.devices.setdefault(device.id, device)
    if notes:
        for key in store.notes(run.tenant.name, "asked/"):
            last, _ = store.note(run.tenant.name, key)
            if now - last >= FORGET_SECONDS:
                notes.setdefault(key, None)
    found.notes.update(notes)


def _names(session: Session, store: DeviceStore, found: DeltaResult) -> Iterator[tuple[str, str]]:
    """Yield what names the device of a session in which none was found: ids, or else serials and names."""
    certificate = session.facts.certificate
    if session.compliance != "not_enrolled" or (certificate is not None and certificate.unclear):
        return
    if certificate is not None and (ids := certificate_ids(certificate)):
        for device_id in ids:
            known = store.get(device_id) or store.find("entra_id", device_id) or device_id in found.devices
            if not known:
                yield "id", device_id
        return
    names = certificate_serials(certificate) if certificate is not None else host_names(session.facts)
    if not any(store.find("serial", name) or store.find("name", name) for name in names):
        yield from (("name", name) for name in names[:NAMES_AT_MOST])


def _answers(run: Run, due: Iterable[tuple[str, str]]) -> Iterator[dict[str, object]]:
    """Yield the devices that these may name, an id first as Intune's, then as Entra's."""
    ids = [value for kind, value in due if kind == "id"]
    by_id = dict(run.graph.devices(ids, PROPERTIES))
    yield from (managed for managed in by_id.values() if managed is not None)
    for kind, value in due:
        if kind == "id" and by_id.get(value) is None:
            yield from _fitting(run, "azureADDeviceId", value)
        elif kind == "name":
            for name in ("serialNumber", "deviceName"):
                yield from _fitting(run, name, value)


def _fitting(run: Run, name: str, value: str) -> Iterator[dict[str, object]]:
    """Yield the devices with this property; no more than can be told apart."""
    quoted = value.replace("'", "''")
    try:
        yield from islice(run.graph.managed_devices(PROPERTIES, f"{name} eq '{quoted}'"), MANY)
    except InvalidRequestError as error:
        run.warn(f"{run.tenant.name}: a live session's device can't be asked for: {error}")
