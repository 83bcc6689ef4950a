"""What docs/settings.md says of each key: it is whole, its examples are taken, and its defaults are the real ones."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from manual import settings
from manual.pages import parts
from parts.manual import page
from radtune.config.schema import check_schema, schema
from radtune.config.settings import Settings, read_settings
from radtune.config.yaml_file import read_yaml
from radtune.installation import RADDB
from radtune.server.state import settings_fingerprints

ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in re.findall(r"^\| `[a-z_.\[\]]+` \|.*", page("settings"), re.MULTILINE)
]
"""Each key with its type, default, meaning and example."""
SIGN_IN = ("intune[].client_id", "intune[].client_secret_file")


def put(document: dict[str, Any], key: str, value: Any) -> None:
    """Put a value under a key such as `nas[].port`; a list has one entry."""
    *path, last = key.split(".")
    for name in path:
        inner = document.setdefault(name.removesuffix("[]"), [{}] if name.endswith("[]") else {})
        document = inner[0] if name.endswith("[]") else inner
    document[last] = value


def written(rows: Iterable[tuple[str, str]]) -> str:
    """Return settings with these values, as the page shows them, under these keys."""
    document: dict[str, Any] = {}
    for key, value in rows:
        put(document, key.strip("`"), yaml.safe_load(value.strip("`")))
    return yaml.safe_dump(document)


def read(directory: Path, rows: Iterable[tuple[str, str]]) -> Settings:
    """Read such settings."""
    file = directory / "settings.yaml"
    file.write_text(written(rows))
    return read_settings(file)


def keys(part: Any) -> Iterator[str]:
    """Yield every key that a schema knows, at any depth."""
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for inner in part.values():
            yield from keys(inner)


def test_every_section_and_every_key_is_there() -> None:
    assert [part.split()[1:] for part in parts(page("settings"))] == [[], *([name] for name in settings.sections())]
    named = {row[0].strip("`").rpartition(".")[2] for row in ROWS}
    assert named.union(settings.sections()) == set(keys(schema("settings")))
    assert len({row[0] for row in ROWS}) == len(ROWS)


def test_every_key_has_a_type_a_meaning_and_an_example_that_the_schema_takes(tmp_path: Path) -> None:
    assert all(row[1] and row[3].endswith((".", "`")) for row in ROWS)
    assert [row[0] for row in ROWS if not row[4]] == ["`moves.windows`"]
    (tmp_path / "settings.yaml").write_text(written((row[0], row[4]) for row in ROWS if row[0] != "`moves.windows`"))
    check_schema(document := read_yaml(tmp_path / "settings.yaml"), "settings")
    assert document.problems == []


def test_a_default_is_what_counts_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dictionary").touch()
    monkeypatch.setattr("radtune.config.settings.RADDB", tmp_path)
    least = [(row[0], row[4]) for row in ROWS if row[2] == "required" or row[0].strip("`") in SIGN_IN]
    defaults = [(row[0], row[2].replace(str(RADDB), str(tmp_path))) for row in ROWS if row[2] not in ("", "required")]
    assert len(defaults) > 20
    without = read(tmp_path, least)
    assert read(tmp_path, [*least, *defaults]) == without
    for key, default in defaults:
        (example,) = (row[4] for row in ROWS if row[0] == key)
        assert example != default and read(tmp_path, [*least, (key, example)]) != without


def test_the_keys_that_want_a_restart_are_those_that_a_server_goes_by(tmp_path: Path) -> None:
    sentence = page("settings").partition("The server reads ")[2].partition("at its start")[0]
    least = [(row[0], row[4]) for row in ROWS if row[2] == "required" or row[0].strip("`") in SIGN_IN]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(settings_fingerprints(read(tmp_path, least)))


def test_the_example_of_a_file_of_settings_d_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"^(    nas:\n(?:    .+\n)+)", page("settings"), re.MULTILINE)
    (tmp_path / "settings.d").mkdir()
    (tmp_path / "settings.d/core.yaml").write_text(dedent(example))
    least = [(row[0], row[4]) for row in ROWS if row[2] == "required" or row[0].strip("`") in SIGN_IN]
    assert [nas.name for nas in read(tmp_path, least).nas][-1:] == ["core"]
