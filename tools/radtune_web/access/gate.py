"""Checks every request: its address, its Host, its user, and that one of our own pages has sent it."""

import secrets
import time
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response as AnyResponse

from radtune.config.web_settings import WebSettings
from radtune_tools.secret_file import read_secret
from radtune_web.access.passwords import NAME, Passwords
from radtune_web.access.sign_ins import SignIns
from radtune_web.access.throttle import Throttle

PROXY_SECRET = "X-Radtune-Proxy"  # noqa: S105  # the name of a header
PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
"""Headers; a proxy sets at least one of them."""
OPEN = ("static", "sign_in.sign_in")
"""Endpoints that need no sign-in."""
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """Looks at every request of an app.

    passwords: None if only proxies sign people in
    """

    def __init__(self, app: Flask, web: WebSettings, sign_ins: SignIns) -> None:
        """Stand before the app; raises ConfigurationError, NotPermittedError for a file that can't be used."""
        self._web = web
        self.sign_ins = sign_ins
        self.passwords = Passwords(web.password_file) if web.password_file else None
        self.throttle = Throttle()
        secret = web.proxy_secret_file
        self._proxy_secret = read_secret(secret, "the secret of radtune-web's proxy") if secret else ""
        self._hosts = {"localhost", web.address.lower(), *(host.lower() for host in web.hosts)}
        if ip_address(web.address).is_loopback:
            self._hosts |= {"127.0.0.1", "::1"}
        app.session_interface = _Cookie(self)
        app.before_request(self._enter)
        app.after_request(_protect)
        app.extensions["gate"] = self

    @property
    def by_proxy(self) -> bool:
        """The request comes from a reverse proxy of settings, and not just from its machine."""
        if _address(request.remote_addr) not in self._web.proxies:
            return False
        given = request.headers.get(PROXY_SECRET, "")
        return not self._proxy_secret or compare_digest(given.encode(), self._proxy_secret.encode())

    @property
    def is_secure(self) -> bool:
        """The browser speaks HTTPS with the proxy."""
        return self.by_proxy and request.headers.get("X-Forwarded-Proto", "") == "https"

    @property
    def client(self) -> str:
        """The address of the browser, as far as a proxy that is believed tells it."""
        return (_forwarded_for() if self.by_proxy else "") or _address(request.remote_addr)

    @property
    def _scrapes(self) -> bool:
        """The request comes from an address that may read metrics, and wasn't just passed on by a proxy there."""
        if any(name in request.headers for name in PASSED_ON):
            return self.by_proxy and _forwarded_for() in self._web.metrics_from
        return _address(request.remote_addr) in self._web.metrics_from

    def may_act(self) -> bool:
        """Tell whether the user who is signed in may quarantine and release."""
        return self._web.actions and (not self._web.actors or g.user in self._web.actors)

    def _enter(self) -> AnyResponse | None:
        peer = _address(request.remote_addr)
        reads_metrics = request.endpoint == "metrics.metrics" and self._scrapes
        if not (reads_metrics or ip_address(peer or "::").is_loopback or peer in self._web.proxies):
            abort(403)
        if (urlsplit(f"//{request.host}").hostname or "") not in self._hosts:
            abort(421)
        g.user = self._user()
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            self._check_sender()
        if g.user or reads_metrics or request.endpoint in OPEN:
            return None
        if self.passwords is None or request.method != "GET" or request.endpoint == "metrics.metrics":
            abort(401)
        return redirect(url_for("sign_in.sign_in", next=request.full_path.rstrip("?")))

    def _user(self) -> str:
        """Return who sends the request, or ''."""
        if self._web.user_header and self.by_proxy:
            named = request.headers.get(self._web.user_header, "")
            return named if NAME.fullmatch(named) else ""
        token = session.get("token", "")
        found = self.sign_ins.find(token, time.time()) if token and self.passwords else None
        if found is None or self.passwords is None:
            return ""
        user, proof = found
        return user if proof and compare_digest(proof, self.passwords.proof(user)) else ""

    def _check_sender(self) -> None:
        """Refuse what another site's page has sent."""
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            abort(403)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            abort(403)
        given, wanted = request.form.get("csrf", ""), session.get("csrf", "")
        if not wanted or not compare_digest(given.encode(), f"{wanted}.{g.user}".encode()):
            abort(403)


def csrf() -> str:
    """Return the word that a form has to send back; it is of this browser and this user."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return f"{session['csrf']}.{g.get('user', '')}"


def gate(app: Flask) -> Gate:
    """Return the gate of the app."""
    found: Gate = app.extensions["gate"]
    return found


class _Cookie(SecureCookieSessionInterface):
    """The cookie; over HTTPS it is for this host alone, and never sent without."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-radtune" if self._gate.is_secure else "radtune"

    def get_cookie_secure(self, app: Flask) -> bool:
        return self._gate.is_secure

    def get_cookie_samesite(self, app: Flask) -> str:
        return "Lax"


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    may_be_kept = request.endpoint == "static" and response.status_code in (200, 304)
    response.headers["Cache-Control"] = "public, max-age=3600" if may_be_kept else "no-store"
    return response


def _forwarded_for() -> str:
    """Return the address that the last proxy was asked from, or ''."""
    return _address(request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip())


def _address(text: str | None) -> str:
    """Return an address as settings have it, or ''."""
    try:
        address = ip_address(text or "")
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
