"""Managed identities: how a machine in Azure, or one that Azure Arc manages, gets tokens without a secret.

On a virtual machine the header Metadata is enough. Azure Arc asks for proof that the caller may read a file.
"""

import secrets
import threading
import time
import uuid
from pathlib import Path
from typing import Final, Literal

from parts.graph_simulator.messages import JsonObject, RefusalError, Request, Response
from parts.graph_simulator.tenant import Tenant

Flavour = Literal["imds", "arc"]
_OTHER_IDENTITIES: Final = ("client_id", "object_id", "msi_res_id", "mi_res_id")


class ManagedIdentity:
    """GET /metadata/identity/oauth2/token for the identity of one tenant's app.

    With the flavour `arc`, challenge files are written into `directory`, each good for one request.
    """

    def __init__(self, resource: str, url: str, tenant: Tenant, flavour: Flavour, directory: Path) -> None:
        """Give tokens for one resource, at the URL that `url` keeps for others to ask."""
        self._resource, self.url = resource, url
        self._tenant, self._flavour, self._directory = tenant, flavour, directory
        self._lock = threading.Lock()
        self._challenges: dict[str, Path] = {}

    def respond(self, request: Request) -> Response:
        """Answer a request for a token."""
        options = dict(request.options())
        if request.headers.get("metadata", "").lower() != "true":
            raise _refuse(400, "invalid_request", "Required metadata header not specified")
        for name in ("api-version", "resource"):
            if not options.get(name):
                raise _refuse(400, "invalid_request", f"Required query variable '{name}' is missing")
        if any(
            options.get(name, self._tenant.app.client_id) != self._tenant.app.client_id for name in _OTHER_IDENTITIES
        ):
            raise _refuse(400, "invalid_request", "Identity not found")
        if options["resource"].rstrip("/") != self._resource:
            raise _refuse(400, "invalid_resource", f"AADSTS500011: The resource '{options['resource']}' was not found.")
        if self._flavour == "arc":
            self._check_proof(request)
        return Response(200, self._token(options["resource"]))

    def _token(self, resource: str) -> JsonObject:
        tokens, now = self._tenant.tokens, int(time.time())
        return {
            "access_token": tokens.issue(self._tenant.app.roles),
            "client_id": self._tenant.app.client_id,
            "expires_in": str(tokens.lifetime),
            "expires_on": str(now + tokens.lifetime),
            "not_before": str(now),
            "resource": resource,
            "token_type": "Bearer",
        }

    def _check_proof(self, request: Request) -> None:
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        with self._lock:
            file = self._challenges.pop(proof.strip(), None) if scheme.lower() == "basic" else None
        if file is not None:
            file.unlink(missing_ok=True)
            return
        file, proof = self._directory / f"{uuid.uuid4()}.key", secrets.token_urlsafe(32)
        self._directory.mkdir(mode=0o755, parents=True, exist_ok=True)
        file.write_text(proof)
        file.chmod(0o644)  # Azure Arc lets its own group read; who may do so is not what is simulated
        with self._lock:
            self._challenges[proof] = file
        refusal = _refuse(401, "unauthorized_client", "Missing Basic Authorization header")
        challenge = {"WWW-Authenticate": f"Basic realm={file}"}
        raise RefusalError(Response(401, refusal.response.body, challenge))


def _refuse(status: int, error: str, text: str) -> RefusalError:
    return RefusalError(Response(status, {"error": error, "error_description": text}))
