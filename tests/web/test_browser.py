"""The pages in Debian's Chromium: by mouse and by keyboard, narrow, dark, on paper, without JavaScript."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from parts.process import wait_for
from web.desk import Browser, Desk

DEVICE = "/search?q=CN-LT-1003"
PAGES = (
    *("/", "/sessions", "/events", "/moves", "/policy", "/accounts", "/shadow", "/search?q=keller", DEVICE),
    *("/explain?target=CN-LT-1004", "/client/008077000001"),
)
KINDS = "td[data-name=What] .state"
"""The kinds of the events that are shown."""
CONTRASTS = (Path(__file__).parent / "contrast.js").read_text()


def asked_hosts(browser: Browser) -> set[str]:
    """Return the hosts that the browser has asked since this was last called."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
    urls = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    return {url.partition("//")[2].partition("/")[0] for url in urls if url.startswith(("http", "ws"))}


def complaints(browser: Browser) -> list[str]:
    """Return what the browser's console says of the pages since this was last called."""
    return [entry["message"] for entry in browser.log("browser")]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
def test_each_page_is_quiet_legible_and_fits(browser: Browser, page: str, width: int, scheme: str) -> None:
    complaints(browser), asked_hosts(browser)
    browser.emulate(scheme)
    browser.open(page, width)
    assert browser.find("h1").is_displayed() or browser.find("main h2").is_displayed()
    assert complaints(browser) == []
    assert asked_hosts(browser) <= {f"127.0.0.1:{browser.desk.port}"}
    assert browser.run("return document.documentElement.scrollWidth") == width
    assert browser.run(CONTRASTS) == []
    dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 27)"
    assert dark == (scheme == "dark")
    unnamed = 'return [...document.querySelectorAll("main input:not([type=hidden]), select, textarea, .find input")]'
    assert browser.run(f"{unnamed}.filter((each) => !each.labels.length).map((each) => each.name)") == []
    browser.emulate()


def test_a_device_is_found_by_the_keyboard_alone(browser: Browser) -> None:
    browser.open("/")
    browser.find("body").send_keys(Keys.TAB)
    focused = browser.driver.switch_to.active_element
    assert focused.text == "Skip to the page"
    focused.send_keys(Keys.ENTER)
    assert browser.driver.switch_to.active_element.get_attribute("id") == "main"
    browser.find("body").send_keys("/")
    field = browser.driver.switch_to.active_element
    assert field.get_attribute("id") == "q"
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    field.send_keys("cn-lt-1003", Keys.ENTER)
    wait_for(lambda: browser.driver.title.startswith("CN-LT-1003"), "the device")
    for said in ("david.keller@contoso.example", "What it would get now", "Timeline"):
        assert said in browser.text


def test_every_page_is_reached_by_tab(browser: Browser) -> None:
    browser.open("/")
    reached = []
    browser.find("body").send_keys(Keys.TAB)
    for _ in range(12):
        focused = browser.driver.switch_to.active_element
        reached.append(focused.text or focused.get_attribute("id"))
        focused.send_keys(Keys.TAB)
    wanted = ["Overview", "Sessions", "Events", "Moves", "Policy", "Accounts", "q", "Search", "Sign out"]
    assert [each for each in reached if each in wanted] == wanted


def test_events_are_filtered(browser: Browser) -> None:
    browser.open("/events")
    Select(browser.find("#kind")).select_by_visible_text("login denied")
    browser.find("#site").send_keys("berlin")
    browser.find(".filters button").click()
    wait_for(lambda: browser.texts(KINDS) == {"login denied"}, "the filtered events")
    assert "kind=login_denied" in browser.driver.current_url
    browser.driver.find_element(By.LINK_TEXT, "Clear").click()
    wait_for(lambda: len(browser.texts(KINDS)) > 1, "all events")


def note(desk: Desk, **fields: str) -> None:
    when = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with desk.company.events_file.open("a") as log:
        log.write(json.dumps({"time": when, "event": "login_allowed", **fields}) + "\n")


def test_new_events_come_by_themselves_and_names_stay_text(browser: Browser, desk: Desk) -> None:
    """Their text comes from anybody's device."""
    complaints(browser)
    browser.open("/events")
    evil = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>"
    note(desk, id="live-1", mac="0016cbaabbcc", user=evil, device=evil, ssid=evil, reason="just now", cert_cn=evil)
    wait_for(lambda: browser.all("tr.new") != [], "the new event")
    newest = browser.find("tbody tr")
    assert "just now" in newest.text and evil in newest.text
    assert browser.run("return window.hit") is None
    assert complaints(browser) == []
    browser.open("/client/0016cbaabbcc")
    assert evil in browser.text
    assert browser.run("return window.hit") is None


