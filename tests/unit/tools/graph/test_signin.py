"""Signing in: which token is used, what goes wrong there, and what is said of it."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import msal
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from radtune.config.tenants import Tenant
from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError, TemporaryError
from radtune_tools.graph.signin_errors import HINTS, discovery_error, sign_in_error
from unit.clock import Clock
from unit.microsoft import LOGIN, TOKEN, Answer, Microsoft, asking, tenant

WHERE = f"{LOGIN}/contoso.example"


@pytest.fixture
def contoso(tmp_path: Path, clock: Clock) -> Tenant:
    """Return a tenant with a client secret; nobody waits for real."""
    assert clock.now
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "secret").chmod(0o600)
    return tenant(client_secret_file=tmp_path / "secret")


def refused(code: int, error: str = "invalid_client", **more: object) -> dict[str, object]:
    """Return what the login service says when it refuses."""
    said = f"AADSTS{code}: Said so.\r\nTrace ID: 1\r\nCorrelation ID: 2"
    return {"error": error, "error_description": said, "error_codes": [code], **more}


def test_one_sign_in_does_until_a_new_one_is_asked_for(contoso: Tenant) -> None:
    microsoft = Microsoft([], [(200, {**TOKEN, "access_token": f"token-{number}"}) for number in (1, 2)])
    with asking(microsoft, contoso) as (_, signin):
        assert [signin.token(), signin.token(), signin.token(new=True), signin.token()] == [
            *("token-1", "token-1"),
            *("token-2", "token-2"),
        ]
    assert len(microsoft.signed_in) == 2
    assert "client_secret=hunter2" in microsoft.forms[0]
    assert "scope=https%3A%2F%2Fgraph.example%2F.default" in microsoft.forms[0]
    # msal before 1.29, as Debian 12 has it, writes the port.
    assert str(microsoft.signed_in[0].url).replace(":443/", "/") == f"{WHERE}/oauth2/v2.0/token"


def test_what_msal_logs_is_seen_by_nobody() -> None:
    """It logs the whole answer where one is odd."""
    program = """if True:
        import logging, radtune_tools.graph.signin
        logging.getLogger("msal.token_cache").error("t0k3n")
        print("logged")
    """
    path = {"PYTHONPATH": ":".join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=path)
    assert (ran.stdout, ran.stderr) == ("logged\n", "")


def test_a_secret_that_was_mended_counts_at_once(contoso: Tenant) -> None:
    """msal keeps a refusal for a minute."""
    microsoft = Microsoft([], [(400, refused(7000215)), (200, TOKEN)])
    with asking(microsoft, contoso) as (_, signin):
        with pytest.raises(NotPermittedError):
            signin.token()
        assert signin.token() == "t0k3n"


@pytest.mark.parametrize(
    ("configuration", "error", "says"),
    [
        ((500, b"boom"), TemporaryError, "500"),
        ((503, b"<html>"), TemporaryError, "503"),
        (
            (200, b"<html>log in to the hotel</html>"),
            TemporaryError,
            "'<html>log in to the hotel</html>'; is there a proxy",
        ),
        (
            (503, {"error": "x", "error_description": "AADSTS90033: x", "error_codes": [90033]}),
            TemporaryError,
            "90033: x",
        ),
        ((503, {}), TemporaryError, "answered 503"),
        ((200, {}), TemporaryError, "as no sign-in service does"),
        ((200, []), TemporaryError, "as no sign-in service does"),
        ((302, b"", {"Location": "https://portal.example/"}), TemporaryError, "answered 302"),
        ((400, {"error": "x", "error_description": "AADSTS90002: x"}), NotPermittedError, "there is no such tenant"),
        ((400, {"error": "x", "error_description": "AADSTS900021: x"}), NotPermittedError, "isn't a tenant's id"),
        ((400, {"error": "x", "error_description": "AADSTS90038: x"}), NotPermittedError, "national cloud"),
        ((400, {"error": "invalid_tenant"}), NotPermittedError, "there is no such tenant"),
        ((0, requests.ConnectionError("refused")), TemporaryError, "login.example can't be reached: refused"),
        ((0, requests.Timeout("slow")), TemporaryError, "login.example can't be reached: slow"),
    ],
)
def test_a_login_service_that_is_none(
    contoso: Tenant, configuration: Answer, error: type[RadtuneError], says: str
) -> None:
    with asking(Microsoft([], configuration=configuration), contoso) as (_, signin), pytest.raises(error) as caught:
        signin.token()
    assert type(caught.value) is error
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("token", "error", "says"),
    [
        ((500, b"boom"), TemporaryError, "500"),
        ((429, {"error": "too_many_requests"}), TemporaryError, "too_many_requests"),
        ((200, b"<html>"), TemporaryError, "'<html>'; is there a proxy or a portal in between?"),
        ((503, refused(90033, "temporarily_unavailable")), TemporaryError, "no sign-in now: AADSTS90033: Said so."),
        ((503, {}), TemporaryError, "answered 503 as no sign-in service does"),
        ((200, []), TemporaryError, "as no sign-in service does"),
        ((200, {"access_token": "a\nb", "expires_in": 3600}), TemporaryError, "without a usable token"),
        ((200, {"access_token": "tök3n", "expires_in": 3600}), TemporaryError, "without a usable token"),
        ((200, {"access_token": "", "expires_in": 3600}), TemporaryError, "without a usable token"),
        ((400, {"error": "x", "error_description": "", "error_codes": []}), TemporaryError, "x"),
        ((401, refused(7000215)), NotPermittedError, "AADSTS7000215: Said so.; the file must hold the secret's value"),
        ((400, refused(700016, "unauthorized_client")), NotPermittedError, "client_id or tenant is wrong"),
        ((400, refused(90033, "temporarily_unavailable")), TemporaryError, "AADSTS90033"),
        ((401, refused(4711)), NotPermittedError, "AADSTS4711: Said so."),
        ((0, requests.ConnectionError("reset")), TemporaryError, "can't be reached: reset"),
    ],
)
def test_a_sign_in_that_fails(contoso: Tenant, token: Answer, error: type[RadtuneError], says: str) -> None:
    with asking(Microsoft([], [token]), contoso) as (_, signin), pytest.raises(error) as caught:
        signin.token()
    assert type(caught.value) is error
    assert str(caught.value).startswith(LOGIN)
    assert says in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("hunter2", "t0k3n", "tök3n"))


@pytest.mark.parametrize("odd", [(200, b"<html>"), (0, requests.exceptions.ChunkedEncodingError("broken off"))])
def test_a_sign_in_that_breaks_off_is_tried_again(contoso: Tenant, clock: Clock, odd: Answer) -> None:
    with asking(Microsoft([], [odd, odd, (200, TOKEN)]), contoso) as (_, signin):
        assert signin.token() == "t0k3n"
    assert clock.slept == [2.0, 4.0]


def test_a_secret_that_is_missing_is_no_fault_of_microsoft_s(contoso: Tenant) -> None:
    assert contoso.client_secret_file is not None
    contoso.client_secret_file.unlink()
    missing = pytest.raises(ConfigurationError, match="it has to hold the client secret")
    with asking(Microsoft([]), contoso) as (_, signin), missing:
        signin.token()


def test_code_and_correlation_id_are_kept() -> None:
    error = sign_in_error(WHERE, refused(7000222, correlation_id="1234-5678"))
    assert str(error) == (
        f"{WHERE}: sign-in refused: AADSTS7000222: Said so. (correlation id 1234-5678); "
        "the client secret has expired: create a new one and put its value into the file"
    )
    named = sign_in_error(WHERE, {"error": "x", "error_description": "Correlation 1234", "correlation_id": "1234"})
    assert "correlation id" not in str(named)


@pytest.mark.parametrize("code", sorted(HINTS))
def test_every_code_that_is_known_says_what_to_do(code: int) -> None:
    error = sign_in_error(WHERE, refused(code))
    assert HINTS[code] in str(error)
    assert f"AADSTS{code}" in str(error)
    assert type(error) is (TemporaryError if code == 50196 else NotPermittedError)


@given(
    st.dictionaries(
        st.sampled_from(["error", "error_description", "error_codes", "correlation_id"]),
        st.one_of(st.none(), st.text(), st.integers(), st.lists(st.one_of(st.integers(), st.text()))),
    )
)
def test_whatever_it_says_is_an_error_in_words(said: dict[str, object]) -> None:
    assert isinstance(sign_in_error(WHERE, said), TemporaryError | NotPermittedError)
    assert isinstance(discovery_error(WHERE, str(said)), RadtuneError)


@pytest.mark.parametrize(
    ("claims", "roles"),
    [({"roles": ["A", "B"]}, {"A", "B"}), ({}, set()), ({"roles": 5}, None), ([], None), (None, None)],
)
def test_the_permissions_in_a_token(contoso: Tenant, claims: object, roles: set[str] | None) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    token = f"e30.{payload}.c2ln" if claims is not None else "opaque"
    with asking(Microsoft([], [(200, {**TOKEN, "access_token": token})]), contoso) as (_, signin):
        assert signin.roles() == roles


def test_debian_s_msal_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(msal, "ManagedIdentityClient", raising=False)
    monkeypatch.setattr(msal, "__version__", "1.21.0")
    said = "managed_identity needs msal 1.29 or newer, and this is 1.21.0"
    of = tenant(managed_identity="azure", client_id="")
    match = f"contoso.example: {said}; install a newer one, or sign in with a cert"
    with asking(Microsoft(), of) as (_, signin), pytest.raises(RadtuneError, match=match):
        signin.token()
