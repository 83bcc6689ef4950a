"""`make demo`, with either switch."""

import pytest

from demo.story import tell
from parts.raddb import server_directory


@pytest.mark.parametrize("no_lab", ["", "told to do without"])
def test_every_step_comes_out_as_told(no_lab: str) -> None:
    with server_directory() as directory:
        assert tell(directory, no_lab) == 0
