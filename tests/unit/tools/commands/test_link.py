"""`radtune link`, with a word in the place of Microsoft."""

import json
import os
import time
from datetime import datetime
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.config.tenants import Tenant
from radtune.errors import ExitCode, NotPermittedError
from radtune_tools import user_and_lock
from radtune_tools.commands import link
from radtune_tools.link.proof import Proof
from unit.linking import Radtune, state
from unit.samples import SETTINGS, TENANT, guid

SEEN = Proof(("DeviceManagementManagedDevices.Read.All",), "LAPTOP-1", 30)
GIVEN = ("--tenant", TENANT, "--client-id", guid(7), "--client-secret-file")


@pytest.fixture
def settings_directory(tmp_path: Path) -> Path:
    (tmp_path / "settings.yaml").write_text(f"# mine\n{SETTINGS}")
    (tmp_path / "store").mkdir()
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "secret").chmod(0o640)
    return tmp_path


def own_file(settings_directory: Path) -> Path:
    return settings_directory / "settings.d" / f"intune-{TENANT}.yaml"


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Tenant, float]]:
    """Return the proofs that are asked for, with how long each may take; all of them are given."""
    asked: list[tuple[Tenant, float]] = []

    def prove(tenant: Tenant, seconds: float, _: object) -> Proof:
        asked.append((tenant, seconds))
        return SEEN

    monkeypatch.setattr("radtune_tools.link.proof.prove_patiently", prove)
    return asked


def test_a_tenant_is_linked(radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]]) -> None:
    assert state(settings_directory).linked_at == 0
    ran = radtune(
        "link", *GIVEN, str(settings_directory / "secret"), "--client-secret-expires", "2099-05-01", "--consented"
    )
    assert (ran.code, ran.err) == (0, "")
    assert f"{TENANT}: {guid(7)} signed in by client secret, expires 2099-05-01; permissions: Device" in ran.out
    assert "Intune lists LAPTOP-1; 30 devices enrolled" in ran.out
    assert f"{settings_directory}/settings.d/intune-{TENANT}.yaml: {TENANT} is added under intune" in ran.out
    (tenant,) = read_settings(settings_directory / "settings.yaml").tenants
    assert proofs == [(tenant, 0.0)]
    assert tenant.client_secret_file == settings_directory / "secret"
    assert (settings_directory / "settings.yaml").read_text() == f"# mine\n{SETTINGS}"
    assert own_file(settings_directory).read_text().startswith(f"intune:\n- tenant: {TENANT}\n  client_id: ")
    assert state(settings_directory).linked_at > 0


def test_linked_before_the_first_sync(
    radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]]
) -> None:
    assert not (settings_directory / "store" / "devices").exists()
    radtune("link", *GIVEN, str(settings_directory / "secret"), "--consented")
    assert len(proofs) == 1
    (row,) = json.loads(radtune("--json", "status").out)["devices"]
    assert abs(datetime.fromisoformat(row["linked"]).timestamp() - time.time()) < 3600
    assert (row["synced"], row["devices"]) == ("", {})
    assert "nothing was ever synced; run radtune sync" in radtune("status").err


def test_json_is_one_value(radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]]) -> None:
    ran = radtune("--json", "link", *GIVEN, str(settings_directory / "secret"), "--consented")
    assert json.loads(ran.out) == {
        "tenant": TENANT,
        "client_id": guid(7),
        "credential": "client secret",
        "expires": "",
        "permissions": ["DeviceManagementManagedDevices.Read.All"],
        "device": "LAPTOP-1",
        "enrolled": 30,
        "settings": str(own_file(settings_directory)),
        "replaced": False,
    }
    assert len(proofs) == 1


