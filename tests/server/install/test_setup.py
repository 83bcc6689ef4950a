"""`radtune setup` on a machine of its own: the stock configuration and an operator's, logins, and back again."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.eapol import Supplicant
from parts.manual import manual, shell_lines
from parts.office import device, mac_of
from parts.operator import Operator
from parts.pki import Authority
from parts.private_machine import RADDB, PrivateMachine, children
from parts.process import wait_for
from parts.raddb import edit, server_directory

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces want root")
SNAKEOIL = Path("/etc/ssl/certs/ssl-cert-snakeoil.pem")


class Machine(PrivateMachine):
    """The machine, with a CA for its clients; `before` is the configuration that setup has not touched yet."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, [device(1), device(2, complianceState="noncompliant")])
        self.authority = Authority("The company's CA")

    def trust_clients(self) -> None:
        """Let eap take the certificates of our CA, as docs/eap.md has it; the server's certificate stays Debian's."""
        (self.raddb / "certs/clients.pem").write_bytes(self.authority.certificate_pem)
        edit(self.raddb / "mods-available/eap", (r"^\t\tca_file = .*", "\t\tca_file = ${cadir}/clients.pem"))
        self.run("/usr/local/restart")

    def eap_tls(self, number: int) -> tuple[str, str]:
        """Log in with the certificate of a device; return the answer and the VLAN."""
        pair = self.authority.issue_client(f"LAPTOP-{number}", uris=[f"IntuneDeviceId://{device(number)['id']}"])
        certificate, key = pair.write(self.etc.parent, "client")
        login = self.eap(Supplicant("TLS", SNAKEOIL, "host/laptop", certificate, key), mac_of(number))
        return login.code, login.vlan


@pytest.fixture(scope="module")
def shared() -> Iterator[Machine]:
    with server_directory() as directory, Machine(directory) as machine:
        machine.trust_clients()
        yield machine


@pytest.fixture
def machine(shared: Machine) -> Iterator[Machine]:
    """Give the machine, and undo what a test has set up; what it leaves otherwise is found here, and goes, too."""
    before = shared.configuration()
    copy = shared.raddb.with_name("copy")
    subprocess.run(["cp", "-a", str(shared.raddb), str(copy)], check=True)
    yield shared
    shared.setup("--undo")
    after = shared.configuration()
    shutil.rmtree(shared.raddb)
    copy.rename(shared.raddb)
    assert after == before


def test_stock_sites_are_replaced_and_put_back(machine: Machine) -> None:
    before, answer = machine.configuration(), machine.eap_tls(1)
    assert answer == ("Access-Accept", "")
    said = machine.setup().stdout
    assert "+ link sites-enabled/radtune -> ../sites-available/radtune\n" in said
    assert "proved: a login with the MAC 02" in said and "is the event login_denied\n" in said
    assert machine.eap_tls(1) == ("Access-Accept", "750")
    assert "Received Access-Accept" in machine.mab("0016cb000001")
    assert "Received Access-Reject" in machine.mab("0016cb000009")
    assert machine.eap_tls(2)[0] == "Access-Reject"
    again = machine.setup().stdout
    assert again.count(": already so\n") == 7 and "proved: " in again
    assert "freeradius was restarted\n" in machine.setup("--undo").stdout
    assert machine.configuration() == before
    assert machine.eap_tls(1) == answer
    assert not (machine.store / "setup").exists()
    assert "nothing to undo" in machine.setup("--undo").stdout


