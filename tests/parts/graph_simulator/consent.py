"""The page on which an administrator consents to an app: here, an administrator who decides at once."""

from html import escape
from typing import Final
from urllib.parse import urlencode

from parts.graph_simulator import aadsts
from parts.graph_simulator.app import App
from parts.graph_simulator.messages import RefusalError, Request, Response

# Takes any tenant's administrator; `common` takes none, for consent concerns one organisation.
ORGANIZATIONS: Final = "organizations"


def admin_consent(request: Request, app: App, tenant_id: str, url: str) -> Response:
    """Answer GET /{tenant}/v2.0/adminconsent: consent or its refusal, told by a redirect to a registered URI.

    A request that is wrong itself is answered by a page, for then no redirect URI is to be trusted.
    """
    options = dict(request.options())
    for name in ("client_id", "scope", "redirect_uri"):
        if not options.get(name):
            raise _page(request, aadsts.MISSING_PARAMETER, name)
    if options["client_id"].lower() != app.client_id.lower():
        raise _page(request, aadsts.UNKNOWN_CLIENT, options["client_id"])
    if options["redirect_uri"] not in app.redirect_uris:
        raise _page(request, aadsts.UNKNOWN_REDIRECT, options["redirect_uri"])
    if options["scope"] != f"{url}/.default":
        raise _page(request, aadsts.BAD_SCOPE, options["scope"])
    told = {"admin_consent": "True"}
    if app.consent_error is None:
        app.roles = app.requested
        told |= {"tenant": tenant_id, "scope": options["scope"]}
    else:
        text = aadsts.description(request, aadsts.CONSENT_DECLINED)
        told |= {"error": app.consent_error, "error_description": text}
    if "state" in options:
        told["state"] = options["state"]
    joint = "&" if "?" in options["redirect_uri"] else "?"
    return Response(
        302, None, {"Location": f"{options['redirect_uri']}{joint}{urlencode(told)}", "Content-Length": "0"}
    )


def _page(request: Request, code: int, detail: str) -> RefusalError:
    text = escape(aadsts.description(request, code, detail))
    page = f"<html><head><title>Sign in to your account</title></head><body><p>{text}</p></body></html>"
    return RefusalError(Response(400, page.encode(), {"Content-Type": "text/html; charset=utf-8"}))
