"""The report and its archive: bounded time, what is not known, nothing private; and each kind is provoked by a test."""

import ast
import io
import json
import re
import string
import tarfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from radtune.errors import ExitCode, NotPermittedError
from radtune_tools.doctor.bundle import write_bundle
from radtune_tools.doctor.kinds import KINDS
from radtune_tools.doctor.report import Check, Private, Report, Word, look, moment, number, one_of
from radtune_tools.doctor.status_kinds import STATUS_KINDS

ROOT = Path(__file__).resolve().parents[4]
DOCTOR = sorted((ROOT / "tools/radtune_tools/doctor").glob("*.py"))
TESTS = [
    *Path(__file__).parent.glob("test_*.py"),
    ROOT / "tests/unit/tools/commands/test_doctor_command.py",
    *(ROOT / "tests/server/doctor").glob("test_*.py"),
]


def calls(files: list[Path], name: str) -> Iterator[tuple[Path, ast.Call]]:
    """Yield each call of a function or method of this name."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called == name:
                    yield file, node


def texts(nodes: Sequence[ast.AST]) -> set[str]:
    found = {each.value for node in nodes for each in ast.walk(node) if isinstance(each, ast.Constant)}
    return {text for text in found if isinstance(text, str)}


def test_each_kind_is_provoked_by_a_test() -> None:
    """`only` holds a check to the kinds it names. test_data.py has one test for all reasons of status."""
    provoked = {text for _, call in calls(TESTS, "only") for text in texts(call.args[1:])}
    # Those of a parametrised test stand above it.
    provoked |= {text for file in TESTS for text in texts_of_parameters(file)} & set(KINDS)
    assert sorted(set(KINDS) - set(STATUS_KINDS) - provoked) == []


def texts_of_parameters(file: Path) -> set[str]:
    return {text for _, call in calls([file], "parametrize") for text in texts(call.args[1:])}


def test_each_kind_is_found_by_the_code() -> None:
    named = {text for file in DOCTOR for text in texts_in_code(file)}
    assert sorted(set(KINDS) - set(STATUS_KINDS) - named) == []


def texts_in_code(file: Path) -> set[str]:
    return set() if file.name.endswith("kinds.py") else texts([*ast.parse(file.read_text()).body])


def test_each_kind_s_fields_are_plain_names() -> None:
    for name, kind in KINDS.items():
        for text in (kind.what, kind.why, kind.mend):
            fields = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
            assert all(re.fullmatch(r"[a-z]+", field) for field in fields), name


def test_a_word_of_the_archive_stands_in_the_code_or_is_held_against_what_does() -> None:
    """Redaction by construction: what isn't a Word, a number or a pseudonym is left out of the archive."""
    for file, call in calls(DOCTOR, "Word"):
        is_name = len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
        assert is_name or file.name in ("report.py", "bundle.py") or from_constant(file, call), ast.unparse(call)
    for name in ("fact", "find", "find_missing", "unknown"):
        position = {"unknown": 1}.get(name, 0)
        for file, call in calls(DOCTOR, name):
            if len(call.args) > position and file.name != "report.py":
                assert isinstance(call.args[position], ast.Constant | ast.Name | ast.Attribute), ast.unparse(call)


def from_constant(file: Path, call: ast.Call) -> bool:
    """Tell whether the name in a call is that of a loop over a tuple of constants of this file."""
    name = call.args[0].id if isinstance(call.args[0], ast.Name) else ""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.comprehension) and isinstance(node.target, ast.Name) and node.target.id == name:
            return isinstance(node.iter, ast.Name) and node.iter.id.isupper()
    return False


def test_what_is_held_against_the_known() -> None:
    assert one_of("a", ["a"]) == "a" and one_of("x", ["a"]) == "other"
    assert (number("3.2.1"), number("0640")) == ("3.2.1", "0640")
    assert {number(text) for text in ("", "1.2-evil", "192.0.2.1", "0016cb000001", "123456789")} == {"other"}
    assert moment("2026-01-01T00:00:00Z") == "2026-01-01T00:00:00Z" and moment("2026-01-01 x") == "other"


def report() -> Report:
    check = Check("status")
    nas = Private("nas", "planted-switch")
    check.find("nas_unknown", nas=nas, sessions=3)
    check.find("coa_port", nas=Private("nas", "planted-2"), said="planted words")
    check.find("settings", said="planted words")
    check.fact("list", [nas, Word("ok"), "planted text", 5, True, {Word("a"): nas}])
    check.unknown("planted words", "late")
    return Report([check])


def test_the_archive_has_words_numbers_and_pseudonyms() -> None:
    file = io.BytesIO()
    words = write_bundle(report(), file)
    assert {str(word): private.text for private, word in words.items()} == {
        "nas-1": "planted-switch",
        "nas-2": "planted-2",
    }
    file.seek(0)
    with tarfile.open(fileobj=file) as archive:
        written = archive.extractfile("radtune-doctor/report.json").read().decode()  # type: ignore[union-attr]
        headers = [(each.uid, each.gid, each.uname, each.gname, each.mtime) for each in archive.getmembers()]
    assert "planted" not in written
    assert headers == [(0, 0, "", "", 0)] * 2
    (check,) = json.loads(written)["checks"]
    assert check["facts"] == {"list": ["nas-1", "ok", "…", 5, True, {"a": "nas-1"}]}
    assert [each["what"] for each in check["findings"]][:2] == [
        "nas-1: no entry under nas; sessions on it: 3",
        "nas-2: …",
    ]
    assert check["not_known"] == ["late"]


def test_the_report_for_programs_has_everything() -> None:
    plain = report().plain()
    assert plain["state"] == "unhealthy"
    assert plain["findings"][0]["what"].startswith("planted-switch: no entry")
    assert plain["not_known"] == [{"check": "status", "why": "planted words"}]
    assert plain["checks"][0]["list"][0] == "planted-switch"


def test_exit_codes() -> None:
    check = Check("data")
    assert Report([check]).exit_code == ExitCode.OK
    check.unknown("why")
    assert Report([check]).exit_code == ExitCode.UNKNOWN
    check.find("settings", said="x")
    assert Report([check]).exit_code == ExitCode.DIFFERENCE


def test_a_check_that_hangs_is_not_waited_for() -> None:
    forever = threading.Event()

    def hang(found: Check) -> None:
        found.find("settings", said="before")
        forever.wait(60)

    check = look("data", hang, 0.1)
    forever.set()
    assert [each.kind for each in check.findings] == ["settings"]
    assert [(each.why, each.cause) for each in check.not_known] == [("not done within 0 seconds", "late")]


@pytest.mark.parametrize(
    ("error", "why", "cause"),
    [
        (NotPermittedError("run as root"), "run as root", "NotPermittedError"),
        (PermissionError(13, "Permission denied", "/x"), "/x: Permission denied; run as root", "PermissionError"),
        (ModuleNotFoundError(name="msal"), "the Python module msal is missing", "ModuleNotFoundError"),
        (ValueError("odd"), "bug in the doctor; please report this:", "bug"),
    ],
)
def test_a_check_that_fails_is_not_known(error: Exception, why: str, cause: str) -> None:
    def fail(_: Check) -> None:
        raise error

    (found,) = look("data", fail, 5.0).not_known
    assert found.why.splitlines()[0] == why and found.cause == cause
