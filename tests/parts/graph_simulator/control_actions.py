"""What the control interface can do to one tenant: a function for each method and resource."""

import json
from collections.abc import Callable
from typing import Any, Final

from parts.graph_simulator.app import App
from parts.graph_simulator.managed_device import InvalidDeviceError
from parts.graph_simulator.messages import JsonObject, Request
from parts.graph_simulator.tenant import Tenant

Action = Callable[[Tenant, Request, str], JsonObject | None]


class InvalidControlError(ValueError):
    """A request to the control interface that can't be read."""


def _patch_device(tenant: Tenant, request: Request, device_id: str) -> JsonObject:
    """Set the properties in the JSON object, null included, and give the device."""
    return tenant.devices.patch(device_id, _object(request))


def _put_device(tenant: Tenant, request: Request, device_id: str) -> JsonObject:
    """Add the device, or replace the one with its id, and give it."""
    device = {"id": device_id, **_object(request)}
    if device["id"] != device_id:
        raise InvalidDeviceError("id: the body names another device than the path")
    return tenant.devices.put(device)


def _delete_device(tenant: Tenant, _request: Request, device_id: str) -> None:
    """Take the device out."""
    tenant.devices.delete(device_id)


def _get_entra(tenant: Tenant, _request: Request, device_id: str) -> JsonObject:
    """Give the device object of Entra with this deviceId."""
    return tenant.directory.get(device_id)


def _patch_entra(tenant: Tenant, request: Request, device_id: str) -> JsonObject:
    """Set properties of the device object, apart from Intune, and give it."""
    return tenant.directory.patch(device_id, _object(request))


def _delete_entra(tenant: Tenant, request: Request, device_id: str) -> None:
    """Take the device object out; ?reason=deleted says that it can't come back."""
    reason = _option(request, "reason", ("changed", "deleted"))
    tenant.directory.delete(device_id, "deleted" if reason == "deleted" else "changed")


def _delete_delta_tokens(tenant: Tenant, request: Request, _item: str) -> None:
    """Make all delta tokens void: ?how=gone answers them with 410, ?how=expired with 400 and syncStateNotFound."""
    how = _option(request, "how", ("gone", "expired"))
    tenant.directory.void_tokens("expired" if how == "expired" else "gone")


def _delete_access_tokens(tenant: Tenant, _request: Request, _item: str) -> None:
    """Make all access tokens void that were issued so far."""
    tenant.tokens.withdraw_all()


def _get_faults(tenant: Tenant, _request: Request, _item: str) -> JsonObject:
    """Give the faults that are set, how many requests each has counted, and to how many it has happened."""
    states = tenant.faults.state()
    return {"faults": [{"fault": each.fault, "counted": each.counted, "happened": each.happened} for each in states]}


def _put_faults(tenant: Tenant, request: Request, item: str) -> JsonObject:
    """Set the faults in {"faults": [text, ...]} in place of all others."""
    tenant.faults.replace(_texts(_object(request).get("faults"), "faults"))
    return _get_faults(tenant, request, item)


def _post_faults(tenant: Tenant, request: Request, item: str) -> JsonObject:
    """Set the faults in {"faults": [text, ...]} behind the others."""
    tenant.faults.add(_texts(_object(request).get("faults"), "faults"))
    return _get_faults(tenant, request, item)


def _delete_faults(tenant: Tenant, _request: Request, _item: str) -> None:
    """Forget all faults."""
    tenant.faults.replace(())


def _get_requests(tenant: Tenant, _request: Request, _item: str) -> JsonObject:
    """Give what the tenant was asked, oldest first."""
    return {"requests": [entry.as_json() for entry in tenant.seen.all()]}


def _delete_requests(tenant: Tenant, _request: Request, _item: str) -> None:
    """Forget what the tenant was asked."""
    tenant.seen.forget()


def _get_counts(tenant: Tenant, _request: Request, _item: str) -> JsonObject:
    """Count what the tenant was asked, by kind."""
    return {"counts": dict(tenant.seen.counts())}


def _get_app(tenant: Tenant, _request: Request, _item: str) -> JsonObject:
    """Give the app registration without its secret."""
    app = tenant.app
    return {
        "client_id": app.client_id,
        "roles": sorted(app.roles),
        "requested": sorted(app.requested),
        "redirect_uris": list(app.redirect_uris),
        "secret_expired": app.secret_expired,
        "consent_error": app.consent_error,
    }


def _patch_app(tenant: Tenant, request: Request, item: str) -> JsonObject:
    """Set fields of the app registration, and give it."""
    changes = _object(request)
    checked = {name: _field(name, value) for name, value in changes.items()}
    for name, value in checked.items():
        setattr(tenant.app, name, value)
    return _get_app(tenant, request, item)


def _field(name: str, value: Any) -> Any:
    if name in ("roles", "requested"):
        return frozenset(_texts(value, name))
    if name == "redirect_uris":
        return tuple(_texts(value, name))
    if name == "secret_expired" and isinstance(value, bool):
        return value
    if name in ("secret", "consent_error") and (value is None or isinstance(value, str)):
        return value
    known = name in App.__dataclass_fields__
    raise InvalidControlError(f"{name}: {'a value of another type is needed' if known else 'an app has no such field'}")


def _option(request: Request, name: str, choices: tuple[str, ...]) -> str:
    value = dict(request.options()).get(name, choices[0])
    if value not in choices:
        raise InvalidControlError(f"{name}: expected {' or '.join(choices)}, got '{value}'")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise InvalidControlError(f"{name}: expected a list of texts")
    return value


def _object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise InvalidControlError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise InvalidControlError("the body is not a JSON object")
    return body


# By method, resource, and whether the path names an item of the resource.
ACTIONS: Final[dict[tuple[str, str, bool], Action]] = {
    ("PATCH", "devices", True): _patch_device,
    ("PUT", "devices", True): _put_device,
    ("DELETE", "devices", True): _delete_device,
    ("GET", "entra", True): _get_entra,
    ("PATCH", "entra", True): _patch_entra,
    ("DELETE", "entra", True): _delete_entra,
    ("DELETE", "delta-tokens", False): _delete_delta_tokens,
    ("DELETE", "access-tokens", False): _delete_access_tokens,
    ("GET", "faults", False): _get_faults,
    ("PUT", "faults", False): _put_faults,
    ("POST", "faults", False): _post_faults,
    ("DELETE", "faults", False): _delete_faults,
    ("GET", "requests", False): _get_requests,
    ("DELETE", "requests", False): _delete_requests,
    ("GET", "counts", False): _get_counts,
    ("GET", "app", False): _get_app,
    ("PATCH", "app", False): _patch_app,
}
