"""What a unit test may not do fails at once, and says so: use the network, or touch this machine's own installation."""

import os
import pwd
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from types import ModuleType, SimpleNamespace

import click
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.configuration import set_hypothesis_home_dir

from radtune.stores.sessions import SessionStore
from radtune_tools.cli.root import cli
from radtune_tools.main import main
from unit.clock import Clock
from unit.fake_radiusd import FakeRadiusd
from unit.linking import Radtune, runner
from unit.moving_fixtures import network, one_to_move, reconcile, two_live, two_to_move
from unit.radclients import Script, stand_in
from unit.running import Ran, Run
from unit.samples import NOW, POLICY, SETTINGS, device, fill
from unit.serving import Server, serving
from unit.syncing import Syncs
from unit.wire import Wire

__all__ = ["network", "one_to_move", "reconcile", "two_live", "two_to_move"]
_HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
FORBIDDEN = (
    "/etc/freeradius",
    "/var/lib/radtune",
    "/etc/radtune",
    "/var/log/freeradius",
    "/var/log/radtune",
    f"{_HOME}/.config",
    f"{_HOME}/.cache",
)
_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")
_FILES = ("open", "os.listdir", "os.scandir", "os.mkdir", "os.remove", "os.rename", "os.chmod", "os.chown")
_watching: list[str] = []

# Imported now: a test that is the first to call a command would leave its own stand-ins in it.
list(cli.every_command(click.Context(cli)))

# Examples are found again by their seed; nothing is written beside the tests. Slow machines are no fault.
_hypothesis_home = TemporaryDirectory()
set_hypothesis_home_dir(_hypothesis_home.name)
hypothesis_settings.register_profile("unit", deadline=None, database=None)
hypothesis_settings.load_profile("unit")


class UnitTestUsedTheNetworkError(BaseException):
    """A unit test, or what it calls, opened a connection. Such a test belongs into tests/server."""


class UnitTestTouchedTheMachineError(BaseException):
    """A unit test, or what it calls, used this machine's own files. Give it paths below tmp_path."""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    """Look at what the interpreter is about to do (PEP 578); not even `except Exception` hides it."""
    if not _watching:
        return
    if event in _NETWORK:
        raise UnitTestUsedTheNetworkError(f"{_watching[-1]}: {event} {arguments[1:]}")
    if event in _FILES or event == "sqlite3.connect":
        path = arguments[0] if arguments else None
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if os.path.abspath(text).startswith(FORBIDDEN) if text else False:  # noqa: PTH100  # pathlib calls would come back here
            raise UnitTestTouchedTheMachineError(f"{_watching[-1]}: {event} {text}")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _only_tmp(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    # There is no such directory: whatever wants to write there fails.
    home = tmp_path_factory.getbasetemp() / "no-home"
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    for name in ("RADTUNE_SETTINGS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "COLUMNS", "PAGER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("radtune.config.settings.RADDB", home)
    _watching.append(request.node.nodeid)
    yield
    _watching.pop()


@pytest.fixture(autouse=True)
def _soon_after_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test begin ten minutes after `NOW`, of which the stores are, whatever year it is."""
    real, ahead = time.time, NOW + 600 - time.time()
    monkeypatch.setattr(time, "time", lambda: real() + ahead)


@pytest.fixture(scope="session")
def _stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make both stores once: a disk takes longer to make them than a test to run."""
    directory = tmp_path_factory.mktemp("stores")
    fill(directory / "devices", [device(1)])
    SessionStore(directory / "sessions", create=True, timeout=1.0).close()
    return directory


@pytest.fixture
def office(tmp_path: Path, _stores: Path) -> Path:
    """Return a directory with settings, policy and stores with LAPTOP-1 and no session, as a server would have them."""
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    (tmp_path / "policy.yaml").write_text(POLICY)
    copytree(_stores, tmp_path / "store")
    return tmp_path


@pytest.fixture
def radiusd(monkeypatch: pytest.MonkeyPatch, office: Path) -> FakeRadiusd:
    """Return the server's module, configured for the settings of `office`."""
    fake = FakeRadiusd({"settings": str(office / "settings.yaml")})
    monkeypatch.setitem(sys.modules, "radiusd", fake)
    return fake


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, radiusd: FakeRadiusd) -> Iterator[ModuleType]:
    """Return radtune.server.hook as the server imports it: new, with nothing loaded; detached at the end."""
    assert radiusd is sys.modules["radiusd"]
    monkeypatch.delitem(sys.modules, "radtune.server.hook", raising=False)
    module = import_module("radtune.server.hook")
    # The stores of the tests are synced at NOW, and the server's clock says so too.
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: NOW))
    yield module
    module.detach()


@pytest.fixture
def loaded(hook: ModuleType) -> ModuleType:
    """Return the hook as it is after the server's start."""
    assert hook.instantiate(None) == 2
    return hook


@pytest.fixture
def running(office: Path) -> Iterator[Server]:
    """Return a server that runs with the settings and stores of `office` as they are now, and is well."""
    with serving(office) as made:
        yield made


@pytest.fixture
def run(office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command in this process, with the settings of `office` and as whoever runs the tests."""
    monkeypatch.setattr("radtune_tools.user_and_lock.become_store_owner", lambda _: None)

    def call(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["radtune", "--settings", str(office / "settings.yaml"), *words])
        code = main()
        assert type(code) is int
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which the tools wait and syncs begin; the waits between two tries are the longest."""
    made = Clock()
    made.stand_in(
        monkeypatch,
        "graph.deadline",
        "sync.whole_sync",
        "sync.left_tenants",
        "sync.changes",
        "sync.ethernet",
        "commands.sync",
        "commands.tenant_syncs",
        "user_and_lock",
        "graph.credential",
    )
    monkeypatch.setattr("urllib3.util.retry.time", made)
    monkeypatch.setattr("radtune_tools.graph.deadline.random.uniform", lambda low, high: high)
    return made


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Return a secret's file that is in order."""
    (tmp_path / "coa").write_text("s3cret\n")
    (tmp_path / "coa").chmod(0o600)
    return tmp_path / "coa"


@pytest.fixture
def syncs(tmp_path: Path, clock: Clock) -> Iterator[Syncs]:
    """Return syncs that keep for four hours what is gone."""
    with closing(Syncs(tmp_path, clock, "keep_missing: 4h")) as made:
        yield made


@pytest.fixture
def radtune(settings_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Radtune:
    """Return what runs the command with the settings of the file's own `settings_directory`."""
    return runner(settings_directory, monkeypatch, capsys)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Return what comes over the connections of this test."""
    return Wire(monkeypatch)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Return a directory that every user can look into; pytest keeps its own to itself."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Return what puts another Python script in the place of radclient than the one that stands there."""
    return stand_in(tmp_path, monkeypatch)
