"""Files of settings.d, each written or removed in one step or not at all, and the files of secrets."""

import errno
import os
import stat
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from radtune.config.yaml_file import read_yaml
from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError, TemporaryError, UsageError
from radtune_tools.settings_edit.settings_file import SettingsFile, in_yaml
from unit.samples import SETTINGS, TENANT, guid

ENTRY = {"tenant": TENANT, "client_id": guid(7), "client_secret_file": "secret"}


OTHER = "intune:\n  - {tenant: Other.example, managed_identity: arc}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a settings.yaml without tenants, which the server's group can read."""
    written = tmp_path / "settings.yaml"
    written.write_text(SETTINGS)
    written.chmod(0o640)
    return written


def target(file: Path) -> Path:
    return file.parent / "settings.d" / f"intune-{TENANT}.yaml"


def put(file: SettingsFile, **more: object) -> None:
    file.put(target(file.file), "intune", [{**ENTRY, **more}])


def there(directory: Path) -> list[str]:
    """Return what is in the directory, settings.d included, but for settings.yaml."""
    found = (str(path.relative_to(directory)) for path in directory.rglob("*"))
    return sorted(set(found) - {"settings.yaml"})


def test_a_tenant_is_put_in(file: Path) -> None:
    if os.geteuid() == 0:
        os.chown(file, 12, 34)
    before = file.stat()
    read = SettingsFile(file)
    assert read.tenants == ()
    assert read.new_file(f"intune-{TENANT}") == target(file)
    put(read)
    assert file.read_text() == SETTINGS
    (tenant,) = SettingsFile(file).settings.tenants
    assert (tenant.name, tenant.client_secret_file) == (TENANT, file.parent / "secret")
    after = target(file).stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    directory = target(file).parent.stat()
    assert stat.S_IMODE(directory.st_mode) == 0o750
    assert (directory.st_uid, directory.st_gid) == (before.st_uid, before.st_gid)
    assert there(file.parent) == ["settings.d", f"settings.d/intune-{TENANT}.yaml"]


def test_a_file_that_is_replaced_keeps_owner_and_mode(file: Path) -> None:
    put(SettingsFile(file))
    target(file).chmod(0o600)
    if os.geteuid() == 0:
        os.chown(target(file), 12, 34)
    before = target(file).stat()
    read = SettingsFile(file)
    assert read.file_of(0) == target(file)
    put(read, page_size=5)
    after = target(file).stat()
    assert SettingsFile(file).settings.tenants[0].page_size == 5
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino
    assert there(file.parent) == ["settings.d", f"settings.d/intune-{TENANT}.yaml"]


def test_a_rehearsal_changes_nothing(file: Path) -> None:
    SettingsFile(file).put(target(file), "intune", [ENTRY], rehearse=True)
    assert there(file.parent) == []


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"client_id": "x"}, r"^intune\[1\]\.client_id: .*Application \(client\) id"),
        ({"certificate_file": "c"}, r"^intune\[1\]: to sign in, give"),
        ({"client_secret_expires": "soon"}, r"^intune\[1\]\.client_secret_expires: soon: expected a date"),
        ({"proxy": "ftp://x"}, r"^intune\[1\]\.proxy: "),
    ],
)
@pytest.mark.parametrize("rehearse", [True, False])
def test_an_entry_that_settings_can_not_have_is_refused(
    file: Path, more: dict[str, str], says: str, rehearse: bool
) -> None:
    with pytest.raises(UsageError, match=says):
        SettingsFile(file).put(target(file), "intune", [{**ENTRY, **more}], rehearse=rehearse)
    assert there(file.parent) == []


def test_a_tenant_that_somebody_else_has_added_meanwhile(file: Path) -> None:
    read = SettingsFile(file)
    with file.open("a") as settings:
        settings.write(f"intune: [{{tenant: {TENANT}, managed_identity: arc}}]\n")
    with pytest.raises(UsageError, match=rf"intune\[1\]\.tenant: {TENANT}: given at {file}:\d already"):
        put(read)
    assert there(file.parent) == []


@pytest.mark.parametrize("old", [OTHER, ""])
def test_somebody_else_s_change_is_not_overwritten(file: Path, old: str) -> None:
    """Whether the file was there before, or is new."""
    if old:
        target(file).parent.mkdir()
        target(file).write_text(old)
    read = SettingsFile(file)
    target(file).parent.mkdir(exist_ok=True)
    target(file).write_text(f"# theirs\n{OTHER}")
    with pytest.raises(TemporaryError, match="changed by someone else"):
        put(read)
    with pytest.raises(TemporaryError, match="changed by someone else"):
        read.remove(target(file))
    assert target(file).read_text() == f"# theirs\n{OTHER}"
    assert there(file.parent) == ["settings.d", f"settings.d/intune-{TENANT}.yaml"]


