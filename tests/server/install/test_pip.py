"""`pip install .` into a virtual environment: the command, the module, and what they read."""

import os
import subprocess
import sys
from pathlib import Path

from parts.installation import checkout
from parts.readable import PROJECT, code


def test_pip_installs_command_and_module_and_nothing_else(tmp_path: Path) -> None:
    source, environment = checkout(tmp_path / "source"), tmp_path / "environment"
    (source / "README.md").write_text((PROJECT / "README.md").read_text())
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    install = [str(environment / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    libraries = next(environment.glob("lib/python3*/site-packages"))
    before = {each.name for each in libraries.iterdir()}
    subprocess.run([*install, str(source)], check=True, capture_output=True, text=True)
    new = {each.name for each in libraries.iterdir()} - before
    packages = {
        each.parent.name for part in ("module", "tools") for each in (source / part).glob("radtune*/__init__.py")
    }
    assert {name for name in new if not name.endswith(".dist-info")} == packages
    data = [file for part in ("module", "tools") for file in (source / part).glob("radtune*/**/*") if file.is_file()]
    for file in data:
        assert (libraries / Path(*file.relative_to(source).parts[1:])).exists(), file
    for words in (f"policy check {source}/raddb/mods-config/radtune/policy.yaml", "policy test --help"):
        done = subprocess.run(
            [str(environment / "bin/radtune"), *words.split()],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(code()[2])},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
