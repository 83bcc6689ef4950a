"""docs/cookbook.md: every YAML block is used, each policy is valid without a warning, and its cases reach each rule."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from parts.manual import FENCE, page
from unit.running import Run

DICTIONARIES = "dictionaries: [/usr/share/freeradius/dictionary]\n"


@dataclass
class Recipe:
    """The blocks of one section: what goes into which file."""

    settings: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    lists: dict[str, str] = field(default_factory=dict)


def read_recipe(section: str) -> Recipe:
    recipe = Recipe()
    for language, text in FENCE.findall(section):
        if language == "text":
            recipe.lists[re.findall(r"^# (\S+):", text)[0]] = text
            continue
        assert language == "yaml"
        keys = set(yaml.safe_load(text))
        kind = "cases" if keys == {"cases"} else "policy" if {"labels", "rules", "default"} <= keys else "settings"
        getattr(recipe, kind).append(text)
    return recipe


RECIPES = {
    title: read_recipe(section)
    for title, section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page("cookbook"), re.MULTILINE | re.DOTALL)
}


def test_each_recipe_is_a_policy_with_cases() -> None:
    assert len(RECIPES) >= 12
    for title, recipe in RECIPES.items():
        assert (len(recipe.policy), len(recipe.cases), len(recipe.settings) <= 1) == (1, 1, True), title


@pytest.mark.parametrize("title", RECIPES)
def test_a_recipe_is_valid_and_its_cases_pass_and_reach_every_rule(run: Run, office: Path, title: str) -> None:
    recipe = RECIPES[title]
    with (office / "settings.yaml").open("a") as settings:
        settings.writelines([DICTIONARIES, *recipe.settings])
    for name, text in recipe.lists.items():
        (office / name).write_text(text)
    (office / "policy.yaml").write_text(recipe.policy[0])
    (office / "policy-tests.yaml").write_text(recipe.cases[0])
    checked = run("policy", "check", "--strict")
    assert (checked.code, checked.err) == (0, "")
    tested = run("policy", "test")
    assert (tested.code, tested.err) == (0, "")
    assert f"{len(yaml.safe_load(recipe.cases[0])['cases'])} cases, all passed" in tested.out
    assert "no case reaches" not in tested.out
