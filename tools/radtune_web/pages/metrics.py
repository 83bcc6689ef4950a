"""The metrics for Prometheus, as `radtune metrics` prints them."""

from flask import Blueprint, Response

from radtune_web.pages.sources import now, sources

pages = Blueprint("metrics", __name__)
OLDEST = 600.0
"""Seconds after which they are no longer given: an alarm has to see that they are missing."""


@pages.get("/metrics")
def metrics() -> Response:
    """Give the metrics of a moment ago."""
    found = sources().snapshot("metrics")
    if not found.at or abs(now() - found.at) > OLDEST:
        return Response("# the index of radtune-web has no metrics now\n", 503, content_type="text/plain")
    return Response(found.value, content_type="text/plain; version=0.0.4; charset=utf-8")
