"""The proof that the application works: a token, its permissions, one device."""

import time
from collections.abc import Callable

from radtune.config.tenants import Tenant
from radtune.dataclass import dataclass, replace
from radtune.errors import NotPermittedError, RadtuneError
from radtune_tools.graph.client import Graph
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.http import Http
from radtune_tools.graph.signin import READ_DEVICES, READ_ENTRA_DEVICES, SignIn
from radtune_tools.link.registration import permissions

DEADLINE_SECONDS = 60.0
"""The time for one proof."""
AGAIN_SECONDS = 5.0
"""The wait before the next try, if consent was given just now."""
_AS_GOOD = {
    READ_DEVICES: {"DeviceManagementManagedDevices.ReadWrite.All"},
    READ_ENTRA_DEVICES: {"Device.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that succeeded.

    permissions: those in the token, None if it doesn't say
    device: the name of one device, '' if Intune lists none
    enrolled: Intune's own count of devices, None if it doesn't say
    date: Graph's clock, as the header Date has it, '' if it doesn't say
    """

    permissions: tuple[str, ...] | None
    device: str
    enrolled: int | None
    date: str = ""


def prove(tenant: Tenant, deadline: Deadline | None = None) -> Proof:
    """Sign in, look for the permissions in the token, and list one device; within `radtune link`'s deadline, if none.

    Raises NotPermittedError with what is missing, ConfigurationError or TemporaryError.
    """
    deadline = deadline or Deadline(DEADLINE_SECONDS, "of `radtune link`")
    with Http(ca_file=tenant.ca_file, proxy=tenant.proxy, deadline=deadline) as http:
        signin = SignIn(tenant, http)
        signin.token()
        roles = signin.roles()
        if roles is not None:
            _check_roles(tenant, roles)
        graph = Graph(replace(tenant, page_size=1), http, signin)
        listed = next(graph.managed_devices(("id", "deviceName", "complianceState")), None)
        device = str(listed.get("deviceName") or listed.get("id") or "") if listed is not None else ""
        return Proof(None if roles is None else tuple(sorted(roles)), device, _count(graph), graph.date)


def prove_patiently(tenant: Tenant, seconds: float, say: Callable[[str], None]) -> Proof:
    """Prove it; if it isn't permitted, try again for so many seconds: a consent takes a while to be known."""
    end = time.monotonic() + seconds
    announced = False
    while True:
        try:
            return prove(tenant)
        except NotPermittedError as error:
            if time.monotonic() + AGAIN_SECONDS > end:
                raise
            if not announced:
                say(f"not yet: {error}")
                say(f"a new consent or secret can take a while to take effect; trying again for {seconds:.0f} seconds")
            announced = True
            time.sleep(AGAIN_SECONDS)


def unneeded(tenant: Tenant, proof: Proof) -> list[str]:
    """Return the permissions of the application that radtune doesn't need."""
    return sorted(set(proof.permissions or ()) - set(permissions(entra_changes=tenant.entra_changes)))


def _check_roles(tenant: Tenant, roles: frozenset[str]) -> None:
    wanted = permissions(entra_changes=tenant.entra_changes)
    missing = [name for name in wanted if name not in roles and not roles & _AS_GOOD[name]]
    if missing:
        raise NotPermittedError(
            f"{tenant.name}: signed in, but without the permission {' and '.join(missing)}: add it to the application "
            f"(Microsoft Graph, application permission) and have an administrator consent; "
            f"it has {', '.join(sorted(roles)) or 'none at all'}"
        )


def _count(graph: Graph) -> int | None:
    try:
        return graph.count()
    except RadtuneError:
        return None
