"""No page reads a whole table: with 100,000 devices and a million events that would take too long."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune_web.index.database import Reader, open_database
from radtune_web.index.schema import FILE, SCHEMA, VERSION
from unit.samples import MAC, guid
from unit.web.conftest import Open

LARGE = ("event", "device", "session", "hourly", "fleet", "word")
PAGES = (
    *("/", "/sessions", "/sessions?site=a&start=5", "/sessions?nas=a&compliance=compliant", "/sessions?moving=1"),
    *("/sessions?granted=vlan+1", "/events", "/events?since=1h", "/events?before=1", "/events?device=LAPTOP-1"),
    *(f"/events?{name}=a" for name in ("kind", "client", "user", "nas", "site", "rule", "compliance")),
    *("/events?kind=moved&nas=a&since=24h", "/events?after=0", "/moves", "/policy", "/accounts", "/metrics"),
    *("/search?q=lap", "/search?q=bob", f"/device/{guid(1)}", f"/client/{MAC}", "/explain?target=LAPTOP-1"),
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_finds_what_it_shows_by_an_index(
    open_site: Open, office: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    site = open_site()
    words = dict.fromkeys(("user", "nas", "site", "rule", "compliance", "mac"), "a")
    for _ in range(3):
        site.note("moved", 10.0, device_id=guid(1), **words)
    site.feed()
    site.page("/")
    asked = list[tuple[str, tuple[Any, ...]]]()
    rows, rows_within = Reader.rows, Reader.rows_within

    def noting(reader: Reader, statement: str, arguments: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        asked.append((statement, tuple(arguments)))
        return rows(reader, statement, asked[-1][1])

    def noting_within(reader: Reader, seconds: float, statement: str, arguments: Iterable[Any]) -> Any:
        asked.append((statement, tuple(arguments)))
        return rows_within(reader, seconds, statement, asked[-1][1])

    monkeypatch.setattr(Reader, "rows", noting)
    monkeypatch.setattr(Reader, "rows_within", noting_within)
    assert site.browser.get(page).status_code in (200, 302)
    assert asked
    with closing(open_database(office / "web" / FILE, SCHEMA, VERSION)) as index:
        for statement, values in asked:
            plan = [row[3] for row in index.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            whole = [step for step in plan if step.split()[0] == "SCAN" and step.split()[1] in LARGE]
            # A table that is read in the order of an index ends with the LIMIT.
            assert [step for step in whole if "LIMIT" not in statement] == [], statement
            assert [step for step in whole if "USING" not in step and step != "SCAN event"] == [], (statement, plan)
            sorts = any("TEMP B-TREE" in step for step in plan) and "key IN (SELECT" not in statement
            assert not (whole and sorts), (statement, plan)
