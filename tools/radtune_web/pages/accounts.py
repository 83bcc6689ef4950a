"""The Intune tenants that are linked, and how they are; the servers that run."""

from flask import Blueprint, render_template

from radtune_web.pages.sources import sources

pages = Blueprint("accounts", __name__)


@pages.get("/accounts")
def accounts() -> str:
    """Show them."""
    snapshot = sources().snapshot("health")
    value = snapshot.value or {"parts": {}, "reasons": []}
    about = ("sync", "credential", "stale", "devices")
    return render_template(
        "accounts.html",
        snapshot=snapshot,
        tenants=value["parts"].get("devices") or [],
        servers=value["parts"].get("servers") or [],
        reasons=[each for each in value["reasons"] if each["name"] in about],
    )
