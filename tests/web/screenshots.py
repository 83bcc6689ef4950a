"""`make screenshots`: the pictures of docs/web.md, of a made-up company on the real page in the real browser."""

import math
import time
from pathlib import Path

from parts.raddb import give_to_server, server_directory
from parts.readable import PROJECT
from radtune_web.index.database import open_database, transaction
from radtune_web.index.schema import FILE, SCHEMA, VERSION
from unit.serving import serving
from web.company import TENANT, Company
from web.desk import Browser, Desk, browser_of

DOCS = PROJECT / "docs"
SLOT, WEEK = 7200, 7 * 86_400
LARGEST = 200_000
"""Bytes that a picture may have."""


def main() -> None:
    """Make them anew."""
    with server_directory() as directory:
        desk = Desk(directory, 420, 6000, more="  actions: true\n")
        _sample_a_week(desk.company)
        with serving(directory) as server:
            now = time.time()
            server.say(started_at=now - 4 * 86_400, written_at=now, heard_at=now - 3)
            give_to_server(directory)
            with desk, browser_of(desk) as browser:
                _take_all(browser)


def _take_all(browser: Browser) -> None:
    device = f"/device/{browser.desk.company.moving[1].device_id}"
    _take(browser, "overview", "/", 1280, 760)
    _take(browser, "overview-dark", "/", 1280, 760, scheme="dark")
    _take(browser, "device", device, 1280, 1000)
    _take(browser, "events", "/events?kind=login_denied", 1180, 640)
    _take(browser, "policy", "/policy", 1280, 760)
    _take(browser, "phone", device, 390, 844, scheme="dark")


def _take(browser: Browser, name: str, path: str, width: int, height: int, scheme: str = "light") -> None:
    browser.emulate(scheme)
    browser.open(path, width, height)
    file = DOCS / f"web-{name}.png"
    assert browser.driver.save_screenshot(str(file))
    assert file.stat().st_size <= LARGEST, f"{file} has {file.stat().st_size} bytes"
    print(f"{file.relative_to(PROJECT)}: {file.stat().st_size} bytes")


def _sample_a_week(company: Company) -> None:
    """Write the samples of the week before, as if the page had run then: a compliance policy was sharpened on day 3."""
    directory: Path = company.directory / "web"
    directory.mkdir(mode=0o700)
    index, now, fleet = open_database(directory / FILE, SCHEMA, VERSION), int(time.time()), len(company.devices)
    with transaction(index):
        for at in range(now - WEEK, now - 600, SLOT):
            day = (at - now + WEEK) / 86_400
            bad = round(4 + 42 * math.exp(-(day - 3)) if day >= 3 else 4 + day) + 12
            grace = round(30 * math.exp(-2 * (day - 3))) + 8 if day >= 3 else 8
            counts = {"compliant": fleet - bad - grace - 4, "noncompliant": bad, "in_grace_period": grace, "unknown": 4}
            rows = [(at, TENANT, state, count) for state, count in counts.items()]
            index.executemany("INSERT INTO fleet VALUES (?, ?, ?, ?)", rows)
    index.close()
    give_to_server(directory)


if __name__ == "__main__":
    main()
