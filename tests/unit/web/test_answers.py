"""What every answer has, and what none tells."""

from pathlib import Path

import pytest

from unit.web.site import Site

ODD = (
    "/static/../app.py",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static/..%2f..%2fapp.py",
    "/static//etc/passwd",
    "/nothing",
)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/static/radtune.css", "/nothing", "/metrics"])
def test_every_answer_is_protected(site: Site, path: str) -> None:
    answer = site.browser.get(path)
    headers = answer.headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == ("public, max-age=3600" if "static" in path else "no-store")
    answer.close()


def test_no_error_is_kept_in_place_of_a_file(site: Site) -> None:
    assert site.browser.get("/static/nothing.css").headers["Cache-Control"] == "no-store"
    assert (
        site.browser.get("/static/radtune.css", headers={"Host": "evil.example"}).headers["Cache-Control"] == "no-store"
    )


@pytest.mark.parametrize("path", ODD)
def test_no_path_leads_out_of_the_page(site: Site, path: str) -> None:
    site.sign_in()
    answer = site.browser.get(path)
    assert answer.status_code == 404
    assert "import" not in answer.text and "root:" not in answer.text


def test_what_is_too_large_is_refused(site: Site) -> None:
    site.sign_in()
    data = {"policy": "x" * (1024 * 1024 + 1), "csrf": site.csrf(page="/shadow")}
    assert site.browser.post("/shadow", data=data).status_code == 413


def test_an_error_tells_neither_path_nor_trace(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sign_in()
    monkeypatch.setattr("radtune_web.pages.moves.sources", lambda: 1 / 0)
    answer = site.browser.get("/moves")
    assert answer.status_code == 500
    assert "This is a bug in radtune-web." in answer.text
    assert "Traceback" not in answer.text and "ZeroDivision" not in answer.text
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_store_that_cannot_be_read_is_told_of_in_the_log(
    site: Site, office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sign_in()
    (office / "store/devices/cache.db").write_text("no database")
    answer = site.browser.get("/client/0016cbaabb01")
    assert answer.status_code == 503
    assert str(office) not in answer.text
    assert str(office) in capsys.readouterr().err
