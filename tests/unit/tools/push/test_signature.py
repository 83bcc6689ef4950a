"""The signature of a webhook: that of Standard Webhooks."""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from parts.manual import fenced, page
from radtune.errors import FaultyFileError, NotPermittedError
from radtune_tools.push.signature import headers, read_key

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "secret"
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_a_known_signature(tmp_path: Path) -> None:
    """Made by: printf %s 'msg_1.1614265330.{"test": 2432232314}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:…"""
    key = read_key(written(tmp_path, f"{SECRET}\n"))
    found = headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, b'{"test": 2432232314}')
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_the_manual_says_how_it_is_verified() -> None:
    (code,) = fenced(page("push"), "python")
    names: dict[str, Any] = {"hmac": hmac, "base64": base64, "hashlib": hashlib}
    exec(compile(code, "docs/push.md", "exec"), names)  # noqa: S102  # the sample of the page
    key, body = base64.b64decode(SECRET.removeprefix("whsec_")), b'{"events": []}'
    signed = headers(key, "e-1", 1000.0, body)
    assert names["is_genuine"](SECRET, signed, body, 1001.0)
    assert not names["is_genuine"](SECRET, signed, body, 2000.0), "old"
    assert not names["is_genuine"](SECRET, signed, body + b" ", 1001.0)
    assert not names["is_genuine"](SECRET, {**signed, "webhook-id": "e-2"}, body, 1001.0)


def test_without_a_key_there_is_none() -> None:
    assert headers(None, "e-1", 1.0, b"{}") == {"webhook-id": "e-1", "webhook-timestamp": "1"}


@pytest.mark.parametrize(
    "text", ["hunter2", "whsec_hunter2", "whsec_c2hvcnQ=", f"whsec_{'A' * 100}", SECRET[6:], "whsec_ä"]
)
def test_a_key_has_its_form(tmp_path: Path, text: str) -> None:
    with pytest.raises(FaultyFileError, match="expected whsec_ and 24 to 64 bytes in base64") as caught:
        read_key(written(tmp_path, text))
    assert text not in str(caught.value)


def test_a_key_is_for_the_server_s_user_alone(tmp_path: Path) -> None:
    written(tmp_path, SECRET).chmod(0o644)
    with pytest.raises(NotPermittedError, match="lets every user have the key of the signature"):
        read_key(tmp_path / "secret")
