"""How long requests take in radtune, and the faults that they have met, as the server's state has them."""

from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from radtune.server.state import HOOK_NANOSECONDS, HookTimes, ServerState
from radtune.server.state_file import read_states
from unit.asking import KNOWN, REJECT, UPDATED, ask
from unit.fake_radiusd import call
from unit.samples import accounting_request, mab_request

BUCKETS = len(HOOK_NANOSECONDS) + 1
MICROSECOND = 1000


def state(office: Path) -> ServerState:
    (found,) = read_states(office / "store")
    assert found.state is not None
    return found.state


def test_each_bucket_ends_with_its_bound() -> None:
    times = HookTimes()
    for bound in HOOK_NANOSECONDS:
        times.add("mab", bound)
    times.add("mab", HOOK_NANOSECONDS[-1] + 1)
    *counts, total = times.counts()["mab"]
    assert counts == [1] * BUCKETS
    assert total == sum(HOOK_NANOSECONDS) + HOOK_NANOSECONDS[-1] + 1


def test_each_question_and_accounting_are_measured(
    loaded: ModuleType, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count(step=80 * MICROSECOND)
    monkeypatch.setattr(loaded, "perf_counter_ns", lambda: next(ticks))
    assert ask(loaded, "certificate", KNOWN).code == UPDATED
    assert ask(loaded, "login", KNOWN).code == UPDATED
    assert ask(loaded, "mab", mab_request()).code == UPDATED
    assert ask(loaded, "refused", mab_request()).code
    call(loaded.accounting, request=accounting_request("Start"))
    loaded.detach()
    at_80_microseconds = (0, 1, *[0] * (BUCKETS - 2), 80 * MICROSECOND)
    assert dict(state(office).hook) == dict.fromkeys(
        ("certificate", "login", "mab", "denied", "accounting"), at_80_microseconds
    )


def test_what_is_no_question_and_what_ends_in_a_bug_is_not_measured(
    loaded: ModuleType, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(loaded, "nonsense", mab_request())
    monkeypatch.setattr("radtune.server.instance.read_facts", lambda *_, **__: 1 / 0)
    ask(loaded, "mab", mab_request())
    loaded.detach()
    assert state(office).hook == {}
    assert state(office).errors == {"bug": 1}


def test_a_fault_that_is_over_stays_counted(loaded: ModuleType, office: Path) -> None:
    events = office / "events.jsonl"
    events.unlink()
    events.mkdir()
    assert {ask(loaded, "login", mab_request(), config=[("Auth-Type", "Accept")]).code for _ in range(3)} == {UPDATED}
    events.rmdir()
    assert ask(loaded, "login", mab_request(), config=[("Auth-Type", "Accept")]).code == UPDATED
    assert state(office).faults == ()
    assert state(office).errors == {"events": 3}


def test_a_denied_login_is_measured_as_well(loaded: ModuleType, office: Path) -> None:
    assert ask(loaded, "mab", mab_request("00-16-3E-00-00-01")).code == REJECT
    loaded.detach()
    assert sum(state(office).hook["mab"][:-1]) == 1
