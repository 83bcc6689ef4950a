"""`radtune nas import` against the server: the secret that it takes over is the one that the server uses."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.raddb import server_directory
from parts.radius_client import RadiusClient, mac_login
from parts.steered import Identities, SteeredServer, steered_server
from parts.tool import Tool

TAKEN = (
    *("plain", "la#s\"t=\\;}'{", "co,mma", "semi;colon", "100%", "0x616263", "un\\quoted\\n", "back\\\\slash"),
    *("'sin gle'", r"'it\'s'", r"'se\\cr\101et\n'", "'$ENV{HOME}'", "'${prefix}'", "'do\"uble'", "`back tick`"),
    *('"dou ble"', r'"quo\"te"', r'"se\\cr\101et"', r'"it\'s"', r'"\x41\u00e9"', r'"per\%cent \q"', r'"\303\251x"'),
    *('"éx"', '"pa$$word"', '"%{User-Name}"', '"tail\\\\"', '"con\\\n  tinued"', "commented # behind it", '"a#b"#c'),
)
"""How secrets can be written, each taken over by every release as that release reads it."""
LINES = (
    "first\n\tsecret = second",
    "low\n\tSECRET = up",
    "one # \\\n\tsecret = two",
    "xyz\n# no \\\n\tnas_type = cisco",
)
NOT_ALWAYS = r'"line\nbreak"'
"""Either the letter n, or a line end, which no file of a secret can hold."""
WORDS = (*TAKEN, *LINES, NOT_ALWAYS)
NEVER = ('"umlaut at the end ü"', "$ENV{RADTUNE_SECRET}", '"x$ENV{RADTUNE_SECRET}"', "${.ipaddr}", '"${.ipaddr}"')


def clients_conf(network: str) -> str:
    """Return a client for each secret, in the ways that clients can stand there."""
    text = ""
    for number, word in enumerate((*WORDS, *NEVER), 1):
        client = f"client c{number} {{\n\tipaddr = {network}.{number}\n\tsecret = {word}\n}}\n"
        text += f"server s{number} {{\n{client}}}\n" if network == "192.0.2" and number == 1 else client
    return text


@pytest.fixture(scope="module")
def server(identities: Identities) -> Iterator[SteeredServer]:
    """A server with all these clients."""

    def write(raddb: Path) -> None:
        (raddb / "clients.conf").write_text(clients_conf("127.0.1"))

    with steered_server(identities, changes=[write], environment={"RADTUNE_SECRET": "from outside"}) as running:
        yield running


def test_each_secret_taken_over_is_the_one_that_the_server_uses(server: SteeredServer) -> None:
    with server_directory() as directory:
        tool = Tool(directory, "unused")
        file = directory / "clients.conf"
        file.write_text(clients_conf("192.0.2"))
        done = tool.radtune("--json", "nas", "import", str(file), "--write", expect=78)
        files = {int(row["name"].removeprefix("c")): row["secret_file"] for row in json.loads(done.stdout)}
        taken = {number: (directory / name).read_text().removesuffix("\n") for number, name in files.items()}
    always = set(range(1, len(TAKEN) + len(LINES) + 1))
    assert always <= set(taken) <= {*always, len(WORDS)}, done.stderr
    assert "from outside" not in done.stderr + done.stdout
    for number, secret in taken.items():
        client = RadiusClient(server.server.auth_port, server.server.acct_port, secret, raddb=server.server.raddb)
        reply = client.login(*mac_login("0016cbaabb01"), ("Packet-Src-IP-Address", f"127.0.1.{number}"))
        assert reply.code, f"{WORDS[number - 1]!r} isn't {secret!r}"
