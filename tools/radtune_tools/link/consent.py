"""An administrator's consent: the address of the page, and the check of its answer.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

import hmac
import re
import secrets
from urllib.parse import parse_qs, quote, urlencode

from radtune.config.tenants import Tenant
from radtune.errors import NotPermittedError, UsageError
from radtune_tools.graph.signin_errors import HINTS

DEFAULT_PORT = 8437
REDIRECT_PATH = "/radtune"
_HINTS = {
    **HINTS,
    50011: "register the redirect URI of the steps above with the application, letter by letter",
    65004: "the consent was declined: run `radtune link` again and accept",
    90094: "this account may not consent: it takes a Privileged Role Administrator",
    90095: "this account may not consent: it takes a Privileged Role Administrator",
    500113: "register the redirect URI of the steps above with the application",
}


def redirect_uri(port: int) -> str:
    """Return the URL that the consent page sends the browser to. Entra takes http for the name localhost alone."""
    return f"http://localhost:{port}{REDIRECT_PATH}"


def new_state() -> str:
    """Return an unguessable value that marks the answer to this very request."""
    return secrets.token_urlsafe(32)


def consent_url(tenant: Tenant, port: int, state: str) -> str:
    """Return the page on which an administrator consents to the permissions that the application is registered with."""
    asked = {
        "client_id": tenant.client_id,
        "scope": f"{tenant.graph}/.default",
        "redirect_uri": redirect_uri(port),
        "state": state,
    }
    return f"{tenant.authority}/{tenant.name}/v2.0/adminconsent?{urlencode(asked, quote_via=quote)}"


def is_answer(query: str, state: str) -> bool:
    """Tell whether this query is the answer to the request with this state; takes as long whatever is in it."""
    given = _parameters(query).get("state", [])
    return len(given) == 1 and hmac.compare_digest(given[0].encode(), state.encode())


def check_answer(query: str, state: str) -> None:
    """Check that the answer gives consent. Microsoft sends admin_consent=True with an `error`, too: the error decides.

    Raises UsageError for the answer to another request, NotPermittedError without consent.
    """
    if not is_answer(query, state):
        raise UsageError(
            "that is not the answer to the page above (state); nothing was changed. Run `radtune link` again"
        )
    parameters = _parameters(query)
    if "error" in parameters:
        said = (parameters.get("error_description", [""])[0].splitlines() or [""])[0]
        code = re.search(r"AADSTS(\d+)", said)
        hint = _HINTS.get(int(code[1][:9]), "") if code else ""
        what = ": ".join(filter(None, (parameters["error"][0] or "error", said)))
        raise NotPermittedError(f"no consent: {what}{hint and f'; {hint}'}. Nothing was changed")
    if [value.lower() for value in parameters.get("admin_consent", [])] != ["true"]:
        raise NotPermittedError(
            "no consent: the answer has no admin_consent=True. Nothing was changed; run `radtune link` again and accept"
        )


def pasted_query(text: str) -> str:
    """Return the query of a pasted address; raises UsageError if there is none."""
    query = text.strip().strip("\"'<>").partition("?")[2].partition("#")[0]
    if not query:
        raise UsageError("expected the whole address from the browser, with all that stands behind the ?")
    return query


def _parameters(query: str) -> dict[str, list[str]]:
    try:
        return parse_qs(query, keep_blank_values=True, errors="replace", max_num_fields=50)
    except ValueError:
        return {}
