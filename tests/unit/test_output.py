"""What people and programs get to see."""

import json

import pytest

from radtune_tools.output import Output, timestamp
from unit.samples import NOW

ROWS: list[dict[str, object]] = [
    {"name": "LAPTOP-1", "macs": ["a", "b"], "more": 1},
    {"name": "\x1b[31m[red]\n", "macs": []},
]


def output(*, as_json: bool = False, quiet: bool = False) -> Output:
    return Output(as_json=as_json, quiet=quiet)


def test_a_table_is_not_folded_and_shows_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    output().table(("name", "macs"), [*ROWS, {"name": "x" * 500}], "none")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "macs"]
    assert lines[1].split() == ["LAPTOP-1", "a,", "b"]
    assert lines[2].strip() == "\\x1b[31m[red]\\n"
    assert lines[3].strip() == "x" * 500


@pytest.mark.parametrize("length", [999, 1000, 5000])
def test_a_long_line_stays_one_line(capsys: pytest.CaptureFixture[str], length: int) -> None:
    output().line("x " * length + "end")
    output().table(("name",), [{"name": "y " * length + "end"}], "none")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_has_every_field_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    output(as_json=True).table(("name",), ROWS, "none")
    assert json.loads(capsys.readouterr().out) == ROWS


def test_json_can_be_shown_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output(as_json=True).json({"name": "\x1b \x9b31m \u202e \ud800 Zoë"})
    text = capsys.readouterr().out
    assert json.loads(text)["name"] == "\x1b \x9b31m \u202e \ud800 Zoë"
    assert all(character.isprintable() or character == "\n" for character in text)


def test_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    output().table(("name",), [], "nothing here")
    output(as_json=True).table(("name",), [], "nothing here")
    assert capsys.readouterr().out == "nothing here\n[]\n"


def test_quiet_says_nothing_but_problems(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(quiet=True)
    out.line("hello")
    out.table(("name",), ROWS, "none")
    out.problem("first\nsecond \x07")
    assert capsys.readouterr() == ("", "radtune: first\nradtune: second \\x07\n")


def test_json_says_no_line_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    output(as_json=True).line("hello")
    assert capsys.readouterr().out == ""


def test_markup_in_a_name_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    output().line("[bold]x[/bold] [link=http://x]")
    assert capsys.readouterr().out == "[bold]x[/bold] [link=http://x]\n"


def test_timestamps() -> None:
    assert timestamp(NOW + 0.9) == "2027-01-15T08:00:00Z"
    assert timestamp(0) == ""
