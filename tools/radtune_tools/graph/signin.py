"""Tokens for Graph: the only importer of msal."""

import base64
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msal

from radtune.config.tenants import Tenant
from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune.installation import USER
from radtune_tools.graph.credential import credential
from radtune_tools.graph.failure_causes import cause, without_secrets
from radtune_tools.graph.http import Http, json_of
from radtune_tools.graph.signin_errors import discovery_error, sign_in_error

READ_DEVICES = "DeviceManagementManagedDevices.Read.All"
READ_ENTRA_DEVICES = "Device.Read.All"
_ARC = "http://localhost:40342"
# msal logs answers whole where one is odd, tokens included; without a handler Python prints them.
logging.getLogger("msal").addHandler(logging.NullHandler())
logging.getLogger("msal").propagate = False


class SignIn:
    """An application or a managed identity at one tenant. It signs in once, and again if Graph refuses the token."""

    def __init__(self, tenant: Tenant, http: Http) -> None:
        """Prepare; nothing is sent yet."""
        self._tenant = tenant
        self._http = http
        self._token = ""

    def token(self, *, new: bool = False) -> str:
        """Return an access token for Graph; with `new`, another one than before.

        Raises NotPermittedError, ConfigurationError or TemporaryError.
        """
        if new or not self._token:
            self._token = self._identity_token() if self._tenant.managed_identity else self._application_token()
        return self._token

    def roles(self) -> frozenset[str] | None:
        """Return the application permissions in the token, None if they can't be read."""
        try:
            payload = self.token().split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return frozenset(map(str, claims.get("roles", ())))
        except (IndexError, ValueError, AttributeError, TypeError):
            return None

    def _application_token(self) -> str:
        """Sign in with the client credentials grant."""
        where = f"{self._tenant.authority}/{self._tenant.name}"
        client = _Client(self._http.answer)
        try:
            # A new application each time: msal keeps refusals and old tokens in the one it has.
            application = msal.ConfidentialClientApplication(
                self._tenant.client_id,
                client_credential=credential(self._tenant),
                authority=where,
                instance_discovery=False,
                http_client=client,
            )
            result = application.acquire_token_for_client(scopes=[f"{self._tenant.graph}/.default"])
        except ValueError as error:
            raise discovery_error(where, str(error.__context__ or error)) from error
        except (OSError, msal.exceptions.MsalError, LookupError, AttributeError, TypeError, RuntimeError) as error:
            raise _odd(where, client.last, error) from error
        if "access_token" in result:
            return _usable(where, result["access_token"])
        raise sign_in_error(where, result)

    def _identity_token(self) -> str:
        """Ask Azure's or Azure Arc's service on this machine for a token."""
        if not hasattr(msal, "ManagedIdentityClient"):
            message = f"managed_identity needs msal 1.29 or newer, and this is {msal.__version__}"
            raise RadtuneError(f"{self._tenant.name}: {message}; install a newer one, or sign in with a certificate")
        where = f"{self._tenant.name}: the managed identity ({self._tenant.managed_identity})"
        try:
            # The service is on this machine: no proxy leads to it, and no CA of settings is meant for it.
            with (
                Http(ca_file=None, proxy="none", deadline=self._http.deadline) as local,
                _arc_environment(self._tenant),
            ):
                result = _identity_client(self._tenant, local).acquire_token_for_client(resource=self._tenant.graph)
        except (PermissionError, FileNotFoundError) as error:
            advice = f"Azure Arc's keys are for its group: run: usermod -aG himds {USER}"
            raise NotPermittedError(f"{where} can't be asked: {error}; {advice}") from error
        except OSError as error:
            raise TemporaryError(f"{where} can't be asked: {cause(error)}") from error
        except (msal.exceptions.MsalError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise NotPermittedError(f"{where} gives no token: {without_secrets(str(error))}") from error
        if "access_token" in result:
            return _usable(where, result["access_token"])
        said = without_secrets(str(result.get("error_description") or result.get("error")))[:400]
        raise NotPermittedError(f"{where} gives no token: {said}; is the identity assigned to this machine?")


class _Client:
    """The HTTP client of msal, as patient as Graph's. `last` is the last answer: msal hands on nothing of a 5xx."""

    def __init__(self, send: Callable[..., Any]) -> None:
        self._send = send
        self.last: Any = None

    def get(self, url: str, **request: Any) -> Any:
        self.last = self._send("GET", url, **request)
        return self.last

    def post(self, url: str, **request: Any) -> Any:
        self.last = self._send("POST", url, **request)
        return self.last


def _odd(where: str, last: Any, error: Exception) -> RadtuneError:
    """Return the error for an answer that msal can't read."""
    said = json_of(last) if last is not None else None
    if isinstance(said, dict) and "error" in said:
        return sign_in_error(where, said)
    status = f" {last.status_code}" if last is not None else ""
    return TemporaryError(f"{where} answered{status} as no sign-in service does: {error!r}")


def _usable(where: str, token: object) -> str:
    """Return the token; raises TemporaryError, without the token, if it can't go into a header."""
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise TemporaryError(f"{where} answered without a usable token")
    return token


@contextmanager
def _arc_environment(tenant: Tenant) -> Iterator[None]:
    """Set what Azure Arc's agent sets in login shells; cron has none of it."""
    wanted = {"IMDS_ENDPOINT": _ARC, "IDENTITY_ENDPOINT": f"{_ARC}/metadata/identity/oauth2/token"}
    made = [name for name in wanted if tenant.managed_identity == "arc" and name not in os.environ]
    os.environ.update({name: wanted[name] for name in made})
    try:
        yield
    finally:
        for name in made:
            del os.environ[name]


def _identity_client(tenant: Tenant, http: Http) -> Any:
    identity: Any = msal.SystemAssignedManagedIdentity()
    if tenant.client_id:
        identity = msal.UserAssignedManagedIdentity(client_id=tenant.client_id)
    return msal.ManagedIdentityClient(identity, http_client=_Client(http.send))
