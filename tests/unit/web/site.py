"""An app with its index, and a browser without a screen."""

import re
import time
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from radtune.config.settings import Settings, read_settings
from radtune.server.client_events import EventLog
from radtune_web.access.passwords import add_user
from radtune_web.app import create_app
from radtune_web.index.feeder import Feeder
from radtune_web.pages.sources import Sources
from unit.samples import SETTINGS

PASSWORD = "correct horse battery"
WEB = """\
web:
  state: web
  password_file: web-passwords
"""


class Site:
    """radtune-web with the stores of `office`; `more` are further lines of the section web."""

    def __init__(self, office: Path, more: str = "") -> None:
        self.directory = office
        (office / "settings.yaml").write_text(f"{SETTINGS}{WEB}{more}")
        (office / "web").mkdir(mode=0o700, exist_ok=True)
        self.settings: Settings = read_settings(office / "settings.yaml")
        if self.settings.web.password_file:
            add_user(self.settings.web.password_file, "alice", PASSWORD)
        self.app: Flask = create_app(self.settings)
        self.browser = self.new_browser()

    def new_browser(self) -> FlaskClient:
        return self.app.test_client()

    def feed(self) -> None:
        """Bring the index up to date, as its process does."""
        feeder = Feeder(self.settings)
        feeder.round(time.monotonic())
        feeder.close()

    def note(self, kind: Any, seconds_ago: float = 10.0, **fields: object) -> None:
        """Write a client event."""
        log = EventLog(self.settings.events)
        log.append(time.time() - seconds_ago, kind, fields)
        log.close()

    def csrf(self, browser: FlaskClient | None = None, page: str = "/sign-in") -> str:
        """Return the word that a form of a page has to send back."""
        found = re.search(r'name="csrf" value="([^"]+)"', (browser or self.browser).get(page).text)
        assert found
        return found[1]

    def sign_in(self, browser: FlaskClient | None = None, **more: str) -> TestResponse:
        browser = browser or self.browser
        data = {"user": "alice", "password": PASSWORD, "csrf": self.csrf(browser), **more}
        return browser.post("/sign-in", data=data)

    def page(self, path: str) -> str:
        """Return a page as who is signed in sees it."""
        if self.browser.get("/").status_code != 200:
            assert self.sign_in().status_code == 303
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def close(self) -> None:
        sources: Sources = self.app.extensions["sources"]
        sources.close()
        self.app.extensions["gate"].sign_ins.close()