def test_a_file_is_removed(file: Path) -> None:
    put(SettingsFile(file))
    SettingsFile(file).remove(target(file))
    assert there(file.parent) == ["settings.d"]
    assert SettingsFile(file).tenants == ()


@pytest.mark.parametrize(
    ("settings", "more", "line"),
    [
        (f"{SETTINGS}{OTHER}", "", f"settings.yaml:{SETTINGS.count(chr(10)) + 2}"),
        (SETTINGS, f"# ours\n{OTHER}  - {{tenant: b.example, managed_identity: arc}}\n", "settings.d/x.yaml:3"),
        (SETTINGS, f"{OTHER}nas: [{{name: a, nas: [192.0.2.1], secret_file: s}}]\n", "settings.d/x.yaml:2"),
    ],
)
def test_an_entry_among_others_is_nobody_s_but_the_operator_s(file: Path, settings: str, more: str, line: str) -> None:
    file.write_text(settings)
    (file.parent / "settings.d").mkdir()
    if more:
        (file.parent / "settings.d/x.yaml").write_text(more)
    read = SettingsFile(file)
    at = read.find("OTHER.example")
    assert at == 0
    said = rf"{file.parent}/{line}: other.example stands among other settings, .* settings.d/intune-other.example.yaml"
    with pytest.raises(RadtuneError, match=said.replace(" settings.d", f" {file.parent}/settings.d")):
        read.file_of(at)
    assert read.find("c.example") is None


def test_a_new_file_has_a_name_of_its_own(file: Path) -> None:
    read = SettingsFile(file)
    read.directory.mkdir()
    names = []
    for _ in range(3):
        names.append(read.new_file("intune-../a b").name)
        (read.directory / names[-1]).symlink_to("nowhere")
    assert names == ["intune-..-a-b.yaml", "intune-..-a-b-2.yaml", "intune-..-a-b-3.yaml"]


@given(st.dictionaries(st.sampled_from(["a", "yes", "1"]), st.text(st.characters(exclude_categories=["Cs", "Cc"]))))
def test_every_text_is_read_as_it_was(entry: dict[str, str]) -> None:
    assert yaml.safe_load(in_yaml("nas", [entry])) == {"nas": [entry]}


@pytest.mark.parametrize(
    "word", ["yes", "null", "2027-05-01", "1e3", "0750", "1:30", "~", "", "a: b", "a #", "192.0.2.1"]
)
def test_a_word_that_yaml_would_take_for_something_else_is_read_by_radtune_as_it_was(tmp_path: Path, word: str) -> None:
    (tmp_path / "x.yaml").write_text(in_yaml("nas", [{"name": word, "nas": [word]}]))
    document = read_yaml(tmp_path / "x.yaml")
    document.raise_problems()
    assert document.data == {"nas": [{"name": word, "nas": [word]}]}


def test_faults_that_are_there_come_first(file: Path) -> None:
    file.write_text(f"{SETTINGS}nonsense: 1\n")
    with pytest.raises(ConfigurationError, match="nonsense"):
        SettingsFile(file)


def test_nothing_is_written_beside_a_link(file: Path) -> None:
    link = file.parent / "link.yaml"
    link.symlink_to(file)
    with pytest.raises(RadtuneError, match="is a link, and nothing is written beside it"):
        SettingsFile(link)


@pytest.mark.parametrize("which", ["", "/settings.d"])
def test_a_directory_that_this_user_may_not_write(file: Path, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (file.parent / "settings.d").mkdir()
    place = f"{file.parent}{which}"
    monkeypatch.setattr(os, "access", lambda path, mode, **_: mode != os.W_OK or str(path) != place)
    with pytest.raises(NotPermittedError, match=f"{place}: this user may not write there; run as root"):
        SettingsFile(file)
    assert SettingsFile(file, writes=False).tenants == ()


def test_a_directory_that_refuses_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(NotPermittedError, match=f"{file.parent}: this user may not write there; run as root"):
        put(SettingsFile(file))


def test_settings_d_on_another_file_system(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(path: Path, there: Path) -> None:
        if path.parent != there.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        path.rename(there)

    (file.parent / "settings.d").mkdir()
    monkeypatch.setattr(Path, "replace", moved)
    put(SettingsFile(file))
    assert there(file.parent) == ["settings.d", f"settings.d/intune-{TENANT}.yaml"]


def test_settings_that_are_not_there_are_missing_and_not_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()
    monkeypatch.setattr(os, "access", lambda _, mode, **__: mode != os.W_OK)
    with pytest.raises(ConfigurationError, match="there is no such file"):
        SettingsFile(file)


def test_files_beside_it_go_by_their_names(file: Path) -> None:
    read = SettingsFile(file)
    assert read.named(file.parent / "secret") == "secret"
    assert read.named(file.parent / "more" / "secret") == f"{file.parent}/more/secret"
    assert read.named(Path("secret")) == str(Path.cwd() / "secret")
