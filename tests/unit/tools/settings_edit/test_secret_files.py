"""The files of secrets beside settings.yaml."""

import os
import stat
from pathlib import Path

import pytest

from radtune.errors import NotPermittedError, RadtuneError
from radtune_tools.settings_edit.settings_file import new_secret, secret_name


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


def test_an_owner_that_this_user_can_not_give_it_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    with (
        pytest.raises(NotPermittedError, match="can't give it to its owner and group; run as root"),
        new_secret(tmp_path / "secret", "x", os.getgid() + 1),
    ):
        raise AssertionError("it was given")
    assert list(tmp_path.iterdir()) == []
