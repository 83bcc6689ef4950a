"""The files of secrets."""

from pathlib import Path

import pytest

from radtune.errors import ConfigurationError, NotPermittedError
from radtune_tools.secret_file import read_secret


def secret(tmp_path: Path, content: bytes, mode: int = 0o640) -> str:
    file = tmp_path / "secret"
    file.write_bytes(content)
    file.chmod(mode)
    return read_secret(file, "the secret")


@pytest.mark.parametrize("content", [b"s3cret", b"s3cret\n", b"s3cret\r\n"])
def test_a_secret(tmp_path: Path, content: bytes) -> None:
    assert secret(tmp_path, content) == "s3cret"


def test_a_private_key_has_lines(tmp_path: Path) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----"
    assert secret(tmp_path, f"{pem}\n".encode()) == pem


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o601, 0o777])
def test_a_secret_that_everybody_has(tmp_path: Path, mode: int) -> None:
    with pytest.raises(NotPermittedError, match="chmod o-rwx") as caught:
        secret(tmp_path, b"s3cret", mode)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"hunter2\nmore\n", b"hunter2\xff"], ids=["empty", "blank", "two lines", "not UTF-8"]
)
def test_what_is_no_secret(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="the secret") as caught:
        secret(tmp_path, content)
    assert "hunter" not in str(caught.value)


def test_a_secret_that_is_missing_or_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file; it has to hold the secret"):
        read_secret(tmp_path / "none", "the secret")
    with pytest.raises(ConfigurationError, match="can't be read as the secret"):
        read_secret(tmp_path, "the secret")


def test_a_secret_that_this_user_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("radtune.file_access._opened", refused)
    with pytest.raises(NotPermittedError, match="this user may not read the secret"):
        read_secret(tmp_path / "secret", "the secret")
