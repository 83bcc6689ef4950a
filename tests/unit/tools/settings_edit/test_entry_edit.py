"""settings.yaml with one tenant's entry added, changed or removed, and everything else left as it is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from radtune_tools.settings_edit.entry_edit import entry_lines, position, scalar, with_entry, without_entry

ROOT = Path(__file__).resolve().parents[4]
NEW = {"tenant": "new.example", "client_id": "8a0f3c11-0000-4000-8000-000000000007", "ethernet_macs": True}
TEXT = """\
# the company's
store: store   # here
events: events.jsonl
policy: policy.yaml

intune:
  # the first
  - tenant: a.example  # alpha
    client_id: 8a0f3c11-0000-4000-8000-000000000001
    # renewed in May
    client_secret_file: a
    # until June
  # the second
  - client_id: 8a0f3c11-0000-4000-8000-000000000002
    tenant: "b.example"
    client_secret_file: b

nas:
  - name: switch
"""
SHAPES = {
    "block": TEXT,
    "no indent": re.sub(r"^  (?=[ #-])", "", TEXT, flags=re.MULTILINE),
    "wide": TEXT.replace("  - tenant", "  -   tenant")
    .replace("    client_secret_file: a", "      client_secret_file: a")
    .replace("    client_id: 8a0f3c11-0000-4000-8000-000000000001", "      client_id: x"),
    "dash alone": TEXT.replace("  - tenant", "  -\n    tenant"),
    "windows": TEXT.replace("\n", "\r\n"),
    "last": TEXT.partition("\nnas:")[0],
    "no line end": TEXT.partition("\nnas:")[0].rstrip(),
    "entries in brackets": "s: s\nintune:\n- {tenant: a.example, client_id: x} # a\n- {tenant: b.example}\nnas: []\n",
    "dumped": yaml.safe_dump(yaml.safe_load(TEXT)),
    "umlauts": "# ä\N{GRINNING FACE}\n" + TEXT,
    "byte order mark": "\ufeff" + TEXT,
    "anchored elsewhere": "x: &x 1\ny: *x\n" + TEXT,
    "folded": TEXT.replace("client_secret_file: b", "client_secret_file: >-\n      b\n      c"),
}


def load(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def entries(text: str) -> list[dict[str, Any]]:
    return list(load(text).get("intune", []))


def rest(text: str) -> dict[str, Any]:
    return {key: value for key, value in load(text).items() if key != "intune"}


def kept_lines(before: str, after: str) -> bool:
    """Tell whether every line of `after` that isn't new comes from `before`, in its order."""
    left = iter(before.splitlines(keepends=True))
    return all(line in left for line in after.splitlines(keepends=True) if line in before)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_entry_is_added_behind_the_last(shape: str) -> None:
    text = SHAPES[shape]
    made = with_entry(text, entries(text), NEW)
    assert entries(made) == [*entries(text), NEW]
    assert rest(made) == rest(text)
    lines = [line for line in made.splitlines(keepends=True) if line not in text.splitlines(keepends=True)]
    assert "".join(made.replace("".join(lines[-3:]), "").split()) == "".join(text.split())


@pytest.mark.parametrize("shape", SHAPES)
def test_added_and_removed_again_is_as_it_was(shape: str) -> None:
    text = SHAPES[shape]
    made = with_entry(text, entries(text), NEW)
    assert without_entry(made, entries(made), "NEW.example").rstrip() == text.rstrip()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tenant", ["a.example", "b.example"])
def test_an_entry_is_removed(shape: str, tenant: str) -> None:
    text = SHAPES[shape]
    made = without_entry(text, entries(text), tenant)
    assert entries(made) == [entry for entry in entries(text) if entry["tenant"] != tenant]
    assert rest(made) == rest(text)
    assert kept_lines(text, made)


def test_comments_in_an_entry_go_with_it_and_others_stay() -> None:
    made = without_entry(TEXT, entries(TEXT), "a.example")
    assert "until June" not in made
    assert "renewed" not in made
    assert all(words in made for words in ("# the company's", "# here", "# the first", "# the second"))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_last_entry_takes_the_list_with_it(shape: str) -> None:
    text = SHAPES[shape]
    for tenant in ("b.example", "a.example"):
        text = without_entry(text, entries(text), tenant)
    assert load(text) == rest(SHAPES[shape])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tenant", ["a.example", "b.example"])
