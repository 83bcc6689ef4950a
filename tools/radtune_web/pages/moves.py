"""Moves: those under way, not enforced, still to be made, and held back."""

from flask import Blueprint, render_template

from radtune_web.pages.sources import sources

pages = Blueprint("moves", __name__)


@pages.get("/moves")
def moves() -> str:
    """Show them."""
    snapshot = sources().snapshot("sessions")
    value = snapshot.value or {}
    under_way = value.get("under_way", [])
    return render_template(
        "moves.html",
        snapshot=snapshot,
        plan=value,
        not_enforced=[each for each in under_way if each["state"] == "not_enforced"],
        under_way=[each for each in under_way if each["state"] != "not_enforced"],
    )
