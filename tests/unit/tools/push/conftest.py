"""A forwarder for the tests of push."""

from pathlib import Path

import pytest

from unit.tools.push.pushing import Pushing


@pytest.fixture
def pushing(tmp_path: Path) -> Pushing:
    return Pushing(tmp_path)
