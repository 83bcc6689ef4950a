"""What people and programs get to see."""

import csv
import io
import json
import sys
from collections.abc import Sequence

import click
import pytest
from rich.cells import cell_len

from radtune.errors import UsageError
from radtune_tools.listing import Columns, aged, as_csv, lay_out
from radtune_tools.output import Form, Output, timestamp
from unit.samples import NOW

ROWS: list[dict[str, object]] = [
    {"name": "LAPTOP-1", "macs": ["a", "b"], "more": 1},
    {"name": "\x1b[31m[red]\n", "macs": []},
]
NAMES = Columns(("name", "macs"), ("more",))
DEVICES = Columns(("name", "compliance", "user", "last_check_in"), ("serial", "os", "macs", "id", "empty"))


def output(*, as_json: bool = False, quiet: bool = False, **more: object) -> Output:
    return Output(Form(as_json=as_json, quiet=quiet, **more))  # type: ignore[arg-type]  # each test names fields of Form


def laid_out(rows: Sequence[dict[str, object]], width: int | None, *, wide: bool = False) -> list[str]:
    return list(lay_out(DEVICES, rows, width, NOW, wide=wide).lines())


def fleet(count: int = 3, **more: object) -> list[dict[str, object]]:
    return [
        {
            "name": f"LAPTOP-{number}",
            "compliance": "noncompliant",
            "user": "somebody@contoso.example",
            "last_check_in": timestamp(NOW - 3 * 86_400),
            "serial": "PF2ABCDE",
            "os": "Windows",
            "macs": ["0016cbaabb01", "0016cbaabb02"],
            "id": "8a0f3c11-0000-4000-8000-000000000001",
            "empty": "",
            **more,
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("width", [80, 120, 150])
def test_a_row_is_a_line_that_fits(width: int) -> None:
    lines = laid_out(fleet(), width)
    assert len(lines) == 4
    assert all(line.startswith("LAPTOP-") and len(line) <= width for line in lines[1:])
    assert "noncompliant" in lines[1], "what matters isn't cut"
    assert "(3d)" in lines[1]


def test_a_wider_terminal_shows_more_columns_and_never_an_empty_one() -> None:
    heads = [laid_out(fleet(), width)[0].split("  ") for width in (80, 120, 160)]
    columns = [[name for name in head if name] for head in heads]
    assert columns[0][0] == "name"
    assert len(columns[0]) < len(columns[1]) < len(columns[2])
    assert not any("empty" in names for names in columns)


def test_one_long_name_takes_no_room_from_the_others() -> None:
    rows = [*fleet(), *fleet(1, name="x" * 300)]
    narrow, piped = laid_out(rows, 80), laid_out(rows, None)
    assert all(len(line) <= 80 for line in narrow)
    assert "noncompliant  somebody@contoso.example" in narrow[1]
    assert "…" in narrow[-1]
    assert "x" * 300 in piped[-1], "a program gets it whole"
    assert max(map(len, piped[:-1])) < 160


def test_wide_characters_and_tiny_terminals() -> None:
    rows = fleet(1, name="会议室笔记本电脑" * 5)
    assert all(cell_len(line) <= 80 for line in laid_out(rows, 80))
    assert all(cell_len(line) <= 30 for line in laid_out(rows, 30))
    assert laid_out(rows, 3)


def test_a_pipe_gets_the_few_columns_always_and_wide_all() -> None:
    rows = fleet(1, user="")
    head, row = laid_out(rows, None)
    assert head.split() == ["name", "compliance", "user", "last", "check", "in"]
    assert row.split() == ["LAPTOP-0", "noncompliant", "-", "2027-01-12T08:00:00Z", "(3d)"]
    assert laid_out(rows, None, wide=True)[0].split()[-1] == "empty"
    assert "empty" not in laid_out(rows, 80, wide=True)[0]


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (NOW - 600, "07:50:00Z (10m)", "2027-01-15T07:50:00Z (10m)"),
        (NOW - 3 * 86_400, "01-12 08:00Z (3d)", "2027-01-12T08:00:00Z (3d)"),
        (NOW - 800 * 86_400, "2024-11-06 (2y)", "2024-11-06T08:00:00Z (2y)"),
        (NOW + 7200, "10:00:00Z (in 2h)", "2027-01-15T10:00:00Z (in 2h)"),
        (NOW, "08:00:00Z (0s)", "2027-01-15T08:00:00Z (0s)"),
        (0, "-", "-"),
        (1e17, "1e+17 seconds after 1970", "1e+17 seconds after 1970"),
    ],
)
def test_an_age_stands_beside_a_time(seconds: float, short: str, long: str) -> None:
    columns, rows = Columns(("seen",), ()), [{"seen": timestamp(seconds)}]
    assert lay_out(columns, rows, 80, NOW, wide=False).rows == [[short]]
    assert lay_out(columns, rows, None, NOW, wide=False).rows == [[long]]


def test_a_time_in_a_sentence() -> None:
    assert (aged(NOW - 60, NOW), aged(0, NOW)) == ("2027-01-15T07:59:00Z (1m)", "")


def test_csv_has_all_columns_and_plain_values() -> None:
    (row,) = csv.DictReader(io.StringIO(as_csv(DEVICES, fleet(1, name='a,"b"\n\x1b', managed=True))))
    assert row["name"] == 'a,"b"\\n\\x1b'
    assert (row["last_check_in"], row["macs"], row["empty"]) == (
        "2027-01-12T08:00:00Z",
        "0016cbaabb01, 0016cbaabb02",
        "",
    )
    assert list(row) == [*DEVICES.few, *DEVICES.more]


def test_csv_is_all_there_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    out = output(as_csv=True, columns=("more", "name"))
    out.table(NAMES, ROWS[:1], "none")
    out.line("hello")
    out.shortened(1)
    assert capsys.readouterr() == ("more,name\n1,LAPTOP-1\n", "the first 1; --limit shows more\n")
    output(as_csv=True).table(NAMES, [], "none")
    assert capsys.readouterr().out == "name,macs,more\n"


def test_an_unknown_column_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown column nmae; did you mean name\? .known: name, macs, more"):
        output(columns=("nmae",)).table(NAMES, ROWS, "none")
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
