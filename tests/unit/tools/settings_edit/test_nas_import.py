"""`radtune nas import`: entries from clients.conf, and not a secret on the screen."""

import stat
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from unit.running import Run
from unit.samples import SETTINGS

CLIENTS = """\
client switches {
	ipaddr = 192.0.2.0/28
	secret = "s3cret-one"
	nas_type = cisco
	shortname = "core switches"
}
client 198.51.100.7 {
	secret = s3cret-two
	coa_server = proxy
}
client six {
	ipv6addr = 2001:db8::/64
	secret = s3cret-one
}
home_server proxy {
	type = coa
	ipaddr = 198.51.100.200
	port = 1700
	secret = s3cret-three
}
"""
ENTRIES = """\
nas:
- name: core switches
  nas:
  - 192.0.2.0/28
  profile: cisco
  secret_file: coa-core-switches
- name: 198.51.100.7
  nas:
  - 198.51.100.7
  coa_address: 198.51.100.200
  port: 1700
  secret_file: coa-198.51.100.7
- name: six
  nas:
  - 2001:db8::/64
  secret_file: coa-core-switches
"""


@pytest.fixture
def clients(tmp_path: Path) -> str:
    (tmp_path / "clients.conf").write_text(CLIENTS)
    return str(tmp_path / "clients.conf")


def test_without_write_nothing_is_written(run: Run, office: Path, clients: str) -> None:
    before = sorted(office.iterdir())
    ran = run("nas", "import", clients)
    assert (ran.code, ran.err) == (0, "")
    default = "profile rfc5176, for want of a nas_type that has one: 198.51.100.7, six\n"
    assert ran.out == f"{ENTRIES}{default}3 entries; --write writes them into a file of {office}/settings.d\n"
    assert (office / "settings.yaml").read_text() == SETTINGS
    assert sorted(office.iterdir()) == before
    names = [row["name"] for row in run("--json", "nas", "import", clients).json]
    assert names == ["core switches", "198.51.100.7", "six"]


def test_write(run: Run, office: Path, clients: str) -> None:
    ran = run("nas", "import", clients, "--write")
    assert (ran.code, ran.err) == (0, "")
    assert "s3cret" not in ran.out
    assert f"{office}/settings.d/nas-import.yaml: 3 entries; see radtune nas check\n" in ran.out
    assert (office / "settings.yaml").read_text() == SETTINGS
    assert (office / "settings.d/nas-import.yaml").read_text() == ENTRIES
    files = {file.name: file for file in office.glob("coa-*")}
    assert {name: file.read_text() for name, file in files.items()} == {
        "coa-core-switches": "s3cret-one\n",
        "coa-198.51.100.7": "s3cret-three\n",
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o640}
    assert [nas.name for nas in read_settings(office / "settings.yaml").nas] == ["core switches", "198.51.100.7", "six"]
    again = run("nas", "import", clients, "--write")
    assert (again.code, again.out.startswith("nothing to import from ")) == (0, True)
    assert "the entry core switches under nas has 192.0.2.0/28 already" in again.err
    assert again.err.count(" under nas has ") == again.err.count("\n") == 3


def test_what_was_imported_before_stays_as_it_is(run: Run, office: Path, clients: str) -> None:
    (office / "settings.yaml").write_text(f"{SETTINGS}nas: [{{name: mine, nas: [192.0.2.99], secret_file: s}}]\n")
    (office / "settings.yaml").chmod(0o604)
    (office / "settings.d").mkdir()
    (office / "settings.d/nas-import.yaml").write_text("nas:\n- {name: six, nas: [192.0.2.9], secret_file: s} # b\n")
    before = {file: file.read_bytes() for file in office.rglob("*.yaml")}
    assert run("nas", "import", clients, "--write").code == 0
    assert {file: file.read_bytes() for file in before} == before
    new = office / "settings.d/nas-import-2.yaml"
    assert stat.S_IMODE(new.stat().st_mode) == 0o604
    names = [nas.name for nas in read_settings(office / "settings.yaml").nas]
    assert names == ["mine", "core switches", "198.51.100.7", "six-2", "six"]