def test_an_own_site_gets_the_words_and_keeps_what_is_edited_later(machine: Machine) -> None:
    default, tunnel = (machine.raddb / "sites-available" / name for name in ("default", "inner-tunnel"))
    stock = {file: file.read_bytes() for file in (default, tunnel)}
    default.write_bytes(b"# mine\n" + stock[default])
    users = machine.raddb / "mods-config/files/authorize"
    users_before = users.read_text()
    users.write_text('bob Cleartext-Password := "hello"\n' + users_before)
    said = machine.setup().stdout
    assert "your sites stay, and get radtune's words\n" in said and "proved: " in said
    assert machine.eap_tls(1) == ("Access-Accept", "750")
    assert "Received Access-Accept" in machine.mab("0016cb000001")
    peap = machine.eap(Supplicant("PEAP", SNAKEOIL, "bob", password="hello", inner="MSCHAPV2"), mac_of(1))
    assert (peap.code, peap.vlan) == ("Access-Accept", "750")
    refused = machine.eap(Supplicant("PEAP", SNAKEOIL, "bob", password="wrong", inner="MSCHAPV2"), mac_of(1))
    assert refused.code == "Access-Reject"
    assert machine.setup().stdout.count(": already so\n") == 7
    default.write_bytes(default.read_bytes() + b"# later\n")
    machine.setup("--undo")
    assert default.read_bytes() == b"# mine\n" + stock[default] + b"# later\n"
    for file, content in stock.items():
        file.write_bytes(content)
    users.write_text(users_before)


def test_what_is_not_known_is_left_and_logins_stay_as_they_are(machine: Machine) -> None:
    eap, included = machine.raddb / "mods-available/eap", machine.raddb / "mine.conf"
    content = eap.read_text()
    included.touch()
    eap.write_text(content.replace("\ttls {\n", "\ttls {\n$INCLUDE ${confdir}/mine.conf\n"))
    done = machine.setup(expect=3)
    line = content[: content.index("\ttls {\n")].count("\n") + 2
    assert f"mods-available/eap:{line}: what $INCLUDE ${{confdir}}/mine.conf brings into tls is unknown" in done.stderr
    assert "site: it waits for the step" in done.stderr and "was restarted" not in done.stdout
    assert (machine.raddb / "sites-enabled/default").is_symlink()
    assert machine.eap_tls(1) == ("Access-Accept", "")
    eap.write_text(content)
    included.unlink()


def test_what_the_server_does_not_load_is_put_back(machine: Machine) -> None:
    site, before = machine.raddb / "sites-available/radtune", machine.configuration()
    content = site.read_bytes()
    site.write_bytes(content.replace(b"\tmschap\n", b"\tno_such_module\n", 1))
    said = machine.setup(expect=78).stderr
    assert "freeradius can't load its configuration with the step site:\n" in said and "no_such_module" in said
    assert "what was changed is as it was before\n" in said
    site.write_bytes(content)
    assert machine.configuration() == before
    assert not (machine.store / "setup").exists()


def test_a_server_that_does_not_come_up_runs_as_before(machine: Machine) -> None:
    before = machine.configuration()
    script = machine.etc.parent / "local/refuses"
    only_stock = f"[ -e {RADDB}/sites-enabled/default ] && exec /usr/local/restart"
    script.write_text(f"#!/bin/sh\n{only_stock}\necho error 7\nexit 7\n")
    script.chmod(0o755)
    words = ("radtune", "setup", "--yes", "--restart-command", "/usr/local/refuses")
    said = machine.run(*words, expect=78).stderr
    assert "freeradius did not come up with the changes, and runs as before:\n" in said
    assert "/usr/local/refuses ended with 7\nradtune: error 7\n" in said
    assert machine.configuration() == before
    assert machine.eap_tls(1) == ("Access-Accept", "")


def test_nothing_happens_without_a_yes_or_a_terminal(machine: Machine) -> None:
    before = machine.configuration()
    assert "there is no terminal to ask at; give --yes\n" in machine.run("radtune", "setup", expect=2).stderr
    assert "+ link mods-enabled/radtune -> " in machine.run("radtune", "setup", "--dry-run").stdout
    assert machine.configuration() == before


