"""The entry of a tenant to be linked, with a person who answers as the test says."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from radtune.errors import UsageError
from radtune_tools.link import questions
from radtune_tools.link.link_entry import Chosen, a_client_id, choose
from radtune_tools.settings_edit.settings_file import SettingsFile
from unit.samples import SETTINGS, TENANT, guid

OLD = {"proxy": "none", "tenant": "Contoso.example", "client_id": guid(7), "client_secret_file": "s", "page_size": 5}


@pytest.fixture
def file(tmp_path: Path) -> SettingsFile:
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return SettingsFile(tmp_path / "settings.yaml")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return what takes the lines that a person types; every one of them is asked for."""
    lines: list[str] = []

    def prompt(*_: object, **more: Any) -> str:
        while True:
            try:
                return more["value_proc"](lines.pop(0)) if "value_proc" in more else lines.pop(0)
            except click.BadParameter:
                continue

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(click, "prompt", prompt)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: lines.pop(0) == "y")
    yield lambda *more: lines.extend(more)
    assert lines == []


def test_all_given(file: SettingsFile, tmp_path: Path) -> None:
    given = {"page_size": 9, "client_secret_file": tmp_path / "x", "client_id": guid(1)}
    chosen = choose(file, TENANT, {}, given)
    assert chosen == Chosen({"tenant": TENANT, "client_id": guid(1), "client_secret_file": "x", "page_size": 9})
    assert list(chosen.entry) == ["tenant", "client_id", "client_secret_file", "page_size"]


def test_all_asked_for(file: SettingsFile, answers: Callable[..., None]) -> None:
    answers("", "x", guid(1).upper(), " ", "hunter2 ", "May", "2027-05-01")
    chosen = choose(file, TENANT, {}, {})
    assert chosen.secret == "hunter2"
    assert chosen.entry == {
        "tenant": TENANT,
        "client_id": guid(1),
        "client_secret_file": f"intune-secret-{TENANT}",
        "client_secret_expires": "2027-05-01",
    }


def test_a_day_that_nobody_knows(file: SettingsFile, answers: Callable[..., None]) -> None:
    answers("hunter2", "")
    assert "client_secret_expires" not in choose(file, TENANT, {}, {"client_id": guid(1)}).entry


@pytest.mark.parametrize("missing", [{}, {"client_id": guid(1)}])
def test_nobody_to_ask(file: SettingsFile, missing: dict[str, str]) -> None:
    option = "--client-secret-file" if missing else "--client-id"
    with pytest.raises(UsageError, match=f"there is no terminal to ask at; give {option}"):
        choose(file, TENANT, {}, missing)


def test_a_managed_identity_needs_nothing_else(file: SettingsFile) -> None:
    assert choose(file, TENANT, {}, {"managed_identity": "arc"}).entry == {"tenant": TENANT, "managed_identity": "arc"}
    assert choose(file, TENANT, OLD, {"managed_identity": "arc"}).entry == {
        "tenant": "Contoso.example",
        "managed_identity": "arc",
        "proxy": "none",
        "page_size": 5,
    }


def test_linked_anew_keeps_what_has_nothing_to_do_with_it(file: SettingsFile, answers: Callable[..., None]) -> None:
    answers("n")
    assert choose(file, TENANT, OLD, {"entra_changes": True}) == Chosen({**OLD, "entra_changes": True})


def test_linked_anew_without_a_person_keeps_the_credential(file: SettingsFile) -> None:
    assert choose(file, TENANT, OLD, {}) == Chosen(OLD)


def test_linked_anew_with_a_new_secret(file: SettingsFile, answers: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / f"intune-secret-{TENANT}").touch()
    answers("y", "hunter2", "2027-05-01")
    chosen = choose(file, TENANT, {**OLD, "client_secret_expires": "2026-01-01"}, {})
    new = {"client_secret_file": f"intune-secret-{TENANT}-2", "client_secret_expires": "2027-05-01"}
    assert chosen == Chosen({**OLD, **new}, "hunter2")


def test_a_certificate_takes_the_place_of_a_secret(file: SettingsFile, tmp_path: Path) -> None:
    old = {**OLD, "client_secret_expires": "2026-01-01"}
    given = {"certificate_file": tmp_path / "crt", "private_key_file": Path("/etc/keys/key")}
    entry = choose(file, TENANT, old, given).entry
    assert {key: entry[key] for key in given} == {"certificate_file": "crt", "private_key_file": "/etc/keys/key"}
    assert not {"client_secret_file", "client_secret_expires"} & set(entry)
    assert (entry["client_id"], entry["proxy"]) == (guid(7), "none")


def test_an_id_is_a_guid() -> None:
    assert a_client_id(guid(1).upper()) == guid(1)
    with pytest.raises(ValueError, match="expected a GUID"):
        a_client_id(f"{guid(1)}\n")


def test_a_line_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = (sys.stdin, [" http://x \n", ""])
    monkeypatch.setattr(read, "readline", lambda: write.pop(0))
    assert questions.ask_line("That address") == "http://x"
    with pytest.raises(UsageError, match="nobody answered: That address"):
        questions.ask_line("That address")
    with pytest.raises(UsageError, match="give --yes"):
        questions.agreed("Unlink?", "--yes")
