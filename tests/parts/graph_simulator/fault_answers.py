"""The answers that faults give in place of the real ones."""

import datetime
from dataclasses import replace
from email.utils import format_datetime
from typing import Final

from parts.graph_simulator import aadsts, graph_errors
from parts.graph_simulator.fault import Answer
from parts.graph_simulator.kinds import DELTA, SIGN_IN, Kind
from parts.graph_simulator.messages import JsonObject, RefusalError, Request, Response
from parts.graph_simulator.roles import needed_roles
from parts.graph_simulator.tokens import Tokens

_HTML: Final = {"Content-Type": "text/html; charset=utf-8"}
_PHRASES: Final = {
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
# The number in the errors of a sign-in host that is out of order or has had too much.
_TRANSIENT: Final = aadsts.TRANSIENT


def give(answer: Answer, request: Request, kind: Kind, url: str, tokens: Tokens) -> Response:
    """Give the answer to a request; `url` is the simulator's own, and `tokens` those that may be withdrawn."""
    if answer.how == "not-json":
        return Response(200, _page("Sign in to this network", "You have to accept the terms of use first."), _HTML)
    if answer.how == "withdraw":
        tokens.withdraw(request.headers.get("authorization", ""))
        return graph_errors.unauthorized(request, url, "Access token has been revoked.", claims=answer.claims).response
    if answer.how == "aadsts":
        return aadsts.refuse(request, answer.code, "(a fault)").response
    headers = {} if answer.retry_after is None else {"Retry-After": _moment(answer.retry_after)}
    response = _status(answer, request, kind, url).response
    return replace(response, headers={**response.headers, **headers})


def half(response: Response) -> Response:
    """Give the first half of an answer as if it were the whole."""
    content = response.content()
    return replace(response, body=content[: len(content) // 2], packed=False)


def _status(answer: Answer, request: Request, kind: Kind, url: str) -> RefusalError:
    status = answer.status
    if answer.body in ("html", "empty"):
        title = f"{status} {_PHRASES.get(status, 'Error')}"
        body = _page(title, "The proxy received no valid answer.") if answer.body == "html" else b""
        return RefusalError(Response(status, body, _HTML if answer.body == "html" else {}))
    if kind in SIGN_IN:
        return RefusalError(replace(aadsts.refuse(request, _TRANSIENT).response, status=status))
    if kind is Kind.IDENTITY:
        error: JsonObject = {"error": "unknown", "error_description": _PHRASES.get(status, "Failed to get a token.")}
        return RefusalError(Response(status, error))
    return _graph(answer, request, kind, url)


def _graph(answer: Answer, request: Request, kind: Kind, url: str) -> RefusalError:
    if answer.status == 401:
        return graph_errors.unauthorized(request, url, "Access token validation failure.")
    if answer.status == 403:
        return graph_errors.not_consented(request, needed_roles(kind))
    if answer.status == 400:
        return graph_errors.from_intune(request, 400, "BadRequest", "Request not applicable to target tenant.")
    if answer.status == 404:
        return graph_errors.not_found(request)
    if answer.status == 410:
        return graph_errors.resync(request, url + DELTA)
    code = "TooManyRequests" if answer.status == 429 else "UnknownError"
    text = _PHRASES.get(answer.status, "An error has occurred")
    return graph_errors.from_intune(request, answer.status, code, text, doubly=answer.body == "nested")


def _moment(retry_after: str) -> str:
    if not retry_after.startswith("date"):
        return retry_after
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=int(retry_after.removeprefix("date")))
    return format_datetime(moment, usegmt=True)


def _page(title: str, text: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\r\n".encode()
