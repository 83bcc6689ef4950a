"""The sign-in host: OpenID configuration, token endpoint and consent of one tenant with one app."""

from typing import Final

from parts.graph_simulator import aadsts
from parts.graph_simulator.app import authenticate
from parts.graph_simulator.consent import ORGANIZATIONS, admin_consent
from parts.graph_simulator.kinds import Kind
from parts.graph_simulator.messages import JsonObject, Request, Response
from parts.graph_simulator.tenant import Tenant

NEVER_STORED: Final = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
_EMPTY_TENANT: Final = "00000000-0000-0000-0000-000000000000"


class Login:
    """Answers what msal asks for client credentials. `url` is the sign-in host and the Graph host in one."""

    def __init__(self, url: str, tenant: Tenant) -> None:
        self._url, self._tenant = url, tenant

    def respond(self, request: Request, kind: Kind, name: str) -> Response:
        """Answer a request of kind discovery, token or consent, whose path names a tenant."""
        if name == _EMPTY_TENANT:
            raise aadsts.refuse(request, aadsts.INVALID_TENANT, name)
        if not self._tenant.is_called(name) and (kind, name) != (Kind.CONSENT, ORGANIZATIONS):
            raise aadsts.refuse(request, aadsts.UNKNOWN_TENANT, name)
        if kind is Kind.DISCOVERY:
            return self._openid_configuration(request)
        if kind is Kind.TOKEN:
            return self._token(request)
        return admin_consent(request, self._tenant.app, self._tenant.id, self._url)

    def _openid_configuration(self, request: Request) -> Response:
        base = self._base(request)
        body: JsonObject = {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "msgraph_host": self._url.removeprefix("https://"),
        }
        return Response(200, body)

    def _token(self, request: Request) -> Response:
        """Answer the grant client_credentials."""
        form, app = request.form(), self._tenant.app
        for name in ("client_id", "grant_type", "scope"):
            if not form.get(name):
                raise aadsts.refuse(request, aadsts.MISSING_PARAMETER, name)
        if form["grant_type"] != "client_credentials":
            raise aadsts.refuse(request, aadsts.UNSUPPORTED_GRANT, form["grant_type"])
        if form["client_id"].lower() != app.client_id.lower():
            raise aadsts.refuse(request, aadsts.UNKNOWN_CLIENT, form["client_id"])
        self._check_scope(request, form["scope"])
        base = self._base(request)
        authenticate(app, request, form, (f"{base}/oauth2/v2.0/token", f"{base}/v2.0"))
        tokens = self._tenant.tokens
        body: JsonObject = {
            "token_type": "Bearer",
            "expires_in": tokens.lifetime,
            "ext_expires_in": tokens.lifetime,
            "access_token": tokens.issue(app.roles),
        }
        return Response(200, body, NEVER_STORED)

    def _base(self, request: Request) -> str:
        """Give the authority by the name of the tenant that the request used, percent-encoded as there."""
        return f"{self._url}/{request.path.split('/')[1]}"

    def _check_scope(self, request: Request, scope: str) -> None:
        resource, slash, permission = scope.rpartition("/")
        if not slash or permission != ".default":
            raise aadsts.refuse(request, aadsts.BAD_SCOPE, scope)
        if resource != self._url:
            raise aadsts.refuse(request, aadsts.UNKNOWN_RESOURCE, resource)
