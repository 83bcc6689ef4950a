"""MAB by other methods than PAP, and what the judge writes down of refusals by others."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.server.instance import ModuleInstance
from unit.samples import MAC, NOW, Pairs, mab_request


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as made:
        yield made


EAP = [("EAP-Message", "0x02"), ("EAP-Type", "MD5")]


@pytest.mark.parametrize(
    ("pairs", "auth_type"),
    [
        ([("Radtune-Inner-Type", "CHAP with MAC")], "mab"),
        ([*EAP, ("Radtune-Inner-Type", "EAP-MD5 with MAC")], "mab"),
        ([*EAP, ("Radtune-Inner-Type", "EAP-MD5")], "eap-md5"),
        (EAP, "eap-md5"),
    ],
)
def test_mab_in_another_method_is_what_the_policy_says_it_is(
    instance: ModuleInstance, office: Path, pairs: Pairs, auth_type: str
) -> None:
    instance.answer("login", None, [*mab_request(), *(pairs or ())], [("Auth-Type", "eap")], now=NOW)
    (event,) = newest_events(office / "events.jsonl")
    assert event["auth_type"] == auth_type


def test_mab_in_a_tunnel_needs_the_client_s_own_mac(instance: ModuleInstance, office: Path) -> None:
    for name in (MAC, "0016cb0000ee"):
        state = [("Radtune-Inner-User-Name", name), ("Radtune-Inner-Type", "EAP-MSCHAPv2 with MAC")]
        request = [("EAP-Type", "PEAP"), ("User-Name", MAC), ("Calling-Station-Id", MAC)]
        instance.answer("login", state, request, [("Auth-Type", "eap")], now=NOW)
    assert [event["auth_type"] for event in newest_events(office / "events.jsonl")] == ["peap", "mab"]


REASONS = [("Module-Failure-Message", text) for text in ("no such user", "no such user", "it failed", "it did")]


@pytest.mark.parametrize(
    ("state", "config", "user", "reason"),
    [
        ([], [], "bob", "no such user; it failed"),
        ([REASONS[2], ("Radtune-Claimed-User-Name", "eve")], [], "eve", "it failed"),
    ],
)
def test_what_others_refuse_is_an_event(
    instance: ModuleInstance, office: Path, state: Pairs, config: Pairs, user: str, reason: str
) -> None:
    instance.refused(state, [("User-Name", "bob"), ("Calling-Station-Id", MAC), *REASONS], config, now=NOW)
    (event,) = newest_events(office / "events.jsonl")
    assert (event["event"], event["user"], event["mac"], event["reason"]) == ("login_denied", user, MAC, reason)
    assert (event["rule"], event["compliance"], event["outcome"], event["device"]) == ("", "", "deny", "")
    assert event["denied_by"] == "server"


def test_what_policy_d_refuses_is_refused_by_radtune(instance: ModuleInstance, office: Path) -> None:
    instance.refused([("Module-Failure-Message", "radtune: a tunnel inside of a tunnel is refused")], [], [], now=NOW)
    (event,) = newest_events(office / "events.jsonl")
    assert (event["denied_by"], event["rule"]) == ("radtune", "")


def test_the_events_of_logins_name_the_site_of_the_nas(office: Path) -> None:
    with (office / "settings.yaml").open("a") as settings:
        settings.write("sites: [{name: berlin, nas: [192.0.2.0/24]}]\n")
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as instance:
        instance.answer("login", None, mab_request(), [("Auth-Type", "Accept")], now=NOW)
        instance.refused(None, mab_request(), None, now=NOW)
    assert [event["site"] for event in newest_events(office / "events.jsonl")] == ["berlin", "berlin"]


@pytest.mark.parametrize(
    ("auth_type", "reason"),
    [("Reject", "Auth-Type is Reject"), ("eap", "the server gives no reason; freeradius -X shows more")],
)
def test_a_refusal_without_a_reason(instance: ModuleInstance, office: Path, auth_type: str, reason: str) -> None:
    instance.refused(None, [("User-Name", "bob")], [("Auth-Type", auth_type)], now=NOW)
    assert next(iter(newest_events(office / "events.jsonl")))["reason"] == reason


def test_a_request_that_was_written_down(instance: ModuleInstance, office: Path) -> None:
    lines = ("User-Name:42fc00", f"Calling-Station-Id:{MAC.encode().hex()}", "NAS-Port=7", "X:ab4", "odd")
    instance.refused(None, None, [("Radtune-Written", line) for line in lines], now=NOW)
    (event,) = newest_events(office / "events.jsonl")
    assert (event["user"], event["mac"], event["nas_port"]) == ("B\\xfc\\x00", MAC, "7")