def test_new_events_wait_for_who_reads(browser: Browser, desk: Desk) -> None:
    browser.open("/events")
    button = browser.find("[data-pause]")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    first = browser.find("tbody tr").text
    note(desk, id="live-2", user="while paused", reason="while paused")
    browser.run("window.before = performance.now()")
    wait_for(lambda: float(str(browser.run("return performance.now() - window.before"))) > 6500, "two looks")
    assert browser.find("tbody tr").text == first
    button.click()
    wait_for(lambda: "while paused" in browser.find("tbody tr").text, "the event")


def test_it_works_without_javascript(browser: Browser) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open("/events?kind=login_denied")
        assert browser.all("tbody tr")
        browser.find("#q").send_keys("CN-LT-1003", Keys.ENTER)
        wait_for(lambda: browser.driver.title.startswith("CN-LT-1003"), "the device")
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper_has_the_page_and_no_controls(browser: Browser) -> None:
    browser.open("/")
    browser.emulate(medium="print")
    assert not browser.find(".find").is_displayed() and not browser.find(".top nav").is_displayed()
    assert browser.find(".figures").is_displayed() and browser.find(".chart svg").is_displayed()
    browser.emulate()


def test_a_chart_is_a_table_for_who_does_not_see_it(browser: Browser) -> None:
    browser.open("/")
    chart = browser.find(".chart")
    named = chart.find_element(By.CSS_SELECTOR, "svg").get_attribute("aria-label")
    assert named and "the table below has the numbers" in named
    chart.find_element(By.CSS_SELECTOR, "summary").click()
    assert len(chart.find_elements(By.CSS_SELECTOR, "tbody tr")) == 24


def test_sessions_by_site_and_nas(browser: Browser) -> None:
    browser.open("/sessions")
    browser.driver.find_element(By.LINK_TEXT, "lyon").click()
    assert "Live sessions at lyon" in browser.text
    assert {each.text.split()[0].split("-")[1] for each in browser.all("td[data-name=Place]")} == {"lyon"}


def test_a_changed_policy_is_tried(browser: Browser) -> None:
    browser.open("/shadow")
    field = browser.find("#policy")
    text = (field.get_attribute("value") or "").replace("vlan: 760", "vlan: 761")
    browser.driver.execute_script("arguments[0].value = arguments[1]", field, text)
    browser.find("main form button").click()
    wait_for(lambda: "Sessions that would change" in browser.text, "the answer")
    assert "vlan 761" in browser.text and "Corp Wi-Fi" in browser.text


def test_a_device_is_quarantined_and_released_by_who_is_signed_in(browser: Browser, desk: Desk) -> None:
    connected = {session.device_id for session in desk.company.sessions}
    device = next(each for each in desk.company.devices if each.id not in connected and each.compliance == "compliant")
    browser.open(f"/device/{device.id}")
    browser.driver.find_element(By.XPATH, "//summary[contains(., 'Quarantine this device')]").click()
    browser.find("#reason").send_keys("lost on the train")
    browser.find("button.danger").click()
    wait_for(lambda: "is quarantined by alice" in browser.text, "the quarantine")
    browser.driver.find_element(By.LINK_TEXT, "To the device").click()
    assert "quarantined by alice" in browser.text and "lost on the train" in browser.text
    assert browser.find(".outcome").text == "vlan 66"
    browser.driver.find_element(By.XPATH, "//button[contains(., 'Release it')]").click()
    wait_for(lambda: "is released" in browser.text, "the release")
    events = [json.loads(line) for line in desk.company.events_file.read_text().splitlines()[-2:]]
    assert [(event["event"], event["by"]) for event in events] == [("quarantined", "alice"), ("released", "alice")]


def test_a_sign_out_is_for_all_windows(browser: Browser) -> None:
    browser.open("/")
    browser.find(".who button").click()
    wait_for(lambda: "Sign in" in browser.driver.title, "the sign-in")
    browser.open("/sessions")
    assert "Sign in" in browser.driver.title
    browser.sign_in()
