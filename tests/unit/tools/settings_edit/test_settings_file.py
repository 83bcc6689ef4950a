"""settings.yaml, changed in one step or not at all, and the files of secrets beside it."""

import os
import stat
from pathlib import Path

import pytest

from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError, TemporaryError, UsageError
from radtune_tools.settings_edit.entry_edit import with_entry
from radtune_tools.settings_edit.settings_file import SettingsFile, new_secret, secret_name
from unit.samples import SETTINGS, TENANT, guid

ENTRY = {"tenant": TENANT, "client_id": guid(7), "client_secret_file": "secret"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "settings.yaml"
    written.write_bytes(b"# mine\r\n" + SETTINGS.encode())
    written.chmod(0o640)
    return written


def put(file: SettingsFile, **more: object) -> None:
    entry = {**ENTRY, **more}
    file.put(with_entry(file.text, file.entries, entry), [entry])


def only(directory: Path) -> bool:
    """Tell whether nothing but the settings is there."""
    return [path.name for path in directory.iterdir()] == ["settings.yaml"]


def test_a_tenant_is_put_in(file: Path) -> None:
    if os.geteuid() == 0:
        os.chown(file, 12, 34)
    before = file.stat()
    read = SettingsFile(file)
    assert read.entries == ()
    put(read)
    assert file.read_bytes().startswith(b"# mine\r\n" + SETTINGS.encode())
    (tenant,) = SettingsFile(file).settings.tenants
    assert tenant.name == TENANT
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino
    assert only(file.parent)


def test_a_rehearsal_changes_nothing(file: Path) -> None:
    before = file.read_bytes()
    read = SettingsFile(file)
    read.put(with_entry(read.text, read.entries, ENTRY), [ENTRY], rehearse=True)
    assert file.read_bytes() == before
    assert only(file.parent)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"client_id": "x"}, r"intune\[1\]\.client_id: .*Application \(client\) id"),
        ({"certificate_file": "c"}, r"intune\[1\]: to sign in, give"),
        ({"client_secret_expires": "soon"}, r"client_secret_expires: soon: expected a date"),
        ({"proxy": "ftp://x"}, r"intune\[1\]\.proxy: "),
    ],
)
def test_an_entry_that_settings_can_not_have_is_refused(file: Path, more: dict[str, str], says: str) -> None:
    before = file.read_bytes()
    with pytest.raises(UsageError, match=says):
        put(SettingsFile(file), **more)
    assert file.read_bytes() == before
    assert only(file.parent)


@pytest.mark.parametrize("text", [f"{SETTINGS}dictionaries: [x]\n", f"{SETTINGS}intune: [", SETTINGS])
def test_a_text_that_says_something_else_is_refused(file: Path, text: str) -> None:
    before = file.read_bytes()
    with pytest.raises(RadtuneError, match="edit it by hand"):
        SettingsFile(file).put(text, [ENTRY])
    assert file.read_bytes() == before
    assert only(file.parent)


def test_somebody_else_s_change_is_not_overwritten(file: Path) -> None:
    read = SettingsFile(file)
    file.write_text(f"# theirs\n{SETTINGS}")
    with pytest.raises(TemporaryError, match="changed by someone else"):
        put(read)
    assert file.read_text().startswith("# theirs\n")
    assert only(file.parent)


def test_faults_that_are_there_come_first(file: Path) -> None:
    file.write_text(f"{SETTINGS}nonsense: 1\n")
    with pytest.raises(ConfigurationError, match="nonsense"):
        SettingsFile(file)


def test_nothing_is_written_through_a_link(file: Path) -> None:
    link = file.parent / "link.yaml"
    link.symlink_to(file)
    with pytest.raises(RadtuneError, match="is a link, and nothing is written through it"):
        SettingsFile(link)


def test_a_directory_that_this_user_may_not_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(NotPermittedError, match=f"{file.parent}: this user may not write there; run as root"):
        put(SettingsFile(file))


def test_an_owner_that_this_user_can_not_give_it_to(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    with (
        pytest.raises(NotPermittedError, match="can't give it to its owner and group; run as root"),
        new_secret(file.parent / "secret", "x", os.getgid() + 1),
    ):
        raise AssertionError("it was given")
    assert only(file.parent)


def test_files_beside_it_go_by_their_names(file: Path) -> None:
    read = SettingsFile(file)
    assert read.named(file.parent / "secret") == "secret"
    assert read.named(file.parent / "more" / "secret") == f"{file.parent}/more/secret"
    assert read.named(Path("secret")) == str(Path.cwd() / "secret")


def test_a_secret_has_a_name_of_its_own(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        names.append(secret_name(tmp_path, "A.example"))
        (tmp_path / names[-1]).symlink_to("nowhere")
    assert names == ["intune-secret-a.example", "intune-secret-a.example-2", "intune-secret-a.example-3"]


def test_a_secret_is_written_and_kept(tmp_path: Path) -> None:
    group = 34 if os.geteuid() == 0 else os.getgid()
    with new_secret(tmp_path / "secret", "hunter2", group):
        status = (tmp_path / "secret").stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o640, group)
    assert (tmp_path / "secret").read_text() == "hunter2\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, RadtuneError])
def test_a_secret_goes_away_where_what_follows_fails(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_secret(tmp_path / "secret", "hunter2", os.getgid()):
        raise error
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize("there", ["file", "link"])
def test_a_secret_never_goes_into_what_is_there(tmp_path: Path, there: str) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(RadtuneError) as caught, new_secret(tmp_path / there, "hunter2", os.getgid()):
        raise AssertionError("it was written")
    assert "hunter2" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "before"
    assert not (tmp_path / "elsewhere").exists()
