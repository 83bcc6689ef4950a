"""settings.yaml and the files of settings.d: one list of tenants and one of NASes, each fault with its own place."""

from pathlib import Path

import pytest

from radtune.config.settings import check_settings, read_settings
from radtune.errors import ConfigurationError, NotPermittedError
from unit.samples import SETTINGS, guid


def entry(tenant: str, **more: str) -> str:
    keys = {"client_id": guid(7), "client_secret_file": "secret", **more}
    return f"  - tenant: {tenant}\n" + "".join(f"    {key}: {value}\n" for key, value in keys.items())


def nas(name: str, address: str) -> str:
    return f"  - {{name: {name}, nas: [{address}], secret_file: coa}}\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory with settings.yaml, which has a tenant and a NAS, and with an empty settings.d."""
    text = f"{SETTINGS}intune:\n{entry('a.example')}nas:\n{nas('a', '192.0.2.1')}"
    (tmp_path / "settings.yaml").write_text(text)
    (tmp_path / "settings.d").mkdir()
    return tmp_path


def put(directory: Path, name: str, text: str) -> None:
    (directory / "settings.d" / name).write_text(text)


def problems(directory: Path) -> list[str]:
    """Return what is wrong with the settings, a line each, with files relative to `directory`."""
    with pytest.raises(ConfigurationError) as caught:
        read_settings(directory / "settings.yaml")
    return str(caught.value).replace(f"{directory}/", "").splitlines()


def test_the_lists_are_added_in_the_order_of_the_names(directory: Path) -> None:
    put(directory, "20.yaml", f"intune:\n{entry('c.example')}")
    put(directory, "10.yaml", f"nas:\n{nas('b', '192.0.2.2')}intune:\n{entry('b.example')}")
    found = read_settings(directory / "settings.yaml")
    assert [tenant.name for tenant in found.tenants] == ["a.example", "b.example", "c.example"]
    assert [each.name for each in found.nas] == ["a", "b"]


def test_they_need_no_list_in_settings_yaml(directory: Path) -> None:
    (directory / "settings.yaml").write_text(SETTINGS)
    put(directory, "b.yaml", f"intune:\n{entry('b.example')}nas:\n{nas('b', '192.0.2.2')}")
    found = read_settings(directory / "settings.yaml")
    assert ([tenant.name for tenant in found.tenants], [each.name for each in found.nas]) == (["b.example"], ["b"])


def test_a_list_without_entries_adds_none(directory: Path) -> None:
    (directory / "settings.yaml").write_text(SETTINGS)
    put(directory, "b.yaml", "intune: []\nnas: []\n")
    found = read_settings(directory / "settings.yaml")
    assert (found.tenants, found.nas) == ((), ())


def test_names_of_files_are_relative_to_settings_yaml(directory: Path) -> None:
    put(directory, "b.yaml", f"intune:\n{entry('b.example')}")
    assert read_settings(directory / "settings.yaml").tenants[1].client_secret_file == directory / "secret"


@pytest.mark.parametrize("name", [".b.yaml", "b.yaml~", "b.yaml.radtune-new", "b.yml"])
def test_other_files_are_passed_over(directory: Path, name: str) -> None:
    put(directory, name, "nonsense")
    assert len(read_settings(directory / "settings.yaml").tenants) == 1


def test_no_directory_is_as_good_as_an_empty_one(directory: Path) -> None:
    (directory / "settings.d").rmdir()
    assert len(read_settings(directory / "settings.yaml").tenants) == 1


