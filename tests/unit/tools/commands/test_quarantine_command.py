"""`radtune quarantine`."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.errors import ExitCode
from radtune.stores.quarantines import change_quarantines
from unit.moving import OLD, Network, held, session
from unit.running import KEY, Run
from unit.samples import MAC, POLICY, device, fill, guid

OPEN = POLICY.replace("match: [intune-compliant]", "match: [{any: [intune-compliant, intune-non-compliant]}]")
LINE = f"LAPTOP-1 ({guid(1)}, serial number SER1) is"


@pytest.mark.parametrize("word", [guid(1), guid(1).upper(), "SER1", "laptop-1", "00-16-CB-AA-BB-01", "OLD-1", guid(53)])
def test_a_device_is_quarantined_by_whatever_names_it(run: Run, two_live: Network, word: str) -> None:
    ran = run("quarantine", word)
    assert (ran.code, ran.err) == (0, "")
    (quarantine,) = held(two_live)
    assert [each.name for each in quarantine.devices] == ["LAPTOP-1", "OLD-1"]
    assert (quarantine.by, quarantine.until, quarantine.reason) == ("alice", 0, "")
    assert abs(quarantine.at - time.time()) < 5
    assert ran.out.splitlines() == [
        f"{LINE} {quarantine}",
        f"{KEY}: vlan 750 -> vlan 1 (rule Quarantine)",
        "a login by its device_id: vlan 750 -> vlan 1 (rule Quarantine)",
        f"{KEY}: vlan 750 -> vlan 1: acknowledged (Disconnect-ACK), not logged in again yet",
        f"{KEY}: vlan 750 -> vlan 1: enforced",
    ]
    assert (two_live.sent, list(two_live.store.moves())) == ([("sw1", [KEY])], [])
    assert {each.device_name: each.granted for each in two_live.store.sessions()} == {
        "LAPTOP-1": "vlan 1",
        "LAPTOP-2": "vlan 750",
    }
    assert two_live.kinds() == [("quarantined", None), ("move_requested", "acknowledged"), ("moved", "enforced")]
    event = next(newest_events(two_live.office / "events.jsonl"))
    assert (event["device"], event["before"], event["outcome"]) == ("LAPTOP-1", "vlan 750", "vlan 1")
    assert str(event["reason"]).startswith("quarantined by alice since ")


def test_for_how_long_and_why(run: Run, two_live: Network, office: Path) -> None:
    ran = run("--json", "quarantine", "LAPTOP-1", "--for", "2h", "--reason", "lost\n on the train")
    (quarantine,) = held(two_live)
    assert (quarantine.until - quarantine.at, quarantine.reason) == (7200, "lost on the train")
    assert ran.json["effects"] == [
        {
            "session": session,
            "login": login,
            "before": "vlan 750",
            "after": "vlan 1",
            "rule": "Quarantine",
            "as_if_compliant": False,
        }
        for session, login in ((KEY, ""), ("", "a login by its device_id"))
    ]
    *_, event = newest_events(office / "events.jsonl")
    assert (event["event"], event["device"], event["device_id"]) == ("quarantined", "LAPTOP-1", guid(1))
    assert (event["by"], event["reason"], event["mac"]) == ("alice", str(quarantine), MAC)
    assert str(quarantine) in run("events", "LAPTOP-1", "--wide").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--for", "soon"), "expected a number and s, m, h or d"),
        (("--for", "0h"), "no time at all"),
        (("--for", "999999999d"), "999999999d: at most 3650d"),
        (("--for", "3651d"), "leave it out for a quarantine until it is released"),
        (("--reason", "x" * 201), "201 characters; it may have 200"),
    ],
)
def test_what_can_t_be_asked_for(run: Run, two_live: Network, words: tuple[str, ...], said: str) -> None:
    ran = run("quarantine", "LAPTOP-1", *words)
    assert (ran.code, said in ran.err, held(two_live)) == (ExitCode.USAGE, True, [])


def test_the_longest_time(run: Run, two_live: Network) -> None:
    assert run("quarantine", "LAPTOP-1", "--for", "3650d").code == 0
    assert [each.until - each.at for each in held(two_live)] == [3650 * 86_400]


def test_what_can_t_be_printed_of_a_reason_is_escaped(run: Run, two_live: Network) -> None:
    """A byte that isn't UTF-8 comes as half a character from the command line."""
    assert run("quarantine", "LAPTOP-1", "--reason", "\udcff lost\x1b[2J").code == 0
    assert [each.reason for each in held(two_live)] == ["\\udcff lost\\x1b[2J"]


@pytest.mark.parametrize("more", [{"until": 10**18}, {"reason": "\udcff"}, {"by": "\udcff"}])
def test_one_that_was_written_otherwise_stops_nobody(run: Run, two_live: Network, more: dict[str, object]) -> None:
    assert run("quarantine", "LAPTOP-1").code == 0
    two_live.login(session(), "vlan 750")
    change_quarantines(two_live.store, lambda all_: (replace(each, **more) for each in all_))  # type: ignore[arg-type]
    assert [row["session"] for row in run("--json", "plan").json["moves"]] == [KEY]
    for words in (("quarantine",), ("explain", "LAPTOP-1"), ("explain", "LAPTOP-2"), ("events",)):
        assert run(*words).code == 0
    assert run("apply", "--wait", "0").code == ExitCode.NOT_ENFORCED
    assert [move.key for move in two_live.store.moves()] == [KEY]
    assert run("release", "LAPTOP-1").code == 0
    assert held(two_live) == []


def test_time_and_reason_want_a_device(run: Run, two_live: Network) -> None:
    assert list(two_live.store.sessions())
    ran = run("quarantine", "--for", "2h")
    assert (ran.code, "which device?" in ran.err) == (ExitCode.USAGE, True)