def test_a_person_answers_and_ctrl_d_changes_nothing(machine: Machine) -> None:
    before = machine.configuration()
    command = machine.command("radtune", "setup", "--restart-command", "/usr/local/restart")
    with Operator(command, {"PATH": os.environ["PATH"]}, keyboard=True) as operator:
        operator.see(r"dictionary: The server[^?]*Make this change\? \[y/N\]: ")
        operator.type("\x04")
        assert operator.end() == 130
    assert machine.configuration() == before
    with Operator(command, {"PATH": os.environ["PATH"]}, keyboard=True) as operator:
        for step in ("dictionary", "module", "site of the checks", "site of the tunnels"):
            operator.see(rf"{step}: [^?]*Make this change\? \[y/N\]: ")
            operator.type("y")
        operator.see(r"eap: [^?]*Make this change\? \[y/N\]: ")
        operator.type("n")
        operator.see("site: it waits for the step eap")
        operator.see("a step was answered by no")
        assert operator.end() == 2
    assert machine.eap_tls(1) == ("Access-Accept", "")
    with Operator(command, {"PATH": os.environ["PATH"]}, keyboard=True) as operator:
        change = r"[^?]*Make this change\?"
        for question in (f"eap: {change}", f"site: {change}", r"Restart the server now [^?]*\?"):
            operator.see(rf"{question} \[y/N\]: ")
            operator.type("y")
        operator.see("proved: a login with the MAC 02")
        assert operator.end() == 0


STEPS = ("mods-enabled/radtune", "sites-enabled/radtune-inner-tunnel", "sites-enabled/radtune")


@pytest.mark.parametrize("path", STEPS)
def test_a_killed_setup_is_undone(machine: Machine, path: str) -> None:
    before = machine.configuration()
    setup = subprocess.Popen(
        machine.command("radtune", "setup", "--yes", "--restart-command", "/usr/local/restart"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: os.path.lexists(machine.raddb / path), path)
    for pid in (*children(setup.pid), setup.pid):
        os.kill(pid, signal.SIGKILL)
    setup.wait()
    assert machine.configuration() != before
    said = machine.setup("--undo")
    assert "an earlier setup was ended half-way" in said.stdout
    assert machine.configuration() == before


def test_the_secret_is_nowhere(machine: Machine) -> None:
    clients = machine.raddb / "clients.conf"
    content = clients.read_text()
    clients.write_text(content.replace("testing123", "Secret-of-this-machine"))
    said = machine.setup()
    assert "proved: a login with the MAC 02" in said.stdout
    journal = (machine.store / "setup/journal.json").read_text()
    log = (machine.etc.parent / "log/radius.log").read_text()
    for text in (said.stdout, said.stderr, journal, log, machine.events_file.read_text()):
        assert "Secret-of-this-machine" not in text
    machine.setup("--undo")
    clients.write_text(content)


POLICY = """\
labels: {mab: {auth_type: mab}, guest: {vlan: 9}}
rules: [{name: MAB, match: [mab], policy: allow, assign: [guest]}]
default: deny
"""


def test_a_login_that_the_policy_lets_in_leaves_no_session(machine: Machine) -> None:
    policy = machine.etc / "radtune/policy.yaml"
    content = policy.read_text()
    policy.write_text(POLICY)
    said = machine.setup().stdout
    proved = re.search(r"the MAC (02\w+) on 127.0.0.1 port 1812 got Access-Accept, and is the event login_all", said)
    assert proved is not None
    assert proved[1] in machine.events_file.read_text()
    assert proved[1] not in machine.run("radtune", "sessions").stdout
    policy.write_text(content)


def test_the_lines_of_the_manual(machine: Machine) -> None:
    lines = [line for line in dict.fromkeys(shell_lines(manual(), "radtune")) if line.startswith("radtune setup")]
    assert len(lines) > 4
    for line in sorted(lines, key=lambda line: "--undo" in line):
        agreed = "--yes" in line or "--dry-run" in line
        done = machine.run(*line.split(), expect=0 if agreed else 2)
        if not agreed:
            assert "there is no terminal to ask at; give --yes\n" in done.stderr
        if "--yes" in line:
            assert "isn't running under systemd: start it anew yourself (systemctl restart freeradius)\n" in done.stdout
