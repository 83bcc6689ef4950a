"""The manual says of the profiles what they say themselves."""

import re
from pathlib import Path

import pytest

from parts.manual import fenced, page
from radtune.config.nas_profile import ACCEPT_SAMPLE, built_in, profile_reader, read_profile
from radtune.config.policy_labels import PolicyContext
from radtune.config.schema import schema
from radtune.dictionary.dictionary import Dictionary
from radtune.policy.templates import SAMPLE

PAGE = page("nas-profile")
DICTIONARY = Path("/usr/share/freeradius/dictionary")


def test_the_table_of_profiles() -> None:
    known = profile_reader(PolicyContext(dictionaries=(DICTIONARY,)))
    profiles = [known(name) for name in built_in()]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*); port (\d+); (.*) \|$", page("coa"), re.MULTILINE)
    assert rows == [
        (profile.name, profile.description, str(profile.port), ", ".join(profile.method_names()))
        for profile in profiles
    ]


def test_each_profile_has_its_side_of_the_nas() -> None:
    side = page("coa").partition("## The side of the NAS\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", side, re.MULTILINE) == list(built_in())


def test_the_example(tmp_path: Path) -> None:
    (example,) = fenced(PAGE, "yaml")
    (tmp_path / "my-switch.yaml").write_text(example)
    profile = read_profile(tmp_path / "my-switch.yaml", Dictionary.read([DICTIONARY]))
    assert profile.method_names() == ["reauthenticate", "disconnect"]


def test_every_field() -> None:
    fields = PAGE.partition("The fields: ")[2].partition(". A client")[0]
    assert re.findall(r"`(\w+)`", fields) == [*SAMPLE, "accept", *(set(ACCEPT_SAMPLE) - set(SAMPLE))]


@pytest.mark.parametrize("key", [*schema("profile")["properties"], "requires", "verified"])
def test_every_key(key: str) -> None:
    assert f"`{key}`" in PAGE or f"`methods[].{key}`" in PAGE or key == "description"


@pytest.mark.parametrize("notation", schema("profile")["properties"]["mac"]["enum"], ids=str)
def test_every_notation_of_a_mac(notation: str) -> None:
    assert f"`{notation}`" in PAGE or f"`{notation.upper()}`" in PAGE
