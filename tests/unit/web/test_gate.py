"""Who gets in: sign-ins, and what attackers send instead."""

import time
from pathlib import Path

import pytest
from werkzeug.security import check_password_hash

from radtune.errors import ConfigurationError
from radtune_web.access.gate import Gate
from radtune_web.access.passwords import add_user, remove_user
from radtune_web.access.start import key_of
from unit.web.conftest import Open
from unit.web.site import PASSWORD, Site

PAGES = (
    "/",
    "/sessions",
    "/events",
    "/moves",
    "/policy",
    "/accounts",
    "/explain",
    "/shadow",
    "/metrics",
    "/search?q=abc",
)
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.66"}
FROM_PROXY = {"REMOTE_ADDR": "192.0.2.10"}


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_shown_without_a_sign_in(site: Site, page: str) -> None:
    answer = site.browser.get(page)
    assert answer.status_code in (302, 401)
    assert "LAPTOP-1" not in answer.text
    if page != "/metrics":
        assert answer.location.startswith("/sign-in?next=/")


def test_a_sign_in_leads_to_the_page_that_was_asked_for(site: Site) -> None:
    answer = site.sign_in(next="/events?kind=moved")
    assert (answer.status_code, answer.location) == (303, "/events?kind=moved")
    assert site.browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "javascript:alert(1)", "/a\n/b"]
)
def test_a_sign_in_leads_nowhere_else(site: Site, target: str) -> None:
    assert site.sign_in(next=target).location == "/"


@pytest.mark.parametrize(("user", "password"), [("alice", "wrong"), ("mallory", PASSWORD), ("", ""), ("alice", "")])
def test_a_wrong_name_or_password_does_not(site: Site, user: str, password: str) -> None:
    answer = site.sign_in(user=user, password=password)
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert site.browser.get("/").status_code == 302


def test_who_guesses_has_to_wait(site: Site) -> None:
    for _ in range(10):
        assert site.sign_in(password="guess").status_code == 401
    assert site.sign_in().status_code == 429


def test_guesses_from_elsewhere_do_not_lock_a_user_out_soon(open_site: Open) -> None:
    site = open_site("  proxies: [192.0.2.10]\n")
    for _ in range(10):
        data = {"user": "alice", "password": "guess", "csrf": site.csrf()}
        far = {"X-Forwarded-For": "203.0.113.9"}
        assert site.browser.post("/sign-in", data=data, environ_base=FROM_PROXY, headers=far).status_code == 401
    assert site.sign_in().status_code == 303


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    word = site.csrf()
    data = {"user": "alice", "password": PASSWORD}
    assert site.browser.post("/sign-in", data=data).status_code == 403
    assert site.browser.post("/sign-in", data={**data, "csrf": "x.y"}).status_code == 403
    data["csrf"] = word
    odd = ({"Origin": each} for each in ("https://evil.example", "null", "http://[", "http://localhost.evil.example"))
    for headers in (*odd, {"Sec-Fetch-Site": "cross-site"}):
        assert site.browser.post("/sign-in", data=data, headers=headers).status_code == 403
    assert site.new_browser().post("/sign-in", data=data).status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert site.browser.post("/sign-in", data=data, headers=own).status_code == 303


def test_a_sign_out_ends_it_whoever_has_the_cookie(site: Site) -> None:
    site.sign_in()
    thief = site.new_browser()
    cookie = site.browser.get_cookie("radtune")
    assert cookie is not None
    thief.set_cookie("radtune", cookie.value)
    assert thief.get("/").status_code == 200
    assert site.browser.post("/sign-out", data={"csrf": site.csrf(page="/")}).status_code == 303
    assert thief.get("/").status_code == 302


def test_a_cookie_of_another_installation_is_worth_nothing(site: Site, tmp_path: Path) -> None:
    site.sign_in()
    forged = site.new_browser()
    site.app.secret_key = b"another key"
    with forged.session_transaction() as session:
        session["token"] = "guessed"
    site.app.secret_key = (tmp_path / "web/key").read_bytes()
    assert forged.get("/").status_code == 302
    with forged.session_transaction() as session:  # even with the key, a token has to be known
        session["token"] = "guessed"
    assert forged.get("/").status_code == 302
    assert (tmp_path / "web/key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("change", ["password", "user"])
def test_another_password_ends_the_sign_ins(site: Site, change: str) -> None:
    site.sign_in()
    file = site.settings.web.password_file
    assert file is not None
    add_user(file, "bob", PASSWORD)
    assert site.browser.get("/").status_code == 200
    if change == "password":
        add_user(file, "alice", "another long password")
    else:
        remove_user(file, "alice")
    assert site.browser.get("/").status_code == 302


@pytest.mark.parametrize("change", ["password", "user"])
def test_a_change_while_a_password_is_checked_ends_that_sign_in(
    site: Site, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    file = site.settings.web.password_file
    assert file is not None
    real = check_password_hash

    def slow(hashed: str, password: str) -> bool:
        if change == "password":
            add_user(file, "alice", "another long password")
        else:
            remove_user(file, "alice")
        return real(hashed, password)

    monkeypatch.setattr("radtune_web.access.passwords.check_password_hash", slow)
    site.sign_in()
    assert site.browser.get("/").status_code == 302


def test_a_form_that_comes_too_late_leads_to_the_sign_in(site: Site) -> None:
    site.sign_in()
    data = {"policy": "x", "csrf": site.csrf(page="/shadow")}
    site.browser.post("/sign-out", data=data)
    answer = site.browser.post("/shadow", data=data)
    assert answer.status_code == 403
    assert 'href="/sign-in"' in answer.text


def test_who_is_signed_in_reads_on_though_nothing_can_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in()
    gate: Gate = site.app.extensions["gate"]
    gate.sign_ins._connection.execute("PRAGMA query_only = on")  # as with a full disk
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 90)
    assert site.browser.get("/policy").status_code == 200


@pytest.mark.parametrize("left", [b"", b"0123"])
def test_a_key_that_was_not_written_to_its_end_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "key").write_bytes(left)
    (tmp_path / "key").chmod(0o600)
    key = key_of(tmp_path)
    assert len(key) == 64
    assert key_of(tmp_path) == key


def test_a_sign_in_does_not_last(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_in()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3 * 3600)
    assert site.browser.get("/").status_code == 302


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", ""])
def test_no_other_name_leads_here(site: Site, host: str) -> None:
    """A page of another site could let its own name stand for 127.0.0.1 (DNS rebinding)."""
    assert site.browser.get("/sign-in", headers={"Host": host}).status_code in (400, 421)


def test_names_of_settings_lead_here(open_site: Open) -> None:
    site = open_site("  hosts: [radtune.contoso.example]\n")
    for host in ("radtune.contoso.example", "RADTUNE.contoso.example:443", "127.0.0.1:8086", "[::1]:8086"):
        assert site.browser.get("/sign-in", headers={"Host": host}).status_code == 200


def test_nobody_comes_from_elsewhere(site: Site) -> None:
    assert site.browser.get("/sign-in", environ_base=ELSEWHERE).status_code == 403


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  listen: 0.0.0.0:8086\n", "would take passwords in clear text from the network"),
        ("  user_header: X-User\n", "user_header is believed of proxies alone"),
    ],
)
def test_settings_that_would_let_in_too_many_are_refused(open_site: Open, more: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        open_site(more)
