"""Each finding about settings, policy, data, NASes, certificates and Microsoft."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from shutil import rmtree
from typing import get_args

import pytest

from parts.pki import Authority
from radtune.config.settings import Settings, read_settings
from radtune.dataclass import replace
from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import LastRun, SyncState
from radtune.server.state import Logins
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from radtune_tools.doctor import data, network_devices
from radtune_tools.doctor.credentials import check_certificates, check_microsoft
from radtune_tools.doctor.data import check_data, check_policy, check_settings, check_status
from radtune_tools.doctor.network_devices import check_coa, check_network_devices
from radtune_tools.doctor.raddb import Raddb
from radtune_tools.doctor.status_kinds import STATUS_KINDS
from radtune_tools.health.reasons import REASON_NAMES, Health, ReasonName
from radtune_tools.link.proof import Proof
from radtune_tools.radclient.output import Reply
from unit.samples import NOW, POLICY, SETTINGS, TENANT, by_mac
from unit.serving import Server
from unit.tools.doctor.examined import change, make_raddb, only, run, unknown

INTUNE = f"""
intune:
  - tenant: {TENANT}
    client_id: 00000000-0000-0000-0000-000000000000
    client_secret_file: secret
"""
NASES = "nas:\n  - {name: sw, nas: [192.0.2.1], profile: rfc5176, secret_file: coa, coa_address: 127.0.0.1}\n"
HOUR = 3600


@pytest.fixture
def settings(office: Path) -> Settings:
    (office / "settings.yaml").write_text(SETTINGS + INTUNE + NASES)
    for name in ("secret", "coa"):
        (office / name).write_text("s3cret\n")
        (office / name).chmod(0o600)
    return read_settings(office / "settings.yaml")


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        yield store


def test_settings(office: Path) -> None:
    file = office / "settings.yaml"
    only(run(check_settings, file))
    file.write_text(f"{SETTINGS}unknwon: 1\n")
    assert "settings.yaml:4: unknwon: " in only(run(check_settings, file), "settings")
    file.unlink()
    assert only(run(check_settings, file), "settings_missing") == f"there is no {file}"


def test_a_secret_whose_end_is_not_known(settings: Settings) -> None:
    assert unknown(run(check_settings, settings.file)).startswith(f"when the client secret of {TENANT} expires:")
    change(settings.file, "client_secret_file", 'client_secret_expires: "2099-01-01"\n    client_secret_file')
    only(run(check_settings, settings.file))


def test_a_policy_with_a_warning(settings: Settings) -> None:
    only(run(check_policy, settings), "policy_warning")
    settings.policy.write_text(POLICY.replace("compliant}", "[compliant, unknown, in_grace_period, conflict]}", 1))
    assert "policy.yaml:" in only(run(check_policy, settings), "policy_warning")
    settings.policy.write_text("rules: 1\n")
    only(run(check_policy, settings))


def test_each_reason_of_status_is_a_kind() -> None:
    assert tuple(STATUS_KINDS) == REASON_NAMES == get_args(ReasonName)


@pytest.mark.parametrize("name", REASON_NAMES)
def test_each_reason_of_status_is_a_finding(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: ReasonName
) -> None:
    def health(*_: object) -> Health:
        found = Health()
        found.worry(name, "the words of status", unknown=name == "server_unknown")
        return found

    monkeypatch.setattr(data, "health", health)
    check = run(check_status, settings, NOW)
    if name == "server_unknown":
        assert unknown(check) == "the words of status"
    else:
        assert only(check, name) == "the words of status"


def test_status_of_a_server_that_runs(settings: Settings, running: Server) -> None:
    running.say(heard_at=NOW)
    check = run(check_status, settings, time.time())
    only(check)
    assert check.facts["servers"] and check.facts["tenants"]  # type: ignore[index]  # a Word is a text


def put_sync(settings: Settings, before: float = 0) -> None:
    """Note a whole sync at NOW, and the one before it."""
    state = SyncState(TENANT, whole_at=int(NOW), whole_before=int(before))
    with closing(DeviceStore(settings.device_store, create=False, timeout=1.0)) as store:
        store.put_sync_state(state)


def test_no_sync_after_the_first(settings: Settings) -> None:
    put_sync(settings)
    only(run(check_data, settings, NOW + 3 * HOUR))
    assert only(run(check_data, settings, NOW + 5 * HOUR), "schedule").startswith(f"{TENANT}: the last whole sync was")
    # Of those that came again, `status` says when the next is late.
    put_sync(settings, NOW - 2 * HOUR)
    only(run(check_data, settings, NOW + 5 * HOUR))


def test_a_store_that_was_never_made_is_status_s(settings: Settings) -> None:
    rmtree(settings.device_store)
    only(run(check_data, settings, NOW))


def test_apply_never_ran(settings: Settings, sessions: SessionStore) -> None:
    put_sync(settings, NOW - 2 * HOUR)
    sessions.put(Session(by_mac(), "vlan 750", NOW - 5 * HOUR))
    assert only(run(check_data, settings, NOW), "schedule_apply").endswith("live sessions: 1")
    sessions.put_last_run(LastRun(NOW))
    only(run(check_data, settings, NOW))


def test_logins_without_an_event(settings: Settings, running: Server) -> None:
    put_sync(settings, NOW - 2 * HOUR)
    running.say(logins=Logins(1, 0, NOW + 30))
    assert only(run(check_data, settings, NOW), "events_missing").endswith("the last event: never")
    # The log was rotated, and nothing came since.
    rotated = settings.events.with_name(f"{settings.events.name}.1")
    rotated.touch()
    os.utime(rotated, (NOW + 30, NOW + 30))
    only(run(check_data, settings, NOW))


def test_a_nas_without_accounting(settings: Settings, sessions: SessionStore) -> None:
    session = Session(by_mac(), "vlan 750", NOW)
    sessions.put(session)
    only(run(check_network_devices, settings, NOW + 600))
    assert only(run(check_network_devices, settings, NOW + 1000), "nas_accounting").startswith("192.0.2.1: ")
    sessions.put(replace(session, accounted_at=NOW + 1, seen_at=NOW + 1))
    only(run(check_network_devices, settings, NOW + 1000))


def test_nases_that_no_entry_is_for(settings: Settings, sessions: SessionStore) -> None:
    for number in range(25):
        facts = replace(by_mac(f"0016cbaabb{number:02x}"), nas_address=f"198.51.100.{number}")
        sessions.put(Session(facts, "vlan 750", NOW, accounted_at=NOW, seen_at=NOW + 1))
    check = run(check_network_devices, settings, NOW)
    assert only(check, *["nas_unknown"] * 21) == "5 more NASes: no entry under nas; sessions on it: 5"


def test_the_port_for_a_coa(settings: Settings, sessions: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sessions.put(Session(by_mac(), "vlan 750", NOW))
    reply = Reply("refused", "NAK (503)", 503)
    monkeypatch.setattr(network_devices, "send", lambda packets: [reply for _ in packets])
    check = run(check_coa, settings)
    only(check)
    assert check.said == "1 NAS was asked"
    reply = Reply("unanswered", "no answer")
    assert only(run(check_coa, settings), "coa_port").startswith("192.0.2.1: unanswered (no answer): ")
    (settings.file.parent / "coa").chmod(0o644)
    assert "lets every user have the CoA secret of sw" in only(run(check_coa, settings), "coa_port")


@pytest.fixture
def raddb(tmp_path: Path) -> Path:
    raddb = make_raddb(tmp_path / "raddb", tmp_path / "settings.yaml")
    put_certificates(raddb / "certs")
    return raddb


def put_certificates(certs: Path, days: int = 365, cas: int = 1) -> None:
    authority = Authority("The company's CA")
    authority.issue_server("radius.example", days=days).write(certs, "server")
    (certs / "ca.pem").write_bytes(authority.certificate_pem * cas)


def test_certificates(raddb: Path) -> None:
    now = time.time() - (NOW - real_now())
    only(run(check_certificates, Raddb(raddb), now))
    put_certificates(raddb / "certs", 20)
    assert "certs/server.pem: the server's certificate expires in " in only(
        run(check_certificates, Raddb(raddb), now), "server_certificate"
    )
    put_certificates(raddb / "certs", -1)
    assert "has expired on" in only(run(check_certificates, Raddb(raddb), now), "server_certificate")
    later = now + 3640 * 86400
    only(run(check_certificates, Raddb(raddb), later), "server_certificate", "ca_certificate")
    put_certificates(raddb / "certs", cas=11)
    assert only(run(check_certificates, Raddb(raddb), now), "eap_ca").endswith("certs/ca.pem has 11 CAs")
    (raddb / "certs/server.pem").write_text("x")
    (raddb / "certs/ca.pem").unlink()
    check = run(check_certificates, Raddb(raddb), now)
    assert check.findings == [] and len(check.not_known) == 2


def real_now() -> float:
    return datetime.now(UTC).timestamp()


def proof(ahead: float) -> Proof:
    date = datetime.fromtimestamp(time.time() - ahead, UTC)
    return Proof(("x",), "LAPTOP-1", 5, format_datetime(date, usegmt=True))


@pytest.mark.parametrize(
    ("answer", "kinds", "says"),
    [
        (0.0, [], ""),
        (50.0, [], ""),
        (-50.0, [], ""),
        (90.0, ["clock"], " seconds ahead of Microsoft's"),
        (-90.0, ["clock"], " seconds behind Microsoft's"),
        (NotPermittedError(f"{TENANT}: refused"), ["graph_refused"], f"{TENANT}: refused"),
        (TemporaryError("nobody answers"), ["graph_unreachable"], f"{TENANT}: nobody answers"),
    ],
)
def test_microsoft(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: float | RadtuneError, kinds: list[str], says: str
) -> None:
    def prove(*_: object) -> Proof:
        if isinstance(answer, RadtuneError):
            raise answer
        return proof(answer)

    monkeypatch.setattr("radtune_tools.link.proof.prove", prove)
    assert only(run(check_microsoft, settings.tenants[0], 5.0), *kinds).endswith(says)


def test_a_graph_that_tells_no_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtune_tools.link.proof.prove", lambda *_: Proof(None, "", None))
    assert unknown(run(check_microsoft, settings.tenants[0], 5.0)).startswith("whether this machine's clock is right:")
