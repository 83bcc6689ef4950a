"""The server's program, the Python that it embeds, what the two of them can import; and the module that runs."""

import re
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from radtune import __version__
from radtune.config.settings import Settings
from radtune.installation import SERVER, how_to_install
from radtune.server.state import CODE, code_fingerprint
from radtune_tools.doctor.machine import said_by
from radtune_tools.doctor.report import Check, Private, number, one_of
from radtune_tools.enforce.running_servers import running_servers
from radtune_tools.radclient.run import PACKAGES

NEEDED = 11
"""The minor version of Python 3 that radtune needs at least."""
PLACES = ("/usr/lib/freeradius", "/usr/lib64/freeradius", "/usr/lib/*/freeradius")
"""Where packages of FreeRADIUS put its modules."""
SERVER_MODULES = ("yaml", "diskcache", "radtune")
COMMAND_MODULES = {
    "msal": "msal",
    "requests": "requests",
    "cryptography": "cryptography",
    "jwt": "jwt",
    "prometheus_client": "prometheus-client",
}
"""Modules that single commands import, each with the name that its package has behind python3-."""
_EMBEDDED = re.compile(rb"libpython3\.([0-9]+)")
_TRY = """
import importlib, sys
for name in sys.argv[1].split(","):
    try:
        importlib.import_module(name)
    except Exception:
        print(name)
print("asked")
"""


def check_programs(found: Check) -> None:
    """Note programs and libraries that aren't there."""
    program = which(SERVER, path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        found.find("freeradius_missing", program=one_of(SERVER, [SERVER]))
    else:
        _note_version(found, program)
    for name, package in PACKAGES.items():
        if which(name) is None:
            found.find("command_program", program=one_of(name, PACKAGES), package=package)
    missing = [name for name in COMMAND_MODULES if find_spec(name) is None]
    found.fact("missing", [one_of(name, COMMAND_MODULES) for name in missing])
    if missing:
        install = how_to_install(*(COMMAND_MODULES[name] for name in missing))
        found.find("command_library", modules=_listed(missing), install=install)
    found.fact("radtune", number(__version__))
    found.fact("python", number(".".join(map(str, sys.version_info[:3]))))


def _note_version(found: Check, program: str) -> None:
    said = said_by([program, "-v"]) or ""
    version = re.search(r"Version ([0-9.]+)", said)
    found.fact("freeradius", number(version[1]) if version else one_of("unknown", ["unknown"]))
    found.said = f"radtune {__version__}, FreeRADIUS {version[1] if version else 'of a version that it does not tell'}"


def check_interpreter(found: Check, python_path: Iterable[str], places: Iterable[str] = PLACES) -> None:
    """Note why the Python that the server embeds can't run radtune.

    python_path: directories in which that Python looks for modules, beside its own
    places: patterns of directories with the server's modules
    """
    modules = [file for place in places for file in Path("/").glob(f"{place.lstrip('/')}/rlm_python3.so")]
    if not modules:
        found.find("rlm_python3_missing", place=" or ".join(places))
        return
    embedded = _EMBEDDED.search(modules[0].read_bytes())
    if embedded is None:
        found.unknown(f"which Python {modules[0]} embeds: it names no library of Python")
        return
    minor = int(embedded[1])
    found.fact("python_minor", minor)
    if minor < NEEDED:
        found.find("interpreter", module=Private("path", str(modules[0])), minor=minor, needed=NEEDED)
        return
    found.said = f"Python 3.{minor}"
    _check_imports(found, f"python3.{minor}", list(python_path))


def _check_imports(found: Check, python: str, python_path: list[str]) -> None:
    program = which(python, path="/usr/bin:/usr/local/bin")
    if program is None:
        found.unknown(
            f"whether the server can import radtune: {python} isn't installed as a program, so that can't be tried"
        )
        return
    # -I: neither this directory, nor the environment, nor this user's own packages.
    script = f"import sys; sys.path[:0] = {python_path!r}\n{_TRY}"
    said = said_by([program, "-I", "-B", "-c", script, ",".join(SERVER_MODULES)], as_server=True)
    if said is None or not said.endswith("asked\n"):
        found.unknown(f"whether the server can import radtune: {program} can't be asked")
        return
    missing = said.split()[:-1]
    found.fact("missing", [one_of(name, SERVER_MODULES) for name in missing])
    if missing:
        libraries = [name for name in missing if name != "radtune"]
        install = how_to_install(*libraries) if libraries else f"name radtune's directory in python_path: {CODE.parent}"
        found.find("server_library", python=f"Python {python[6:]}", modules=_listed(missing), install=install)


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)


def check_running(found: Check, settings: Settings) -> None:
    """Note a server that has loaded another radtune than the command's."""
    servers = [each.state for each in running_servers(settings) if each.alive and each.state]
    for state in servers:
        same = state.code == str(CODE) or state.code_fingerprint == code_fingerprint(CODE)
        if state.version != __version__ or not same:
            found.find(
                "server_version",
                pid=state.pid,
                theirs=number(state.version),
                place=Private("path", state.code),
                ours=number(__version__),
            )
    found.fact("servers", len(servers))
    found.said = ", ".join(f"pid {state.pid} has loaded radtune {state.version}" for state in servers) or "none runs"
