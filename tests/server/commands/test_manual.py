"""The manual's commands and examples, run as they stand there."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from shutil import copy

import pytest
import yaml

from parts.event_receivers import local_syslog
from parts.manual import blocks, fenced, manual, page, shell_lines
from parts.office import POLICY, USERS, Office, device
from parts.pki import KeyPair
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.readable import PROJECT
from parts.stock import stock

MANUAL = manual()
NOT_OF_SETUP = [line for line in dict.fromkeys(shell_lines(MANUAL, "radtune")) if not line.startswith("radtune setup")]
CASES = """\
cases:
  - name: a compliant laptop
    request: {EAP-Type: TLS, TLS-Client-Cert-Common-Name: laptop-1}
    device: {name: laptop-1, compliance: compliant}
    expect: {rule: Corp Compliant, vlan: 750}
"""


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    nas = [{"name": "switch-1", "nas": ["127.0.0.1"], "port": 9, "secret_file": "intune-secret"}]
    with server_directory() as at, local_syslog(at) as syslog, Office(at, [device(1)], nas=nas) as office:
        office.write_settings(push=[{"name": "soc", "type": "syslog", "address": syslog, "kinds": ["moved"]}])
        office.radtune("push", "--once", expect=0)
        office.client.login(*mac_login("0016cb000001"))
        (office.directory / "etc/new-policy.yaml").write_text(*fenced(page("policy"), "yaml"))
        (office.directory / "etc/policy-tests.yaml").write_text(CASES)
        certificate, key = office.certificate(as_the_profile_says(office))
        for file, name in ((certificate, "laptop-1.pem"), (key, "laptop-1.key"), (office.ca_file, "ca.pem")):
            copy(file, office.directory / "etc" / name)
        yield office


def as_the_profile_says(office: Office) -> KeyPair:
    """Return a certificate with the names that the page on Intune puts into a SCEP profile."""
    settings = dict(re.findall(r"^\| (.+?) \| `(.+)` \|$", page("link-intune"), re.MULTILINE))
    values = {"{{DeviceId}}": device(1)["id"], "{{AAD_Device_ID}}": device(1)["azureADDeviceId"]}

    def filled(setting: str) -> str:
        return re.sub(r"{{.*?}}", lambda variable: str(values[variable.group()]), settings[setting])

    name = filled("Subject name format").removeprefix("CN=")
    return office.authority.issue_client(name, uris=[filled("Subject alternative name, **URI**")])


def words_of(office: Office, line: str) -> list[str]:
    """Return the words behind `radtune`, up to a pipe; MAC is a MAC, and a file is looked for beside the settings."""
    words = takewhile(lambda word: word not in ("|", ">"), shlex.split(line)[1:])
    etc = office.directory / "etc"
    known = {"MAC": "0016cb000001", **{file.name: str(file) for file in etc.iterdir()}}
    return [known.get(word, word) for word in words]


@pytest.fixture
def afterwards(office: Office) -> Iterator[None]:
    """Afterwards nobody is quarantined, and no move is under way."""
    yield
    if office.ask("quarantine"):
        office.radtune("release", "LAPTOP-1", "--wait", "0")
    office.client.login(*mac_login("0016cb000001"))
    assert office.ask("plan")["moves"] == []


@pytest.mark.usefixtures("afterwards")
@pytest.mark.parametrize("line", NOT_OF_SETUP)
def test_radtune_lines(office: Office, line: str) -> None:
    words = words_of(office, line)
    if words[0] == "coa" and "--dry-run" not in words:
        assert "no answer from 127.0.0.1 port 9" in office.radtune(*words, expect=4).stderr
    elif words[0] == "quarantine" and len(words) > 1:
        assert "is quarantined by " in office.radtune(*words, "--wait", "0", expect=4).stdout
    elif words[0] == "release":
        office.radtune("quarantine", *words[1:], "--wait", "0", expect=4)
        assert "is released; it was quarantined by " in office.radtune(*words, expect=0).stdout
    elif words[:2] == ["nas", "test"]:
        assert "no answer from 127.0.0.1 port 9" in office.radtune(*words, expect=75).stderr
    elif words[0] == "doctor":
        words = [word.replace("/root", str(office.directory)) for word in words]
        assert "module_disabled" in office.radtune(*words, expect=1).stderr, "this machine has no radtune"
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


def test_exit_codes_are_those_of_the_help(office: Office) -> None:
    text = office.radtune("--help", expect=0).stdout
    assert max(map(len, text.splitlines())) <= 80 and "..." not in text.partition("Commands:")[2]
    told = dict(re.findall(r"^ +(\d+) +(.*)$", re.sub(r"\n {8}(?=\S)", " ", text), re.MULTILINE))
    written = dict(re.findall(r"^\| (\d+) \| (.*) \|$", page("exit-codes"), re.MULTILINE))
    assert {code: text.replace("`", "") for code, text in written.items()} == told


def test_the_examples_of_a_policy_and_its_cases_are_valid(office: Office) -> None:
    (policy,), (cases,) = (fenced(page(name), "yaml") for name in ("policy", "policy-test"))
    file, tests = (office.directory / "etc" / name for name in ("example.yaml", "cases.yaml"))
    file.write_text(policy)
    tests.write_text(cases)
    assert "valid, 4 rules" in office.radtune("policy", "check", "--strict", str(file), expect=0).stdout
    assert "2 cases, all passed" in office.radtune("policy", "test", str(tests), "--policy", str(file), expect=0).stdout


def test_every_key_of_a_case_is_documented() -> None:
    case = json.loads((PROJECT / "module/radtune/config/schemas/policy-tests.schema.json").read_text())["definitions"]
    keys = {key for part in ("case", "device", "expect") for key in case[part]["properties"]}
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


def test_the_example_of_the_settings_is_valid(office: Office) -> None:
    (example,) = fenced(page("settings"), "yaml")
    (office.directory / "etc/policy.yaml").write_text(POLICY)
    for name in ("intune-secret", "coa-secret"):
        office.secret_file(name, "a secret")
    file = office.directory / "etc/example-settings.yaml"
    file.write_text(example)
    assert "valid" in office.radtune("--settings", str(file), "policy", "check", expect=0).stdout


def test_every_settings_key_is_documented() -> None:
    schema = json.loads((PROJECT / "module/radtune/config/schemas/settings.schema.json").read_text())
    keys = []
    for name, part in schema["properties"].items():
        inner = part.get("properties") or part.get("items", {}).get("properties")
        prefix = f"{name}[]" if part["type"] == "array" else name
        keys += [f"{prefix}.{key}" for key in inner] if inner else [name]
    assert [key for key in keys if f"`{key}`" not in page("settings")] == []


def test_radtest_and_the_mab_line(office: Office) -> None:
    (radtest,) = shell_lines(MANUAL, "radtest")
    assert USERS in fenced(page("test"), "text")
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


def test_eapol_test_with_a_certificate_as_the_profile_says(office: Office) -> None:
    (line,) = shell_lines(MANUAL, "eapol_test")
    network = next(sample for sample in fenced(page("test"), "text") if sample.startswith("network="))
    (office.directory / "etc/eap-tls.conf").write_text(network)
    here = f" -a 127.0.0.1 -p {office.server.auth_port}"
    words = line.replace("00:16:cb:aa:bb:01", "00:16:cb:00:00:01").replace("testing123", office.server.secret) + here
    etc = office.directory / "etc"
    done = subprocess.run(words.split(), cwd=etc, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.endswith("SUCCESS\n"), done.stdout
    event = office.events()[-1]
    assert (event["matched_by"], event["outcome"]) == ("device_id", "vlan 750")


def test_the_unlang_is_that_of_our_site() -> None:
    site = (PROJECT / "raddb/sites-available/radtune").read_text()
    ours = " ".join(re.sub(r"#.*", "", site).split())
    (sample,) = fenced(page("eap"), "unlang")
    parts = re.findall(r"\.\.\.\n((?:    .*\n)+)", sample)
    assert len(parts) == 2 and [part for part in parts if " ".join(part.split()) not in ours] == []


def test_the_nas_entry_is_valid(office: Office) -> None:
    (example,) = (yaml.safe_load(sample) for sample in fenced(page("coa"), "yaml"))
    office.secret_file("coa-secret", "a secret")
    settings = yaml.safe_load(office.settings_file.read_text())
    file = office.directory / "etc/with-nas.yaml"
    file.write_text(yaml.safe_dump({**settings, **example}))
    office.radtune("--settings", str(file), "policy", "check", expect=0)


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


def test_the_tests_that_are_named_exist() -> None:
    words = [word for line in shell_lines(MANUAL, ".venv/bin/pytest") for word in line.split()[1:]]
    paths = [word for word in words if word.startswith("tests/")]
    assert len(paths) > 1 and [path for path in paths if not (PROJECT / path).exists()] == []
    folders = re.findall(r"^\| `(\w+)` \|", page("contributing"), re.MULTILINE)
    assert folders == ["unit", "server", "simulator", "web", "lab"] and all(
        (PROJECT / "tests" / name).is_dir() for name in folders
    )
