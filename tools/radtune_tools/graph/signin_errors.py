"""Errors of Microsoft's login service, each with what to do."""

import re
from typing import Any

from radtune.errors import NotPermittedError, RadtuneError, TemporaryError

HINTS = {
    50012: "the certificate in settings isn't one of the application's: upload it there",
    50013: "the assertion isn't accepted: check this machine's clock (NTP), then the certificate or token",
    50196: "too many sign-ins in a short time: let some minutes pass, and look for a second installation",
    53003: "a Conditional Access policy forbids the sign-in: allow this machine's public address",
    65001: "an administrator has not consented to the application's permissions: run `radtune link`",
    70011: "the scope isn't valid there: check cloud, or authority and graph",
    90002: "there is no such tenant: check tenant, and cloud if it lies in a national one",
    90038: "the tenant lies in another national cloud: set cloud",
    500011: "Graph isn't known in this tenant: check cloud, or graph",
    500133: "the assertion isn't valid now: check the clock of this machine (NTP)",
    530032: "a Conditional Access policy forbids the sign-in: allow this machine's public address",
    650056: "the application has no permission of Microsoft Graph: add it and have an administrator consent",
    650057: "the application has no permission of Microsoft Graph: add it and have an administrator consent",
    700016: "client_id or tenant is wrong: this tenant doesn't know the application",
    700024: "the clock of this machine is wrong: synchronise it (NTP)",
    700025: "the application is registered as a public client: register a web application",
    700027: "the certificate in settings isn't the one uploaded to the application",
    700038: "client_id isn't an application's id: copy 'Application (client) ID'",
    700211: "the application has no federated credential for the token's issuer: compare the two",
    700212: "the application has no federated credential for the token's audience: compare the two",
    700213: "the application has no federated credential for the token's subject: compare the two",
    900021: "tenant isn't a tenant's id or domain: correct it",
    900382: "the tenant lies in another national cloud: set cloud",
    900432: "the tenant lies in another national cloud: set cloud",
    1002012: "the scope isn't valid there: check cloud, or authority and graph",
    7000112: "the application is disabled in the tenant: enable it under enterprise applications",
    7000215: "the file must hold the secret's value, not its id, and the secret must belong to this application",
    7000218: "the secret is empty: put its value into the file",
    7000222: "the client secret has expired: create a new one and put its value into the file",
}
"""By AADSTS code. https://learn.microsoft.com/entra/identity-platform/reference-error-codes"""
_PASSING = frozenset((90006, 90024, 90033, 90055, 90090, 50196))
"""Codes of faults at Microsoft's side, and of too many sign-ins."""


def sign_in_error(where: str, result: dict[str, Any]) -> RadtuneError:
    """Return the error for a refused sign-in; code and correlation id are kept."""
    given = result.get("error_codes")
    codes = [code for code in given if isinstance(code, int)] if isinstance(given, list) else []
    said = (str(result.get("error_description") or result.get("error")).splitlines() or ["no explanation"])[0]
    correlation = str(result.get("correlation_id") or "")
    if correlation and correlation not in said:
        said += f" (correlation id {correlation})"
    if not codes or any(code in _PASSING for code in codes):
        hint = "".join(f"; {HINTS[code]}" for code in codes if code in HINTS)
        return TemporaryError(
            f"{where}: no sign-in now: {said}{hint}; the store is as it was, the next run tries again"
        )
    hint = next((f"; {HINTS[code]}" for code in codes if code in HINTS), "")
    return NotPermittedError(f"{where}: sign-in refused: {said}{hint}")


def discovery_error(where: str, said: str) -> RadtuneError:
    """Return the error for a tenant without a sign-in service; `said` is the answer instead."""
    for code in map(int, re.findall(r"AADSTS(\d{1,9})", said)):
        if code in HINTS and code not in _PASSING:
            return NotPermittedError(f"{where}: {HINTS[code]}{_in_microsofts_words(said)}")
    if "invalid_tenant" in said:
        return NotPermittedError(f"{where}: {HINTS[90002]}{_in_microsofts_words(said)}")
    return TemporaryError(f"{where} answered as no sign-in service does: {said}")


def _in_microsofts_words(said: str) -> str:
    """Return the first line of Microsoft's description, if the answer has one."""
    found = re.search(r"""["']error_description["']:\s*["'](.+?)(?:\\r|\\n|[\r\n]|["']\s*[,}])""", said)
    return f" (Microsoft says: {found[1].strip()})" if found else ""
