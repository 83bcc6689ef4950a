"""Logins and accounting of one MAC on the ports of a NAS, and what sessions they leave."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NOW, Pairs

NAS: Pairs = [("NAS-IP-Address", "192.0.2.1")]
WIRELESS = ("NAS-Port-Type", "Wireless-802.11")
Pair = tuple[str, str]


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", print)) as made:
        yield made


@pytest.fixture
def live(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, str]]]:
    """Return what tells the Acct-Session-Ids of the live sessions by their keys, an hour after `NOW`."""
    monkeypatch.setattr("radtune.stores.sessions.time.time", lambda: NOW + 3600)
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        yield lambda: {each.key: each.facts.acct_session_id for each in store.sessions()}


def login(instance: ModuleInstance, at: float, *more: Pair, nas: Pairs = NAS, mac: str = MAC) -> str:
    request = [("User-Name", mac), ("User-Password", mac), ("Calling-Station-Id", mac), *nas, *more]
    return instance.answer("login", None, request, [("Auth-Type", "Accept")], now=NOW + at).verdict


def account(instance: ModuleInstance, status: str, at: float, *more: Pair, nas: Pairs = NAS) -> bool:
    return instance.account([("Acct-Status-Type", status), *nas, *more], NOW + at)


def port(number: object) -> Pair:
    return "NAS-Port", str(number)


def port_id(name: str) -> Pair:
    return "NAS-Port-Id", name


def session_id(text: str) -> Pair:
    return "Acct-Session-Id", text


CALLER: Pair = ("Calling-Station-Id", MAC)
KEY = f"192.0.2.1/{MAC}"
