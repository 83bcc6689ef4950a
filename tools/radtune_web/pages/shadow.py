"""Tries a changed policy: which clients would get another outcome."""

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from radtune.config.policy_file import load_policy, read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.settings import Settings, read_settings
from radtune.dataclass import replace
from radtune_tools.policy.difference import compare
from radtune_tools.stores import Stores
from radtune_web.pages.jobs import Jobs
from radtune_web.pages.sources import sources

pages = Blueprint("shadow", __name__)
LARGEST = 512 * 1024
"""Bytes of a policy."""
SHOWN = 500
"""Sessions that are shown."""


def jobs() -> Jobs:
    """Return the jobs of the app."""
    found: Jobs = current_app.extensions["jobs"]
    return found


@pages.get("/shadow")
def form() -> str:
    """Show the form, with the policy in use to be changed."""
    return _form(sources().settings.policy.read_text(encoding="utf-8", errors="replace"))


@pages.post("/shadow")
def begin() -> Response | tuple[str, int]:
    """Begin to compare."""
    sent = request.files.get("file")
    content = sent.read(LARGEST + 1) if sent and sent.filename else request.form.get("policy", "").encode()
    if not content.strip() or len(content) > LARGEST:
        return _form(content[:LARGEST].decode("utf-8", "replace"), f"A policy has 1 to {LARGEST} bytes."), 400
    settings = sources().settings
    file = settings.web.state / f"shadow-{secrets.token_hex(8)}.yaml"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    name = ""
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        name = jobs().begin("shadow", "A changed policy", g.user, compare_policies, str(settings.file), str(file))
    finally:
        if not name:
            file.unlink()
    if not name:
        return _form(content.decode("utf-8", "replace"), "Another one is tried just now. Try again in a moment."), 503
    return redirect(url_for("shadow.job", name=name), 303)


@pages.get("/jobs/<name>")
def job(name: str) -> str:
    """Show the answer of a job, or that it runs."""
    found = jobs().find(name, g.user)
    if found is None:
        abort(404)
    return render_template("job.html", job=found, title=found.title, seconds=time.time() - found.begun_at, shown=SHOWN)


def _form(text: str, problem: str = "") -> str:
    return render_template("shadow.html", text=text, problem=problem)


def compare_policies(settings_file: str, file: str) -> dict[str, Any]:
    """Return who would get something else under the policy of this file, which is deleted. Runs in a job's process."""
    settings = read_settings(Path(settings_file))
    try:
        after = read_policy(Path(file), _context(settings))
    finally:
        with suppress(OSError):
            Path(file).unlink()
    before = read_policy(settings.policy, settings.policy_context)
    with Stores(settings) as stores:
        found = compare(stores, before, after, time.time())
    return {
        "live": found.live,
        "sessions": found.sessions[:SHOWN],
        "sessions_in_all": len(found.sessions),
        "missing_attribute": found.missing_attribute,
        "judged": found.judged.total(),
        "unjudged": found.unjudged,
        "changed": found.changed.total(),
        "stale": found.stale,
        "groups": found.groups()[:SHOWN],
    }


def _context(settings: Settings) -> PolicyContext:
    """Return the context of a policy that was sent: it may name the lists of the policy in use, and no other file."""
    document, _ = load_policy(settings.policy, settings.policy_context)
    values = [
        value for label in document.keys("labels").values() if isinstance(label, dict) for value in label.values()
    ]
    names = [value["file"] for value in values if isinstance(value, dict) and isinstance(value.get("file"), str)]
    return replace(settings.policy_context, lists={name: settings.policy.parent / name for name in names})
