"""What a request asks for: the names by which faults and counts speak of requests."""

import re
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from parts.graph_simulator.messages import Request

MANAGED_DEVICES: Final = "/v1.0/deviceManagement/managedDevices"
OVERVIEW: Final = "/v1.0/deviceManagement/managedDeviceOverview"
DELTA: Final = "/v1.0/devices/delta"


class Kind(StrEnum):
    """Everything the simulator answers, but for its control interface."""

    DISCOVERY = "discovery"
    TOKEN = "token"
    CONSENT = "consent"
    IDENTITY = "identity"
    LIST = "list"
    SINGLE = "single"
    OVERVIEW = "overview"
    BATCH = "batch"
    DELTA = "delta"
    ENTRA = "entra"
    OTHER = "other"


SIGN_IN: Final = frozenset({Kind.DISCOVERY, Kind.TOKEN, Kind.CONSENT})
GRAPH: Final = frozenset({Kind.LIST, Kind.SINGLE, Kind.OVERVIEW, Kind.BATCH, Kind.DELTA, Kind.ENTRA})
WALKS: Final = frozenset({Kind.LIST, Kind.DELTA})

_ROUTES: Final = (
    (Kind.LIST, "GET", re.compile(re.escape(MANAGED_DEVICES))),
    # Both of OData's ways to name one of a collection.
    (Kind.SINGLE, "GET", re.compile(re.escape(MANAGED_DEVICES) + r"(?:/([^/]+)|\((?:'|%27)?([^/'()]+?)(?:'|%27)?\))")),
    (Kind.OVERVIEW, "GET", re.compile(re.escape(OVERVIEW))),
    (Kind.BATCH, "POST", re.compile(r"/v1\.0/(?:\$|%24)batch")),
    (Kind.DELTA, "GET", re.compile(r"/v1\.0/devices/(?:microsoft\.graph\.)?delta(?:\(\))?")),
    (Kind.ENTRA, "GET", re.compile(r"/v1\.0/devices\(deviceId=(?:'|%27)([^/'()]+?)(?:'|%27)\)")),
    (Kind.DISCOVERY, "GET", re.compile(r"/([^/]+)/v2\.0/\.well-known/openid-configuration")),
    (Kind.TOKEN, "POST", re.compile(r"/([^/]+)/oauth2/v2\.0/token")),
    (Kind.CONSENT, "GET", re.compile(r"/([^/]+)/v2\.0/adminconsent")),
)
_IDENTITY: Final = "/metadata/identity/oauth2/token"


def classify(request: Request) -> tuple[Kind, str]:
    """Give the kind and what the path names, decoded: the tenant of a sign-in, the id of a single device."""
    if not request.secure:
        return (Kind.IDENTITY if request.method == "GET" and request.path == _IDENTITY else Kind.OTHER), ""
    for kind, method, pattern in _ROUTES:
        if request.method == method and (match := pattern.fullmatch(request.path)):
            return kind, unquote(next(filter(None, match.groups()), ""))
    return Kind.OTHER, ""
