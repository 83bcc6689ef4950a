"""The commands as `radtune … --help` tells of them: words, options and exit codes."""

import re
from collections.abc import Iterator

import click

from manual.table import table
from radtune_tools.cli.root import EXIT_CODES, cli

LISTING = {"csv", "columns", "wide"}
"""The options of every list, by click's names."""


def paths() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its words, such as `policy check`; groups are left out."""
    for path, command in cli.every_command(click.Context(cli)):
        if not isinstance(command, click.Group):
            yield path, command


def index() -> Iterator[str]:
    """Yield the table of all commands."""
    rows = (
        [f"[`{path}`](#radtune-{path.replace(' ', '-')})", command.get_short_help_str(limit=1000)]
        for path, command in paths()
    )
    yield table(["command", "what it does"], rows)


def one(*words: str) -> Iterator[str]:
    """Yield the usage of a command, its help and its own options."""
    context = _context(" ".join(words))
    yield f"`radtune {' '.join([*words, *context.command.collect_usage_pieces(context)])}`"
    yield from (" ".join(paragraph.split()) for paragraph in (context.command.help or "").split("\n\n"))
    options = [option for option in _options(context) if option.name not in {*_global(), *LISTING}]
    if options:
        yield _table(context, options)
    if LISTING & {option.name for option in _options(context)}:
        yield "It prints a list, and takes the [options of a list](#options-of-a-list)."


def shared(which: str) -> Iterator[str]:
    """Yield the options of `every` command, or those of every `list`."""
    context = _context("devices" if which == "list" else "")
    yield _table(context, [option for option in _options(context) if (option.name in LISTING) == (which == "list")])


def exit_codes() -> Iterator[str]:
    """Yield the table of the exit codes."""
    lines = re.sub(r"\n {6,}", " ", EXIT_CODES).splitlines()
    rows = [line.split(maxsplit=1) for line in lines if line.split()[0].isdigit()]
    yield table(["code", "meaning"], rows)


def _context(path: str) -> click.Context:
    context = click.Context(cli, info_name="radtune", **cli.context_settings)
    for word in path.split():
        assert isinstance(context.command, click.Group)
        command = context.command.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context)
    return context


def _options(context: click.Context) -> list[click.Option]:
    return [option for option in context.command.get_params(context) if isinstance(option, click.Option)]


def _global() -> set[str | None]:
    return {option.name for option in _options(_context(""))}


def _table(context: click.Context, options: list[click.Option]) -> str:
    return table(["option", "meaning"], [_row(context, option) for option in options])


def _row(context: click.Context, option: click.Option) -> list[str]:
    """Return the words of an option as its help has them; choices, which are many, stand behind their meaning."""
    record = option.get_help_record(context)
    assert record is not None
    names, meaning = record
    if isinstance(option.type, click.Choice):
        names = names.partition(" ")[0]
        meaning += f" One of {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    return [f"`{names}`", " ".join(meaning.split())]
