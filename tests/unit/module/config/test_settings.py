"""settings.yaml -> Settings, or every fault at once."""

import re
from pathlib import Path

import pytest

from radtune.config.move_settings import MoveSettings
from radtune.config.settings import Limits, Settings, SyncSettings, read_configuration, read_settings
from radtune.errors import ConfigurationError
from unit.samples import POLICY, SETTINGS

INTUNE = """\
intune:
  - tenant: contoso.example
    client_id: 8a0f3c11-0000-4000-8000-000000000001
"""
NAS = """\
nas:
  - {name: sw1, nas: [192.0.2.1], secret_file: coa}
"""


def settings(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "settings.yaml").write_text(text)
    return read_settings(tmp_path / "settings.yaml")


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with the text, a line each, without the file's name."""
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}/settings.yaml:", "").splitlines()


def test_the_least(tmp_path: Path) -> None:
    found = settings(tmp_path, SETTINGS)
    assert (found.device_store, found.session_store) == (tmp_path / "store/devices", tmp_path / "store/sessions")
    assert (found.events, found.policy) == (tmp_path / "events.jsonl", tmp_path / "policy.yaml")
    assert (found.tenants, found.nas, found.limits) == ((), (), Limits(5, 10.0, 5, 10.0, 5, 10.0, 5, 10.0, 20, 50.0))
    assert found.sync == SyncSettings(deadline=1800, keep_missing=14400, ping="")
    assert found.silence == 604_800


def test_file_names_are_relative_to_the_file_or_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/settings.yaml").write_text(f"store: ../s\nevents: {tmp_path}/e\npolicy: p\n")
    monkeypatch.chdir(tmp_path)
    found = read_settings(Path("conf/settings.yaml"))
    assert found.store.resolve() == tmp_path / "s"
    assert found.events == tmp_path / "e"
    assert found.policy == tmp_path / "conf/p"


def test_the_settings_that_are_installed() -> None:
    file = Path(__file__).resolve().parents[4] / "raddb/mods-config/radtune/settings.yaml"
    assert read_settings(file).store == Path("/var/lib/radtune")


def test_the_settings_that_are_installed_are_valid_where_they_are_switched_on(tmp_path: Path) -> None:
    file = Path(__file__).resolve().parents[4] / "raddb/mods-config/radtune/settings.yaml"
    text = re.sub(r"^#(?=[a-z_]+:$|  )", "", file.read_text(), flags=re.MULTILINE)
    text = re.sub(r"^ +(certificate|private_key)_file.*\n", "", text, flags=re.MULTILINE)
    found = settings(tmp_path, text)
    assert "\nsessions:\n  silence: 7d  " in text
    assert [tenant.name for tenant in found.tenants] == ["contoso.onmicrosoft.com"]
    assert [nas.name for nas in found.nas] == ["switches", "access-points"]


def test_everything(tmp_path: Path) -> None:
    text = f"""{SETTINGS}{INTUNE}    client_secret_file: secret
nas:
  - {{name: sw1, nas: [192.0.2.1], secret_file: coa}}
limits: {{devices_missing: 0, devices_missing_percent: 0.5, sessions_moved: 7, sessions_moved_percent: 100,
  devices_lost_compliance: 3, devices_lost_compliance_percent: 0, sessions_restored: 8, sessions_restored_percent: 1,
  sessions_at_nas: 9, sessions_at_nas_percent: 2}}
sync: {{deadline: 90s, keep_missing: 0s, ping: https://ping.example/x}}
sessions: {{silence: 36h}}
"""
    found = settings(tmp_path, text)
    assert [tenant.client_secret_file for tenant in found.tenants] == [tmp_path / "secret"]
    assert [(nas.name, nas.secret_file) for nas in found.nas] == [("sw1", tmp_path / "coa")]
    assert found.limits == Limits(0, 0.5, 3, 0, 7, 100, 8, 1, 9, 2)
    assert found.sync == SyncSettings(deadline=90, keep_missing=0, ping="https://ping.example/x")
    assert found.silence == 129_600


@pytest.mark.parametrize(
    "limit",
    [
        *("devices_missing: -1", "devices_missing: 1.5", "devices_missing: '5'", "devices_missing_percent: 101"),
        *(
            "devices_missing_percent: -0.1",
            "sessions_restored: true",
            "sessions_moved_percent: ten",
            "device_missing: 5",
        ),
        "devices_missing_percent: .nan",
        *("devices_lost_compliance: -1", "devices_lost_compliance_percent: 101"),
    ],
)
def test_limits(tmp_path: Path, limit: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}limits:\n  {limit}\n")
    assert problem.startswith(f"5: limits.{limit.split(':', maxsplit=1)[0]}: ")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        *(("attempts: 0", "attempts"), ("attempts: 11", "attempts"), ("relogin: 0s", "relogin"), ("retry: 5", "retry")),
        *(("hold_down: ten", "hold_down"), ("again: 0h", "again"), ("windows: {}", "windows")),
        ("windows: [{name: w, moves: none}]", "windows[1]"),
        ("windows: [{name: w, moves: all, time: {hours: 08:00-09:00, timezone: UTC}}]", "windows[1].moves"),
        ("windows: [{name: w, moves: none, time: {hours: 08:00-08:00, timezone: UTC}}]", "windows[1].time.hours"),
        (
            "windows: [{name: w, moves: none, time: [{days: sat, timezone: Europe/Berli}]}]",
            "windows[1].time[1].timezone",
        ),
        (
            "windows: [{name: w, moves: none, time: {days: sat, timezone: UTC}, nas: [192.0.2.1/33]}]",
            "windows[1].nas[1]",
        ),
    ],
)
def test_what_is_wrong_with_moves(tmp_path: Path, line: str, key: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}moves:\n  {line}\n")
    assert problem.startswith(f"5: moves.{key}: ")


