"""Lists: what fits a width, what a pipe gets, times with their age, CSV."""

import csv
import io
from collections.abc import Sequence

import pytest

from radtune_tools.listing import Columns, aged, as_csv, cell_len, lay_out
from radtune_tools.output import timestamp
from unit.listed import DEVICES, fleet
from unit.samples import NOW


def laid_out(rows: Sequence[dict[str, object]], width: int | None, *, wide: bool = False) -> list[str]:
    return list(lay_out(DEVICES, rows, width, NOW, wide=wide).lines())


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


@pytest.mark.parametrize("width", [100, 120, 160])
def test_one_long_name_takes_no_column_away(width: int) -> None:
    rows = fleet(8)
    assert laid_out(rows, width)[0].split() == laid_out([*rows, *fleet(1, name="x" * 300)], width)[0].split()


def test_the_widest_column_is_cut_first() -> None:
    rows: list[dict[str, object]] = [
        {"name": f"aruba-{'x' * number}", "user": "u" * (40 + 9 * number)} for number in range(5)
    ]
    lines = list(lay_out(Columns(("name", "user"), ()), rows, 80, NOW, wide=False).lines())
    assert [line.split()[0] for line in lines[1:]] == [row["name"] for row in rows]
    assert max(map(len, lines)) <= 80


def test_times_and_short_cells_stay_whole() -> None:
    rows: list[dict[str, object]] = [
        {"time": timestamp(NOW - number), "event": "enforced", "outcome": "vlan 750", "device": "", "reason": "r" * 60}
        for number in (1, 2, 3, 4, 10)
    ]
    rows[0]["device"] = "Somebody's MacBook Air"
    columns = Columns(("time", "event", "device", "outcome", "reason"), ())
    head, *lines = lay_out(columns, rows, 80, NOW, wide=False).lines()
    assert len(head) <= 80 and all(len(line) == 80 for line in lines)
    assert "(10s)  enforced" in lines[-1] and all("vlan 750  rrrrr" in line for line in lines)


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
