"""What was last known of a client, while the device store can't be read."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from radtune.records.device_and_client import Certificate, Facts
from radtune.records.session_key import client_key
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NOW, POLICY, RANDOM_MAC, Pairs, device, fill, guid, mab_request, publish, tls_request

HOUR = 3600.0
LAST_KNOWN = f"{POLICY}on_failure:\n  unavailable: {{last_known: 8h, otherwise: deny}}\n"
CERTIFICATE = tls_request(("Subject-Alt-Name-Dns", guid(1)), ("Issuer", "/CN=CA"), mac=RANDOM_MAC)


@pytest.fixture
def instance(office: Path, logged: list[str]) -> Iterator[ModuleInstance]:
    (office / "policy.yaml").write_text(LAST_KNOWN)
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as made:
        yield made


@pytest.fixture
def logged() -> list[str]:
    return []


Login = Callable[[Pairs, float], str]


@pytest.fixture
def login(instance: ModuleInstance) -> Login:
    """Return what tells the VLAN, or the verdict, that a login gets so many seconds after NOW."""

    def answer(request: Pairs, after: float) -> str:
        config = [("Auth-Type", "Accept")] if "EAP-Type" not in dict(request) else []
        given = instance.answer("login", None, request, config, now=NOW + after)
        return dict(given.reply).get("Tunnel-Private-Group-Id:0", given.verdict)

    return answer


@pytest.mark.parametrize("request_", [CERTIFICATE, mab_request()])
def test_a_client_keeps_what_it_had_for_the_stated_time(login: Login, office: Path, request_: Pairs) -> None:
    assert login(request_, 0) == "750"
    rmtree(office / "store/devices")
    assert login(request_, 8 * HOUR) == "750"
    assert login(request_, 8 * HOUR + 1) == "deny"


def test_a_login_during_the_failure_does_not_make_it_last(login: Login, office: Path) -> None:
    login(CERTIFICATE, 0)
    rmtree(office / "store/devices")
    assert login(CERTIFICATE, 7 * HOUR) == "750"
    assert login(CERTIFICATE, 9 * HOUR) == "deny"


def test_a_client_that_was_never_seen_gets_what_else_is_said(login: Login, office: Path) -> None:
    rmtree(office / "store/devices")
    assert login(CERTIFICATE, 0) == "deny"


def test_a_mac_does_not_inherit_what_a_certificate_had(login: Login, office: Path) -> None:
    login(tls_request(("Subject-Alt-Name-Dns", guid(1)), mac=MAC), 0)
    rmtree(office / "store/devices")
    assert login(mab_request(MAC), 1) == "deny"


def test_what_the_last_login_said_is_known_though_it_was_refused(login: Login, office: Path) -> None:
    login(CERTIFICATE, 0)
    fill(office / "store/devices", [device(1, compliance="error")], NOW)
    assert login(CERTIFICATE, 1) == "deny"
    rmtree(office / "store/devices")
    assert login(CERTIFICATE, 2) == "deny"


def test_a_client_that_left_intune_is_forgotten(login: Login, office: Path, instance: ModuleInstance) -> None:
    login(CERTIFICATE, 0)
    publish(instance._devices, (), [device(1)])
    assert login(CERTIFICATE, 1) == "deny"
    rmtree(office / "store/devices")
    assert login(CERTIFICATE, 2) == "deny"


def test_nothing_is_written_where_the_policy_does_not_ask_for_it(office: Path, logged: list[str]) -> None:
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        instance.answer("login", None, CERTIFICATE, None, now=NOW)
    with closing(SessionStore(office / "store/sessions", create=False, timeout=1.0)) as sessions:
        assert list(sessions.keys("known/")) == []


def test_what_is_old_is_forgotten(login: Login, office: Path) -> None:
    login(CERTIFICATE, 0)
    with closing(SessionStore(office / "store/sessions", create=False, timeout=1.0)) as sessions:
        assert sessions.forget_known(NOW) == 0
        assert sessions.forget_known(NOW + 1) == 1
        assert list(sessions.keys("known/")) == []


def test_a_damaged_row_is_told_of_and_changes_nothing(login: Login, office: Path, logged: list[str]) -> None:
    login(CERTIFICATE, 0)
    with closing(SessionStore(office / "store/sessions", create=False, timeout=1.0)) as sessions:
        (key,) = sessions.keys("known/")
        sessions.write(key, "[1, 2]")
    rmtree(office / "store/devices")
    assert login(CERTIFICATE, 1) == "deny"
    assert "known/" in logged[-1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Facts(mac=MAC), Facts(mac=MAC), True),
        (Facts(mac=MAC, auth_type="mab"), Facts(mac=MAC, auth_type="pap"), False),
        (Facts(mac=MAC, user_name="a"), Facts(mac=MAC, user_name="b"), False),
        (Facts(mac=MAC, user_verified=True), Facts(mac=MAC), False),
        (Facts(certificate=Certificate(issuer="/CN=A", serial="1")), Facts(mac=MAC), False),
        (
            Facts(mac=MAC, certificate=Certificate(issuer="/CN=A", serial="1")),
            Facts(mac=RANDOM_MAC, user_name="x", certificate=Certificate(issuer="/CN=A", serial="1")),
            True,
        ),
        (
            Facts(certificate=Certificate(issuer="/CN=A", serial="1")),
            Facts(certificate=Certificate(issuer="/CN=B", serial="1")),
            False,
        ),
    ],
)
def test_one_client_with_one_credential(one: Facts, other: Facts, same: bool) -> None:
    assert (client_key(one) == client_key(other)) is same
