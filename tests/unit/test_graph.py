"""What comes back from Microsoft, without a network: an adapter answers in its place."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError, TemporaryError
from radtune.settings import Intune
from radtune_tools.graph import MAX_RETRY_AFTER, Graph, _Retry, graph_message
from unit.samples import guid

LOGIN, GRAPH = "https://login.example", "https://graph.example"
CONFIGURATION = {
    "authorization_endpoint": f"{LOGIN}/contoso/oauth2/v2.0/authorize",
    "token_endpoint": f"{LOGIN}/contoso/oauth2/v2.0/token",
    "issuer": f"{LOGIN}/contoso/v2.0",
}
TOKEN = {"access_token": "t0k3n", "token_type": "Bearer", "expires_in": 3600}
PAGE = {"value": [{"id": guid(1)}]}
Answer = tuple[int, object]


class Microsoft(BaseAdapter):
    """Answers in the place of the network; what was asked is kept."""

    def __init__(self, configuration: Answer, token: Answer, pages: list[Answer]) -> None:
        super().__init__()
        self._configuration, self._token, self._pages = configuration, token, pages
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Give the next answer."""
        url = str(request.url)
        self.asked.append(url)
        self.headers.append(dict(request.headers))
        if "openid-configuration" in url:
            status, body = self._configuration
        elif "/token" in url:
            status, body = self._token
        else:
            status, body = self._pages.pop(0)
        if isinstance(body, Exception):
            raise body
        response = requests.Response()
        response.status_code, response.url, response.request = status, url, request
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        return response

    def close(self) -> None:
        """Close nothing."""


@pytest.fixture
def intune(tmp_path: Path) -> Intune:
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "secret").chmod(0o600)
    return Intune("contoso", guid(7), tmp_path / "secret", None, None, LOGIN, GRAPH, None, 500)


@pytest.fixture
def ask(intune: Intune) -> Callable[..., Microsoft]:
    """Return what lists the devices against these answers, into `found`."""

    def run(found: list[dict[str, object]] | None = None, **answers: object) -> Microsoft:
        given: dict[str, object] = {
            "configuration": (200, CONFIGURATION),
            "token": (200, TOKEN),
            "pages": [(200, PAGE)],
        }
        microsoft = Microsoft(**{**given, **answers})  # type: ignore[arg-type]
        with Graph(intune) as graph:
            graph._session.mount("https://", microsoft)
            devices = list(graph.managed_devices(("id", "deviceName")))
        (found if found is not None else []).extend(devices)
        return microsoft

    return run


def test_every_page_is_listed(ask: Callable[..., Microsoft]) -> None:
    following = f"{GRAPH}/v1.0/deviceManagement/managedDevices?$skiptoken=x"
    pages = [
        (200, {**PAGE, "@odata.nextLink": following}),
        (200, {"value": [{"id": guid(2)}], "@odata.nextLink": None}),
    ]
    found: list[dict[str, object]] = []
    microsoft = ask(found, pages=pages)
    assert found == [{"id": guid(1)}, {"id": guid(2)}]
    first = urlsplit(microsoft.asked[-2])
    assert f"{first.scheme}://{first.netloc}{first.path}" == f"{GRAPH}/v1.0/deviceManagement/managedDevices"
    assert parse_qs(first.query) == {"$select": ["id,deviceName"], "$top": ["500"]}
    assert microsoft.asked[-1] == following
    assert microsoft.headers[-1]["Authorization"] == "Bearer t0k3n"


