"""The sign-in host: OpenID configuration and token endpoint of one tenant with one app."""

from typing import Final
from urllib.parse import unquote

from parts.graph_simulator import aadsts
from parts.graph_simulator.app import App, authenticate
from parts.graph_simulator.messages import JsonObject, Request, Response
from parts.graph_simulator.tokens import Tokens

NEVER_STORED: Final = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


class Login:
    """Answers what msal asks for client credentials. `url` is the sign-in host and the Graph host in one."""

    def __init__(self, url: str, tenant: str, app: App, tokens: Tokens) -> None:
        self._url, self._tenant, self._app, self._tokens = url, tenant, app, tokens

    def openid_configuration(self, request: Request, tenant: str) -> Response:
        """GET /{tenant}/v2.0/.well-known/openid-configuration."""
        self._check_tenant(request, tenant)
        base = f"{self._url}/{tenant}"
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

    def token(self, request: Request, tenant: str) -> Response:
        """POST /{tenant}/oauth2/v2.0/token with grant_type client_credentials."""
        self._check_tenant(request, tenant)
        form = request.form()
        for name in ("client_id", "grant_type", "scope"):
            if not form.get(name):
                raise aadsts.refuse(request, aadsts.MISSING_PARAMETER, name)
        if form["grant_type"] != "client_credentials":
            raise aadsts.refuse(request, aadsts.UNSUPPORTED_GRANT, form["grant_type"])
        if form["client_id"].lower() != self._app.client_id.lower():
            raise aadsts.refuse(request, aadsts.UNKNOWN_CLIENT, form["client_id"])
        self._check_scope(request, form["scope"])
        base = f"{self._url}/{tenant}"
        authenticate(self._app, request, form, (f"{base}/oauth2/v2.0/token", f"{base}/v2.0"))
        body: JsonObject = {
            "token_type": "Bearer",
            "expires_in": self._tokens.lifetime,
            "ext_expires_in": self._tokens.lifetime,
            "access_token": self._tokens.issue(self._app.roles),
        }
        return Response(200, body, NEVER_STORED)

    def _check_tenant(self, request: Request, tenant: str) -> None:
        if unquote(tenant).lower() != self._tenant.lower():
            raise aadsts.refuse(request, aadsts.UNKNOWN_TENANT, unquote(tenant))

    def _check_scope(self, request: Request, scope: str) -> None:
        resource, slash, permission = scope.rpartition("/")
        if not slash or permission != ".default":
            raise aadsts.refuse(request, aadsts.BAD_SCOPE, scope)
        if resource != self._url:
            raise aadsts.refuse(request, aadsts.UNKNOWN_RESOURCE, resource)
