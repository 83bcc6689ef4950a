"""Proxies, CAs and secrets: what settings and the environment say, and what never gets into a message."""

import ssl
from pathlib import Path

import pytest
import requests
from urllib3.exceptions import MaxRetryError, SSLError

from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.failure_causes import without_secrets
from radtune_tools.graph.http import Http
from unit.clock import Clock
from unit.microsoft import GRAPH, Microsoft
from unit.wire import Wire, answer

URL = f"{GRAPH}/v1.0/x"


def ask(microsoft: Microsoft | None, url: str = URL, ca_file: Path | None = None, proxy: str = "") -> None:
    with Http(ca_file=ca_file, proxy=proxy, deadline=Deadline(1800)) as http:
        if microsoft is not None:
            http.session.mount("https://", microsoft)
        http.ask("GET", url, {"Authorization": "Bearer t0k3n"})


def failing(error: Exception) -> Microsoft:
    return Microsoft(lambda _: (0, error))


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("proxy", ["", "none", "http://proxy.example:3128"])
def test_the_cas_of_settings_count_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "environment.pem"))
    microsoft = Microsoft([(200, {})] * 2)
    ask(microsoft, ca_file=tmp_path / "settings.pem", proxy=proxy)
    ask(microsoft, proxy="")
    assert [options["verify"] for options in microsoft.options] == [
        str(tmp_path / "settings.pem"),
        str(tmp_path / "environment.pem"),
    ]


@pytest.mark.parametrize(
    ("proxy", "used"),
    [
        ("", "http://of-the-environment.example:1"),
        ("http://of-settings.example:3128", "http://of-settings.example:3128"),
        ("none", None),
    ],
)
def test_a_proxy_of_settings_or_of_the_environment_or_none(
    monkeypatch: pytest.MonkeyPatch, proxy: str, used: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://of-the-environment.example:1")
    microsoft = Microsoft([(200, {})])
    ask(microsoft, proxy=proxy)
    assert microsoft.options[0]["proxies"].get("https") == used


def test_netrc_does_not_take_the_token_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login bob password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    microsoft = Microsoft([(200, {})])
    ask(microsoft)
    assert microsoft.asked[0].headers["Authorization"] == "Bearer t0k3n"


def certificate_fault(message: str) -> requests.exceptions.SSLError:
    inner = SSLError(ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message} (_ssl.c:992)"))
    return requests.exceptions.SSLError(MaxRetryError(None, "/v1.0/x", inner))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ca_file", "environment", "says"),
    [
        (Path("/ca.pem"), "", "/ca.pem (intune.ca_file): "),
        (Path("/ca.pem"), "/other.pem", "/ca.pem (intune.ca_file): "),
        (None, "/other.pem", "/other.pem (REQUESTS_CA_BUNDLE in the environment; intune.ca_file overrides it): "),
        (None, "", "the system's CAs (intune.ca_file names others): "),
    ],
)
def test_a_certificate_that_is_not_trusted_is_a_matter_of_settings(
    monkeypatch: pytest.MonkeyPatch, ca_file: Path | None, environment: str, says: str
) -> None:
    if environment:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", environment)
    fault = certificate_fault("certificate verify failed: self-signed certificate")
    with pytest.raises(RadtuneError) as caught:
        ask(failing(fault), ca_file=ca_file)
    assert type(caught.value) is RadtuneError
    assert str(caught.value).startswith(f"{GRAPH}: its certificate can't be verified with {says}[SSL: CERT")


def test_a_handshake_that_breaks_off_is_a_matter_of_time(clock: Clock) -> None:
    assert clock.now
    inner = SSLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol (_ssl.c:992)"))
    with pytest.raises(TemporaryError, match=r"can't be reached: .*EOF occurred"):
        ask(failing(requests.exceptions.SSLError(MaxRetryError(None, "/x", inner))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (SSLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")), 3),
        (SSLError(ssl.SSLCertVerificationError(1, "certificate verify failed")), 1),
    ],
)
def test_a_handshake_is_tried_again_if_that_can_help(clock: Clock, fault: Exception, times: int) -> None:
    microsoft = failing(requests.exceptions.SSLError(MaxRetryError(None, "/x", fault)))  # type: ignore[arg-type]
    with pytest.raises(RadtuneError):
        ask(microsoft)
    assert len(microsoft.asked) == times
    assert clock.slept == [2.0, 4.0][: times - 1]


@pytest.mark.parametrize("name", ["nowhere.pem", "broken.pem"])
@pytest.mark.parametrize("by", ["settings", "environment"])
def test_ca_files_that_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wire: Wire, name: str, by: str
) -> None:
    (tmp_path / "broken.pem").write_text("no certificate\n")
    file = tmp_path / name
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file if by == "environment" else tmp_path))
    wire.will(b"")
    with pytest.raises(RadtuneError, match=str(file)) as caught:
        ask(None, ca_file=file if by == "settings" else None)
    assert type(caught.value) is RadtuneError
    assert ("intune.ca_file" if by == "settings" else "REQUESTS_CA_BUNDLE") in str(caught.value)
    assert "None" not in str(caught.value)