def test_an_entry_is_changed_where_it_stands(shape: str, tenant: str) -> None:
    text = SHAPES[shape]
    at = position(entries(text), tenant)
    assert at is not None
    changed = {"tenant": tenant, "certificate_file": "c.pem", "page_size": 5, "client_id": "other"}
    made = with_entry(text, entries(text), changed)
    assert entries(made)[at] == changed
    assert entries(made)[1 - at] == entries(text)[1 - at]
    assert rest(made) == rest(text)


def test_only_what_differs_is_written_anew() -> None:
    old = entries(TEXT)[0]
    made = with_entry(TEXT, entries(TEXT), {**old, "client_secret_file": "a-2"})
    assert made == TEXT.replace("client_secret_file: a\n", "client_secret_file: a-2\n")
    assert with_entry(TEXT, entries(TEXT), old) == TEXT


def test_a_first_key_that_goes_leaves_the_dash() -> None:
    made = with_entry(TEXT, entries(TEXT), {"tenant": "b.example", "managed_identity": "arc"})
    assert '  - tenant: "b.example"\n    managed_identity: arc\n\nnas:' in made


def test_without_a_list_it_goes_behind_the_example() -> None:
    shipped = (ROOT / "raddb/mods-config/radtune/settings.yaml").read_text()
    made = with_entry(shipped, [], NEW)
    assert entries(made) == [NEW]
    assert rest(made) == load(shipped)
    before, _, after = made.partition("\nintune:\n")
    assert before.splitlines()[-1].startswith("#  ")
    assert "# The NASes" in after
    assert without_entry(made, [NEW], NEW["tenant"]) == shipped  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["store: s\n", "store: s", "", "store: s\n# the end\n"])
def test_without_a_list_or_an_example_it_goes_to_the_end(text: str) -> None:
    made = with_entry(text, [], NEW)
    assert made.startswith(text)
    assert (load(made) or {}) == {**(yaml.safe_load(text) or {}), "intune": [NEW]}


@pytest.mark.parametrize(
    "text",
    [
        "intune: [{tenant: a.example}]\n",
        "x: &x [{tenant: a.example}]\nintune: *x\n",
        "x: &x a.example\nintune:\n  - tenant: *x\n",
        "x: &x {page_size: 5}\nintune:\n  - tenant: a.example\n    <<: *x\n",
        "intune: &x\n  - tenant: a.example\n",
    ],
)
def test_what_can_not_be_changed_line_by_line_is_refused(text: str) -> None:
    said = r"bracket|alias|dash"
    with pytest.raises(ValueError, match=said):
        with_entry(text, entries(text), NEW)
    with pytest.raises(ValueError, match=said):
        without_entry(text, entries(text), "a.example")
    with pytest.raises(ValueError, match=said):
        with_entry(text, entries(text), {"tenant": "a.example", "proxy": "none"})


def test_who_is_not_there_can_not_be_removed() -> None:
    with pytest.raises(ValueError, match=r"c\.example: no such entry"):
        without_entry(TEXT, entries(TEXT), "c.example")
    with pytest.raises(ValueError, match="brackets"):
        without_entry("store: s\n", [], "c.example")


def test_upper_and_lower_case_are_the_same() -> None:
    assert position(entries(TEXT), "B.Example") == 1
    assert position(entries(TEXT), "c") is None


def test_an_entry_as_a_person_would_write_it() -> None:
    assert entry_lines({"tenant": "a.example", "page_size": 5}) == ["  - tenant: a.example", "    page_size: 5"]


@pytest.mark.parametrize("plain", ["a.example", NEW["client_id"], "/etc/x/secret", "https://login.example", "none"])
def test_what_needs_no_quotes_has_none(plain: str) -> None:
    assert scalar(plain) == plain


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.integers() | st.booleans())
def test_every_value_is_read_as_it_was(value: str | int | bool) -> None:
    if isinstance(value, str) and not value.isprintable():
        return
    read = yaml.safe_load(f"key: {scalar(value)}\n")["key"]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "word", ["yes", "No", "null", "TRUE", "2027-05-01", "1e3", "0x1", "1_000", "~", "", "a: b", "a #"]
)
def test_words_that_yaml_takes_for_something_else_are_quoted(word: str) -> None:
    assert scalar(word).startswith('"')
    assert yaml.safe_load(scalar(word)) == word
