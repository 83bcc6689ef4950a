"""YAML -> plain data with the line of every key."""

from pathlib import Path

import pytest

from radtune.config.yaml_file import Document, read_yaml
from radtune.errors import ConfigurationError, NotPermittedError


def problems(tmp_path: Path, text: str) -> str:
    """Return what is wrong with the text, without the file's name."""
    file = tmp_path / "file.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(file).raise_problems()
    assert all(line.startswith(f"{file}:") for line in str(caught.value).splitlines())
    return str(caught.value).replace(f"{file}:", "")


def read(tmp_path: Path, text: str) -> Document:
    (tmp_path / "file.yaml").write_text(text)
    document = read_yaml(tmp_path / "file.yaml")
    document.raise_problems()
    return document


def test_lines_and_data(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  - c: x\n  - d\n")
    assert document.data == {"a": 1, "b": [{"c": "x"}, "d"]}
    lines = {("a",): 1, ("b",): 2, ("b", 0, "c"): 3, ("b", 1): 4}
    assert {path: document.lines[path] for path in lines} == lines


def test_a_problem_names_file_line_and_key(tmp_path: Path) -> None:
    document = read(tmp_path, "a: 1\nb:\n  - c: x\n")
    document.problem(("b", 0, "c"), "wrong")
    document.problem(("b", 0, "missing"), "missing")
    document.problem(("nowhere",), "missing")
    file = tmp_path / "file.yaml"
    assert [str(problem) for problem in document.problems] == [
        f"{file}:3: b[1].c: wrong",
        f"{file}:3: b[1].missing: missing",
        f"{file}:1: nowhere: missing",
    ]


def test_all_problems_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = problems(tmp_path, "a: 0750\nb: 1:30\nc: 1\nc: 2\n")
    assert [line.split(": ")[0] for line in text.splitlines()] == ["1", "2", "4"]


@pytest.mark.parametrize("number", ["0750", "1:30", "0x2ee", "0b11", "1_000", "+5", "00"])
def test_a_number_that_yaml_reads_as_another_is_refused(tmp_path: Path, number: str) -> None:
    assert problems(tmp_path, f"a:\n  b: {number}\n").startswith(f"2: a.b: {number}: ")


@pytest.mark.parametrize("number", ["0", "750", "-1"])
def test_plain_numbers(tmp_path: Path, number: str) -> None:
    assert read(tmp_path, f"a: {number}\n").data == {"a": int(number)}


@pytest.mark.parametrize("key", ["750", "yes", "on", "null", "1.5"])
def test_a_key_that_yaml_does_not_read_as_text_is_refused(tmp_path: Path, key: str) -> None:
    assert problems(tmp_path, f"a:\n  {key}: x\n").startswith(f"2: a.{key}: ")
    assert read(tmp_path, f"a:\n  '{key}': x\n").data == {"a": {key: "x"}}


def test_a_key_given_twice(tmp_path: Path) -> None:
    assert problems(tmp_path, "a:\n  b: 1\n  c: 2\n  b: 3\n") == "4: a.b: given twice"


def test_a_date_is_text(tmp_path: Path) -> None:
    assert read(tmp_path, "a: 2024-13-45\nb: 2024-01-01\n").data == {"a": "2024-13-45", "b": "2024-01-01"}


def test_anchors_aliases_and_merges(tmp_path: Path) -> None:
    document = read(tmp_path, "a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\n")
    assert document.data == {"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 2}, "e": {"b": 1, "c": 3}}


@pytest.mark.parametrize("text", ["a: &x {b: *x}\n", "a: &x [*x]\n", "&x {a: {b: *x}}\n"])
def test_an_alias_that_contains_itself(tmp_path: Path, text: str) -> None:
    assert "contains itself" in problems(tmp_path, text)


@pytest.mark.parametrize("key", ["k", "<<"])
def test_an_alias_of_an_alias_under_a_key_given_twice_is_counted_each_time(tmp_path: Path, key: str) -> None:
    aliases = "".join(f"a{n}: &a{n} {{{key}: *a{n - 1}, {key}: *a{n - 1}}}\n" for n in range(1, 40))
    assert "more than 500000 values" in problems(tmp_path, "a0: &a0 {b: 1}\n" + aliases)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: [1\n", "2"),
        ("a:\n\t- b\n", "2"),
        ("a: 1\nb: 'x\n", "2"),
        ("a: 1\nb: *nowhere\n", "2"),
        ("a: 1\nb: !!python/object:os.system x\n", "2"),
        ("a: 1\n---\nb: 2\n", "2"),
        ("a: 1\n? [x]\n: 2\n", "2"),
        ("a: 1\nb: \x01\n", "2"),
    ],
)
def test_what_is_no_yaml(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text).startswith(f"{line}: ")


def test_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffa: 1\n").data == {"a": 1}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_has_no_data(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text).data is None


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml:1: there is no such file"):
        read_yaml(tmp_path / "none.yaml")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        read_yaml(tmp_path)


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_bytes(b"a: \xe4\n")
    with pytest.raises(ConfigurationError, match=r"file\.yaml:1: can't be read"):
        read_yaml(tmp_path / "file.yaml")


def test_a_file_that_this_user_may_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("radtune.file_access._opened", refused)
    with pytest.raises(NotPermittedError, match=r"file\.yaml: this user may not read it"):
        read_yaml(tmp_path / "file.yaml")
