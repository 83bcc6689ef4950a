"""clients.conf as FreeRADIUS writes it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.errors import ConfigurationError, NotPermittedError, RadtuneError
from radtune_tools.settings_edit.clients_conf import Section, plain, read_sections, unescaped

CLIENTS = """\
# A comment, with client in it { and a brace
client localhost {
	ipaddr = 127.0.0.1	# behind it
	proto = *
	secret = "we\\"ird # se\\\\c\\101r'et"	# behind it
	limit {
		max_connections = 16
		secret = "not this"
	}
}

client one { ipaddr = 192.0.2.1
  secret = 'sin}gle'
  secret := la#s"t=\\;}'
}
listen { type = auth }
home_server coa {
	type = coa
	port = 3799
}
client "with space" {
	shortname=x, nas_type = cisco, netmask = 24
	secret = ${reference.secret} }
if (&User-Name == "x") {
	ok
}
"""


def sections(tmp_path: Path, text: str) -> list[Section]:
    (tmp_path / "clients.conf").write_text(text)
    return read_sections(tmp_path / "clients.conf")


def test_clients_and_home_servers(tmp_path: Path) -> None:
    found = sections(tmp_path, CLIENTS)
    assert [(each.kind, each.name, each.line) for each in found] == [
        ("client", "localhost", 2),
        ("client", "one", 12),
        ("home_server", "coa", 17),
        ("client", "with space", 21),
    ]
    secret = """"we\\"ird # se\\\\c\\101r'et\""""
    assert found[0].words == {"ipaddr": "127.0.0.1", "proto": "*", "secret": secret}
    assert (plain(secret), unescaped(secret)) == ("we\"ird # se\\\\c\\101r'et", "we\"ird # se\\cAr'et")
    assert (found[1].get("ipaddr"), found[1].get("secret")) == ("192.0.2.1", "sin}gle"), "the first of a key counts"
    assert found[3].get("netmask") == "24"
    assert found[3].get("secret") == "${reference.secret}"


@pytest.mark.parametrize(
    ("word", "as_written", "with_escapes"),
    [
        ("la#s\"t=\\;}'", "la#s\"t=\\;}'", "la#s\"t=\\;}'"),
        ("'it\\'s\\n'", "it's\\n", "it's\\n"),
        ("`echo hi`", "echo hi", "echo hi"),
        ('"a\\"b"', 'a"b', 'a"b'),
        (r'"\\ \x41 \q \%"', r"\\ \x41 \q \%", r"\ x41 q %"),
        (r'"\t\101\r\n"', r"\t\101\r\n", "\tA\r\n"),
    ],
)
def test_the_two_readings_of_a_word(word: str, as_written: str, with_escapes: str) -> None:
    assert (plain(word), unescaped(word)) == (as_written, with_escapes)


def test_lines_that_go_on(tmp_path: Path) -> None:
    """As every release does: a comment of its own line ends there, and so does nothing else that has a backslash."""
    text = 'client a {\n# no \\\nsecret = "on\\\n  e"\nshortname = x # yes \\\nnas_type = cisco\n}\nclient b {\n}\n'
    one, other = sections(tmp_path, text)
    assert one.words == {"secret": '"on  e"', "shortname": "x"}
    assert (one.line, other.line) == (1, 8)


def test_an_included_file_is_a_part_of_the_section_around_it(tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("secret = hush\n")
    (one,) = sections(tmp_path, "client a {\n$INCLUDE secret.conf\nSecret = x\n$template common\n}\n")
    assert (one.get("secret"), one.template) == ("hush", "common")
    (tmp_path / "secret.conf").write_text("}\n")
    with pytest.raises(ConfigurationError, match=r"secret.conf:1: a closing brace without an opening one"):
        sections(tmp_path, "client a {\n$INCLUDE secret.conf\n")


def test_included_files_and_directories(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("client more {\n}\n")
    (tmp_path / "clients.d").mkdir()
    for name in ("b.conf", "a.conf", "old~", ".hidden", "x-y", "-z"):
        (tmp_path / "clients.d" / name).write_text(f"client {name} {{\n}}\n")
    text = "$INCLUDE more.conf\n$INCLUDE clients.d/\n$-INCLUDE not-there\n$INCLUDE ${confdir}/more.conf\n"
    assert [each.name for each in sections(tmp_path, text)] == ["more", "-z", "a.conf", "b.conf", "x-y", "more"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("client a {\n", "clients.conf:1: client a is never closed"),
        ("\n}\n", "clients.conf:2: a closing brace without an opening one"),
        ('client a {\n secret = "x\n}\n', "clients.conf:2: a quote that isn't closed"),
        ("\n$INCLUDE missing.conf\n", "clients.conf:2: $INCLUDE missing.conf: there is no such file /"),
        ("$INCLUDE ${modconfdir}/x\n", "clients.conf:1: $INCLUDE ${modconfdir}/x: radtune can't tell where that is"),
        ("$INCLUDE clients.conf\n", "too many files that include one another"),
    ],
)
def test_faults(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sections(tmp_path, text)
    assert fault in str(caught.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "clients.conf").write_bytes(b"client \xff {\n}\n")
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_sections(tmp_path / "clients.conf")


@given(st.text(alphabet="cla {}=\"'\\#\n,;$", max_size=60))
def test_whatever_is_in_it_there_is_an_answer(text: str) -> None:
    file = DIRECTORY / "clients.conf"
    file.write_text(text, encoding="utf-8")
    try:
        read_sections(file)
    except RadtuneError as error:
        assert isinstance(error, ConfigurationError | NotPermittedError)


DIRECTORY = Path()


@pytest.fixture(autouse=True, scope="module")
def _directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    global DIRECTORY  # noqa: PLW0603  # hypothesis gives its tests no fixtures of their own
    DIRECTORY = tmp_path_factory.mktemp("clients")
