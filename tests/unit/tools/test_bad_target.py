"""Words that name nothing: one exit code, and what is wrong with them."""

from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune_tools.bad_target import malformed, no_such
from unit.running import Run
from unit.samples import SETTINGS, device, fill, guid

NAS = """\
nas:
  - {name: campus, nas: [198.51.100.0/24], secret_file: coa}
"""


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("00:11:22:33:44", "is no MAC: it has 10 hexadecimal digits, and a MAC has 12"),
        ("00:11:22:33:44:5", "it has 11 hexadecimal digits"),
        ("00-11-22-33-44-55-66", "it has 14 hexadecimal digits"),
        ("0011.2233.445", "it has 11 hexadecimal digits"),
        ("0011.2233", "it has 8 hexadecimal digits"),
        ("00:11:22:33:44:5G", "is no MAC: G isn't a hexadecimal digit (0-9, a-f)"),
        ("0O:11:22:33:44:55", "is no MAC: O isn't a hexadecimal digit"),
        ("00:11:22:33:44:", "it has 10 hexadecimal digits"),
        (guid(1)[:-1], "is no id: its groups have 8-4-4-4-11 digits, and an id has 8-4-4-4-12"),
        (guid(1) + "0", "its groups have 8-4-4-4-13 digits"),
        (guid(1)[:-1] + "g", "is no id: g isn't a hexadecimal digit (0-9, a-f)"),
        (f"{{{guid(1)}}}", f"write the id without braces: {guid(1)}"),
    ],
)
def test_what_is_meant_for_a_mac_or_an_id_and_is_none(word: str, said: str) -> None:
    assert said in malformed(word)
    assert f"{word}: " in str(no_such(word, "names nothing"))


@pytest.mark.parametrize(
    "word",
    [
        *("LAPTOP-1", "AB-12", "dead-beef", "face.cafe.example", "bob@contoso.example", "2001:db8::1", "192.0.2.1"),
        *(
            "00:11:22:33:44:55",
            "001122-334455",
            guid(1),
            guid(1).upper(),
            "PF2ABCDE",
            "x",
            "",
            "192.0.2.1/0016cbaabb01",
        ),
        *("berlin-hr-lap-01-win", "Ünïcode-1", "a.b.c", "1-2-3"),
    ],
)
def test_what_is_a_name_or_is_right_is_not_malformed(word: str) -> None:
    assert malformed(word) == ""


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("00112233445", "it has 11 hexadecimal digits, and a MAC has 12"),
        (guid(1).replace("-", ""), f"an id is written with hyphens: {guid(1)}"),
        ("LAPTOP-1", ""),
    ],
)
def test_a_hint_where_it_may_have_been_meant_so(word: str, hint: str) -> None:
    said = str(no_such(word, "names nothing"))
    assert said.startswith(f"{word}: names nothing")
    assert said.endswith(hint)


@pytest.mark.parametrize("word", ["nosuch", "00:11:22:33:44", guid(9), guid(9)[:-1], "a\x1b[31m"])
@pytest.mark.parametrize(
    "command",
    [
        *(("sessions",), ("devices",), ("events",), ("explain",), ("coa",), ("coa", "--dry-run"), ("quarantine",)),
        *(("release",), ("nas", "check", "--session"), ("nas", "check"), ("nas", "test"), ("unlink", "--yes")),
        *(("policy", "check"), ("policy", "test"), ("policy", "diff"), ("nas", "import"), ("explain", "x", "--policy")),
        ("explain", "x", "--certificate"),
    ],
    ids=" ".join,
)
def test_one_exit_code_for_no_such_thing(run: Run, office: Path, command: tuple[str, ...], word: str) -> None:
    (office / "settings.yaml").write_text(SETTINGS + NAS)
    ran = run(*command, word)
    assert (ran.code, "Traceback" in ran.err) == (ExitCode.USAGE, False)
    assert word.replace("\x1b", "\\x1b") in ran.err
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("command", ["sessions", "devices", "events"])
def test_programs_get_an_empty_list_with_it(run: Run, command: str) -> None:
    ran = run(command, "nosuch", "--json")
    assert (ran.code, ran.json) == (ExitCode.USAGE, [])
    assert run(command, "nosuch", "--csv").out.count("\n") == 1


def test_explain_says_what_an_unknown_name_would_get(run: Run, office: Path) -> None:
    fill(office / "store/devices", [device(1)])
    ran = run("explain", "nosuch")
    assert (ran.code, "outcome: deny (rule default)" in ran.out) == (ExitCode.USAGE, True)
    assert "it was judged as a name in a certificate" in ran.err
    assert run("explain", "00:11:22:33:44").out == ""
    for words in (
        ("00:11:22:33:44:55",),
        ("LAPTOP-1", "--auth-type", "mab"),
        ("SER1",),
        ("nosuch", "--compliance", "compliant"),
        ("nosuch", "--mac", "00:11:22:33:44:55"),
    ):
        assert run("explain", *words).code == 0


def test_a_device_that_is_named_like_a_broken_mac_is_found(run: Run, office: Path) -> None:
    fill(office / "store/devices", [device(1, name="AB-CD-12-34")])
    assert run("devices", "ab-cd-12-34").code == 0
    assert run("explain", "ab-cd-12-34").code == 0
