"""What people and programs get to see."""

import json
import sys

import click
import pytest

from radtune.errors import UsageError
from radtune_tools.context import Form
from radtune_tools.listing import Columns
from radtune_tools.output import Output, timestamp
from unit.listed import DEVICES, fleet
from unit.samples import NOW

ROWS: list[dict[str, object]] = [
    {"name": "LAPTOP-1", "macs": ["a", "b"], "more": 1},
    {"name": "\x1b[31m[red]\n", "macs": []},
]
NAMES = Columns(("name", "macs"), ("more",))


def output(*, as_json: bool = False, quiet: bool = False, **more: object) -> Output:
    return Output(Form(as_json=as_json, quiet=quiet, **more))  # type: ignore[arg-type]  # each test names fields of Form


def test_csv_is_all_there_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(as_csv=True, columns=("more", "name"))
    out.table(NAMES, ROWS, "none", limit=1)
    out.line("hello")
    assert capsys.readouterr() == ("more,name\n1,LAPTOP-1\n", "the first 1; --limit shows more\n")
    output(as_csv=True).table(NAMES, [], "none")
    assert capsys.readouterr().out == "name,macs,more\n"


def test_an_unknown_column_is_answered_with_the_nearest_or_else_with_all() -> None:
    with pytest.raises(UsageError, match=r"unknown column nmae; did you mean name\?$"):
        output(columns=("nmae",)).table(NAMES, ROWS, "none")
    with pytest.raises(UsageError, match=r"unknown column x .known: name, macs, more"):
        output(columns=("x",)).table(NAMES, ROWS, "none")
    with pytest.raises(UsageError, match="one of them"):
        output(as_json=True, as_csv=True)


def test_columns_sets_the_width_in_a_pipe_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    output().table(DEVICES, fleet(), "none")
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 60


def terminal(monkeypatch: pytest.MonkeyPatch, lines: str) -> list[str]:
    """Let standard output be a terminal of so many lines; return what goes through the pager."""
    paged: list[str] = []
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", lines)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(click, "echo_via_pager", paged.append)
    monkeypatch.setenv("LESS", "FRX")
    return paged


def test_a_long_list_goes_through_a_pager_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paged = terminal(monkeypatch, "10")
    output().table(DEVICES, fleet(8), "none")
    assert (paged, len(capsys.readouterr().out.splitlines())) == ([], 9)
    output().table(DEVICES, fleet(9), "none")
    assert (len(paged), capsys.readouterr().out) == (1, "")
    assert len(paged[0].splitlines()) == 10
    monkeypatch.setenv("PAGER", "")
    output().table(DEVICES, fleet(9), "none")
    assert (len(paged), len(capsys.readouterr().out.splitlines())) == (1, 10)


def test_a_count_is_shown_on_a_terminal_and_gone_before_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = output()
    with out.progress("x", shown=True) as tick:
        tick(1)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with out.progress("x: devices", shown=True) as tick:
        tick(7)
        assert "x: devices 7 0s" in capsys.readouterr().err
        out.problem("late")
    assert "radtune: late\n" in capsys.readouterr().err
    with output(quiet=True).progress("x", shown=True) as tick:
        tick(1)
    assert capsys.readouterr() == ("", "")


def test_no_color(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, "50")
    output().table(DEVICES, fleet(), "none")
    assert "\x1b[31m  noncompliant" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    output().table(DEVICES, fleet(), "none")
    assert "\x1b[3" not in capsys.readouterr().out


def test_a_table_is_not_folded_and_shows_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    output().table(Columns(("name", "macs"), ()), [*ROWS, {"name": "x" * 500}], "none")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "macs"]
    assert lines[1].split() == ["LAPTOP-1", "a,", "b"]
    assert lines[2].split() == ["\\x1b[31m[red]\\n", "-"]
    assert lines[3].split() == ["x" * 500, "-"]


@pytest.mark.parametrize("length", [999, 1000, 5000])
def test_a_long_line_stays_one_line(capsys: pytest.CaptureFixture[str], length: int) -> None:
    output().line("x " * length + "end")
    output().table(Columns(("name",), ()), [{"name": "y " * length + "end"}], "none")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_has_every_field_of_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    output(as_json=True).table(NAMES, ROWS, "none")
    assert json.loads(capsys.readouterr().out) == ROWS


def test_json_can_be_shown_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output(as_json=True).json({"name": "\x1b \x9b31m \u202e \ud800 Zoë"})
    text = capsys.readouterr().out
    assert json.loads(text)["name"] == "\x1b \x9b31m \u202e \ud800 Zoë"
    assert all(character.isprintable() or character == "\n" for character in text)


def test_no_rows(capsys: pytest.CaptureFixture[str]) -> None:
    output().table(NAMES, [], "nothing here")
    output(as_json=True).table(NAMES, [], "nothing here")
    assert capsys.readouterr().out == "nothing here\n[]\n"


def test_quiet_says_nothing_but_problems(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(quiet=True)
    out.line("hello")
    out.table(NAMES, ROWS, "none")
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
