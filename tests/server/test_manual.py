"""The manual's commands and examples, run as they stand there."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import takewhile

import pytest

from parts.manual import blocks, fenced, manual, page, shell_lines
from parts.office import POLICY, Office, device
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT
from parts.stock import stock

MANUAL = manual()
COMMAND_PAGE = page("commands")
COMMANDS = (
    *("link", "unlink", "sync", "plan", "apply", "coa", "sessions", "devices", "events", "explain", "status"),
    *("metrics", "quarantine", "release"),
)
NAS_COMMANDS = ("nas check", "nas test", "nas import", "nas profiles")
LISTS = ("devices", "sessions", "events", "plan", "quarantine", "nas profiles")
POLICY_COMMANDS = ("policy check", "policy test", "policy diff")


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    nas = {"name": "switch-1", "nas": ["127.0.0.1"], "port": 9, "secret_file": "intune-secret"}
    with server_directory() as directory, Office(directory, [device(1)], nas=[nas]) as office:
        office.client.login(*mac_login("0016cb000001"))
        yield office


def words_of(line: str) -> list[str]:
    """Return the words behind `radtune`, up to a pipe or a redirection, with a MAC in the place of MAC."""
    words = takewhile(lambda word: word not in ("|", ">"), shlex.split(line)[1:])
    return ["0016cb000001" if word == "MAC" else word for word in words]


@pytest.mark.parametrize("line", dict.fromkeys(shell_lines(MANUAL, "radtune")))
def test_radtune_lines(office: Office, line: str) -> None:
    words = words_of(line)
    if words[0] == "coa" and "--dry-run" not in words:
        assert "no answer from 127.0.0.1 port 9" in office.radtune(*words, expect=4).stderr
    elif words[0] == "quarantine" and len(words) > 1:
        assert "is quarantined by " in office.radtune(*words, "--wait", "0", expect=4).stdout
    elif words[0] == "release":
        office.radtune("quarantine", *words[1:], "--wait", "0", expect=4)
        assert "is released; it was quarantined by " in office.radtune(*words, expect=0).stdout
    elif words == ["link"]:
        assert "there is no terminal to ask at; give --tenant" in office.radtune(*words, expect=2).stderr
    else:
        office.radtune(*words, expect=0)


def test_there_are_such_lines() -> None:
    assert {line.split(" ")[1] for line in shell_lines(MANUAL, "radtune")} >= {
        "link",
        "sync",
        "devices",
        "events",
        "plan",
        "apply",
        "coa",
    }


OPTION = r"(?<![\w-])--?[a-z][a-z-]*"


def options(office: Office, command: str = "") -> set[str]:
    """Give the options that the help of a command names."""
    told = office.radtune(*command.split(), "--help", expect=0).stdout.partition("Options:\n")[2]
    lines = re.findall(r"^  (-.*?)(?:  |$)", told.partition("\n\n")[0], re.MULTILINE)
    found = {option for line in lines for option in re.findall(OPTION, line)}
    assert {"-h", "--help"} <= found
    return found


@pytest.mark.parametrize("command", [*COMMANDS, *POLICY_COMMANDS, *NAS_COMMANDS])
def test_every_command_and_option_is_documented(office: Office, command: str) -> None:
    (row,) = [line for line in COMMAND_PAGE.splitlines() if line.startswith(f"| `radtune {command}`")]
    everywhere = options(office) | ({"--wide", "--columns", "--csv"} if command in LISTS else set())
    missing = options(office, command) - everywhere - set(re.findall(OPTION, row))
    assert missing == set()


def test_the_options_before_every_command_are_documented(office: Office) -> None:
    told = options(office)
    assert {"-h", "--help", "-q", "--quiet", "--version"} < told
    before = COMMAND_PAGE.partition("exits 1 with the reasons")[2]
    assert told - set(re.findall(OPTION, before)) == set()
    assert {"--wide", "--columns", "--csv"} <= options(office, "devices") & set(re.findall(OPTION, before))


def test_no_command_is_left_out(office: Office) -> None:
    told = office.radtune("--help", expect=0).stdout.partition("Commands:")[2].partition("Exit codes")[0]
    assert set(re.findall(r"^  ([a-z]+) ", told, re.MULTILINE)) == {*COMMANDS, "policy", "nas"}
    told = office.radtune("policy", "--help", expect=0).stdout.partition("Commands:")[2]
    assert {f"policy {name}" for name in re.findall(r"^  ([a-z]+) ", told, re.MULTILINE)} == set(POLICY_COMMANDS)
    told = office.radtune("nas", "--help", expect=0).stdout.partition("Commands:")[2]
    assert {f"nas {name}" for name in re.findall(r"^  ([a-z]+) ", told, re.MULTILINE)} == set(NAS_COMMANDS)


def test_exit_codes_are_those_of_the_help(office: Office) -> None:
    text = office.radtune("--help", expect=0).stdout
    assert max(map(len, text.splitlines())) <= 80 and "..." not in text.partition("Commands:")[2]
    told = dict(re.findall(r"^ +(\d+) +(.*)$", re.sub(r"\n {8}(?=\S)", " ", text), re.MULTILINE))
    written = dict(re.findall(r"^\| (\d+) \| (.*) \|$", MANUAL, re.MULTILINE))
    assert {code: text.replace("`", "") for code, text in written.items()} == told


def test_the_examples_of_a_policy_and_its_cases_are_valid(office: Office) -> None:
    (policy,), (cases,) = (fenced(page(name), "yaml") for name in ("policy", "policy-test"))
    file, tests = (office.directory / "etc" / name for name in ("example.yaml", "cases.yaml"))
    file.write_text(policy)
    tests.write_text(cases)
    assert "valid, 4 rules" in office.radtune("policy", "check", "--strict", str(file), expect=0).stdout
    assert "2 cases, all passed" in office.radtune("policy", "test", str(tests), "--policy", str(file), expect=0).stdout


def test_every_key_of_a_case_is_documented() -> None:
    case = json.loads((PROJECT / "module/radtune/schemas/policy-tests.schema.json").read_text())["definitions"]
    keys = {*case["case"]["properties"], *case["expect"]["properties"]} - {"name"}
    assert [key for key in sorted(keys) if f"`{key}`" not in page("policy-test")] == []


def test_the_shipped_files_are_valid(office: Office) -> None:
    shipped = PROJECT / "raddb" / "mods-config" / "radtune"
    assert "valid" in office.radtune("--settings", str(shipped / "settings.yaml"), "policy", "check", expect=0).stdout
    commented = (shipped / "settings.yaml").read_text()
    uncommented = re.sub(r"^#(?=(intune|sync|sessions|nas|moves|limits|  ))", "", commented, flags=re.MULTILINE)
    uncommented = re.sub(r"^ +(certificate|private_key)_file.*\n", "", uncommented, flags=re.MULTILINE)
    (office.directory / "etc" / "policy.yaml").write_text(POLICY)
    for name in ("intune-secret", "coa-secret"):
        office.secret_file(name, "a secret")
    full = office.directory / "etc" / "full.yaml"
    full.write_text(uncommented)
    assert "valid" in office.radtune("--settings", str(full), "policy", "check", expect=0).stdout


def test_every_settings_key_is_documented() -> None:
    schema = json.loads((PROJECT / "module/radtune/schemas/settings.schema.json").read_text())
    keys = []
    for name, part in schema["properties"].items():
        inner = part.get("properties") or part.get("items", {}).get("properties")
        prefix = f"{name}[]" if part["type"] == "array" else name
        keys += [f"{prefix}.{key}" for key in inner] if inner else [name]
    assert [key for key in keys if f"`{key}`" not in page("settings")] == []


def test_radtest_and_the_mab_line(office: Office) -> None:
    (radtest,) = shell_lines(MANUAL, "radtest")
    address = f"127.0.0.1:{office.server.auth_port}"
    done = subprocess.run(
        radtest.replace("localhost", address).split(), capture_output=True, text=True, check=False, timeout=30
    )
    assert "Received Access-Reject" in done.stdout
    assert office.events()[-1]["user"] == "bob"
    mab, stop = [block for block in blocks(MANUAL) if "radclient -x" in block]
    line = mab.replace("localhost", address).replace("0016cbaabb01", "0016cb000001")
    line = line.replace("00-16-CB-AA-BB-01", "00-16-CB-00-00-01")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=30, env=os.environ)
    assert "Received Access-Accept" in done.stdout and 'Tunnel-Private-Group-Id:0 = "750"' in done.stdout
    assert len(office.ask("sessions")) == 1
    stop = stop.replace("localhost", f"127.0.0.1:{office.server.acct_port}").replace(
        "00-16-CB-AA-BB-01", "0016cb000001"
    )
    subprocess.run(["sh", "-c", stop], capture_output=True, text=True, check=True, timeout=30)
    assert office.ask("sessions") == []


def test_the_eap_lines_fit_the_stock_file() -> None:
    eap = (stock() / "mods-available/eap").read_text()
    for name in re.findall(r"`virtual_server = \"?([a-z-]+)\"?`", page("eap")):
        assert (PROJECT / "raddb/sites-available" / name).exists()
    assert 'virtual_server = "inner-tunnel"' in eap and "virtual_server = check-eap-tls" in eap


def test_every_variable_of_make_is_documented() -> None:
    names = re.findall(r"^(\w+) +\?=", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    assert {"DESTDIR", "RADIUS_USER"} < set(names)
    assert [name for name in names if not re.search(rf"\b{name}\b", MANUAL)] == []


def test_the_make_targets_exist() -> None:
    lines = (PROJECT / "Makefile").read_text().splitlines()
    rules = [line.partition(":")[0].split() for line in lines if not line.startswith(("\t", "#", "."))]
    targets = {target for rule in rules for target in rule}
    assert {line.split(" ")[1] for line in shell_lines(MANUAL, "make")} - targets == set()
