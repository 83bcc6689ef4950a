"""A tenant as it is described to the simulator's program, in a file or by options."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self, TypedDict

from parts.graph_simulator.app import App
from parts.graph_simulator.assertion import FederatedCredential
from parts.graph_simulator.devices import Devices
from parts.graph_simulator.fleet import Fleet
from parts.graph_simulator.messages import JsonObject
from parts.graph_simulator.roles import READ_DEVICES
from parts.graph_simulator.tenant import TOKEN_LIFETIME, Tenant


class InvalidSetupError(ValueError):
    """A description that names no tenant, or what a tenant doesn't have."""


class TenantOptions(TypedDict, total=False):
    """The fields of TenantSetup that have a default, for those that hand them on."""

    client_secret: str | None
    client_certificates: Sequence[bytes]
    devices: int
    seed: int
    check_in_lag: int
    fleet: Iterable[Mapping[str, Any]]
    consent: bool
    secret_expired: bool
    token_lifetime: int
    roles: Sequence[str]
    redirect_uris: Sequence[str]
    federated: Sequence[FederatedCredential]
    faults: Sequence[str]


@dataclass(frozen=True, slots=True)
class TenantSetup:
    """A tenant with one app. `devices` counts the generated devices (`fleet` of the same seed names them).

    With `check_in_lag` their check-ins are so many seconds earlier.
    `fleet` are devices to add, `client_certificates` are PEM. With `consent` the app has its `roles` from the start;
    without, an administrator can give them at the consent page, which sends people to the `redirect_uris`.
    """

    tenant: str
    client_id: str
    client_secret: str | None = None
    client_certificates: Sequence[bytes] = ()
    devices: int = 0
    seed: int = 0
    check_in_lag: int = 0
    fleet: Iterable[Mapping[str, Any]] = ()
    consent: bool = True
    secret_expired: bool = False
    token_lifetime: int = TOKEN_LIFETIME
    roles: Sequence[str] = (READ_DEVICES,)
    redirect_uris: Sequence[str] = ()
    federated: Sequence[FederatedCredential] = ()
    faults: Sequence[str] = ()

    def as_json(self) -> JsonObject:
        """Give the setup as a JSON object, secrets included."""
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["client_certificates"] = [pem.decode() for pem in self.client_certificates]
        shown["fleet"] = [dict(device) for device in self.fleet]
        shown["federated"] = [asdict(credential) for credential in self.federated]
        return shown

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Read a JSON object as `as_json` gives it, with its defaults left out or not; InvalidSetupError."""
        if not isinstance(given, dict) or not {"tenant", "client_id"} <= given.keys():
            raise InvalidSetupError("a tenant is an object with at least tenant and client_id")
        known = {field.name for field in fields(cls)}
        if unknown := sorted(given.keys() - known):
            raise InvalidSetupError(f"tenant {given['tenant']}: unknown: {', '.join(unknown)}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        values["client_certificates"] = tuple(pem.encode() for pem in given.get("client_certificates", ()))
        values["federated"] = tuple(FederatedCredential(**credential) for credential in given.get("federated", ()))
        return cls(**values)

    def build(self) -> Tenant:
        """Make the tenant; InvalidDeviceError, InvalidFaultError."""
        devices = Devices(Fleet(self.devices, self.seed, self.check_in_lag))
        devices.add(self.fleet)
        roles = frozenset(self.roles)
        app = App(
            self.client_id,
            secret=self.client_secret,
            secret_expired=self.secret_expired,
            certificates=tuple(self.client_certificates),
            roles=roles if self.consent else frozenset(),
            requested=roles,
            redirect_uris=tuple(self.redirect_uris),
            federated=tuple(self.federated),
        )
        return Tenant(self.tenant, app, devices, self.token_lifetime, self.faults)
