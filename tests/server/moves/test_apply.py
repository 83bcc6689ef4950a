"""Plan and apply against a NAS that answers as it is told."""

from collections.abc import Iterator

import pytest

from parts.coa_server import CoaServer
from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.process import wait_for
from parts.raddb import server_directory
from parts.radius_client import mac_login

SECRET = "the NAS's secret"


@pytest.fixture
def office() -> Iterator[Office]:
    """An office with seven live sessions by MAC, all compliant, and no NAS in its settings."""
    with server_directory() as directory, Office(directory, [device(number) for number in range(1, 8)]) as office:
        for number in range(1, 8):
            log_in(office, number)
        office.secret_file("coa-secret", SECRET)
        yield office


def log_in(office: Office, number: int) -> str:
    reply = office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", NAS_ADDRESS)))
    return reply.vlan


def turn(office: Office, state: str, *numbers: int) -> None:
    for number in numbers:
        office.intune.patch(device(number)["id"], complianceState=state)
    office.radtune("sync", "--accept-lost-compliance", str(len(numbers)), expect=0)


def use(office: Office, port: int, profile: str = "rfc5176", **settings: object) -> None:
    nas = {"name": "nas", "nas": [NAS_ADDRESS], "port": port, "secret_file": "coa-secret", "profile": profile}
    office.write_settings(nas=[nas], **settings)


def nas(office: Office, error_cause: str = "", profile: str = "rfc5176", **settings: object) -> CoaServer:
    place = office.directory / "nas"
    place.mkdir()
    server = CoaServer(place, SECRET, error_cause)
    use(office, server.port, profile, **settings)
    return server


def mac_key(number: int) -> str:
    return mac_of(number).translate({ord("-"): None, ord(":"): None}).lower()


def restart(office: Office) -> None:
    """Restart the server, and let a stranger be refused by it."""
    assert office.server.stop() == 0
    office.server.start()
    log_in(office, 99)


def test_plan_sends_nothing_and_apply_sends_one_packet_each(office: Office) -> None:
    with nas(office) as server:
        office.radtune("plan", "--check", expect=0)
        turn(office, "noncompliant", 1, 2)
        planned = office.ask("plan")["moves"]
        assert [(row["device"], row["from"], row["to"]) for row in planned] == [
            ("LAPTOP-1", "vlan 750", "vlan 1"),
            ("LAPTOP-2", "vlan 750", "vlan 1"),
        ]
        assert SECRET not in str(planned)
        office.radtune("plan", "--check", expect=1)
        assert "Received Disconnect-Request" not in server.log
        done = office.radtune("apply", "--wait", "0", expect=4)
        assert done.stderr.count("acknowledged (Disconnect-ACK), not logged in again yet") == 2
        assert server.log.count("Received Disconnect-Request") == 2
        for attribute in ("Calling-Station-Id", "NAS-IP-Address", "Event-Timestamp", "Message-Authenticator"):
            assert attribute in server.log
        office.radtune("apply", "--wait", "0", expect=4)
        assert server.log.count("Received Disconnect-Request") == 2, "asked again while the device may be logging in"
        assert (log_in(office, 1), log_in(office, 2)) == ("1", "1")
        assert office.radtune("apply", "--wait", "0", expect=0).stdout.count("enforced") == 2
        office.radtune("plan", "--check", expect=0)


@pytest.mark.parametrize("cause", ["Administratively-Prohibited", "Unsupported-Extension", "Missing-Attribute"])
def test_a_nak_is_not_enforced(office: Office, cause: str) -> None:
    with nas(office, cause) as server:
        turn(office, "noncompliant", 1)
        done = office.radtune("apply", expect=4)
        said = f"{NAS_ADDRESS}/{mac_key(1)}: vlan 750 -> vlan 1: not enforced (Disconnect-NAK: {cause} ("
        assert said in done.stderr
        assert len(office.ask("plan")["moves"]) == 1
        assert said in office.radtune("status", expect=1).stderr
        assert server.log.count("Received Disconnect-Request") == 1, "it will say the same again"
        office.radtune("apply", expect=4)
        assert server.log.count("Received Disconnect-Request") == 1, "a person has to say so"
        office.radtune("apply", "--retry", expect=4)
        assert server.log.count("Received Disconnect-Request") == 2


