"""The index: each event once, devices as they are now, nothing older than settings say."""

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune.stores.devices import DeviceStore
from radtune_web.index.feeder import Feeder, feed
from unit.samples import NOW, device, guid, publish
from unit.web.conftest import Open
from unit.web.site import Site


def rows(office: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(office / "web/index.db")) as index:
        return index.execute(statement).fetchall()


def test_an_event_is_taken_once_over_restarts_and_rotation(open_site: Open, office: Path) -> None:
    site = open_site()
    site.note("login_allowed", reason="1")
    site.feed()
    site.feed()
    site.note("login_allowed", reason="2")
    (office / "events.jsonl").rename(office / "events.jsonl.1")
    site.note("login_allowed", reason="3")
    site.feed()
    found = [json.loads(line)["reason"] for (line,) in rows(office, "SELECT line FROM event ORDER BY n")]
    assert found[:2] == ["1", "2"]
    assert rows(office, "SELECT sum(n) FROM hourly")[0][0] == len(found)


def test_a_write_that_fails_loses_and_doubles_nothing(
    open_site: Open, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = open_site()
    site.note("login_allowed", user="carol")
    feeder = Feeder(site.settings)
    with monkeypatch.context() as patch:
        patch.setattr(feeder, "_write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            feeder.events()
    assert rows(office, "SELECT count(*) FROM event") == [(0,)]
    feeder._intake.rolled_back()
    feeder.events()
    feeder.close()
    assert rows(office, "SELECT text FROM event JOIN word ON word.id = user") == [("carol",)]


@pytest.mark.parametrize("odd", ["\ud800", "x" * 10_000, "", 7, None, ["a"]])
def test_an_odd_event_holds_nothing_up(open_site: Open, office: Path, odd: object) -> None:
    site = open_site()
    site.note("login_allowed", user=odd, device_id=odd, rule=odd, since_change=odd)
    with (office / "events.jsonl").open("a") as log:
        log.write('no json\n{"time": "x"}\n{"event": 5}\n[1]\n')
    site.note("login_allowed", user="after")
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(2,)]
    assert site.page("/events").count('"why"') == 2


def test_what_is_older_than_settings_say_is_forgotten(open_site: Open, office: Path) -> None:
    site = open_site("  days: 2\n")
    site.note("login_allowed", 3 * 86_400)
    site.note("login_allowed", 86_400)
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]
    feeder = Feeder(site.settings)
    feeder._intake.forget(time.time())
    feeder.close()
    assert rows(office, "SELECT count(*) FROM event") == [(0,)]


def test_devices_are_as_the_store_has_them_now(open_site: Open, office: Path) -> None:
    site = open_site()
    site.feed()
    with closing(DeviceStore(office / "store/devices", create=False, timeout=1.0)) as store:
        publish(store, [device(2, name="NEW-ONE")], gone=[device(1)], synced_at=NOW + 1)
    site.feed()
    assert rows(office, "SELECT id, name FROM device") == [(guid(2), "NEW-ONE")]
    assert rows(office, "SELECT count(*) FROM device_words") == [(1,)]
    with closing(DeviceStore(office / "store/devices", create=False, timeout=1.0)) as store:
        publish(store, [device(2, name="NEWER")], synced_at=NOW + 2)
    site.feed()
    assert rows(office, "SELECT name FROM device") == [("NEWER",)]
    assert rows(office, "SELECT count(*) FROM device_words WHERE device_words MATCH 'one'") == [(0,)]


def test_a_part_that_cannot_be_read_is_told_of_and_the_others_go_on(open_site: Open, office: Path) -> None:
    site = open_site()
    site.note("login_allowed")
    (office / "store/devices/cache.db").write_text("no database")
    site.feed()
    problems = json.loads(rows(office, "SELECT value FROM snapshot WHERE name = 'problems'")[0][0])
    assert "devices" in problems and "events" not in problems
    assert "devices can't be brought up to date" in site.page("/")
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]


def test_an_index_of_another_version_is_made_anew(open_site: Open, office: Path) -> None:
    site = open_site()
    site.note("login_allowed")
    site.feed()
    with closing(sqlite3.connect(office / "web/index.db")) as index:
        index.execute("PRAGMA user_version = 99")
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]
    assert (office / "web/index.db").stat().st_mode & 0o777 == 0o600
    assert "login allowed" in site.page("/events")


def malformed() -> None:
    """Raise what SQLite raises for a damaged page."""
    raise sqlite3.DatabaseError("database disk image is malformed")


def test_an_index_that_is_deleted_or_damaged_is_made_anew(
    open_site: Open, office: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune_web.index.feeder.PAUSE", -1)  # a second round is an error
    site = open_site()
    site.note("login_allowed")
    with closing(Feeder(site.settings)) as feeder:
        assert feeder.is_current
        for file in (office / "web").glob("index.db*"):
            file.unlink()
        assert not feeder.is_current
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]
    with monkeypatch.context() as patch:
        patch.setattr(Feeder, "devices", lambda _: malformed())
        feed(str(site.settings.file), os.getppid())
    assert "database disk image is malformed" in capsys.readouterr().err
    assert not (office / "web/index.db").exists()
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]
    (office / "web/index.db").write_text("no database, and longer than the header of one" * 100)
    site.feed()
    assert rows(office, "SELECT count(*) FROM event") == [(1,)]
    assert "login allowed" in site.page("/events")


def test_a_full_disk_is_told_of_once_in_the_log(open_site: Open, capsys: pytest.CaptureFixture[str]) -> None:
    site = open_site()
    with closing(Feeder(site.settings)) as feeder:
        feeder._index.execute("PRAGMA query_only = on")
        feeder.round(1.0)
        feeder.round(9000.0)
    assert capsys.readouterr().err.count("attempt to write a readonly database; make room") == 1


def test_a_status_of_long_ago_is_not_shown_as_the_one_of_now(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "How radtune is now isn&#39;t known" not in site.page("/") and "isn't known" not in site.page("/")
    real = time.time
    for seconds in (1800, -1800):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: real() + seconds)
        shown = site.page("/")
        assert "How radtune is now isn't known" in shown
        assert "All is well" not in shown and "wrong now" not in shown
        assert site.browser.get("/metrics").status_code == 503


def test_words_that_no_event_has_any_more_are_forgotten(open_site: Open, office: Path) -> None:
    site = open_site("  days: 2\n")
    site.note("login_allowed", 3600, user="carol")
    site.note("login_allowed", 10, user="dave")
    with closing(Feeder(site.settings)) as feeder:
        feeder.events()
        feeder._intake.forget(time.time() - 60)
        assert rows(office, "SELECT text FROM word WHERE text IN ('carol', 'dave')") == [("dave",)]
        site.note("login_allowed", 5, user="carol")
        feeder.events()
    assert rows(office, "SELECT text FROM event JOIN word ON word.id = user ORDER BY n") == [("dave",), ("carol",)]
