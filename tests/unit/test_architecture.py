"""The rooms of the house: who may import whom, who may talk to the outside, and how large a room may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = sorted((ROOT / "module").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPT = ROOT / "tools/radtune"
PURE = (
    *("accounting", "attribute", "attributes", "certificate_subject", "certificates", "client_labels", "compliance"),
    *("der", "device_labels", "facts", "faults", "grants", "hardware", "hours", "identity", "labels", "lifetime"),
    *("mac", "matching", "move", "overrides", "patterns", "place_labels", "places", "policy", "policy_state"),
    *("record_json", "records", "serials", "server_state", "subject", "sync_state", "templates", "text", "unmatched"),
    *("nas_address", "session_key", "vendors"),
)
"""The rooms of the module that do no I/O."""
PURE_TOOLS = (
    *("closed_loop", "device_plan", "error_cause", "limits", "looked_at", "managed_device", "packet", "plan"),
    *("radclient_output", "signin_errors"),
)
"""Those of the tools."""
OUTSIDE = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fcntl", "sqlite3", "socket", "ssl", "subprocess", "time"),
    *("random", "threading", "logging", "urllib", "http", "asyncio", "pwd", "sys"),
}
MAX_FILE, MAX_FUNCTION = 250, 40


def imports(file: Path) -> Iterator[str]:
    """Yield every module that the file imports, wherever in it that stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(file)}


def importers(package: str) -> set[str]:
    """Return the files of module and tools that import this package, by name."""
    return {file.name for file in (*MODULE, *TOOLS, SCRIPT) if package in packages(file)}


def test_there_is_something_to_read() -> None:
    assert {file.stem for file in MODULE} >= {"hook", "judge", "settings", "store", "events", "errors", *PURE}
    assert {file.stem for file in TOOLS} >= {"cli", "graph", "radclient", "reconcile", "sync", *PURE_TOOLS}


@pytest.mark.parametrize("file", MODULE, ids=lambda file: file.name)
def test_the_module_needs_little_and_never_the_tools(file: Path) -> None:
    foreign = packages(file) - set(sys.stdlib_module_names) - {"radtune"}
    assert foreign <= {"diskcache", "yaml", "jsonschema", "radiusd"}


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("radiusd", {"hook.py"}),
        ("diskcache", {"database.py"}),
        ("sqlite3", {"database.py", "store_errors.py"}),
        ("yaml", {"yamlfile.py", "yamlplaces.py"}),
        ("jsonschema", {"schema.py"}),
        ("msal", {"signin.py"}),
        ("requests", {"adapter.py", "http.py"}),
        ("urllib3", {"adapter.py", "http.py"}),
        ("subprocess", {"radclient_run.py", "server_reading.py"}),
        ("cryptography", {"certificate_file.py"}),
        ("jwt", {"credential.py"}),
        ("signal", {"deadline.py"}),
        ("rich", {"listing.py", "output.py"}),
        ("prometheus_client", {"metrics.py"}),
        ("socket", set()),
        ("http", {"loopback.py"}),
        ("socketserver", {"loopback.py"}),
        ("webbrowser", {"link.py"}),
        ("pickle", set()),
        ("logging", {"signin.py"}),
    ],
)
def test_each_outside_system_has_one_file(package: str, only: set[str]) -> None:
    assert importers(package) == only


def test_the_module_talks_to_no_network() -> None:
    network = {
        "socket",
        "ssl",
        "http",
        "urllib",
        "asyncio",
        "subprocess",
        "msal",
        "requests",
        "urllib3",
        "multiprocessing",
    }
    assert {file.name: packages(file) & network for file in MODULE if packages(file) & network} == {}


def test_radclient_is_run_by_one_file() -> None:
    """Others may speak of it, but the word stands alone in no other list of arguments."""
    users = {
        file.name
        for file in (*MODULE, *TOOLS)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and node.value == "radclient"
    }
    assert users == {"radclient_run.py"}
    runs = {"system", "popen", "spawnv", "execv", "execvp", "posix_spawn", "fork"}
    called = {
        node.attr
        for file in (*MODULE, *TOOLS)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert not called & runs


@pytest.mark.parametrize("name", PURE)
def test_what_judges_does_no_input_or_output(name: str) -> None:
    file = ROOT / f"module/radtune/{name}.py"
    assert packages(file) & OUTSIDE == set()
    allowed = {"radtune.errors", *(f"radtune.{pure}" for pure in PURE)}
    own = {name for name in imports(file) if name.startswith("radtune.") and name.count(".") == 1}
    assert own <= allowed
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input", "exec", "eval", "__import__"}


def test_errors_need_nothing_of_ours_but_text() -> None:
    """Everything else may import them."""
    own = {name for name in imports(ROOT / "module/radtune/errors.py") if name.startswith("radtune")}
    assert own <= {"radtune.text", "radtune.text.printable"}


@pytest.mark.parametrize("name", PURE_TOOLS)
def test_what_plans_needs_the_standard_library_alone_and_does_nothing(name: str) -> None:
    file = ROOT / f"tools/radtune_tools/{name}.py"
    assert packages(file) <= {*sys.stdlib_module_names, "radtune", "radtune_tools"}
    assert packages(file) & OUTSIDE == set()
    own = {name for name in imports(file) if name.startswith("radtune_tools.") and name.count(".") == 1}
    assert own <= {f"radtune_tools.{pure}" for pure in PURE_TOOLS}


def test_decide_is_called_by_the_server_and_by_one_room_of_the_tools() -> None:
    users = {file.name for file in (*MODULE, *TOOLS) if "radtune.policy.decide" in set(imports(file))}
    assert users == {"judge.py", "verdict.py"}


@pytest.mark.parametrize("place", ["server", "lab", "parts"])
def test_tests_on_real_programs_do_not_import_the_code(place: str) -> None:
    """But for the hook of the tests that are steered, which the server itself runs."""
    users = {
        file.name: packages(file) & {"radtune", "radtune_tools"}
        for file in TESTS
        if file.relative_to(ROOT / "tests").parts[0] == place and file.parent.name != "steering"
    }
    assert {name: used for name, used in users.items() if used} == {}


@pytest.mark.parametrize("file", [*MODULE, *TOOLS, SCRIPT, *TESTS], ids=lambda file: str(file.relative_to(ROOT)))
def test_files_and_functions_stay_small(file: Path) -> None:
    text = file.read_text()
    assert len(text.splitlines()) <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} in line {node.lineno} has {length} lines"


def test_no_command_waits_for_what_another_one_needs() -> None:
    """Every run of the command reads its words first; what they do is imported when one is called."""
    program = "import sys, radtune_tools.main; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": f"{ROOT / 'module'}:{ROOT / 'tools'}"}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    loaded = set(ran.stdout.split())
    assert "radtune_tools" in loaded
    dear = {"msal", "requests", "urllib3", "cryptography", "jwt", "prometheus_client", "diskcache", "socket", "ssl"}
    assert loaded & dear == set()
