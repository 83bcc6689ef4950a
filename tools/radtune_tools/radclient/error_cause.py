"""Error-Cause (RFC 5176 3.5): why a NAS refused, in words for an operator."""

SESSION_MISSING = 503

_CAUSES = {
    201: ("Residual-Context-Removed", "there was no session any more, and the NAS has cleared what was left of it"),
    202: ("Invalid-EAP-Packet", "the NAS ignored a damaged EAP packet"),
    401: ("Unsupported-Attribute", "the NAS doesn't take one of the attributes; `radtune nas check` shows them"),
    402: ("Missing-Attribute", "the NAS wants an attribute that wasn't sent; `radtune nas check` shows what is"),
    403: ("NAS-Identification-Mismatch", "the packet reached another NAS than it names; look at coa_address"),
    404: ("Invalid-Request", "the NAS found something in the request that it can't do"),
    405: ("Unsupported-Service", "the NAS doesn't take the Service-Type of the request"),
    406: ("Unsupported-Extension", "the NAS doesn't know CoA or Disconnect, or not this command; try another method"),
    407: ("Invalid-Attribute-Value", "the NAS doesn't take a value; some say so where it names another session"),
    501: ("Administratively-Prohibited", "the NAS is configured not to obey; allow dynamic authorization there"),
    502: ("Proxy-Request-Not-Routable", "a proxy on the way doesn't know where this NAS is"),
    503: ("Session-Context-Not-Found", "the NAS has no such session"),
    504: ("Session-Context-Not-Removable", "the NAS knows the session, but can't end it"),
    505: ("Proxy-Processing-Error", "a proxy on the way could not pass it on"),
    506: ("Resources-Unavailable", "the NAS is too busy; try again later"),
    507: ("Request-Initiated", "the NAS asks the server first, by an Access-Request of its own"),
    508: (
        "Multiple-Session-Selection-Unsupported",
        "several sessions fit what was sent, and the NAS moves one at a time; accounting tells their ids",
    ),
}
_FINAL = frozenset({401, 402, 403, 404, 405, 406, 407, 501, 503, 504, 508})
"""What the same request will not get over by being sent again."""
_NUMBERS = {name: number for number, (name, _) in _CAUSES.items()}


def cause_number(shown: str) -> int:
    """Return the number of a cause as FreeRADIUS shows it, by name or number; 0 for what is neither."""
    return _NUMBERS.get(shown, int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 11 else 0)


def explain_cause(shown: str) -> str:
    """Return `Name (number: what it means)` for a cause as FreeRADIUS shows it."""
    number = cause_number(shown)
    name, meaning = _CAUSES.get(number, (shown, ""))
    return f"{name} ({number}: {meaning})" if meaning else shown


def is_final(cause: int) -> bool:
    """Tell whether a refusal for this cause would be the same again, so that only another method can help."""
    return cause in _FINAL
