"""Quarantine and release, if settings let people do that here: as the commands do it, by who is signed in."""

from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from radtune_tools.context import Form
from radtune_tools.enforce.quarantining import quarantine_device, reason_of, release_device, seconds_of
from radtune_tools.output import Output
from radtune_web.access.gate import gate
from radtune_web.pages.device import ID
from radtune_web.pages.shadow import jobs
from radtune_web.pages.sources import sources

pages = Blueprint("actions", __name__)
WAIT_SECONDS = 30.0
"""Time for the device's sessions to be moved; radtune apply moves the others."""
SPANS = {"1h": "an hour", "8h": "8 hours", "1d": "a day", "7d": "a week", "": "until it is released"}


class Heard(Output):
    """An answer whose lines are kept."""

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__(Form())
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        """Keep the line."""
        self.lines.append(text)

    def problem(self, text: str) -> None:
        """Keep the problem."""
        self.lines.append(text)


@pages.post("/device/<name>/quarantine")
def quarantine(name: str) -> Response:
    """Quarantine a device."""
    try:
        seconds = seconds_of(request.form["for"]) if request.form.get("for") else 0
        reason = reason_of(request.form.get("reason", ""))
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return _begin(f"Quarantine of {name}", name, "quarantine", seconds, reason)


@pages.post("/device/<name>/release")
def release(name: str) -> Response:
    """End the quarantine of a device."""
    return _begin(f"Release of {name}", name, "release", 0, "")


def _begin(title: str, name: str, what: str, seconds: int, reason: str) -> Response:
    if not gate(current_app).may_act() or not ID.fullmatch(name):
        abort(403)
    file = str(sources().settings.file)
    begun = jobs().begin("act", title, g.user, act, file, what, name, g.user, seconds, reason)
    if not begun:
        abort(429)
    return redirect(url_for("shadow.job", name=begun), 303)


def act(settings_file: str, what: str, name: str, by: str, seconds: int, reason: str) -> dict[str, Any]:
    """Quarantine or release the device of this Intune id; return what was said. Runs in a job's process."""
    settings, output = read_settings(Path(settings_file)), Heard()
    if what == "quarantine":
        code = quarantine_device(settings, output, name, by, seconds, reason, WAIT_SECONDS)
    else:
        code = release_device(settings, output, name, by, WAIT_SECONDS)
    problem = "" if code == ExitCode.OK else "It stands, but not every session is where it belongs."
    return {"lines": output.lines, "device_id": name, "problem": problem}