def test_every_fault_is_reported_with_its_file_line_and_key(directory: Path) -> None:
    put(directory, "b.yaml", f"# ours\nintune:\n{entry('b.example', page_size='0')}{entry('c.example', client_id='x')}")
    put(directory, "c.yaml", f"nas:\n{nas('c', '192.0.2.300/99')}")
    put(directory, "d.yaml", "nas: [\n")
    with (directory / "settings.yaml").open("a") as settings:
        settings.write("stor: x\n")
    found = problems(directory)
    assert [each.partition(": ")[0] for each in found] == [
        *("settings.d/b.yaml:6", "settings.d/b.yaml:8", "settings.d/c.yaml:2", "settings.d/d.yaml:2"),
        f"settings.yaml:{len((directory / 'settings.yaml').read_text().splitlines())}",
    ]
    assert [each.split(": ")[1] for each in found[:3]] == [
        "intune[1].page_size",
        "intune[2].client_id",
        "nas[1].nas[1]",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "b.yaml:1: has no entries; expected a list under intune or nas, or no file"),
        ("# nothing\n", "b.yaml:1: has no entries"),
        ("- x\n", "b.yaml:1: has no entries"),
        ("intune: {}\n", "b.yaml:1: intune: expected a list"),
        ("nas:\n", "b.yaml:1: nas: expected a list"),
        ("nas: []\nsites: []\n", "b.yaml:2: sites: unknown key sites (known: intune, nas); other keys belong into"),
        ("limits: {}\n", "b.yaml:1: limits: unknown key limits (known: intune, nas); other keys belong into"),
        ("nas: []\nnas: []\n", "b.yaml:2: nas: given twice"),
        ("intune: [x]\n", "b.yaml:1: intune[1]: "),
    ],
)
def test_what_a_file_may_not_hold(directory: Path, text: str, says: str) -> None:
    put(directory, "b.yaml", text)
    (found,) = problems(directory)
    assert found.startswith(f"settings.d/{says}")


def test_the_same_tenant_or_name_in_two_files(directory: Path) -> None:
    text = (directory / "settings.yaml").read_text().splitlines()
    put(directory, "b.yaml", f"intune:\n{entry('A.example')}{entry('b.example') * 2}nas:\n{nas('b', '192.0.2.2')}")
    put(directory, "c.yaml", f"intune:\n{entry('b.example')}nas:\n{nas('b', '192.0.2.3')}{nas('a', '192.0.2.4')}")
    tenant, first = (text.index(line) + 1 for line in ("  - tenant: a.example", nas("a", "192.0.2.1").rstrip()))
    assert problems(directory) == [
        f"settings.d/b.yaml:2: intune[1].tenant: a.example: given at settings.yaml:{tenant} already",
        "settings.d/b.yaml:8: intune[3].tenant: b.example: given at line 5 already",
        "settings.d/c.yaml:2: intune[1].tenant: b.example: given at settings.d/b.yaml:5 already",
        "settings.d/c.yaml:6: nas[1].name: b: given at settings.d/b.yaml:12 already",
        f"settings.d/c.yaml:7: nas[2].name: a: given at settings.yaml:{first} already",
    ]


def test_a_file_that_is_not_in_place_yet(directory: Path) -> None:
    """It is checked under the name that it will have."""
    put(directory, "b.yaml", f"intune:\n{entry('b.example')}")
    put(directory, ".new", f"intune:\n{entry('b.example', page_size='0')}")
    staged = {directory / "settings.d/b.yaml": directory / "settings.d/.new"}
    (found,) = check_settings(directory / "settings.yaml", staged=staged).problems
    assert (found.file, found.line) == (directory / "settings.d/b.yaml", 5)
    assert check_settings(directory / "settings.yaml").problems == []


def test_a_directory_that_this_user_may_not_read_is_no_empty_one(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(NotPermittedError, match=f"{directory}/settings.d: this user may not read it; run as root"):
        read_settings(directory / "settings.yaml")


def test_a_file_in_the_place_of_the_directory(directory: Path) -> None:
    (directory / "settings.d").rmdir()
    (directory / "settings.d").touch()
    with pytest.raises(ConfigurationError, match=r"settings\.d:1: can't be read: Not a directory"):
        read_settings(directory / "settings.yaml")
