"""A short fuzz of the hook beside a model of the policy that shares no code with it; `make fuzz` runs the long one."""

import json

import pytest

from fuzz.run import fuzz
from radtune.records.device_and_client import Device


def test_hook_and_model_agree() -> None:
    report = fuzz(1000, seed=0)
    assert report.problems == []
    assert sum(report.seen.values()) == 1000
    for kind in ("regular login: allow", "regular login: deny", "regular mab: allow", "hostile login: allow"):
        assert report.seen[kind] > 20


@pytest.mark.parametrize("state", ["compliant", "noncompliant"])
def test_a_hook_that_takes_every_device_for_the_same_is_found_out(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    def forged(_cls: type[Device], text: str) -> Device:
        plain = json.loads(text)
        return Device(**{**plain, "macs": tuple(plain.get("macs", ())), "compliance": state})

    monkeypatch.setattr(Device, "from_json", classmethod(forged))
    assert fuzz(250, seed=8).problems
