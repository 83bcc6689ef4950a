"""Which rule decides how many logins, and which one never does."""

import time
from datetime import UTC, datetime
from pathlib import Path

from radtune.server.client_events import append_event
from unit.running import Run
from unit.samples import NOW


def login(office: Path, kind: str, rule: str) -> None:
    append_event(office / "events.jsonl", NOW, kind, rule=rule, compliance="compliant")  # type: ignore[arg-type]


def test_each_rule_of_the_policy_in_its_order(run: Run, office: Path) -> None:
    login(office, "login_denied", "default")
    login(office, "login_allowed", "Corp Compliant")
    login(office, "login_allowed", "Corp Compliant")
    login(office, "login_allowed", "of a policy before")
    at = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert run("--json", "policy", "hits").json == [
        {"rule": "Corp Compliant", "hits": 2, "last": at, "since": at},
        {"rule": "Quarantine", "hits": 0, "last": "", "since": at},
        {"rule": "on_failure", "hits": 0, "last": "", "since": at},
        {"rule": "default", "hits": 1, "last": at, "since": at},
    ]


def test_a_list_for_people(run: Run, office: Path) -> None:
    assert time.time() > NOW
    login(office, "login_allowed", "Corp Compliant")
    ran = run("policy", "hits")
    assert (ran.code, ran.err) == (0, "")
    head, first, second, *_ = [line.split() for line in ran.out.splitlines()]
    assert (head, first[:3], second[:2]) == (
        ["rule", "hits", "last", "since"],
        ["Corp", "Compliant", "1"],
        ["Quarantine", "0"],
    )


def test_what_can_t_be_counted_is_told_of_and_the_hits_of_before_are_shown(run: Run, office: Path) -> None:
    log = office / "events.jsonl"
    login(office, "login_allowed", "Corp Compliant")
    run("policy", "hits")
    log.unlink()
    log.mkdir()
    ran = run("--json", "policy", "hits")
    assert ran.err == f"radtune: nothing new is counted: {log}: Is a directory\n"
    assert (ran.code, ran.json[0]["hits"]) == (0, 1)


def test_nothing_that_was_ever_counted_is_no_0(run: Run, office: Path) -> None:
    (office / "events.jsonl").mkdir()
    ran = run("policy", "hits")
    assert (ran.code, ran.out) == (78, "")
    assert ran.err == f"radtune: nothing new is counted: {office}/events.jsonl: Is a directory\n"