def test_settings_that_can_t_take_the_entries_are_left_as_they_are(
    run: Run, office: Path, clients: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune_tools.settings_edit.nas_import._free", lambda wanted, _: wanted * 6)
    ran = run("nas", "import", clients, "--write")
    assert ran.code == ExitCode.USAGE
    assert "radtune: nas[1].name: " in ran.err
    assert not (office / "settings.d").exists()
    assert list(office.glob("coa-*")) == list(office.glob(".nas-import*")) == []


def test_a_secret_s_file_that_is_there_is_never_overwritten(run: Run, office: Path, clients: str) -> None:
    (office / "coa-core-switches").write_text("mine\n")
    ran = run("nas", "import", clients, "--write")
    assert ran.code == ExitCode.CONFIGURATION
    assert f"{office}/coa-core-switches is there already" in ran.err
    assert (office / "coa-core-switches").read_text() == "mine\n"
    assert (office / "settings.yaml").read_text() == SETTINGS


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ("ipaddr = sw1.example\nsecret = abc", "sw1.example is no address or network"),
        ("ipaddr = *\nsecret = abc", "it stands for every address"),
        ("ipaddr = 0.0.0.0/0\nsecret = abc", "it stands for every address"),
        ("ipaddr = 192.0.2.1", "client x has no secret"),
        ("ipaddr = 192.0.2.1\nsecret = ${a.b}", "its secret refers to something else"),
        ('ipaddr = 192.0.2.1\nsecret = " hush"', "its secret can't be given to radclient"),
        ("ipaddr = 192.0.2.1\nsecret = h", "its secret can't be given to radclient"),
        ("ipaddr = 192.0.2.1\nsecret = abc\ncoa_server = lost", "its coa_server lost is no home_server"),
        ("ipaddr = 192.0.2.1\nsecret = $ENV{HUSH}", "its secret comes from the server's environment"),
        ('ipaddr = 192.0.2.1\nsecret = "x\\\\$ENV{HUSH}"', "its secret comes from the server's environment"),
        (
            "ipaddr = 192.0.2.1\nsecret = hush\nproto = tls",
            "it speaks RADIUS over TLS (proto = tls), and radtune sends",
        ),
        ("ipaddr = 192.0.2.1\nproto = TLS", "it speaks RADIUS over TLS"),
        (
            "ipaddr = 192.0.2.1\nsecret = hush\nproto = tcp",
            "it speaks RADIUS over TCP (proto = tcp), and radtune sends",
        ),
        ("ipaddr = 192.0.2.0/24\ndynamic_clients = d", "the server learns its clients and their secrets as they come"),
        ("ipaddr = 192.0.2.1\n$template common", "the server adds what the template common has"),
        ("ipaddr = 192.0.2.1\nipv6addr = 2001:db8::1\nsecret = hush", "it has ipaddr and ipv6addr; one address only"),
    ],
)
def test_what_can_t_be_taken_over(run: Run, tmp_path: Path, client: str, why: str) -> None:
    (tmp_path / "clients.conf").write_text(f"client x {{\n{client}\n}}\n")
    ran = run("nas", "import", str(tmp_path / "clients.conf"))
    assert ran.code == ExitCode.CONFIGURATION
    assert f"clients.conf:1: client x: not taken: {why}" in ran.err
    said = f"not taken from {tmp_path}/clients.conf: 1 client; write an entry for each that takes a CoA\n"
    assert ran.err.endswith(f"radtune: {said}")
    assert "hush" not in ran.err + ran.out


def test_this_machine_needs_no_entry(run: Run, tmp_path: Path) -> None:
    (tmp_path / "clients.conf").write_text("client x {\nipaddr = 127.0.0.1\nsecret = abc\n}\n")
    ran = run("nas", "import", str(tmp_path / "clients.conf"))
    assert (ran.code, ran.err.count("\n")) == (0, 1)
    assert "clients.conf:1: client x: not taken: it is this machine\n" in ran.err


def test_clients_of_one_address(run: Run, tmp_path: Path) -> None:
    """They may be of two virtual servers; of those with different secrets nobody can tell which is the NAS's."""
    more = "server x {{\nclient seven {{\nipaddr = 198.51.100.7/32\nsecret = {secret}\n}}\n}}\n"
    file = tmp_path / "clients.conf"
    file.write_text(CLIENTS + more.format(secret="abc"))
    ran = run("--json", "nas", "import", str(file))
    assert ran.code == ExitCode.CONFIGURATION
    for name, other, line in (("seven", "198.51.100.7", 7), ("198.51.100.7", "seven", 22)):
        why = f"client {other} in {file}:{line} has 198.51.100.7, too, with another secret; write the entry by hand"
        assert f": client {name}: not taken: {why}\n" in ran.err
    assert [row["name"] for row in ran.json] == ["core switches", "six"]
    file.write_text(CLIENTS + more.format(secret="s3cret-two"))
    ran = run("--json", "nas", "import", str(file))
    assert ran.code == ExitCode.OK
    assert f"client seven: not taken: client 198.51.100.7 in {file}:7 has 198.51.100.7, too\n" in ran.err
    assert len(ran.json) == 3


def test_names_are_made_fit_and_different(run: Run, tmp_path: Path) -> None:
    text = "".join(
        f"client c{number} {{\nipaddr = 192.0.2.{number}\nsecret = abc{number}\nshortname = '{name}'\n}}\n"
        for number, name in enumerate(["a", "a", 'q"uo\\te: #x', "12", "yes", "../up"], 1)
    )
    (tmp_path / "clients.conf").write_text(text)
    rows = run("--json", "nas", "import", str(tmp_path / "clients.conf"), "--write").json
    assert [row["name"] for row in rows] == ["a", "a-2", "q-uo-te: -x", "12", "yes", "../up"]
    assert rows[5]["secret_file"] == "coa-..-up"


def test_home_servers_in_proxy_conf(run: Run, tmp_path: Path) -> None:
    head, home_server = CLIENTS.split("home_server", maxsplit=1)
    (tmp_path / "clients.conf").write_text(head)
    (tmp_path / "proxy.conf").write_text(f"home_server{home_server}")
    rows = run("--json", "nas", "import", str(tmp_path / "clients.conf")).json
    assert (rows[1]["coa_address"], rows[1]["port"]) == ("198.51.100.200", 1700)
