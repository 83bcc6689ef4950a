"""A webhook: what is asked, and what its answer or its silence means."""

import hmac
import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from radtune_tools.push.sender import RefusedError, SendError
from radtune_tools.push.webhook import Webhook
from unit.tools.push.pushing import URL, event, webhook
from unit.wire import Wire, answer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def sent(wire: Wire, number: int = 0) -> tuple[str, dict[str, str], bytes]:
    """Return the first line, the headers and the body of a request."""
    head, _, content = wire.sent[number].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, content


def secret_file(tmp_path: Path, text: str = SECRET) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"{text}\n")
    file.chmod(0o600)
    return file


def test_a_batch_is_one_signed_request(wire: Wire, tmp_path: Path) -> None:
    wire.will(answer(202))
    Webhook(webhook(secret_file=secret_file(tmp_path))).send([event(1), event(2)])
    first, headers, content = sent(wire)
    assert first == "POST /s3cret-path?sig=s3cret HTTP/1.1"
    assert json.loads(content) == {"events": [event(1), event(2)]}
    assert (headers["content-type"], headers["webhook-id"][:6]) == ("application/json", "batch-")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    wanted = b64encode(hmac.new(b64decode(SECRET[6:]), signed, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"


def test_the_id_of_a_request_with_one_event_is_that_of_the_event(wire: Wire) -> None:
    wire.will(answer(200, b"ok"))
    Webhook(webhook()).send([event(7)])
    assert sent(wire)[1]["webhook-id"] == "e-7"
    assert "webhook-signature" not in sent(wire)[1]


def test_an_id_writes_no_header(wire: Wire) -> None:
    wire.will(answer(200))
    Webhook(webhook()).send([event(1, id="e\r\nHost: evil\x00é")])
    assert sent(wire)[1]["webhook-id"] == "e__Host:_evil__"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_a_bad_answer_refuses_these_events(wire: Wire, status: int) -> None:
    wire.will(answer(status, b"no, s3cret"))
    with pytest.raises(RefusedError) as caught:
        Webhook(webhook()).send([event(1)])
    assert str(caught.value).startswith(f"http://127.0.0.1:8088 answered {status}: it doesn't take these events")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [(429, "7", 7.0), (503, "0", 0.0), (503, "soon", None), (500, None, None), (408, None, None), (502, "1e9", 300.0)],
)
def test_a_busy_webhook_says_how_long_to_wait(wire: Wire, status: int, said: str | None, wait: float | None) -> None:
    wire.will(answer(status) if said is None else answer(status, Retry_After=said))
    with pytest.raises(SendError) as caught:
        Webhook(webhook()).send([event(1)])
    assert (type(caught.value), caught.value.wait) == (SendError, wait)


def test_no_redirect_is_followed(wire: Wire) -> None:
    wire.will(answer(307, length=10**12, Location="https://evil.example/"), AssertionError("read on"))
    with pytest.raises(RefusedError, match="answered 307, a redirect, which is not followed"):
        Webhook(webhook()).send([event(1)])
    assert wire.dialled == [("127.0.0.1", 8088)]


@pytest.mark.parametrize(
    "pieces",
    [
        [ConnectionRefusedError(111, "Connection refused")],
        [b""],
        [b"HTTP/1.1 2"],
        [ConnectionResetError(104, "reset")],
        [b"\xff" * 99],
    ],
)
def test_a_webhook_that_does_not_answer_is_tried_again(wire: Wire, pieces: list[Any]) -> None:
    wire.will(*pieces)
    with pytest.raises(SendError, match=r"^http://127\.0\.0\.1:8088 can't be reached: ") as caught:
        Webhook(webhook()).send([event(1)])
    assert type(caught.value) is SendError and "s3cret" not in str(caught.value)


def test_an_answer_is_not_read_to_its_end(wire: Wire) -> None:
    """It may never end; the status is all that counts."""
    wire.will(answer(200, length=10**12), AssertionError("read on"))
    Webhook(webhook()).send([event(1)])


def hang(end: Event) -> None:
    end.wait()


def test_an_answer_that_never_comes_ends_the_call(wire: Wire) -> None:
    """Byte by byte, so that no time-out of the socket is ever over; few such calls are left to themselves."""
    end = Event()
    for _ in range(4):
        wire.will(lambda: hang(end))
    sender = Webhook(webhook(timeout=0.01))
    try:
        for _ in range(4):
            with pytest.raises(SendError, match=r"no answer within 0\.01 seconds"):
                sender.send([event(1)])
        with pytest.raises(SendError, match="not ended yet: 4 earlier requests"):
            sender.send([event(1)])
        assert len(wire.dialled) == 4
    finally:
        end.set()


def test_the_address_is_read_from_its_file_at_each_request(wire: Wire, tmp_path: Path) -> None:
    file = secret_file(tmp_path, URL)
    sender = Webhook(webhook(url="", url_file=file))
    wire.will(answer(200)).will(answer(200))
    sender.send([event(1)])
    file.write_text("http://127.0.0.2:1/other\n")
    sender.send([event(2)])
    assert wire.dialled == [("127.0.0.1", 8088), ("127.0.0.2", 1)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://events.example/s3cret", "http would send names of people in the clear"),
        ("s3cret", "not a URL that can be asked for"),
        ("", "expected the address of the webhook on one line"),
    ],
)
def test_an_address_in_a_file_is_held_against_the_same_rules(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SendError, match=says) as caught:
        Webhook(webhook(url="", url_file=secret_file(tmp_path, text))).send([event(1)])
    assert "s3cret" not in str(caught.value)


def test_without_its_secret_nothing_is_sent(wire: Wire, tmp_path: Path) -> None:
    with pytest.raises(SendError, match="secret:1: there is no such file"):
        Webhook(webhook(secret_file=tmp_path / "secret")).send([event(1)])
    secret_file(tmp_path).chmod(0o644)
    with pytest.raises(SendError, match="lets every user have the key"):
        Webhook(webhook(secret_file=tmp_path / "secret")).send([event(1)])
    assert wire.dialled == []


@pytest.mark.parametrize("proxy", ["http://", "http://a:b:c", "http://a:99999999", "http://[", "nonsense:x"])
def test_a_proxy_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, wire: Wire, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    wire.will(ConnectionRefusedError(111, "refused"))
    with pytest.raises(SendError, match=r"https://events\.example "):
        Webhook(webhook(url="https://events.example/s3cret")).send([event(1)])


def test_netrc_is_not_sent(wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login bob password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.will(answer(200))
    Webhook(webhook()).send([event(1)])
    assert "authorization" not in sent(wire)[1]
