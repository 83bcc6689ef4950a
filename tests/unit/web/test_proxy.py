"""Reverse proxies: what is believed of them, and of those who only say that they are one."""

from pathlib import Path

import pytest

from radtune.errors import ConfigurationError
from unit.web.conftest import Open

PROXY = "  proxies: [192.0.2.10]\n  user_header: X-Remote-User\n"
FROM_PROXY = {"REMOTE_ADDR": "192.0.2.10"}


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


def test_a_proxy_at_an_address_that_reads_metrics_opens_them_for_nobody(open_site: Open) -> None:
    site = open_site("  metrics_from: [127.0.0.1]\n  proxies: [127.0.0.1]\n")
    site.feed()
    assert site.browser.get("/metrics").status_code == 200
    assert site.browser.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        for said in ("", "unknown"):
            assert site.browser.get("/metrics", headers={name: said}).status_code == 401
    assert site.browser.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 200
    chain = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
    assert site.browser.get("/metrics", headers=chain).status_code == 401
    untrusted = open_site("  metrics_from: [127.0.0.1]\n")
    assert untrusted.browser.get("/metrics", headers=chain).status_code == 401
