"""The policy in force, while its file is edited."""

import hashlib
import os
from pathlib import Path

import pytest

from radtune.config import policy_watch
from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.policy_watch import LOOK_SECONDS, SHOUT_SECONDS, PolicyRead, PolicyWatch
from radtune.config.yaml_file import signature
from unit.samples import POLICY
from unit.watched import BAD, OTHER, Server, server

__all__ = ["server"]


def test_a_replaced_policy_is_in_force_at_the_first_look_after_it_has_settled(server: Server) -> None:
    before = server.watch.state
    server.write(OTHER)
    assert server.after(LOOK_SECONDS / 2) == "750"
    assert server.after(LOOK_SECONDS / 2) == "760"
    assert "changed and read again" in server.logged[-1]
    assert server.watch.state.fingerprint != before.fingerprint
    assert server.watch.state.since == server.now


def test_a_file_that_was_replaced_while_the_server_started_is_noticed(tmp_path: Path) -> None:
    file, context = tmp_path / "policy.yaml", PolicyContext()
    file.write_text(POLICY)
    policy = read_policy(file, context)
    file.write_text(OTHER)
    server = Server(file, PolicyWatch(file, policy, context, print, print, print), [], [])
    assert server.settle() == "760"


def test_a_file_that_is_the_same_is_not_read_again(server: Server) -> None:
    for _ in range(100):
        server.after(LOOK_SECONDS)
    assert server.reads == []
    assert server.logged == []


def test_files_are_looked_at_at_a_bounded_rate(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def counted(file: Path) -> tuple[int, ...]:
        looks.append(server.now)
        return signature(file)

    monkeypatch.setattr(policy_watch, "signature", counted)
    for _ in range(1000):
        server.after(LOOK_SECONDS / 100)
    assert len(looks) <= 11


def test_a_file_that_is_still_being_written_is_not_read(server: Server) -> None:
    half = OTHER[: OTHER.index("  - name: Quarantine")] + "default: deny\n"
    for end in range(1, 20):
        server.touch(server.file, half[: len(half) - 20 + end])
        assert server.after(LOOK_SECONDS / 2) == "750"
    server.touch(server.file, OTHER)
    assert server.settle() == "760"
    assert len(server.watch.policy(server.now).rules) == 2


def test_a_file_that_changes_while_it_is_read_counts_for_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(file: Path, context: PolicyContext) -> object:
        policy = read_policy(file, context)
        server.write(POLICY + "# more\n")
        return policy

    monkeypatch.setattr(policy_watch, "read_policy", torn)
    server.write(OTHER)
    assert server.settle() == "750"


@pytest.mark.parametrize("text", [BAD, "", "rules: [", POLICY.replace("750", "75\x00")])
def test_a_bad_policy_leaves_the_last_good_one_in_force(server: Server, text: str) -> None:
    server.write(text)
    assert server.settle() == "750"
    assert "can't be used" in server.logged[-1]
    assert f"{server.file}:" in server.logged[-1]
    state = server.watch.state
    assert (state.problem != "", state.problem_since <= server.now) == (True, True)


def test_a_policy_that_is_gone_is_a_bad_one(server: Server) -> None:
    server.file.unlink()
    assert server.settle() == "750"
    assert "no such file" in server.watch.state.problem


def test_a_bad_policy_is_logged_again_and_again_but_not_at_every_request(server: Server) -> None:
    server.write(BAD)
    server.settle()
    for _ in range(100):
        server.after(1.0)
    assert len(server.logged) == 1
    server.after(SHOUT_SECONDS)
    assert len(server.logged) == 2


def test_a_mended_policy_is_in_force_again(server: Server) -> None:
    server.write(BAD)
    server.settle()
    server.write(OTHER)
    assert server.settle() == "760"
    assert server.watch.state.problem == ""
    assert [message.endswith("mended") for message in server.logged[1:]] == [True, False]


def test_a_policy_that_was_put_back_is_no_new_one(server: Server) -> None:
    before = server.watch.state
    server.write(BAD)
    server.settle()
    server.write(POLICY)
    assert server.settle() == "750"
    assert server.watch.state == before


def test_each_change_that_was_read_is_noted_once(server: Server) -> None:
    def sha256(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    rules = len(server.watch.policy(server.now).rules)
    for text in (OTHER, BAD, OTHER):
        server.write(text)
        for _ in range(10):
            server.after(SHOUT_SECONDS)
    loaded, refused, mended = server.noted
    assert loaded == mended == PolicyRead(server.file, sha256(OTHER), rules, "")
    assert (refused.hash, refused.rules, "vlan" in refused.problem) == (sha256(BAD), rules, True)
    server.file.unlink()
    server.settle()
    assert (server.noted[3].hash, "no such file" in server.noted[3].problem, len(server.noted)) == ("", True, 4)


def test_a_clock_that_goes_back_stops_nothing(server: Server) -> None:
    server.write(OTHER)
    server.after(-1_000_000)
    assert server.settle() == "760"


def test_a_bug_while_reading_refuses_nobody(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("whatever")

    monkeypatch.setattr(policy_watch, "read_policy", broken)
    server.write(OTHER)
    assert server.settle() == "750"
    assert "a bug in radtune" in server.logged[-1]
    assert "ZeroDivisionError: whatever" in server.watch.state.problem


def test_a_file_from_the_future_is_read_when_two_looks_show_the_same(server: Server) -> None:
    server.write(OTHER)
    os.utime(server.file, (server.now + 1e6, server.now + 1e6))
    assert server.after(LOOK_SECONDS) == "750"
    assert server.after(LOOK_SECONDS) == "760"
