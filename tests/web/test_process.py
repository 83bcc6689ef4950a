"""The real process: what hostile clients send, planted secrets, and how it ends and begins again."""

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest

from parts.process import wait_for
from parts.raddb import server_directory
from web.desk import PASSWORD, Desk

PAGES = ("/", "/sessions", "/events", "/moves", "/policy", "/accounts", "/explain?target=CN-LT-1003", "/shadow")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    more = "  proxies: [127.0.0.1]\n  metrics_from: [127.0.0.1]\n"
    with server_directory() as directory, Desk(directory, 60, 200, more, debian=True) as found:
        yield found


class Client:
    """A client of one desk, with the cookie that it was given last."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cookie = ""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, str]:
        """Return status, text, and where it leads."""
        connection = http.client.HTTPConnection("127.0.0.1", self.desk.port, timeout=30)
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            connection.request(method, path, body, {"Cookie": self.cookie, **form, **headers})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer.status, text, answer.headers.get("Location", "")

    def sign_in(self) -> None:
        data = urlencode({"user": "alice", "password": PASSWORD, "csrf": csrf(self, {})})
        assert self.ask("POST", "/sign-in", data)[0] == 303

    def page(self, path: str) -> str:
        status, text, _ = self.ask("GET", path)
        assert status == 200, text
        return text


def csrf(client: Client, headers: Mapping[str, str]) -> str:
    """Return the word that the form of the sign-in has to send back."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.ask("GET", "/sign-in", **headers)[1])
    assert found
    return found[1]


@pytest.fixture
def alice(desk: Desk) -> Client:
    client = Client(desk)
    client.sign_in()
    wait_for(lambda: "just started" not in client.page("/"), "the index")
    return client


def raw(desk: Desk, *parts: bytes) -> bytes:
    """Send bytes as they are; return what comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        found = b""
        try:
            while more := connection.recv(65536):
                found += more
        except ConnectionResetError:
            pass
    return found


@pytest.mark.parametrize(
    "path", ["/static/../../app.py", "/static/..%2f..%2fapp.py", "/../../../etc/passwd", "//etc/passwd"]
)
def test_no_path_leads_out(desk: Desk, alice: Client, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {alice.cookie}\r\nConnection: close\r\n\r\n"
    answer = raw(desk, head.encode())
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"root:" not in answer and b"import" not in answer


def test_what_a_proxy_says_of_the_browser_is_believed(desk: Desk, alice: Client) -> None:
    far = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    browser = Client(desk)
    assert browser.ask("GET", "/sign-in", **far)[0] == 200
    assert browser.cookie.startswith("__Host-radtune=")
    wait_for(lambda: alice.ask("GET", "/metrics")[0] == 200, "the metrics")
    assert Client(desk).ask("GET", "/metrics")[0] == 200
    assert Client(desk).ask("GET", "/metrics", **far)[0] == 401
    data = urlencode({"user": "mallory", "password": "a guess of mallory", "csrf": csrf(browser, far)})
    for _ in range(10):
        assert browser.ask("POST", "/sign-in", data, **far)[0] == 401
    assert browser.ask("POST", "/sign-in", data, **far)[0] == 429
    Client(desk).sign_in()  # from another address


@pytest.mark.parametrize("name", ["X-Remote-User", "X_Remote_User", "REMOTE_USER", "X-Forwarded-User"])
def test_no_header_signs_in(desk: Desk, name: str) -> None:
    client = Client(desk)
    assert client.ask("GET", "/", **{name: "alice"})[0] == 302
    assert client.ask("GET", "/", **{name: "alice", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "x"})[0] == 302


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 4096,
        b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_the_page_goes_on(desk: Desk, alice: Client, request_bytes: bytes) -> None:
    answer = raw(desk, request_bytes)
    assert answer == b"" or re.match(rb"HTTP/1\.[01] (4|5)\d\d", answer)
    assert "Overview" in alice.page("/")


def test_a_client_that_says_nothing_keeps_nobody_waiting(desk: Desk, alice: Client) -> None:
    held = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(20)]
    for connection in held:
        connection.sendall(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n")
    assert "Overview" in alice.page("/")
    for connection in held:
        connection.close()


def test_no_page_no_log_and_no_argument_has_a_secret(desk: Desk, alice: Client) -> None:
    hashed = (desk.company.directory / "web-passwords").read_text().strip().rpartition("$")[2]
    key = (desk.company.directory / "web/key").read_text()
    secrets = ("planted secret", PASSWORD, hashed, key)
    shown = [alice.page(page) for page in PAGES] + [desk.program.log]
    shown += [subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout]
    assert [secret for secret in secrets for text in shown if secret in text] == []


def test_files_of_its_own_are_for_its_user_alone(desk: Desk) -> None:
    directory = desk.company.directory / "web"
    assert directory.stat().st_mode & 0o077 == 0
    assert [file.name for file in directory.iterdir() if file.stat().st_mode & 0o077] == []
    assert (desk.company.directory / "web-passwords").stat().st_mode & 0o777 == 0o640


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_what_feeds_the_index_ends_with_it_and_goes_on_where_it_was(tmp_path: Path) -> None:
    """It is killed, so that it can't say goodbye."""
    with server_directory() as directory:
        desk = Desk(directory, 20, 50)
        with desk:
            client = Client(desk)
            client.sign_in()
            wait_for(lambda: "just started" not in client.page("/"), "the index")
            wait_for(lambda: client.page("/events").count('class="why"') >= 50, "the events")
            count = client.page("/events").count('class="why"')
            pids = [desk.program.pid, *children(desk.program.pid)]
            os.kill(desk.program.pid, signal.SIGKILL)
            wait_for(lambda: not any(map(runs, pids[1:])), "the end of its processes")
        with desk:
            assert client.page("/events").count('class="why"') == count  # the sign-in holds, too


def test_without_anybody_who_could_sign_in_it_does_not_start(tmp_path: Path) -> None:
    with server_directory() as directory:
        desk = Desk(directory, 20, 20)
        text = desk.company.settings_file.read_text().replace("  password_file: web-passwords\n", "")
        desk.company.settings_file.write_text(text)
        environment = desk.environment
        done = subprocess.run(desk.command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 78
    assert "nobody could sign in" in done.stderr


def test_a_port_that_is_taken_is_named(desk: Desk) -> None:
    environment = {name: desk.environment[name] for name in ("PATH", "PYTHONPATH")}
    done = subprocess.run(desk.command, capture_output=True, text=True, env=environment, cwd="/", check=False)
    said = f"radtune-web: {desk.company.settings_file}: web.listen: 127.0.0.1:{desk.port}: Address already in use\n"
    assert (done.returncode, done.stderr) == (78, said)
