"""Where a login on loopback goes, and by which secret."""

from pathlib import Path

import pytest

from radtune_tools.setup.listeners import Listener, NoProofError, find_listener, loopback_secret
from unit.sample_raddb import DEFAULT, TUNNEL, sample_raddb, view

ACCT = "listen {\n\ttype = acct\n\tipaddr = *\n\tport = 0\n}\nauthorize {"
IN_PLACE = DEFAULT.replace("REJECT {\n", "REJECT {\n\t\tradtune\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = sample_raddb(tmp_path)
    (root / "sites-available/inner-tunnel").write_text(
        TUNNEL.replace(
            "authorize {", "listen {\n\ttype = auth\n\tipaddr = 127.0.0.1\n\tport = 18120\n}\nauthorize {"
        ).replace("post-auth {\n", "post-auth {\n\tradtune\n")
    )
    return root


def no_login(root: Path) -> str:
    with pytest.raises(NoProofError) as refused:
        find_listener(view(root))
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "auth", "acct"),
    [
        ("authorize {", "authorize {", 1812, 0),
        ("authorize {", ACCT, 1812, 1813),
        ("port = 0", "port = 11812", 11812, 0),
        ("ipaddr = *", "ipv4addr = 127.0.0.1", 1812, 0),
    ],
)
def test_the_ports_of_the_server_of_the_nases(root: Path, old: str, new: str, auth: int, acct: int) -> None:
    (root / "sites-available/default").write_text(IN_PLACE.replace(old, new, 1))
    assert find_listener(view(root)) == Listener(auth, acct)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ipaddr = *", "ipaddr = 192.0.2.1"),
        ("ipaddr = *", "ipaddr = *\n\tclients = mine"),
        ("ipaddr = *", "ipaddr = *\n\tproto = tcp"),
        ("port = 0", "port = ${mine}"),
        ("type = auth", "type = coa"),
        ("\t\tradtune\n", ""),
    ],
)
def test_a_server_that_is_not_on_loopback_or_has_no_radtune(root: Path, old: str, new: str) -> None:
    (root / "sites-available/default").write_text(IN_PLACE.replace(old, new, 1))
    assert no_login(root) == "no virtual server with radtune takes logins on 127.0.0.1"


def test_a_site_that_is_not_known(root: Path) -> None:
    (root / "sites-enabled/mine").write_text("server {\n")
    assert "mine:1: radtune doesn't know server { is never closed" in no_login(root)


CLIENT = "client localhost {\n\tipaddr = 127.0.0.1\n\tsecret = 'a b'\n}\n"


def secret(tmp_path: Path, text: str) -> str:
    (tmp_path / "clients.conf").write_text(text)
    return loopback_secret(tmp_path / "clients.conf", lambda _: None)


def test_the_secret_of_this_machine(tmp_path: Path) -> None:
    assert secret(tmp_path, f"client x {{\n\tipaddr = 192.0.2.1\n\tsecret = other\n}}\n{CLIENT}") == "a b"
    assert secret(tmp_path, "client 127.0.0.1 {\n\tsecret = old\n}\n") == "old"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no client 127.0.0.1"),
        (CLIENT.replace("\tsecret", "\tproto = tls\n\tsecret"), "has no client 127.0.0.1"),
        (CLIENT.replace("'a b'", '"a\\\\b"'), "the secret of 127.0.0.1 can't be had: releases of FreeRADIUS read"),
        (CLIENT.replace("'a b'", "x"), "2 to 250 bytes on one line"),
        (CLIENT.replace("}", ""), "is never closed"),
    ],
)
def test_a_secret_that_can_not_be_had(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(NoProofError, match=why):
        secret(tmp_path, text)