def test_a_nas_that_is_too_busy_is_asked_again(office: Office) -> None:
    with nas(office, "Resources-Unavailable", moves={"retry": "1s", "attempts": 3}) as server:
        turn(office, "noncompliant", 1)
        done = office.radtune("apply", expect=4)
        assert server.log.count("Received Disconnect-Request") == 3
        assert "the NAS is too busy; try again later); sent 3 times, last by disconnect)" in done.stderr


def test_each_method_of_the_profile_has_its_turn(office: Office) -> None:
    with nas(office, "Unsupported-Extension", profile="cisco") as server:
        turn(office, "noncompliant", 1)
        done = office.radtune("apply", expect=4)
        kinds = [line.split()[2] for line in server.log.splitlines() if ") Received " in line]
        assert kinds == ["CoA-Request", "Disconnect-Request", "CoA-Request"]
        commands = [
            each for each in ("reauthenticate", "bounce-host-port") if f"subscriber:command={each}" in server.log
        ]
        assert (len(commands), "last by bounce" in done.stderr) == (2, True)


def test_a_coa_that_is_lost_is_sent_again_by_the_same_run(office: Office) -> None:
    place = office.directory / "nas"
    place.mkdir()
    server = CoaServer(place, SECRET)
    use(office, server.port, moves={"retry": "1s"})
    turn(office, "noncompliant", 1)
    with office.start("apply", "--wait", "60") as running:
        wait_for(lambda: any(event.get("state") == "unanswered" for event in office.events()), "the first try", 30)
        with server:
            wait_for(lambda: "Sent Disconnect-ACK" in server.log, "the second try", 30)
            assert log_in(office, 1) == "1"
            assert running.wait() == 0
    states = [(event["event"], event["state"]) for event in office.events() if event["event"] != "login_allowed"]
    assert states == [("move_requested", "unanswered"), ("move_requested", "acknowledged"), ("moved", "enforced")]


def test_recovery_moves_back_but_not_at_once(office: Office) -> None:
    with nas(office) as server:
        turn(office, "noncompliant", 1)
        office.radtune("apply", "--wait", "0", expect=4)
        assert log_in(office, 1) == "1"
        turn(office, "compliant", 1)
        held = office.radtune("apply", expect=0).stdout
        assert "vlan 1 -> vlan 750" in held and "moves.hold_down is 600 seconds" in held
        assert server.log.count("Received Disconnect-Request") == 1
        (row,) = office.ask("plan")["held"]
        assert (row["from"], row["to"]) == ("vlan 1", "vlan 750")
        use(office, server.port, moves={"hold_down": "0s"})
        office.radtune("apply", "--wait", "0", expect=4)
        assert log_in(office, 1) == "750"
        assert "enforced" in office.radtune("apply", expect=0).stdout


def test_nobody_is_moved_in_a_window(office: Office) -> None:
    always = {"days": "mon-sun", "timezone": "UTC"}
    with nas(office, moves={"windows": [{"name": "upgrades", "time": always, "moves": "none"}]}) as server:
        turn(office, "noncompliant", 1)
        assert "the window upgrades of moves.windows is open" in office.radtune("apply", expect=0).stdout
        assert [row["held"] for row in office.ask("plan")["held"]] == ["the window upgrades of moves.windows is open"]
        assert "Received Disconnect-Request" not in server.log


def test_no_answer(office: Office) -> None:
    use(office, 9)
    turn(office, "noncompliant", 1)
    done = office.radtune("apply", "--wait", "0", expect=4)
    assert "no answer from 127.0.0.1 port 9: wrong address, port or secret, or the NAS is down" in done.stderr


