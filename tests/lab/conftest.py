"""The lab wants root and network namespaces. In CI it has to run; elsewhere it says why it doesn't."""

import os

import pytest

from parts.lab.netns import lab_impossible


@pytest.fixture(autouse=True, scope="session")
def lab() -> None:
    reason = lab_impossible()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"the lab has to run here: {reason}")
    if reason:
        pytest.skip(f"no lab: {reason}")  # without root there are no network namespaces; CI may not skip it