@pytest.mark.parametrize("by", ["settings", "environment"])
def test_a_proxy_that_refuses_is_named_without_its_password(
    clock: Clock, wire: Wire, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """It is tried three times, as a connection that fails."""
    if by == "environment":
        monkeypatch.setenv("HTTPS_PROXY", "http://bob:hunter2@proxy.example:3128")
    for _ in range(3):
        wire.will(answer(407, b"who are you?"))
    with pytest.raises(TemporaryError) as caught:
        ask(None, proxy="http://proxy.example:3128" if by == "settings" else "")
    said = str(caught.value)
    assert said.startswith(f"{GRAPH} can't be reached: the proxy ")
    assert "proxy.example:3128" in said
    assert "407" in said
    assert "hunter2" not in said
    assert clock.slept == [2.0, 4.0]


@pytest.mark.parametrize(
    "url",
    [
        *("http://", "http://:3128", "https://bob:hunter2@", "http://bob:hunter2@:3128", "http:///hunter2"),
        *("http://bob:hunt/er2@proxy:3128", "http://bob:hunter2@proxy:port", "http://proxy:0", "http://[hunter2"),
    ],
)
@pytest.mark.parametrize("by", ["settings", "environment"])
def test_a_proxy_that_can_t_be_one_is_a_matter_of_settings(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, url: str, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(RadtuneError) as caught:
        ask(None, proxy=url if by == "settings" else "")
    named = "intune.proxy" if by == "settings" else "the proxy that the environment names (HTTPS_PROXY)"
    assert str(caught.value) == f"{GRAPH} can't be asked: {named} can't be one: write http://HOST:PORT"
    assert (caught.value.exit_code, wire.dialled) == (78, [])


@pytest.mark.parametrize("url", ["proxy.example:3128", "http://bob:hunter2@proxy.example:3128/", "http://[::1]"])
def test_a_proxy_that_can_be_one_is_used(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    microsoft = Microsoft([(200, {})])
    ask(microsoft)
    assert microsoft.options[0]["proxies"]["https"] == url


def test_a_ping_through_a_proxy_that_can_t_be_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://bob:hunter2@")
    with Http(ca_file=None, proxy="", deadline=Deadline(60)) as http:
        assert "(HTTPS_PROXY) can't be one" in http.ping("https://ping.example/s3cret")


def test_a_redirect_is_not_followed(clock: Clock) -> None:
    assert clock.now
    microsoft = Microsoft(lambda _: (302, b"", {"Location": "https://evil.example/"}))
    with pytest.raises(TemporaryError, match="answered 302"):
        ask(microsoft)
    assert {request.url for request in microsoft.asked} == {URL}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("to http://bob:hunter2@proxy:1 failed", "to http://…@proxy:1 failed"),
        ("value: 'Bearer abc def'", "value: 'Bearer …"),
        ("a eyJhbGci.eyJhdWQi.c2ln b", "a … b"),
        ("https://graph.example/v1.0", "https://graph.example/v1.0"),
    ],
)
def test_secrets_are_taken_out(text: str, left: str) -> None:
    assert without_secrets(text) == left


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(200, b"OK")], ""),
        ([(204, b"")], ""),
        ([(404, b"not found")], "https://ping.example (sync.ping) answered 404"),
        ([(301, b"")], "https://ping.example (sync.ping) answered 301"),
        ([(0, requests.ConnectionError("refused"))] * 9, "https://ping.example (sync.ping) can't be reached: refused"),
        ([(0, requests.ConnectionError("refused")), (503, b""), (200, b"OK")], ""),
    ],
)
def test_ping(clock: Clock, answers: list[tuple[int, object]], said: str) -> None:
    microsoft = Microsoft(list(answers))
    with Http(ca_file=None, proxy="", deadline=Deadline(600)) as http:
        http.session.mount("https://", microsoft)
        assert http.ping("https://ping.example/s3cret") == said
    assert microsoft.urls == ["https://ping.example/s3cret"] * len(answers)
    assert len(clock.slept) == len(answers) - 1


@pytest.mark.parametrize("url", ["https:///s3cret", "https://a..b/s3cret", f"https://{'a' * 64}.example/s3cret"])
def test_a_ping_to_what_is_no_url_says_so_and_keeps_its_path_secret(url: str) -> None:
    with Http(ca_file=None, proxy="", deadline=Deadline(60)) as http:
        said = http.ping(url)
    assert "(sync.ping) can't be reached" in said
    assert "s3cret" not in said
