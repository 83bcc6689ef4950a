"""`radtune nas check`, `test` and `import` on real programs."""

import pwd
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.coa_server import CoaServer
from parts.ports import free_udp_port
from parts.raddb import server_directory
from parts.stock import stock
from parts.tool import Tool
from parts.wire_nas import WireNases

SECRET = "the NAS's secret"


@pytest.fixture
def tool() -> Iterator[Tool]:
    with server_directory() as directory:
        (directory / "nas").mkdir()
        yield Tool(directory, SECRET)


def use(tool: Tool, port: int, profile: str = "rfc5176") -> None:
    entry = {"name": "sw1", "nas": ["127.0.0.1"], "port": port, "profile": profile, "secret_file": "coa-secret"}
    tool.write_settings(nas=[entry])


@pytest.mark.parametrize(
    ("cause", "code", "said"),
    [
        (
            "Session-Context-Not-Found",
            0,
            "port, secret and routing are right, and the NAS has no such session",
        ),
        ("", 4, "it acknowledges a session that doesn't exist"),
        ("Unsupported-Extension", 4, "the NAS doesn't take this request: try another profile"),
        ("Administratively-Prohibited", 4, "(501: the NAS is configured not to obey; allow dynamic authorization"),
    ],
)
@pytest.mark.parametrize("profile", ["rfc5176", "cisco"])
def test_a_nas_that_answers(tool: Tool, cause: str, code: int, said: str, profile: str) -> None:
    with CoaServer(tool.directory / "nas", SECRET, cause) as server:
        use(tool, server.port, profile)
        done = tool.radtune("nas", "test", "sw1", expect=code)
        assert said in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        assert server.log.count("Received ") == 1


def test_a_nas_that_does_not(tool: Tool) -> None:
    use(tool, free_udp_port())
    assert "no answer from 127.0.0.1 port" in tool.radtune("nas", "test", "sw1", expect=75).stderr
    tool.secret_file.chmod(0o644)
    assert "lets every user have the CoA secret of sw1" in tool.radtune("nas", "test", "sw1", expect=77).stderr


def test_check_sends_nothing(tool: Tool) -> None:
    port = free_udp_port()
    with WireNases(["127.0.0.1"], port, SECRET.encode(), lambda _: None) as nases:
        use(tool, port, "cisco")
        shown = tool.radtune("nas", "check", expect=0).stdout
        assert (nases.requests, nases.faults) == ([], [])
    assert f"    Packet-Dst-Port = {port}\n" in shown
    assert '    Cisco-AVPair = "subscriber:command=bounce-host-port"\n' in shown
    assert f"secret in {tool.directory}/coa-secret" in shown
    assert SECRET not in shown


SECRETS = [
    'secret = "we\\"ird # se\\\\cr\\101et\'"',
    "secret = 'sin\\'gle \"quoted\" \\\\ %x'",
    "secret = a#b\"c'd;e=f{g}\\h",
    "secret = goes\\\nOn",
    "secret=nospaces, shortname = x",
    "secret = `back ticks`",
    "secret = last # and a comment",
]


def test_secrets_are_read_as_the_server_reads_them(tool: Tool) -> None:
    """The server shows no secret, but it shows a shortname, and reads that the same way."""
    clients = tool.directory / "clients.conf"
    clients.write_text(
        "".join(
            f"client c{number} {{\n\tipaddr = 192.0.2.{number}\n\t{line}\n}}\n" for number, line in enumerate(SECRETS)
        )
    )
    tool.radtune("nas", "import", str(clients), "--write", expect=0)
    for number, line in enumerate(SECRETS):
        (file,) = tool.directory.glob(f"coa-c{number}") if "shortname" not in line else [tool.directory / "coa-x"]
        assert file.read_text() == server_s_word(tool.directory, line.partition(", shortname")[0]) + "\n"


def server_s_word(directory: Path, line: str) -> str:
    """Give what the server makes of the value in this line."""
    text = re.sub(r"^secret", "shortname", line)
    client = f"client c {{\n\tipaddr = 192.0.2.1\n\tsecret = abc\n\t{text}\n}}\n"
    (directory / "word.conf").write_text(f"prefix = /usr\nlibdir = /usr/lib/freeradius\n{client}")
    command = ["/usr/sbin/freeradius", "-XC", "-d", str(directory), "-n", "word"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    (word,) = re.findall(r'^\s*shortname = "(.*)"$', done.stdout, re.MULTILINE)
    return str(word)


def test_what_is_imported_works_at_once(tool: Tool) -> None:
    with CoaServer(tool.directory / "nas", SECRET, "Session-Context-Not-Found") as server:
        clients = tool.directory / "clients.conf"
        clients.write_text(
            f'client "switch 1" {{\n\tipaddr = 192.0.2.1\n\tcoa_server = local\n\tsecret = other\n}}\n'
            "home_server local {\n\ttype = coa\n\tipaddr = 127.0.0.1\n"
            f'\tport = {server.port}\n\tsecret = "{SECRET}"\n}}\n'
        )
        done = tool.radtune("nas", "import", str(clients), "--write", expect=0)
        assert SECRET not in done.stdout + done.stderr
        (file,) = tool.directory.glob("coa-switch-1")
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        assert file.stat().st_gid == pwd.getpwnam("freerad").pw_gid
        tool.radtune("nas", "test", "switch 1", expect=0)
        tool.radtune("nas", "test", "192.0.2.1", expect=0)


def test_the_stock_clients_are_this_machine(tool: Tool) -> None:
    done = tool.radtune("nas", "import", str(stock() / "clients.conf"), expect=0)
    assert done.stderr.count("not taken: it is this machine") == 2
    assert "nothing to import" in done.stdout
    assert "testing123" not in done.stdout + done.stderr
