"""FreeRADIUS's dictionary files, read as the server reads them."""

from pathlib import Path

import pytest

from parts.dictionary_lines import HEAD, LATER, READ, REFUSED, REFUSED_BY_THE_SERVER
from radtune.dictionary.definitions import Definitions, read_definitions
from radtune.errors import ConfigurationError, NotPermittedError
from unit.dictionaries import write, write_all


@pytest.fixture
def known(tmp_path: Path) -> Definitions:
    return read_definitions([write_all(tmp_path)])


@pytest.mark.parametrize(
    ("name", "space", "number", "room"),
    [
        ("Filter-Id", (), (11,), 253),
        ("NAS-Filter-Rule", (), (92,), 252),
        ("Local-Word", (), (3000,), 253),
        ("Frag-Status", (241,), (1,), 252),
        ("Cisco-AVPair", (26, 9), (1,), 247),
        ("USR-Big", (26, 429), (0x9801,), 245),
        ("Lucent-Big", (26, 4846), (300,), 246),
        ("WiMAX-Name", (26, 24757), (2,), 246),
        ("Ruckus-Quota-Name", (26, 25053), (146, 1), 245),
        ("Ruckus-Quota-Bytes", (26, 25053), (146, 2), 245),
        ("Cisco-Extended", (245, 26, 9), (7,), 246),
    ],
)
def test_where_an_attribute_stands(
    known: Definitions, name: str, space: tuple[int, ...], number: tuple[int, ...], room: int
) -> None:
    found = known.by_name[name.lower()]
    assert (found.name, found.space, found.number, found.room) == (name, space, number, room)


def test_flags(known: Definitions) -> None:
    password, quota = known.by_name["tunnel-password"], known.by_name["ruckus-quota-bytes"]
    assert (password.has_tag, password.secret) == (True, True)
    assert (quota.type, quota.length) == ("octets", 8)
    assert known.by_name["packet-type"].virtual


def test_a_secret_is_one_without_encryption_too(tmp_path: Path) -> None:
    known = read_definitions([write(tmp_path, "dictionary", f"{HEAD}ATTRIBUTE Hidden 3001 string secret\n")])
    assert known.by_name["hidden"].secret
    assert not known.by_name["filter-id"].secret


def test_a_name_that_moves_to_another_vendor_leaves_its_number(tmp_path: Path) -> None:
    lines = "ATTRIBUTE First 5 string Cisco\nATTRIBUTE Second 5 string Cisco\nATTRIBUTE Second 5 string Lucent\n"
    known = read_definitions([write(tmp_path, "dictionary", HEAD + lines)])
    assert known.by_number[(26, 4846), (5,)].name == "Second"
    assert ((26, 9), (5,)) not in known.by_number


def test_the_later_definition_wins(tmp_path: Path) -> None:
    main = write_all(tmp_path)
    own = write(tmp_path, "own", "attribute filter-id 11 STRING has_tag\nATTRIBUTE Name-Of-Mine 11 string\n")
    known = read_definitions([main, own])
    assert (known.by_name["filter-id"].name, known.by_name["filter-id"].has_tag) == ("filter-id", True)
    assert known.by_number[(), (11,)].name == "Name-Of-Mine"


def test_values_before_their_attribute_count_in_the_main_file_alone(tmp_path: Path) -> None:
    own = write(tmp_path, "own", "VALUE Later Never 1\nATTRIBUTE Later 3001 integer\nVALUE Later Now 2\n")
    known = read_definitions([write_all(tmp_path), own])
    # The one that came early is not the one by which the server shows the number.
    assert list(known.values[(), (6,)]) == ["login", "login-user", "framed-user"]
    assert known.values[(), (3001,)] == {"now": ("Now", 2)}


def test_a_file_is_read_once(tmp_path: Path) -> None:
    main = write_all(tmp_path)
    raddb = tmp_path / "raddb"
    raddb.mkdir()
    own = write(raddb, "dictionary", f"$INCLUDE {main}\n$INCLUDE ../dictionary.vendors\n$INCLUDE dictionary\n")
    assert read_definitions([main, own]).by_name == read_definitions([main]).by_name


def test_relative_names_are_relative_to_the_file(tmp_path: Path) -> None:
    inner = tmp_path / "mods" / "own"
    inner.mkdir(parents=True)
    write(inner, "dictionary", "$INCLUDE more\n")
    write(inner, "more", "ATTRIBUTE Own-Word 3001 string\n")
    known = read_definitions([write(tmp_path, "dictionary", "$INCLUDE mods/own/dictionary\n")])
    assert known.by_name["own-word"].internal


