"""A short fuzz of the hook beside a model of the policy that shares no code with it; `make fuzz` runs the long one."""

from dataclasses import replace

import pytest

from fuzz.run import fuzz
from radtune.records.device_and_client import Device
from radtune.stores import device_records
from radtune.stores.device_rows import read_record


def test_hook_and_model_agree() -> None:
    report = fuzz(1000, seed=0)
    assert report.problems == []
    assert sum(report.seen.values()) == 1000
    for kind in ("regular login: allow", "regular login: deny", "regular mab: allow", "hostile login: allow"):
        assert report.seen[kind] > 20


@pytest.mark.parametrize("state", ["compliant", "noncompliant"])
def test_a_hook_that_takes_every_device_for_the_same_is_found_out(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    def forged(row: str) -> Device:
        return replace(read_record(row), compliance=state)

    monkeypatch.setattr(device_records, "read_record", forged)
    assert fuzz(250, seed=8).problems
