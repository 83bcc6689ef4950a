"""A changed policy tried; quarantine and release by who is signed in."""

import errno
import json
from pathlib import Path

import pytest

from radtune.errors import ConfigurationError
from radtune_web.pages.actions import act
from radtune_web.pages.shadow import compare_policies
from unit.samples import POLICY, guid
from unit.web.conftest import Open
from unit.web.site import Site

CHANGED = POLICY.replace("corp-vlan:            {vlan: 750}", "corp-vlan:            {vlan: 751}")


def shadow(office: Path, text: str) -> str:
    file = office / "web/shadow.yaml"
    file.write_text(text)
    return str(file)


def test_who_would_get_something_else(site: Site, office: Path) -> None:
    found = compare_policies(str(site.settings.file), shadow(office, CHANGED))
    assert found["changed"] == 1
    assert found["groups"][0]["such_as"] == ["LAPTOP-1"]
    assert not (office / "web/shadow.yaml").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../other", "secret", "web/key"])
def test_it_reads_no_file_that_the_policy_in_use_does_not_name(site: Site, office: Path, name: str) -> None:
    (office / "secret").write_text("planted\n")
    changed = POLICY.replace("labels:", f"labels:\n  a: {{mac: {{file: {name}}}}}")
    with pytest.raises(ConfigurationError, match="is no list of the policy in use") as caught:
        compare_policies(str(site.settings.file), shadow(office, changed))
    assert "planted" not in str(caught.value) and "root:" not in str(caught.value)


def test_it_may_name_the_lists_of_the_policy_in_use(site: Site, office: Path) -> None:
    (office / "printers").write_text("00:80:77:00:00:01\n")
    label = "labels:\n  printers: {mac: {file: printers}}"
    (office / "policy.yaml").write_text(POLICY.replace("labels:", label))
    found = compare_policies(str(site.settings.file), shadow(office, CHANGED.replace("labels:", label)))
    assert found["changed"] == 1


def test_a_policy_has_bounds(site: Site) -> None:
    site.sign_in()
    for text in ("", " ", "x" * (512 * 1024 + 1)):
        data = {"policy": text, "csrf": site.csrf(page="/shadow")}
        assert site.browser.post("/shadow", data=data).status_code == 400


@pytest.mark.parametrize("what", ["quarantine", "release"])
def test_nobody_acts_unless_settings_say_so(site: Site, what: str) -> None:
    assert "Quarantine this device" not in site.page(f"/device/{guid(1)}")
    data = {"csrf": site.csrf(page="/")}
    assert site.browser.post(f"/device/{guid(1)}/{what}", data=data).status_code == 403


def test_only_those_whom_settings_name(open_site: Open) -> None:
    site = open_site("  actions: true\n  actors: [bob]\n")
    site.feed()
    assert "Quarantine this device" not in site.page(f"/device/{guid(1)}")
    answer = site.browser.post(f"/device/{guid(1)}/quarantine", data={"csrf": site.csrf(page="/")})
    assert answer.status_code == 403


def test_a_time_or_a_reason_that_is_none_is_refused(open_site: Open) -> None:
    site = open_site("  actions: true\n")
    site.feed()
    assert "Quarantine this device" in site.page(f"/device/{guid(1)}")
    for data in ({"for": "soon"}, {"for": "0s"}, {"for": "99999d"}, {"reason": "x" * 201}):
        answer = site.browser.post(f"/device/{guid(1)}/quarantine", data={**data, "csrf": site.csrf(page="/")})
        assert answer.status_code == 400


def test_an_act_is_written_down_with_who_did_it(open_site: Open, office: Path) -> None:
    site = open_site("  actions: true\n")
    said = act(str(site.settings.file), "quarantine", guid(1), "alice", 3600, "lost")
    assert "LAPTOP-1" in said["lines"][0]
    event = json.loads((office / "events.jsonl").read_text().splitlines()[-1])
    assert (event["event"], event["by"], event["device"]) == ("quarantined", "alice", "LAPTOP-1")
    site.feed()
    shown = site.page(f"/device/{guid(1)}")
    assert "quarantined by alice" in shown and "Release this device" in shown and ">vlan 1<" in shown
    act(str(site.settings.file), "release", guid(1), "bob", 0, "")
    event = json.loads((office / "events.jsonl").read_text().splitlines()[-1])
    assert (event["event"], event["by"]) == ("released", "bob")


def test_a_job_is_for_who_began_it(site: Site) -> None:
    site.sign_in()
    answer = site.browser.post("/shadow", data={"policy": "labels: [", "csrf": site.csrf(page="/shadow")})
    assert answer.status_code == 303
    jobs = site.app.extensions["jobs"]
    name = answer.location.rpartition("/")[2]
    assert jobs.find(name, "mallory") is None
    job = jobs.find(name, "alice")
    job.process.join(60)
    shown = site.page(f"/jobs/{name}")
    assert "The policy has faults." in shown
    assert "YAML" in shown and str(site.directory) not in shown


def test_a_full_disk_is_no_bug_and_leaves_nothing(
    site: Site, office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.sign_in()
    data = {"policy": CHANGED, "csrf": site.csrf(page="/shadow")}

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("radtune_web.pages.jobs.Jobs.begin", full)
    answer = site.browser.post("/shadow", data=data)
    assert answer.status_code == 503
    assert "can't be read or written now" in answer.text.replace("&#39;", "'")
    assert "No space left on device" in capsys.readouterr().err
    assert not list((office / "web").glob("shadow-*"))
