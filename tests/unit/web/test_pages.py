"""What the pages show; and that whatever a device calls itself stays text."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from radtune.records.device_and_client import Certificate, Device, Facts, Session
from radtune.records.moves_and_states import Move
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NOW, device, guid, publish
from unit.web.conftest import Open
from unit.web.site import Site

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{1337*7331}}"
PAGES = (
    "/",
    "/sessions",
    "/events",
    "/moves",
    "/policy",
    "/accounts",
    "/shadow",
    f"/device/{guid(1)}",
    f"/client/{MAC}",
)


def connect(office: Path, *sessions: Session, move: Move | None = None) -> None:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        for session in sessions:
            store.put(session)
        if move is not None:
            store.put_move(move)


def session(one: Device, granted: str = "vlan 750", **more: str) -> Session:
    certificate = Certificate(common_name=one.name, uris=(f"IntuneDeviceId://{one.id}",))
    place = {"nas_identifier": "sw1", "nas_port_id": "ge-0/0/1", **more}
    facts = Facts(mac=one.macs[0], user_name="bob", auth_type="eap-tls", certificate=certificate, **place)  # type: ignore[arg-type]
    return Session(facts, granted, time.time() - 60, "Corp Compliant", "compliant", one.id, one.name, time.time())


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_there_before_the_index_is(open_site: Open, page: str) -> None:
    site = open_site()
    site.sign_in()
    assert site.browser.get(page).status_code == 200
    site.feed()
    assert site.browser.get(page).status_code == 200


@pytest.mark.parametrize("page", (*PAGES, "/search?q=scr", "/explain?target=LAPTOP-1"))
def test_names_of_devices_users_and_networks_stay_text(open_site: Open, office: Path, page: str) -> None:
    one = device(1, name=EVIL, user=EVIL, serial=EVIL, os=EVIL, category=EVIL, tenant=EVIL)
    two = device(2, name=EVIL[:30], macs=("0016cbaabb02",))
    with closing(DeviceStore(office / "store/devices", create=False, timeout=1.0)) as store:
        publish(store, [one, two])
    odd = session(one, EVIL, nas_identifier=EVIL, ssid=EVIL, nas_port_id=EVIL)
    under_way = Move(odd.key, EVIL, EVIL, EVIL, "refused", NOW, answer=EVIL, client={"device": EVIL, "nas": EVIL})
    connect(office, odd, move=under_way)
    site = open_site()
    names = ("user", "device", "nas", "site", "ssid", "rule", "outcome", "reason", "answer", "cert_cn", "by", "before")
    said: dict[str, Any] = dict.fromkeys(names, EVIL)
    site.note("login_allowed", mac=EVIL, device_id=EVIL, **said)
    site.note("login_denied", mac=one.macs[0], device_id=one.id, **said)
    site.feed()
    shown = site.page(page)
    assert "<script>" not in shown and "<img" not in shown and "onerror=alert(2)>" not in shown.replace("&gt;", "")
    assert "9801547" not in shown
    for line in shown.splitlines():
        assert "style=" not in line and " on" + "click=" not in line  # the CSP would block it


def test_what_is_wrong_is_on_the_first_page(site: Site) -> None:
    shown = site.page("/")
    assert "server down" in shown
    assert "wrong now" in shown


def test_logins_of_the_day_are_counted(open_site: Open) -> None:
    site = open_site()
    for outcome in ("vlan 750", "vlan 750", "vlan 1"):
        site.note("login_allowed", outcome=outcome)
    site.note("login_denied", outcome="deny", denied_by="radtune")
    site.note("login_denied", outcome="deny", denied_by="server")
    site.note("login_allowed", seconds_ago=25 * 3600, outcome="vlan 750")
    site.note("moved", since_change=42.0)
    site.feed()
    shown = site.page("/")
    assert "<dt>Let in, last 24 h</dt><dd>3</dd>" in shown
    assert "<dt>Denied, last 24 h</dt><dd>2</dd>" in shown
    assert "denied by another module" in shown
    assert "1 min: 1 moves" in shown


def test_a_device_has_its_record_its_sessions_and_what_it_would_get(open_site: Open, office: Path) -> None:
    connect(office, session(device(1), "vlan 1"))
    site = open_site()
    why: dict[str, Any] = {"compliance": "noncompliant", "rule": "Quarantine", "reason": "a story"}
    site.note("login_allowed", device_id=guid(1), device="LAPTOP-1", mac=MAC, outcome="vlan 1", nas="sw9", **why)
    site.note("moved", device_id=guid(1), device="LAPTOP-1", mac=MAC, outcome="vlan 1", since_change=41)
    site.note("login_allowed", device_id=guid(2), device="LAPTOP-2", reason="another story")
    site.feed()
    shown = site.page(f"/device/{guid(1)}")
    for said in ("LAPTOP-1", "SER1", "00:16:cb:aa:bb:01", "Corp Compliant", "vlan 1 <span", "→ vlan 750"):
        assert said in shown
    assert "logged in at sw9 and got vlan 1 (rule Quarantine): Intune calls it noncompliant" in shown
    assert "41 seconds after the sync that saw the change" in shown
    assert "another story" not in shown
    assert "the live session sw1/0016cbaabb01" in shown


def test_a_client_that_intune_does_not_know_has_a_page(open_site: Open) -> None:
    site = open_site()
    site.note("login_denied", mac="0016cb999999", outcome="deny", reason="a stranger")
    site.feed()
    shown = site.page("/client/00-16-CB-99-99-99")
    assert "a stranger" in shown
    assert "not in Intune" in shown
    assert "By rule <strong>default</strong>" in shown


@pytest.mark.parametrize(
    "path", ["/device/nothing", f"/device/{guid(99)}", "/client/nothing", "/client/%00", "/jobs/x"]
)
def test_what_is_not_there_is_not_found(site: Site, path: str) -> None:
    site.sign_in()
    assert site.browser.get(path).status_code == 404


@pytest.mark.parametrize("word", ["LAPTOP-1", "laptop-1", "SER1", "00:16:CB:AA:BB:01", guid(1), "aptop"])
def test_a_search_that_finds_one_device_shows_it(site: Site, word: str) -> None:
    site.sign_in()
    answer = site.browser.get("/search", query_string={"q": word})
    assert (answer.status_code, answer.location) == (302, f"/device/{guid(1)}")


@pytest.mark.parametrize("word", ['"', '" OR "', "a" * 5000, "x*y", "NEAR(", "\x00abc", "\ud800abc"])
def test_a_search_for_anything_is_answered(site: Site, word: str) -> None:
    site.sign_in()
    assert site.browser.get("/search", query_string={"q": word.encode("utf-8", "surrogatepass")}).status_code == 200


def test_a_search_finds_users_and_macs_without_a_device(open_site: Open, office: Path) -> None:
    printer = Session(Facts(mac="008077000001", user_name="printer", nas_identifier="sw1"), "vlan 3", time.time())
    connect(office, printer)
    site = open_site()
    site.note("login_denied", mac="0016cb999999", user="guest")
    site.feed()
    assert "/client/008077000001" in site.page("/search?q=printer")
    assert "/client/0016cb999999" in site.page("/search?q=guest")
    assert site.browser.get("/search?q=00:80:77:00:00:01").location == "/client/008077000001"


def test_sessions_are_filtered_by_site_nas_and_state(open_site: Open, office: Path) -> None:
    with closing(DeviceStore(office / "store/devices", create=False, timeout=1.0)) as store:
        publish(store, [device(2), device(3)])
    connect(office, session(device(1)), session(device(2), nas_identifier="sw2"), session(device(3), "vlan 1"))
    site = open_site()
    site.feed()
    assert site.page("/sessions").count("LAPTOP-") >= 3
    assert "LAPTOP-1" not in site.page("/sessions?nas=sw2")
    assert "LAPTOP-2" in site.page("/sessions?nas=sw2")
    assert "LAPTOP-3" in site.page("/sessions?moving=1") and "LAPTOP-2" not in site.page("/sessions?moving=1")
    assert "No live session fits" in site.page("/sessions?site=nowhere")
    assert "LAPTOP-1" in site.page("/sessions?site=none&start=-5")


def test_what_is_to_be_moved_is_listed(open_site: Open, office: Path) -> None:
    one = session(device(1), "vlan 1")
    move = Move(one.key, "vlan 1", "vlan 750", "a reason", "not_enforced", NOW, answer="no answer", attempts=3)
    connect(office, one, move=move)
    site = open_site()
    site.feed()
    shown = site.page("/moves")
    assert "not enforced" in shown and "no answer" in shown
    assert "To be made by the next radtune apply (1)" in shown
    assert "no freeradius runs" in shown


def test_the_policy_has_its_rules_with_hits(open_site: Open) -> None:
    site = open_site()
    site.note("login_allowed", rule="Quarantine", outcome="vlan 1")
    site.note("login_allowed", seconds_ago=3 * 86_400, rule="Quarantine", outcome="vlan 1")
    site.feed()
    shown = site.page("/policy")
    assert "intune-compliant" in shown and "2. Quarantine" in shown
    row = shown.partition("2. Quarantine")[2].partition("</tr>")[0]
    assert ">1</a>" in row and ">2</td>" in row


def test_a_policy_with_faults_is_told_of(site: Site, office: Path) -> None:
    site.sign_in()
    (office / "policy.yaml").write_text("rules: [\n")
    answer = site.browser.get("/policy")
    assert answer.status_code == 503
    assert "radtune policy check says how to mend it" in answer.text
    assert "The policy can&#39;t be read" in site.page(f"/device/{guid(1)}")


def test_an_explanation_takes_what_if(site: Site) -> None:
    assert "vlan 750" in site.page("/explain?target=LAPTOP-1")
    assert ">vlan 1<" in site.page("/explain?target=LAPTOP-1&compliance=noncompliant&at=2027-02-01T18:30")
    for query in ("compliance=x", "mac=x", "at=x", "auth_type=x"):
        assert 'role="alert"' in site.page(f"/explain?target=LAPTOP-1&{query}")
    assert "it was judged as a name" in site.page("/explain?target=NOBODY")
    assert "is no MAC" in site.page("/explain?target=00:16:cb:aa:bb:0g")