@pytest.mark.parametrize(
    ("answers", "error", "says"),
    [
        ({"configuration": (500, b"boom")}, TemporaryError, "contoso"),
        ({"configuration": (503, b"<html>")}, TemporaryError, "contoso"),
        ({"configuration": (200, b"<html>log in to the hotel</html>")}, TemporaryError, "contoso"),
        ({"configuration": (200, {})}, TemporaryError, "contoso"),
        ({"configuration": (200, [])}, TemporaryError, "contoso"),
        (
            {"configuration": (400, {"error": "invalid_tenant", "error_description": "AADSTS90002: no such tenant"})},
            NotPermittedError,
            "AADSTS90002",
        ),
        ({"configuration": (200, requests.ConnectionError("refused"))}, TemporaryError, "can't be reached: refused"),
        ({"configuration": (200, requests.Timeout("slow"))}, TemporaryError, "can't be reached: slow"),
        ({"configuration": (200, requests.exceptions.SSLError("self-signed"))}, RadtuneError, "intune.ca_file"),
        ({"token": (500, b"boom")}, TemporaryError, "contoso"),
        ({"token": (429, {"error": "too_many_requests"})}, TemporaryError, "too_many_requests"),
        ({"token": (200, b"<html>")}, TemporaryError, "contoso"),
        ({"token": (200, [])}, TemporaryError, "contoso"),
        ({"token": (400, {"error": "x", "error_description": "", "error_codes": []})}, TemporaryError, "x"),
        (
            {
                "token": (
                    401,
                    {
                        "error": "invalid_client",
                        "error_description": "AADSTS7000215: x\r\nTrace ID",
                        "error_codes": [7000215],
                    },
                )
            },
            NotPermittedError,
            "AADSTS7000215: x; the file must hold the secret's value, not its id",
        ),
        (
            {
                "token": (
                    400,
                    {"error": "unauthorized_client", "error_description": "AADSTS700016: x", "error_codes": [700016]},
                )
            },
            NotPermittedError,
            "client_id or tenant is wrong",
        ),
        (
            {
                "token": (
                    400,
                    {"error": "temporarily_unavailable", "error_description": "AADSTS90033: x", "error_codes": [90033]},
                )
            },
            TemporaryError,
            "AADSTS90033",
        ),
        (
            {"pages": [(401, {"error": {"code": "x", "message": "expired"}})]},
            NotPermittedError,
            "answered 401: expired",
        ),
        (
            {"pages": [(403, {"error": {"code": "Forbidden"}})]},
            NotPermittedError,
            "DeviceManagementManagedDevices.Read",
        ),
        ({"pages": [(404, {})]}, TemporaryError, "answered 404"),
        ({"pages": [(429, {})]}, TemporaryError, "answered 429"),
        ({"pages": [(504, b"<html>")]}, TemporaryError, "answered 504"),
        ({"pages": [(200, b"<html>")]}, TemporaryError, "answered 200"),
        ({"pages": [(200, [])]}, TemporaryError, "answered 200"),
        ({"pages": [(200, {})]}, TemporaryError, "no list of devices"),
        ({"pages": [(200, {"value": {"id": "x"}})]}, TemporaryError, "no list of devices"),
        ({"pages": [(200, {"value": ["x"]})]}, TemporaryError, "no list of devices"),
        ({"pages": [(200, {**PAGE, "@odata.nextLink": 5})]}, TemporaryError, "link"),
        ({"pages": [(200, {**PAGE, "@odata.nextLink": ""})]}, TemporaryError, "elsewhere"),
        (
            {"pages": [(200, {**PAGE, "@odata.nextLink": "https://evil.example/v1.0/x"})]},
            TemporaryError,
            "not followed",
        ),
        ({"pages": [(200, {**PAGE, "@odata.nextLink": f"{GRAPH}.evil.example/x"})]}, TemporaryError, "not followed"),
        ({"pages": [(200, {**PAGE, "@odata.nextLink": f"{GRAPH}/x"})] * 2}, TemporaryError, "doesn't end"),
        ({"pages": [(200, requests.ConnectionError("reset"))]}, TemporaryError, "can't be reached: reset"),
    ],
)
def test_what_goes_wrong_there(
    ask: Callable[..., Microsoft], answers: dict[str, object], error: type[RadtuneError], says: str
) -> None:
    with pytest.raises(error) as caught:
        ask(**answers)
    assert type(caught.value) is error
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "t0k3n" not in str(caught.value)


def test_a_secret_that_is_missing_is_no_fault_of_microsoft_s(ask: Callable[..., Microsoft], intune: Intune) -> None:
    assert intune.client_secret_file is not None
    intune.client_secret_file.unlink()
    with pytest.raises(ConfigurationError, match="the client secret"):
        ask()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "plain"}}, "plain"),
        ({"error": {"code": "Forbidden", "message": ""}}, "Forbidden"),
        ({"error": {"message": json.dumps({"Message": "inner"})}}, "inner"),
        ({"error": {"message": json.dumps({"message": json.dumps({"Message": "innermost"})})}}, "innermost"),
        ({"error": {"message": "5"}}, "5"),
        ({"error": {}}, "no explanation"),
        ({"error": "flat"}, "no explanation"),
        ({}, "no explanation"),
        (None, "no explanation"),
        ([], "no explanation"),
    ],
)
def test_the_words_of_an_error(body: object, message: str) -> None:
    assert graph_message(body) == message


@pytest.mark.parametrize(("text", "seconds"), [("2", 2.0), ("2.128", 2.128), ("0", 0.0), ("-5", 0.0)])
def test_retry_after_in_seconds_and_parts_of_them(text: str, seconds: float) -> None:
    assert _Retry().parse_retry_after(text) == seconds


class Said:
    """A response that asks to come again at some time."""

    def __init__(self, text: str) -> None:
        self.headers = {"Retry-After": text}


@pytest.mark.parametrize("text", ["86400", "1e9", "inf", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_nobody_waits_longer_than_the_limit(text: str) -> None:
    assert _Retry().get_retry_after(Said(text)) == MAX_RETRY_AFTER


@pytest.mark.parametrize("text", ["soon", "", "nan"])
def test_a_time_that_is_none_is_passed_over(text: str) -> None:
    assert _Retry().get_retry_after(Said(text)) in (None, 0.0)
