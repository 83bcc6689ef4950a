"""The app: its pages, its gate, and what people see of errors."""

import sys
import time
from functools import partial
from pathlib import Path

from flask import Flask, g, render_template, request
from werkzeug.exceptions import HTTPException

from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.text import printable
from radtune_web.access.gate import Gate, csrf
from radtune_web.access.sign_ins import SignIns
from radtune_web.access.start import check, key_of
from radtune_web.pages import (
    accounts,
    actions,
    device,
    events,
    explain,
    metrics,
    moves,
    overview,
    policy,
    search,
    sessions,
    shadow,
    sign_in,
)
from radtune_web.pages.jobs import Jobs
from radtune_web.pages.sources import Sources
from radtune_web.view import words

BLUEPRINTS = tuple(
    each.pages
    for each in (
        *(overview, search, device, sessions, events, moves, policy, explain, shadow, accounts, actions),
        *(metrics, sign_in),
    )
)
NAV = (
    ("overview.overview", "Overview"),
    ("sessions.sessions", "Sessions"),
    ("events.events", "Events"),
    ("moves.moves", "Moves"),
    ("policy.policy", "Policy"),
    ("accounts.accounts", "Accounts"),
)
LARGEST = 1024 * 1024
"""Bytes of a request."""
PARTS = 100
"""Fields of a form."""


def create_app(settings: Settings) -> Flask:
    """Return the app; raises ConfigurationError, NotPermittedError, IndexDamagedError, TemporaryError, OSError."""
    check(settings)
    here = str(Path(__file__).resolve().parent)
    app = Flask("radtune_web", root_path=here, template_folder="pages/templates", static_folder="pages/static")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST, MAX_FORM_MEMORY_SIZE=LARGEST, MAX_FORM_PARTS=PARTS)
    app.url_map.merge_slashes = False
    app.secret_key = key_of(settings.web.state)
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["jobs"] = Jobs()
    app.extensions["sources"] = Sources.of(settings)
    door = Gate(app, settings.web, SignIns(settings.web.state))
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    app.context_processor(partial(_always, door))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(RadtuneError, _not_now)
    app.register_error_handler(OSError, _not_now)
    app.register_error_handler(Exception, _bug)
    return app


def _always(door: Gate) -> dict[str, object]:
    """Return what every template can use."""
    now = time.time()
    return {
        "csrf": csrf,
        "user": g.get("user", ""),
        "may_act": bool(g.get("user")) and door.may_act(),
        "spans_of_quarantine": actions.SPANS,
        "signs_out": door.passwords is not None,
        "nav": NAV,
        "now": now,
        "zone": time.strftime("%Z", time.localtime(now)),
        "moment": partial(words.moment, now=now),
        "ago": partial(words.ago, now=now),
    }


def _refused(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    said = SAID.get(code, error.name or "")
    return render_template("error.html", code=code, said=said), code


def _not_now(error: RadtuneError | OSError) -> tuple[str, int]:
    """Say that something can't be read or written, as with a full disk; what and where is for the log."""
    _log(str(error))
    return render_template("error.html", code=503, said=SAID[503]), 503


def _bug(error: Exception) -> tuple[str, int]:
    import traceback  # noqa: PLC0415  # for a bug alone

    _log("this is a bug in radtune-web; please report it:\n" + "".join(traceback.format_exception(error)))
    return render_template("error.html", code=500, said=SAID[500]), 500


def _log(text: str) -> None:
    for line in text.splitlines():
        print(f"radtune-web: {request.method} {printable(request.path)}: {printable(line)}", file=sys.stderr)  # noqa: T201


SAID = {
    400: "The request can't be understood.",
    401: "You are not signed in.",
    403: "This request isn't allowed. If you sent a form, load its page again and send it once more.",
    404: "There is no such page.",
    405: "This page doesn't take that.",
    413: "That is too large.",
    421: "radtune-web doesn't answer under this name. Give it as web.hosts in settings.yaml.",
    429: "Too many requests.",
    500: "This is a bug in radtune-web. Its log says more.",
    503: "Something that this page needs can't be read or written now. radtune-web's log and radtune status say what.",
}
"""The words for an error, by its status. They show no path and no trace."""