def test_moves(tmp_path: Path) -> None:
    assert settings(tmp_path, SETTINGS).moves == MoveSettings(60, 2, 10, 3600, 600)
    text = """moves:
  {relogin: 2m, attempts: 3, retry: 5s, again: 2h, hold_down: 0s, windows: [{name: w, moves: quarantine,
  time: {days: sat, hours: 22:00-04:00, timezone: Europe/Berlin}, nas: ["sw-*"]}]}
"""
    found = settings(tmp_path, SETTINGS + text).moves
    assert (found.relogin, found.attempts, found.retry, found.again, found.hold_down) == (120, 3, 5, 7200, 0)
    assert [(window.name, window.quarantine) for window in found.windows] == [("w", True)]


@pytest.mark.parametrize("key", ["store", "events", "policy"])
@pytest.mark.parametrize("value", ["", "''", "5", "[a]", '"a\\0b"'])
def test_paths(tmp_path: Path, key: str, value: str) -> None:
    lines = ["store: s", "events: e", "policy: p"]
    at = [line.split(":")[0] for line in lines].index(key)
    lines[at] = f"{key}: {value}"
    (problem,) = problems(tmp_path, "\n".join(lines))
    assert problem.startswith(f"{at + 1}: {key}: ")


@pytest.mark.parametrize(
    "line",
    [
        *("deadline: 0s", "deadline: 30", "deadline: half an hour", "deadline: -5m", "deadline: 1.5h"),
        *(
            "keep_missing: 4",
            "keep_missing: 4w",
            "keep_missing: ''",
            "ping: ping.example",
            "ping: https://bob:x@ping.example/",
        ),
        *('ping: "https://ping.example/\\n"', "ping: ftp://ping.example", "pings: https://ping.example"),
    ],
)
def test_how_syncs_go(tmp_path: Path, line: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}sync:\n  {line}\n")
    assert problem.startswith(f"5: sync.{line.split(':', maxsplit=1)[0]}: ")


@pytest.mark.parametrize("line", ["silence: 0d", "silence: 7", "silence: a week", "silent: 7d"])
def test_how_sessions_end(tmp_path: Path, line: str) -> None:
    (problem,) = problems(tmp_path, f"{SETTINGS}sessions:\n  {line}\n")
    assert problem.startswith(f"5: sessions.{line.split(':', maxsplit=1)[0]}: ")


@pytest.mark.parametrize("section", ["intune", "nas", "limits", "sync", "sessions"])
def test_a_section_without_anything_in_it(tmp_path: Path, section: str) -> None:
    found = problems(tmp_path, f"{SETTINGS}{section}:\n")
    assert found[0].startswith(f"4: {section}: is empty: expected")


def test_faults_of_every_kind_come_at_once(tmp_path: Path) -> None:
    text = f"""\
store: s
store: t
polcy: p
{INTUNE}nas:
  - {{name: a, nas: [192.0.2.1/24], secret_file: s}}
  - {{name: a, nas: [192.0.2.1], secret_file: s, port: 0x10}}
limits: 5
"""
    found = problems(tmp_path, text)
    where = {(problem.split(": ")[0], problem.split(": ")[1]) for problem in found}
    assert where >= {
        ("2", "store"),
        ("3", "polcy"),
        ("1", "the key events is missing"),
        ("1", "the key policy is missing"),
        ("5", "intune[1]"),
        ("8", "nas[1].nas[1]"),
        ("9", "nas[2].name"),
        ("9", "nas[2].port"),
        ("10", "limits"),
    }


def test_the_faults_of_settings_and_policy_come_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(f"{SETTINGS}limits: 5\n")
    (tmp_path / "policy.yaml").write_text(POLICY.replace("750", "0"))
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(tmp_path / "settings.yaml")
    assert {problem.file.name for problem in caught.value.problems} == {"settings.yaml", "policy.yaml"}


def test_settings_and_the_policy_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    with pytest.raises(ConfigurationError, match=r"policy\.yaml:1: there is no such file"):
        read_configuration(tmp_path / "settings.yaml")
    (tmp_path / "policy.yaml").write_text(POLICY)
    found, policy = read_configuration(tmp_path / "settings.yaml")
    assert (found.policy, len(policy.rules)) == (tmp_path / "policy.yaml", 2)
