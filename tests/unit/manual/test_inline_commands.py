"""Each command and option that a sentence of the manual names is there."""

import re
from pathlib import Path

import click
import pytest

from manual.commands import paths
from parts.manual import FENCE, PAGES
from parts.messages import EXPLAINED
from radtune_tools.cli.root import cli

SPAN = re.compile(r"`(radtune [^`]+|--[a-z][^`]*)`")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
GLOBAL = {name for each in cli.params for name in each.opts} | {"-h", "--help"}
GROUPS = ("nas", "policy", "COMMAND")
"""The words in the place of a command that stand for several commands."""


def options(command: click.Command) -> set[str]:
    """Return the options of a command."""
    params = command.get_params(click.Context(command))
    return GLOBAL | {name for each in params for name in (*each.opts, *each.secondary_opts)}


OPTIONS = {path: options(command) for path, command in paths()}
MESSAGES = re.compile(r"^\| `.*` \|(?= *$)|^\| `.*?`(?: \(\d+\))? (?=\|)", re.MULTILINE)
"""The first cells on the pages of messages, which hold what radtune says."""


def sentences(page: Path) -> str:
    """Return the text of a page without samples and messages."""
    text = FENCE.sub("", page.read_text())
    return MESSAGES.sub("", text) if page.stem in (*EXPLAINED, "messages") else text


SPANS = {" ".join(span.split()): page.name for page in PAGES for span in SPAN.findall(sentences(page))}


def test_there_are_such_commands() -> None:
    assert len(SPANS) > 100


@pytest.mark.parametrize("span", SPANS)
def test_a_command_or_an_option_that_a_sentence_names_is_there(span: str) -> None:
    words = re.sub(r"^radtune (?:-\S+ )*", "", span)
    fits = [path for path in OPTIONS if f"{words} ".startswith(f"{path} ")]
    assert fits or words.startswith("-") or words.split()[0] in GROUPS, SPANS[span]
    known = OPTIONS[fits[-1]] if fits else set.union(*OPTIONS.values())
    assert set(OPTION.findall(span)) <= known, SPANS[span]
