"""Common mistakes in YAML: file, line and column, and what to do; nothing that the file holds is repeated."""

from pathlib import Path

import pytest

from radtune.config.yaml_file import read_yaml
from radtune.errors import ConfigurationError

BOTH = pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])


@BOTH
@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a:\n\tb: 1\n", 2, "column 1: a tab; indent with spaces"),
        ("a:\n  - b\n \t- c\n", 3, "column 2: a tab; indent with spaces"),
        ("a: 'x\nb: 1\n", 1, "column 4: a quote that isn't closed begins here"),
        ('a: 1\nb: "x\nc: 1\n', 2, "column 4: a quote that isn't closed begins here"),
        ("a: 1\nb\nc: 2\n", 2, "column 1: a key without a colon"),
        ("a: 1\n  b: 2\n", 2, "column 4: a colon that can't stand here"),
        ("a: b: c\n", 1, "column 5: a colon that can't stand here"),
        ("a:\n    b: 1\n  c: 2\n", 3, "column 3: the indentation doesn't fit the lines above"),
        ("- a\nb: 1\n", 2, "column 1: the indentation doesn't fit the list above"),
        ("a: [x, y\nb: 1\n", 2, "a bracket that isn't closed"),
        ("a: {x: 1 y: 2}\n", 1, "column 11: a bracket that isn't closed, or a comma that is missing"),
        ("a: - b\n", 1, "a list item that can't stand here"),
        ("%x: 1\n", 1, "a line that begins with %"),
        ("%YAML 3.0\n---\na: 1\n", 1, "a line that begins with %"),
        ("a: %x\n", 1, "column 4: a value can't begin with %; quote it"),
        ("a: @x\n", 1, "column 4: a value can't begin with @; quote it"),
        ("a: *x\n", 1, "column 4: an alias (*) of nothing"),
        ("a: *.x\n", 1, "a value that begins with * or &"),
        ("a: !foo x\n", 1, "column 4: a tag (!)"),
        ('a: "\\d"\n', 1, "a backslash in double quotes; use single quotes"),
        ("a: 1\n---\nb: 2\n", 2, "a second document (---)"),
        ("a: 1\n...\nb: 2\n", 3, "a line behind the end of the document"),
        ("a: |x\n y\n", 1, "text behind | or >"),
        ("? [a]\n: 1\n", 1, "a key is text"),
        ("a: 1\0\n", 1, "a control character (0x00); remove it"),
        ("a: 1\nb: \x1b\n", 2, "a control character (0x1b); remove it"),
    ],
)
def test_a_mistake(tmp_path: Path, text: str, line: int, said: str, end: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(text.replace("\n", end).encode())
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(file)
    assert str(caught.value).startswith(f"{file}:{line}: not YAML: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"a: 1\nb: \xe9\n", 2, "byte 0xe9 isn't UTF-8; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), 1, "If it is UTF-16, save it as UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00\xff", 1, "is no text; is it the right file?"),
    ],
)
def test_what_is_not_utf8(tmp_path: Path, content: bytes, line: int, said: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(file)
    assert str(caught.value).startswith(f"{file}:{line}: can't be read: ")
    assert said in str(caught.value)


@BOTH
def test_a_byte_order_mark_is_no_mistake(tmp_path: Path, end: str) -> None:
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbf" + f"a: 1{end}b: 2{end}".encode())
    assert read_yaml(tmp_path / "f.yaml").data == {"a": 1, "b": 2}
