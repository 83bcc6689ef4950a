"""The wings of the house: who may import whom, and who may talk to the outside.

Each wing's `__init__.py` says what it may import. This test reads that line and holds the wing to it.
"""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = sorted((ROOT / "module").rglob("*.py"))
TOOLS = sorted((ROOT / "tools").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPT = ROOT / "tools/radtune"
WINGS = {
    "module/radtune": ("records", "request", "dictionary", "identity", "policy", "config", "stores", "server"),
    "tools/radtune_tools": (
        *("radclient", "raddb_edit", "settings_edit", "events", "setup", "policy", "graph", "sync", "link", "enforce"),
        *("timeline", "push", "health", "doctor", "cli", "commands"),
    ),
}
"""From the ground up: a wing imports only wings before it."""
GROUND = {
    "module/radtune": {"__init__", "dataclass", "errors", "text", "file_access", "installation"},
    "tools/radtune_tools": {
        "__init__",
        "bad_target",
        "context",
        "limits",
        "listing",
        "output",
        "secret_file",
        "stores",
        "user_and_lock",
    },
}
"""Files at the root of a package, which every wing may import."""
TOP = {"module/radtune": set[str](), "tools/radtune_tools": {"__main__", "main"}}
PURE = ("records", "request", "identity", "policy")
"""Wings of the module that do no I/O."""
PURE_TOOLS = (
    *("enforce/move_progress", "enforce/session_plan", "sync/device_plan", "graph/managed_device"),
    *("graph/signin_errors", "radclient/packet", "radclient/output", "limits"),
)
"""Files of the tools that do no I/O."""
OUTSIDE = {
    *("os", "io", "pathlib", "shutil", "tempfile", "glob", "fcntl", "sqlite3", "socket", "ssl", "subprocess", "time"),
    *("random", "threading", "logging", "urllib", "http", "asyncio", "pwd", "sys"),
}
RUNNERS = {"radclient/run.py", "settings_edit/client_secret.py", "setup/server_control.py", "doctor/machine.py"}
NETWORK = {"socket", "ssl", "http", "urllib", "asyncio", "subprocess", "multiprocessing"}


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return the file's syntax tree, node by node; each file is read once."""
    return tuple(ast.walk(ast.parse(file.read_text())))


@cache
def imports(file: Path) -> frozenset[str]:
    """Return every module that the file imports, wherever in it that stands."""
    found = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def packages(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(file)}


def importers(package: str) -> set[str]:
    """Return the files of module and tools that import this package, as WING/FILE."""
    users = (file for file in (*MODULE, *TOOLS, SCRIPT) if package in packages(file))
    return {"/".join(file.parts[-2:]).removeprefix("radtune/") for file in users}


def wing_imports(file: Path, package: str) -> set[str]:
    """Return the wings of `package` that a file imports, and its files at the root."""
    there = {each.stem for each in (ROOT / package).iterdir()}
    names = {name.split(".")[1] for name in imports(file) if name.startswith(f"{Path(package).name}.")}
    return names & there


def may_import(wing: Path) -> set[str]:
    """Return the wings that a wing says it may import."""
    (line,) = re.findall(r"^May import: (.*)\.$", (wing / "__init__.py").read_text(), re.MULTILINE)
    return set() if line == "nothing" else set(line.split(", "))


def wings() -> list[tuple[str, str]]:
    return [(package, wing) for package, names in WINGS.items() for wing in names]


@pytest.mark.parametrize("package", WINGS)
def test_every_file_is_in_a_wing_or_on_the_ground(package: str) -> None:
    folders = {each.name for each in (ROOT / package).iterdir() if each.is_dir() and each.name != "__pycache__"}
    assert folders == set(WINGS[package])
    files = {each.stem for each in (ROOT / package).glob("*.py")}
    assert files == GROUND[package] | TOP[package]


@pytest.mark.parametrize(("package", "wing"), wings())
def test_a_wing_says_its_purpose_its_imports_and_where_to_begin(package: str, wing: str) -> None:
    folder = ROOT / package / wing
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    purpose, _, rest = text.partition("\n\n")
    assert purpose.endswith(".")
    (begin,) = re.findall(r"^Begin with: (\w+\.py)\.$", rest, re.MULTILINE)
    assert (folder / begin).exists()
    before = WINGS[package][: WINGS[package].index(wing)]
    assert may_import(folder) <= set(before)


@pytest.mark.parametrize(("package", "wing"), wings())
def test_a_wing_imports_what_it_says_and_nothing_else(package: str, wing: str) -> None:
    folder = ROOT / package / wing
    used = {each for file in folder.rglob("*.py") for each in wing_imports(file, package)}
    assert used - {wing} - GROUND[package] == may_import(folder)


@pytest.mark.parametrize("package", WINGS)
def test_the_ground_imports_no_wing(package: str) -> None:
    for name in GROUND[package]:
        assert wing_imports(ROOT / package / f"{name}.py", package) <= GROUND[package]


@pytest.mark.parametrize("file", MODULE, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_module_needs_little_and_never_the_tools(file: Path) -> None:
    foreign = packages(file) - set(sys.stdlib_module_names) - {"radtune"}
    assert foreign <= {"diskcache", "yaml", "radiusd"}
    assert packages(file) & NETWORK == set()


def test_a_running_server_imports_nothing_of_ours_late() -> None:
    """An upgrade changes the files under it, and no server may mix two versions."""
    for file in MODULE:
        inner = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        late = [node for each in inner for node in ast.walk(each) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [ast.unparse(node) for node in late if "radtune" in ast.unparse(node)], file


@pytest.mark.parametrize(
    ("package", "only"),
    [
        ("radiusd", {"server/hook.py"}),
        ("diskcache", {"stores/database.py"}),
        ("sqlite3", {"stores/database.py", "index/database.py"}),
        ("yaml", {"config/yaml_file.py", "settings_edit/settings_file.py"}),
        ("msal", {"graph/signin.py"}),
        ("requests", {"graph/http.py", "push/webhook.py"}),
        ("urllib3", {"graph/http.py"}),
        ("subprocess", RUNNERS),
        ("cryptography", {"graph/certificate_file.py"}),
        ("jwt", {"graph/credential.py"}),
        ("signal", {"commands/push.py"}),
        ("prometheus_client", {"health/metrics.py"}),
        ("socket", {"push/syslog.py"}),
        ("ssl", {"push/syslog.py"}),
        ("http", {"link/loopback.py"}),
        ("socketserver", {"link/loopback.py"}),
        ("webbrowser", {"commands/link.py"}),
        ("pickle", set()),
        ("logging", {"graph/signin.py"}),
    ],
)
def test_each_outside_system_has_one_file(package: str, only: set[str]) -> None:
    assert importers(package) == only


def test_radclient_is_run_by_one_file() -> None:
    """Others may speak of it, but the word stands alone in no other list of arguments."""
    users = {
        f"{file.parent.name}/{file.name}"
        for file in (*MODULE, *TOOLS)
        for node in nodes(file)
        if isinstance(node, ast.Constant) and node.value == "radclient"
    }
    assert users == {"radclient/run.py"}
    runs = {"system", "popen", "spawnv", "execv", "execvp", "posix_spawn", "fork"}
    called = {node.attr for file in (*MODULE, *TOOLS) for node in nodes(file) if isinstance(node, ast.Attribute)}
    assert not called & runs


@pytest.mark.parametrize("wing", PURE)
def test_what_judges_does_no_input_or_output(wing: str) -> None:
    for file in (ROOT / "module/radtune" / wing).glob("*.py"):
        assert packages(file) & OUTSIDE == set()
        assert wing_imports(file, "module/radtune") <= {"dataclass", "errors", "text", *PURE}
        called = [node.func for node in nodes(file) if isinstance(node, ast.Call)]
        calls = {function.id for function in called if isinstance(function, ast.Name)}
        assert not calls & {"open", "print", "input", "exec", "eval", "__import__"}


def test_errors_need_nothing_of_ours_but_text_and_dataclasses() -> None:
    """Everything else may import them."""
    assert wing_imports(ROOT / "module/radtune/errors.py", "module/radtune") <= {"dataclass", "text"}


@pytest.mark.parametrize("name", PURE_TOOLS)
def test_what_plans_needs_the_standard_library_alone_and_does_nothing(name: str) -> None:
    file = ROOT / f"tools/radtune_tools/{name}.py"
    assert packages(file) <= {*sys.stdlib_module_names, "radtune", "radtune_tools"}
    assert packages(file) & OUTSIDE == set()
    own = {each for each in imports(file) if each.startswith("radtune_tools.")}
    pure = {f"radtune_tools.{each.replace('/', '.')}" for each in PURE_TOOLS}
    assert {each for each in own if (ROOT / "tools" / f"{each.replace('.', '/')}.py").exists()} <= pure


def test_decide_is_called_by_the_server_and_by_one_file_of_the_tools() -> None:
    users = {file.name for file in (*MODULE, *TOOLS) if "radtune.policy.decide.decide" in set(imports(file))}
    assert users == {"instance.py", "evaluation.py"}


@pytest.mark.parametrize("place", ["server", "lab", "parts"])
def test_tests_on_real_programs_do_not_import_the_code(place: str) -> None:
    """But for the hook of the tests that are steered, which the server itself runs."""
    users = {
        file.name: packages(file) & {"radtune", "radtune_tools"}
        for file in TESTS
        if file.relative_to(ROOT / "tests").parts[0] == place and file.parent.name != "steering"
    }
    assert {name: used for name, used in users.items() if used} == {}


def test_no_command_waits_for_what_another_one_needs() -> None:
    """Every run of the command reads its words first; what they do is imported when one is called."""
    program = "import sys, radtune_tools.main; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": f"{ROOT / 'module'}:{ROOT / 'tools'}"}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    loaded = set(ran.stdout.split())
    assert "radtune_tools" in loaded
    dear = {"msal", "requests", "urllib3", "cryptography", "jwt", "prometheus_client", "diskcache", "socket", "ssl"}
    assert loaded & dear == set()


def test_every_dataclass_is_made_the_quick_way() -> None:
    """The standard library's takes three times as long to make, and a command makes sixty at its start."""
    users = {file.name for file in (*MODULE, *TOOLS) if "dataclasses.dataclass" in imports(file)}
    assert users - {"dataclass.py"} <= {file.name for file in (ROOT / "tools/installer").iterdir()}
