"""The policy in force, while the lists that it refers to are edited; and policies with many faults."""

import os
from pathlib import Path

import pytest

from radtune.config import policy_watch
from radtune.config.policy_file import read_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.policy_watch import LOOK_SECONDS
from unit.watched import BAD, Server, server

__all__ = ["server"]


MACS = """\
labels:
  printers: {mac: {file: printers.txt}}
  v: {vlan: 30}
rules:
  - {name: Printers, match: [printers], policy: allow, assign: [v]}
default: deny
"""


def test_the_lists_that_a_policy_refers_to_are_followed(server: Server) -> None:
    printers = server.file.with_name("printers.txt")
    server.touch(printers, "00:16:cb:aa:bb:01\n")
    server.write(MACS)
    assert server.settle() == "30"
    first = server.watch.state.fingerprint
    server.touch(printers, "00:16:cb:aa:bb:02\n")
    server.settle()
    assert server.watch.state.fingerprint != first
    printers.unlink()
    server.settle()
    assert "printers.txt: there is no such file" in server.watch.state.problem


def test_a_list_that_comes_later_mends_the_policy_that_wanted_it(server: Server) -> None:
    server.write(MACS)
    assert server.settle() == "750"
    server.touch(server.file.with_name("printers.txt"), "00:16:cb:aa:bb:01\n")
    assert server.settle() == "30"


def test_a_file_that_was_only_touched_changes_nothing(server: Server) -> None:
    os.utime(server.file, (server.now, server.now))
    server.settle()
    assert len(server.reads) == 1
    assert server.logged == []


def test_a_list_that_changes_while_the_policy_is_read_is_read_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    printers = server.file.with_name("printers.txt")
    server.touch(printers, "00:16:cb:aa:bb:01\n")

    def slow(file: Path, context: PolicyContext) -> object:
        policy = read_policy(file, context)
        server.touch(printers, "00:16:cb:aa:bb:01\n00:16:cb:aa:bb:02\n")
        monkeypatch.setattr(policy_watch, "read_policy", read_policy)
        return policy

    monkeypatch.setattr(policy_watch, "read_policy", slow)
    server.write(MACS)
    assert server.after(LOOK_SECONDS) == "30"
    first = server.watch.state.fingerprint
    server.settle()
    assert server.watch.state.fingerprint != first


def test_a_bad_policy_is_not_read_again_until_something_changes(server: Server) -> None:
    server.write(BAD)
    server.settle()
    reads = len(server.reads)
    for _ in range(1000):
        server.after(LOOK_SECONDS)
    assert len(server.reads) == reads


def test_the_log_gets_some_of_many_faults(server: Server) -> None:
    labels = "\n".join(f"  x{number}: {{vlan: 0}}" for number in range(200))
    server.write(f"labels:\n{labels}\nrules: []\ndefault: deny\n")
    server.settle()
    assert server.logged[0].endswith("and 80 more")
    assert len(server.watch.state.problem.splitlines()) == 21
