"""`radtune unlink`."""

import json
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from radtune.records.moves_and_states import SyncState
from unit.linking import Radtune, put_state, state
from unit.samples import SETTINGS, TENANT, guid

ENTRY = f"intune:\n  - tenant: {TENANT}\n    client_id: {guid(7)}\n    client_secret_file: secret\n"
OTHER = ENTRY.replace(TENANT, "Other.example")


NAS = "nas: [{name: s, nas: [192.0.2.1], secret_file: ./secret}]\n"


def files(settings_directory: Path) -> list[str]:
    """Return the names of the files of settings.d."""
    return sorted(path.name for path in (settings_directory / "settings.d").iterdir())


@pytest.fixture
def settings_directory(tmp_path: Path) -> Path:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    (tmp_path / "settings.d").mkdir()
    (tmp_path / "settings.d/one.yaml").write_text(ENTRY)
    (tmp_path / "settings.d/other.yaml").write_text(OTHER)
    (tmp_path / "store").mkdir()
    (tmp_path / "secret").touch()
    put_state(tmp_path, SyncState(TENANT, linked_at=5, whole_at=7, counts={"compliant": 2, "unknown": 1}))
    return tmp_path


def test_nothing_happens_without_a_yes(
    radtune: Radtune, settings_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = radtune("unlink", TENANT.upper())
    assert (ran.code, ran.err) == (ExitCode.USAGE, "radtune: there is no terminal to ask at; give --yes\n")
    assert f"the store has 3 devices of {TENANT}; the next sync counts them as missing" in ran.out
    assert "that sync refuses and says how to agree" in ran.out
    monkeypatch.setattr("radtune_tools.commands.unlink.agreed", lambda *_: False)
    ran = radtune("unlink", TENANT)
    assert (ran.code, ran.err) == (ExitCode.USAGE, f"radtune: {TENANT} stays linked; nothing was changed\n")
    assert files(settings_directory) == ["one.yaml", "other.yaml"]
    assert state(settings_directory).linked_at == 5


def test_one_after_the_other(radtune: Radtune, settings_directory: Path) -> None:
    ran = radtune("unlink", TENANT, "--yes", "--remove-secret")
    assert ran.code == 0
    assert f"{settings_directory}/secret: kept; another entry names it, too" in ran.out
    assert f"{settings_directory}/settings.d/one.yaml: removed; {TENANT} is no longer under intune\n" in ran.out
    assert files(settings_directory) == ["other.yaml"]
    assert (state(settings_directory).linked_at, state(settings_directory).whole_at) == (0, 7)

    ran = radtune("unlink", TENANT)
    assert (ran.code, ran.err) == (ExitCode.USAGE, f"radtune: {TENANT} isn't linked (linked: other.example)\n")

    ran = radtune("--json", "unlink", "other.example", "--yes", "--remove-secret")
    settings = str(settings_directory / "settings.d/other.yaml")
    assert ran.json == {
        "tenant": "other.example",
        "devices": 0,
        "settings": settings,
        "removed": [f"{settings_directory}/secret"],
    }
    assert ran.err == ""
    assert not (settings_directory / "secret").exists()
    assert files(settings_directory) == []

    ran = radtune("unlink", TENANT)
    assert ran.err == f"radtune: {TENANT} isn't linked (linked: none)\n"


def test_a_secret_stays_unless_that_is_asked_for(radtune: Radtune, settings_directory: Path) -> None:
    radtune("unlink", TENANT, "--yes")
    ran = radtune("--json", "unlink", "other.example", "--yes")
    assert json.loads(ran.out)["removed"] == []
    assert (settings_directory / "secret").exists()


@pytest.mark.parametrize("words", [("--yes",), ("--yes", "--remove-secret")])
@pytest.mark.parametrize(
    "keys",
    [
        "client_secret_file: {0}/store/key",
        "client_secret_file: store/key",
        "client_secret_file: link",
        "certificate_file: secret\n    private_key_file: {0}/store/key",
        "client_secret_file: secret  # and of a NAS",
    ],
)
def test_files_that_are_not_ours_to_remove(
    radtune: Radtune, settings_directory: Path, words: tuple[str, ...], keys: str
) -> None:
    (settings_directory / "store" / "key").touch()
    (settings_directory / "link").symlink_to("secret")
    entry = f"intune:\n  - tenant: {TENANT}\n    client_id: {guid(7)}\n    {keys.format(settings_directory)}\n"
    (settings_directory / "settings.d/other.yaml").unlink()
    (settings_directory / "settings.yaml").write_text(f"{SETTINGS}{NAS if 'of a NAS' in entry else ''}")
    (settings_directory / "settings.d/one.yaml").write_text(entry)
    ran = radtune("unlink", TENANT, *words)
    told = ran.out.replace("one.yaml: removed", "").replace("is removed", "")
    assert (ran.code, "kept" in told, "removed" in told) == (0, True, False)
    assert all((settings_directory / name).exists() for name in ("store/key", "secret", "link"))


def test_the_last_tenant_s_devices_stay(radtune: Radtune, settings_directory: Path) -> None:
    radtune("unlink", "other.example", "--yes")
    ran = radtune("unlink", TENANT, "--yes")
    assert "no tenant is left: they stay there, and are stale once stale_after is over" in ran.out
    assert "until `radtune sync --accept-missing 3` lets them go" in ran.out
    assert read_settings(settings_directory / "settings.yaml").tenants == ()


def test_an_entry_that_an_operator_has_written_is_the_operator_s_to_remove(
    radtune: Radtune, settings_directory: Path
) -> None:
    text = f"{SETTINGS}intune: [{{tenant: mine.example, managed_identity: arc}}]\n"
    (settings_directory / "settings.yaml").write_text(text)
    ran = radtune("unlink", "mine.example", "--yes")
    assert ran.code == ExitCode.CONFIGURATION
    assert f"settings.yaml:{text.count(chr(10))}: mine.example stands among other settings" in ran.err
    assert (settings_directory / "settings.yaml").read_text() == text
    assert files(settings_directory) == ["one.yaml", "other.yaml"]
