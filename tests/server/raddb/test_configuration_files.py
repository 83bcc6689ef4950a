"""radtune's parser on every file of the stock configuration, and on radtune's own."""

import json
import os
import subprocess
import sys

import pytest

from parts.readable import PROJECT
from parts.stock import stock

TEXTS = {"mods-available/README.rst", "sites-available/README"}
"""These are no configuration."""
FAULTY = {"mods-config/sql/main/mongo/queries.conf"}
"""FreeRADIUS 3.2.1's has a text that goes on in the next line, and no backslash before that."""


@pytest.mark.parametrize("whose", ["stock", "radtune"])
def test_each_file_is_read_without_a_loss(whose: str) -> None:
    directory = stock() if whose == "stock" else PROJECT / "raddb"
    script = PROJECT / "tests/parts/steering/read_configuration.py"
    done = subprocess.run(
        [sys.executable, str(script), str(directory)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (PROJECT / "module", PROJECT / "tools")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["files"] > (100 if whose == "stock" else 4)
    assert set(read["refused"]) <= (TEXTS | FAULTY if whose == "stock" else set()), read["refused"]
