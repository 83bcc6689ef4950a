"""Whether the application can do what radtune wants, with words in the place of Microsoft."""

import time
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from radtune.config.tenants import Tenant
from radtune.errors import NotPermittedError, TemporaryError
from radtune_tools.graph.signin import READ_DEVICES, READ_ENTRA_DEVICES
from radtune_tools.link import proof
from radtune_tools.link.proof import Proof, prove, prove_patiently, unneeded
from unit.linking import tenant
from unit.samples import guid

READ_WRITE = "DeviceManagementManagedDevices.ReadWrite.All"
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
"""What Graph's clock says."""


class Microsoft:
    """What sign-in and Graph say."""

    roles: frozenset[str] | None = frozenset({READ_DEVICES})
    devices: Sequence[dict[str, str]] = ({"id": guid(1), "deviceName": "LAPTOP-1"},)
    enrolled: int | None = 30
    overview: Exception | None = None
    signin: Exception | None = None
    page_size = 0


@pytest.fixture
def microsoft(monkeypatch: pytest.MonkeyPatch) -> Microsoft:
    microsoft = Microsoft()

    class SignIn:
        def __init__(self, *_: object) -> None:
            pass

        def token(self) -> str:
            if microsoft.signin:
                raise microsoft.signin
            return "token"

        def roles(self) -> frozenset[str] | None:
            return microsoft.roles

    class Graph:
        date = DATE

        def __init__(self, tenant: Tenant, *_: object) -> None:
            microsoft.page_size = tenant.page_size

        def managed_devices(self, _: Sequence[str]) -> Iterator[dict[str, str]]:
            yield from microsoft.devices

        def count(self) -> int | None:
            if microsoft.overview:
                raise microsoft.overview
            return microsoft.enrolled

    monkeypatch.setattr(proof, "SignIn", SignIn)
    monkeypatch.setattr(proof, "Graph", Graph)
    return microsoft


def test_all_is_well(microsoft: Microsoft) -> None:
    assert prove(tenant()) == Proof((READ_DEVICES,), "LAPTOP-1", 30, DATE)
    assert microsoft.page_size == 1


def test_a_token_that_does_not_say_and_a_tenant_without_devices(microsoft: Microsoft) -> None:
    microsoft.roles, microsoft.devices, microsoft.overview = None, (), TemporaryError("429")
    assert prove(tenant()) == Proof(None, "", None, DATE)


def test_a_device_without_a_name(microsoft: Microsoft) -> None:
    microsoft.devices = ({"id": guid(1), "deviceName": ""},)
    assert prove(tenant()).device == guid(1)


@pytest.mark.parametrize(
    ("roles", "entra_changes", "missing", "has"),
    [
        (set(), False, READ_DEVICES, "none at all"),
        (set(), True, f"{READ_DEVICES} and {READ_ENTRA_DEVICES}", "none at all"),
        ({READ_DEVICES}, True, READ_ENTRA_DEVICES, READ_DEVICES),
        ({"User.Read.All"}, False, READ_DEVICES, "User.Read.All"),
    ],
)
def test_a_permission_that_is_missing_is_named(
    microsoft: Microsoft, roles: set[str], entra_changes: bool, missing: str, has: str
) -> None:
    microsoft.roles = frozenset(roles)
    with pytest.raises(NotPermittedError, match=f"without the permission {missing}: .* it has {has}$"):
        prove(tenant(entra_changes=entra_changes))


def test_more_than_is_needed_does_and_is_named(microsoft: Microsoft) -> None:
    microsoft.roles = frozenset({READ_WRITE, "Directory.Read.All"})
    seen = prove(tenant(entra_changes=True))
    assert unneeded(tenant(entra_changes=True), seen) == [READ_WRITE, "Directory.Read.All"]
    assert unneeded(tenant(), Proof(None, "", None)) == []


def test_a_new_consent_is_waited_for(microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            microsoft.signin = None

    clock = SimpleNamespace(monotonic=lambda: now + sum(slept), sleep=sleep)
    monkeypatch.setattr(proof, "time", clock)
    microsoft.signin = NotPermittedError("AADSTS700016")
    said: list[str] = []
    assert prove_patiently(tenant(), 90.0, said.append).device == "LAPTOP-1"
    assert slept == [proof.AGAIN_SECONDS] * 3
    assert [line for line in said if "AADSTS700016" in line] == ["not yet: AADSTS700016"]

    slept[:] = [0.0] * 10
    microsoft.signin = NotPermittedError("AADSTS700016")
    with pytest.raises(NotPermittedError):
        prove_patiently(tenant(), 20.0, said.append)
    assert sum(slept) <= 20.0


@pytest.mark.parametrize("error", [NotPermittedError("no"), TemporaryError("later")])
def test_without_a_new_consent_nothing_is_waited_for(microsoft: Microsoft, error: Exception) -> None:
    microsoft.signin = error
    with pytest.raises(type(error)):
        prove_patiently(tenant(), 0.0, lambda _: None)