def test_a_name_of_several_devices_is_refused(run: Run, two_live: Network) -> None:
    ran = run("quarantine", "TWIN")
    assert (ran.code, held(two_live)) == (ExitCode.USAGE, [])
    assert ran.err.splitlines() == [
        "radtune: TWIN names several devices; name one by its id:",
        f"radtune:   TWIN ({guid(4)}, serial number SER4)",
        f"radtune:   TWIN ({guid(5)}, serial number SER5)",
    ]


def test_what_intune_does_not_know_is_refused(run: Run, two_live: Network) -> None:
    ran = run("quarantine", "00:16:cb:aa:bb:99")
    assert (ran.code, held(two_live)) == (ExitCode.USAGE, [])
    assert "no device in the store has this" in ran.err
    assert "A rule can deny a client" in ran.err


def test_a_second_quarantine_takes_the_place_of_the_first(run: Run, two_live: Network) -> None:
    run("quarantine", "LAPTOP-1")
    run("quarantine", "LAPTOP-2")
    ran = run("quarantine", "OLD-1", "--reason", "found")
    assert f"{KEY}: vlan 1 -> vlan 1 (rule Quarantine)" in ran.out
    assert [keys for _, keys in two_live.sent] == [[KEY], [session(2).key]]
    assert {each.device.name: each.reason for each in held(two_live)} == {"LAPTOP-1": "found", "LAPTOP-2": ""}
    assert len(held(two_live)) == 2


def test_a_policy_that_does_not_ask_for_compliance_is_warned_of(run: Run, two_live: Network, office: Path) -> None:
    (office / "policy.yaml").write_text(OPEN)
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, len(held(two_live))) == (ExitCode.NOT_ENFORCED, 1)
    assert ran.err.splitlines()[0] == (
        f"radtune: {KEY}: LAPTOP-1 gets vlan 750 by rule Corp Compliant, as if it were compliant: "
        f"{office}/policy.yaml doesn't ask for mdm_compliance there"
    )
    assert "have to move" not in ran.out


@pytest.mark.parametrize("compliance", ["noncompliant", "error"])
def test_a_device_that_is_no_better_off_anyway_is_nothing_to_warn_of(
    run: Run, two_live: Network, office: Path, compliance: str
) -> None:
    fill(office / "store/devices", [device(1, compliance=compliance)], time.time())
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, ran.err, len(held(two_live))) == (0, "", 1)
    after = {"noncompliant": "vlan 1 (rule Quarantine)", "error": "deny (rule default)"}[compliance]
    assert f"{KEY}: vlan 750 -> {after}" in ran.out


def test_it_holds_though_the_policy_s_file_is_broken(run: Run, two_live: Network, office: Path) -> None:
    (office / "policy.yaml").write_text("rules: [")
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, len(held(two_live))) == (ExitCode.CONFIGURATION, 1)
    assert ran.out.startswith(LINE)


def test_an_event_that_can_t_be_written_is_told(run: Run, two_live: Network, office: Path) -> None:
    (office / "events.jsonl").mkdir()
    ran = run("quarantine", "LAPTOP-1")
    assert (ran.code, len(held(two_live))) == (0, 1)
    assert "an event is lost" in ran.err


def test_the_list(run: Run, two_live: Network) -> None:
    assert list(two_live.store.sessions())
    assert run("quarantine").out == "no device is quarantined\n"
    run("quarantine", "LAPTOP-2", "--reason", "lost")
    run("quarantine", "LAPTOP-1", "--for", "1h")
    assert [row["device"] for row in run("--json", "quarantine").json] == ["LAPTOP-2", "LAPTOP-1"]
    quarantine = next(each for each in held(two_live) if each.until)
    before = replace(quarantine, at=1, until=2)
    change_quarantines(two_live.store, lambda all_: (before if each == quarantine else each for each in all_))
    (row,) = run("--json", "quarantine").json
    assert (row["device"], row["by"], row["until"], row["reason"]) == ("LAPTOP-2", "alice", "", "lost")
    assert len(held(two_live)) == 2
    run("apply", "--wait", "0")
    assert [each.device.name for each in held(two_live)] == ["LAPTOP-2"], "apply sweeps what is over"


def test_every_judge_of_the_tools_sees_it(run: Run, two_live: Network, office: Path) -> None:
    run("quarantine", "LAPTOP-1")
    two_live.login(session(), "vlan 750")
    assert [row["session"] for row in run("--json", "plan").json["moves"]] == [KEY]
    explained = run("--json", "explain", "LAPTOP-1").json
    assert (explained["compliance"], explained["outcome"]) == ("noncompliant", "vlan 1")
    (office / "new.yaml").write_text(POLICY.replace("{vlan: 1}", "{vlan: 99}"))
    difference = run("--json", "policy", "diff", str(office / "new.yaml")).json
    assert [row["session"] for row in difference["sessions"]] == [KEY]
    assert [(row["from"], row["to"], row["devices"]) for row in difference["devices"]] == [("vlan 1", "vlan 99", 2)]
    assert run("apply", "--wait", "0").code == ExitCode.NOT_ENFORCED
    assert [(move.key, move.after) for move in two_live.store.moves()] == [(KEY, "vlan 1")]


def test_who_was_quarantined_together_stays_so(run: Run, two_live: Network, office: Path) -> None:
    run("quarantine", "LAPTOP-1")
    fill(office / "store/devices", [device(1), replace(OLD, serial="", entra_id="")], time.time())
    run("quarantine", "LAPTOP-1", "--for", "2h")
    (quarantine,) = held(two_live)
    assert [each.name for each in quarantine.devices] == ["LAPTOP-1", "OLD-1"]
