"""Who gets in: sign-ins, and what attackers send instead."""

import time
from pathlib import Path

import pytest

from radtune.errors import ConfigurationError
from radtune_web.access.passwords import add_user, remove_user
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
PROXY = "  proxies: [192.0.2.10]\n  user_header: X-Remote-User\n"
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
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert site.browser.post("/sign-in", data=data, headers=headers).status_code == 403
    assert site.new_browser().post("/sign-in", data=data).status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert site.browser.post("/sign-in", data=data, headers=own).status_code == 303


def test_the_word_of_a_form_is_of_one_user(open_site: Open) -> None:
    """Over a proxy there is no sign-in that would change it."""
    site = open_site(f"{PROXY}  actions: true\n")
    site.feed()
    bob, alice = ({**FROM_PROXY, "HTTP_X_REMOTE_USER": name} for name in ("bob", "alice"))
    assert site.browser.get("/shadow", environ_base=bob).status_code == 200
    with site.browser.session_transaction() as session:
        word = session["csrf"]
    data = {"policy": "", "csrf": f"{word}.bob"}
    assert site.browser.post("/shadow", data=data, environ_base=alice).status_code == 403
    assert site.browser.post("/shadow", data=data, environ_base=bob).status_code == 400  # an empty policy


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


def test_a_proxy_names_the_user(open_site: Open) -> None:
    site = open_site(PROXY)
    site.feed()
    answer = site.browser.get("/", headers={"X-Remote-User": "carol"}, environ_base=FROM_PROXY)
    assert answer.status_code == 200
    assert "carol" in answer.text


@pytest.mark.parametrize("named", ["", "alice, mallory", "al\tice", "<b>", "x" * 65])
def test_a_proxy_has_to_name_one(open_site: Open, named: str) -> None:
    site = open_site(PROXY)
    assert site.browser.get("/", headers={"X-Remote-User": named}, environ_base=FROM_PROXY).status_code == 302


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "192.0.2.66", "::ffff:127.0.0.1"])
def test_nobody_else_can(open_site: Open, address: str) -> None:
    site = open_site(PROXY)
    for headers in ({"X-Remote-User": "alice"}, {"X-Remote-User": "alice", "X-Forwarded-For": "192.0.2.10"}):
        answer = site.browser.get("/", headers=headers, environ_base={"REMOTE_ADDR": address})
        assert answer.status_code in (302, 403)


def test_a_proxy_on_this_machine_proves_itself(open_site: Open, office: Path) -> None:
    (office / "proxy-secret").write_text("shared\n")
    (office / "proxy-secret").chmod(0o600)
    more = "  proxies: [127.0.0.1]\n  user_header: X-Remote-User\n"
    with pytest.raises(ConfigurationError, match="every user of this machine could speak as a proxy"):
        open_site(more)
    site = open_site(f"{more}  proxy_secret_file: proxy-secret\n")
    site.feed()
    assert site.browser.get("/", headers={"X-Remote-User": "alice"}).status_code == 302
    wrong = {"X-Remote-User": "alice", "X-Radtune-Proxy": "guess"}
    assert site.browser.get("/", headers=wrong).status_code == 302
    right = {"X-Remote-User": "alice", "X-Radtune-Proxy": "shared"}
    assert site.browser.get("/", headers=right).status_code == 200


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


def test_the_cookie_is_for_this_site_alone(open_site: Open) -> None:
    site = open_site("  proxies: [192.0.2.10]\n")
    plain = site.browser.get("/sign-in").headers["Set-Cookie"]
    assert plain.startswith("radtune=") and "HttpOnly" in plain and "SameSite=Lax" in plain
    https = {"X-Forwarded-Proto": "https"}
    secure = site.new_browser().get("/sign-in", headers=https, environ_base=FROM_PROXY).headers["Set-Cookie"]
    assert secure.startswith("__Host-radtune=") and "Secure" in secure and "Domain" not in secure
    lied = site.new_browser().get("/sign-in", headers=https).headers["Set-Cookie"]
    assert lied.startswith("radtune=")


def test_metrics_are_for_whom_settings_name(open_site: Open) -> None:
    site = open_site("  metrics_from: [192.0.2.20]\n")
    site.feed()
    scraper = {"REMOTE_ADDR": "192.0.2.20"}
    answer = site.browser.get("/metrics", environ_base=scraper)
    assert answer.status_code == 200
    assert "radtune_up 0.0" in answer.text
    assert site.browser.get("/", environ_base=scraper).status_code == 403
    assert site.browser.get("/metrics").status_code == 401
