"""The app registration of a simulated tenant, and how it proves to be itself."""

import hmac
from dataclasses import dataclass, field
from typing import Final

from parts.graph_simulator import aadsts, assertion
from parts.graph_simulator.assertion import FederatedCredential
from parts.graph_simulator.messages import Request
from parts.graph_simulator.roles import READ_DEVICES, READ_WRITE_DEVICES

__all__ = ["READ_DEVICES", "READ_WRITE_DEVICES", "App", "FederatedCredential", "authenticate"]

JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class App:
    """An app registration; set its fields while the simulator runs to change what the next request meets.

    `certificates` are PEM. `roles` are the application permissions an administrator has consented to; with none, the
    app still gets a token, and Graph then answers 403. `requested` are those that consent gives; with
    `consent_error`, the `error` of the redirect, an administrator declines instead. Consent's page sends people to
    none but the `redirect_uris`.
    """

    client_id: str
    secret: str | None = None
    secret_expired: bool = False
    certificates: tuple[bytes, ...] = ()
    roles: frozenset[str] = field(default=frozenset({READ_DEVICES}))
    requested: frozenset[str] = field(default=frozenset({READ_DEVICES}))
    redirect_uris: tuple[str, ...] = ()
    consent_error: str | None = None
    federated: tuple[FederatedCredential, ...] = ()


def authenticate(app: App, request: Request, form: dict[str, str], audiences: tuple[str, ...]) -> None:
    """Check the secret or the assertion in a token request; RefusalError when it doesn't prove to be the app.

    `audiences` are the values of `aud` that an assertion of the app's own may have.
    """
    if form.get("client_assertion") and form.get("client_assertion_type") == JWT_BEARER:
        text = form["client_assertion"]
        if app.federated and assertion.issuer(text) not in (None, app.client_id):
            assertion.check_federated(app.federated, request, text)
        else:
            assertion.check_own(app.client_id, app.certificates, request, text, audiences)
    elif form.get("client_secret"):
        if app.secret is None or not hmac.compare_digest(form["client_secret"].encode(), app.secret.encode()):
            raise aadsts.refuse(request, aadsts.WRONG_SECRET, app.client_id)
        if app.secret_expired:
            raise aadsts.refuse(request, aadsts.EXPIRED_SECRET, app.client_id)
    else:
        raise aadsts.refuse(request, aadsts.NO_CREDENTIAL)