def test_a_nas_that_settings_do_not_know(office: Office) -> None:
    turn(office, "noncompliant", 1)
    assert "no entry under nas" in office.radtune("plan", "--wide", expect=0).stdout
    done = office.radtune("apply", expect=4)
    assert f"no entry under nas in {office.settings_file} or settings.d names {NAS_ADDRESS}" in done.stderr


def test_nobody_is_moved_while_no_server_runs(office: Office) -> None:
    with nas(office) as server:
        assert office.server.stop() == 0
        turn(office, "noncompliant", 1)
        why = "no freeradius runs with radtune and this store, so whoever is moved could not log in again"
        assert f"apply would refuse: {why}" in office.radtune("plan", expect=0).stderr
        for words in (["apply"], ["coa", "LAPTOP-2"], ["quarantine", "LAPTOP-3"]):
            assert f"{why}; run: systemctl restart freeradius" in office.radtune(*words, expect=3).stderr
        assert [row["device"] for row in office.ask("quarantine")] == ["LAPTOP-3"]
        assert "Received Disconnect-Request" not in server.log
        office.radtune("coa", "--anyway", "LAPTOP-2", expect=0)
        office.server.start()
        assert log_in(office, 3) == "1"
        office.radtune("apply", "--wait", "0", expect=4)
        wait_for(lambda: server.log.count("Received Disconnect-Request") == 2, "the packets of two clients")


def test_limits(office: Office) -> None:
    with nas(office) as server:
        turn(office, "noncompliant", *range(1, 7))
        assert "apply would refuse: 6 of 7 sessions would move (85.7%)" in office.radtune("plan", expect=0).stderr
        refused = office.radtune("apply", expect=3)
        assert "(85.7%), more than 5 and than 10%; `radtune plan` shows them; --accept-moves 6 lets" in refused.stderr
        office.radtune("apply", "--accept-moves", "7", expect=3)
        assert "Received Disconnect-Request" not in server.log
        office.radtune("apply", "--accept-moves", "6", "--wait", "0", expect=4)
        assert server.log.count("Received Disconnect-Request") == 6


def test_a_flip_back_before_it_was_sent_moves_nobody(office: Office) -> None:
    turn(office, "noncompliant", 1)
    office.radtune("apply", expect=4)
    turn(office, "compliant", 1)
    assert "nothing to move: 7 sessions" in office.radtune("apply", expect=0).stdout
    assert office.ask("sessions", "LAPTOP-1")[0]["move"] == ""


def test_a_changed_policy_moves_by_the_same_way(office: Office) -> None:
    with nas(office) as server:
        office.write_settings(
            nas=[{"name": "nas", "nas": [NAS_ADDRESS], "port": server.port, "secret_file": "coa-secret"}],
            limits={"sessions_moved": 10},
        )
        office.policy_file.write_text(office.policy_file.read_text().replace("vlan: 750", "vlan: 751"))
        assert {row["to"] for row in office.ask("plan")["moves"]} == {"vlan 751"}
        assert office.server.check().returncode == 0, "which is no restart"
        refused = office.radtune("apply", expect=3)
        assert (
            "the server still judges by another policy" in refused.stderr and "at its next requests" in refused.stderr
        )
        assert "Received Disconnect-Request" not in server.log
        restart(office)
        office.radtune("apply", "--wait", "0", expect=4)
        assert server.log.count("Received Disconnect-Request") == 7


def test_a_stale_store_moves_nobody(office: Office) -> None:
    with nas(office) as server:
        office.policy_file.write_text(office.policy_file.read_text() + "stale_after: 1s\n")
        restart(office)
        wait_for(lambda: bool(office.ask("plan")["moves"]), "a stale store")
        refused = office.radtune("apply", expect=3)
        assert "radtune can't judge now" in refused.stderr and "the store is stale" in refused.stderr
        assert "Received Disconnect-Request" not in server.log
        assert len(office.ask("sessions")) == 7
