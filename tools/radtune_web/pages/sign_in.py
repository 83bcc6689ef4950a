"""Signing in by a password, and out."""

import re
import time

from flask import Blueprint, current_app, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from radtune.errors import TemporaryError
from radtune_web.access.gate import gate

pages = Blueprint("sign_in", __name__)
_OWN_PAGE = re.compile(r"/(?![/\\])[\w/?&=.:%+~-]*", re.ASCII)
Answer = str | Response | tuple[str, int]


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Answer:
    """Ask for name and password, or begin a sign-in."""
    after = request.values.get("next", "")
    after = after if _OWN_PAGE.fullmatch(after) else url_for("overview.overview")
    if gate(current_app).passwords is None:
        return render_template("sign_in.html", after=after, problem="The proxy signs you in; it did not name you."), 401
    if request.method == "GET":
        return redirect(after) if g.user else render_template("sign_in.html", after=after, problem="")
    user = request.form.get("user", "")[:64]
    proof, problem, code = _check(user, request.form.get("password", ""))
    if problem:
        return render_template("sign_in.html", after=after, problem=problem), code
    session.clear()
    doors = gate(current_app)
    session["token"] = doors.sign_ins.begin(user, proof, time.time())
    current_app.logger.warning("%s has signed in from %s", user, doors.client)
    return redirect(after, 303)


def _check(user: str, password: str) -> tuple[str, str, int]:
    """Return the proof of the password, and if it isn't the user's: what to say, and the status."""
    doors, now = gate(current_app), time.time()
    if doors.passwords is None or doors.throttle.refuses(doors.client, user, now):
        return "", "Too many sign-ins have failed. Try again in ten minutes.", 429
    try:
        proof = doors.passwords.check(user, password)
    except TemporaryError:
        return "", "Too many sign-ins at once. Try again in a moment.", 429
    if not proof:
        doors.throttle.note_failure(doors.client, user, now)
        # Not the name: some type their password there.
        current_app.logger.warning("a sign-in from %s has failed", doors.client)
        return "", "Name or password is wrong.", 401
    return proof, "", 200


@pages.post("/sign-out")
def sign_out() -> Response:
    """End the sign-in."""
    if "token" in session:
        gate(current_app).sign_ins.end(session["token"])
    session.clear()
    return redirect(url_for("sign_in.sign_in"), 303)