def test_what_fails_changes_nothing(
    radtune: Radtune, settings_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> Proof:
        raise NotPermittedError("AADSTS7000215")

    monkeypatch.setattr("radtune_tools.link.proof.prove_patiently", refused)
    monkeypatch.setattr("radtune_tools.link.questions.ask", lambda *_, **__: "")
    monkeypatch.setattr("radtune_tools.link.link_entry.ask_secret", lambda *_: "hunter2")
    before = sorted((path.name, path.read_bytes()) for path in settings_directory.iterdir() if path.is_file())
    ran = radtune("link", "--tenant", TENANT, "--client-id", guid(7), "--consented")
    assert (ran.code, ran.err) == (ExitCode.NOT_PERMITTED, "radtune: AADSTS7000215\n")
    assert sorted((path.name, path.read_bytes()) for path in settings_directory.iterdir() if path.is_file()) == before


def test_a_typed_secret_goes_into_a_file_of_its_own(
    radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune_tools.link.link_entry.ask_secret", lambda *_: "typed")
    assert radtune("link", "--tenant", TENANT, "--client-id", guid(7), "--consented").code == 0
    secret = settings_directory / f"intune-secret-{TENANT}"
    assert secret.read_text() == "typed\n"
    assert secret.stat().st_mode & 0o777 == 0o640
    assert proofs[0][0].client_secret_file == secret
    assert "typed" not in own_file(settings_directory).read_text()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--tenant", "Common"), ExitCode.USAGE, "common is no tenant's own name"),
        ((), ExitCode.USAGE, "there is no terminal to ask at; give --tenant"),
        (("--tenant", TENANT), ExitCode.USAGE, "give --client-id"),
        (("--tenant", TENANT, "--client-id", "x", "--proxy", "none"), ExitCode.USAGE, "give --client-secret-file"),
        ((*GIVEN, "secret", "--client-id", "x"), ExitCode.USAGE, "intune[1].client_id"),
        ((*GIVEN, "nowhere"), ExitCode.USAGE, "nowhere: there is no such file"),
        ((*GIVEN, "secret", "--cloud", "moon"), ExitCode.USAGE, "--cloud"),
        ((*GIVEN, "secret", "--port", "80"), ExitCode.USAGE, "--port"),
    ],
)
def test_what_is_wrong_is_said_before_microsoft_is_asked(
    radtune: Radtune,
    settings_directory: Path,
    words: tuple[str, ...],
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(settings_directory)
    monkeypatch.setattr(link, "_ask_consent", None)
    ran = radtune("link", *words)
    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert not (settings_directory / "settings.d").exists()


def test_who_may_not_write_is_told_before_any_question(
    radtune: Radtune, settings_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda _, mode, **__: mode != os.W_OK)
    ran = radtune("link")
    assert (ran.code, ran.out) == (ExitCode.NOT_PERMITTED, "")
    assert ran.err == f"radtune: {settings_directory}: this user may not write there; run as root\n"


def test_the_steps_name_the_least(radtune: Radtune) -> None:
    out = radtune("link", "--tenant", TENANT, "--port", "8500").out
    assert "platform Web, http://localhost:8500/radtune" in out
    assert "DeviceManagementManagedDevices.Read.All. " in out
    assert "Device.Read.All." not in out.replace("ManagedDevices.Read.All.", "")
    assert " and Device.Read.All. " in radtune("link", "--tenant", TENANT, "--entra-changes").out
    ran = radtune("-q", "link", "--tenant", TENANT, "--cloud", "china")
    assert (ran.out, "https://portal.azure.cn" in ran.err) == ("", True)


def test_a_machine_s_own_identity(
    radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]]
) -> None:
    ran = radtune("link", "--tenant", TENANT, "--managed-identity", "arc")
    assert ran.code == 0
    assert "New-MgServicePrincipalAppRoleAssignment" in ran.out
    assert f"{TENANT}: this machine signed in by managed identity (arc)" in ran.out
    assert proofs[0][1] == 0.0
    assert own_file(settings_directory).read_text() == f"intune:\n- tenant: {TENANT}\n  managed_identity: arc\n"


def test_linked_anew(radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]]) -> None:
    words = ("link", *GIVEN, str(settings_directory / "secret"), "--consented")
    assert radtune(*words).code == 0
    ran = radtune(*words)
    assert (ran.code, ran.err) == (ExitCode.USAGE, "radtune: there is no terminal to ask at; give --replace\n")
    (settings_directory / "other").write_text("hunter3\n")
    (settings_directory / "other").chmod(0o640)
    ran = radtune("link", *GIVEN, str(settings_directory / "other"), "--consented", "--replace", "--proxy", "none")
    assert "the former secret's file secret is not used by this tenant any more" in ran.out
    assert f"{TENANT} is changed under intune" in ran.out
    (tenant,) = read_settings(settings_directory / "settings.yaml").tenants
    assert (tenant.client_secret_file, tenant.proxy) == (settings_directory / "other", "none")
    assert len(proofs) == 2
    assert list((settings_directory / "settings.d").iterdir()) == [own_file(settings_directory)]


def test_a_tenant_that_an_operator_has_written_is_the_operator_s(radtune: Radtune, settings_directory: Path) -> None:
    """Nothing is asked before that is said."""
    text = f"{SETTINGS}intune: [{{tenant: {TENANT}, managed_identity: arc}}]\n"
    (settings_directory / "settings.yaml").write_text(text)
    ran = radtune("link", *GIVEN, str(settings_directory / "secret"), "--replace")
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    line = text.count("\n")
    assert f"settings.yaml:{line}: {TENANT} stands among other settings, which no command changes" in ran.err
    assert f"move its entry into a file of its own, such as {own_file(settings_directory)}, and run it again" in ran.err
    assert (settings_directory / "settings.yaml").read_text() == text


def test_a_store_that_can_not_be_told_is_a_problem_and_no_failure(
    radtune: Radtune, settings_directory: Path, proofs: list[tuple[Tenant, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    state(settings_directory)
    monkeypatch.setattr("radtune_tools.link.linked_since.LOCK_SECONDS", 0.0)
    with user_and_lock.only_run(settings_directory / "store", "sync"):
        ran = radtune("link", *GIVEN, str(settings_directory / "secret"), "--consented")
    assert ran.code == 0
    assert "settings are changed, but the store can't note since when" in ran.err
    assert len(proofs) == 1