def test_a_file_that_may_be_missing_is_read_if_it_is_there(tmp_path: Path) -> None:
    for number, keyword in enumerate(("$INCLUDE-", "$-INCLUDE")):
        write(tmp_path, f"more{number}", "ATTRIBUTE Own-Word 3001 string\n")
        known = read_definitions([write(tmp_path, f"dictionary{number}", f"{HEAD}{keyword} more{number}\n")])
        assert known.by_name["own-word"].internal


def test_what_follows_a_block_stands_outside_of_it(tmp_path: Path) -> None:
    block = "BEGIN-VENDOR Cisco\nATTRIBUTE In 7 tlv\nBEGIN-TLV In\nATTRIBUTE Inner 1 string\nEND-TLV In\n"
    lines = f"{HEAD}{block}ATTRIBUTE Beside 8 string\nEND-VENDOR Cisco\nATTRIBUTE Behind 9 string\n"
    known = read_definitions([write(tmp_path, "dictionary", lines)]).by_name
    places = {name: (known[name].space, known[name].number) for name in ("inner", "beside", "behind")}
    assert places == {"inner": ((26, 9), (7, 1)), "beside": ((26, 9), (8,)), "behind": ((), (9,))}


def test_only_extended_attributes_are_a_space_of_their_own(tmp_path: Path) -> None:
    lines = "ATTRIBUTE Wide 241 extended\nATTRIBUTE Wide-Too 241 extended\nATTRIBUTE Within 241.7 string\n"
    lines += "ATTRIBUTE Below 11.7 string\nATTRIBUTE Under-Nothing 222.7 string\n"
    known = read_definitions([write(tmp_path, "dictionary", HEAD + lines)]).by_name
    places = {
        name: (known[name].space, known[name].number) for name in ("wide-too", "within", "below", "under-nothing")
    }
    assert places == {
        "wide-too": ((), (241,)),
        "within": ((241,), (7,)),
        "below": ((), (11, 7)),
        "under-nothing": ((), (222, 7)),
    }


def test_old_dictionaries_name_the_vendor_behind_the_type(tmp_path: Path) -> None:
    known = read_definitions([write(tmp_path, "dictionary", f"{HEAD}ATTRIBUTE Old-One 5 string Cisco\n")])
    assert known.by_name["old-one"].space == (26, 9)


@pytest.mark.parametrize("lines", [*((line,) for line in (*READ, *LATER)), *REFUSED_BY_THE_SERVER])
def test_what_is_read_or_passed_over(tmp_path: Path, lines: tuple[str, ...]) -> None:
    read_definitions([write(tmp_path, "dictionary", HEAD + "\n".join(lines) + "\n")])


@pytest.mark.parametrize(("lines", "said"), REFUSED)
def test_a_line_that_can_not_be_read(tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    """The last of the lines is named, and why."""
    file = write(tmp_path, "dictionary", HEAD + "\n".join(lines) + "\n")
    with pytest.raises(ConfigurationError) as caught:
        read_definitions([file])
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.key) == (file, HEAD.count("\n") + len(lines), "")
    assert said in problem.message


def test_a_fault_in_an_included_file_is_named_there(tmp_path: Path) -> None:
    inner = write(tmp_path, "inner", "\nATTRIBUTE X\n")
    with pytest.raises(ConfigurationError) as caught:
        read_definitions([write(tmp_path, "dictionary", "$INCLUDE inner\n")])
    assert str(caught.value) == f"{inner}:2: ATTRIBUTE: too few words, or too many"


def test_a_file_that_is_missing_or_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="dictionary:1: there is no such file"):
        read_definitions([tmp_path / "dictionary"])
    with pytest.raises(ConfigurationError, match="no regular file"):
        read_definitions([tmp_path])


def test_a_file_that_everybody_may_write(tmp_path: Path) -> None:
    file = write(tmp_path, "dictionary", HEAD)
    file.chmod(0o646)
    with pytest.raises(ConfigurationError, match="every user may write to it"):
        read_definitions([file])


def test_a_file_that_this_user_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "dictionary", HEAD)

    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(NotPermittedError, match="dictionary: this user may not read it"):
        read_definitions([file])


def test_bytes_that_are_no_text_stand_in_comments_at_most(tmp_path: Path) -> None:
    file = write(tmp_path, "dictionary", HEAD)
    file.write_bytes(file.read_bytes() + b"# \xff\xfe\n")
    assert "filter-id" in read_definitions([file]).by_name
    file.write_bytes(file.read_bytes() + b"VALUE Filter-Id \xff\n")
    with pytest.raises(ConfigurationError, match="too few words"):
        read_definitions([file])
