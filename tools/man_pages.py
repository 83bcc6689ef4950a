"""Write the man pages, and bash's completion, of the command: `python3 man_pages.py DIRECTORY COMPLETION`.

They are made of what `--help` says. `make deb` puts them into the package.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import BashComplete

from radtune import __version__
from radtune.installation import DEFAULT_SETTINGS
from radtune_tools.cli.group import Group
from radtune_tools.cli.root import cli

_MARK = "\b\n"
"""click's mark of a paragraph whose lines stay as they are."""


def main(directory: Path, completion: Path) -> None:
    """Write a page for each command, and the completion."""
    for path, context in _contexts(cli, click.Context(cli, info_name="radtune", **cli.context_settings)):
        name = "-".join(["radtune", *path])
        text = "".join(f"{line}\n" for line in _page(name, context))
        (directory / f"{name}.1").write_text(text, encoding="utf-8")
    completion.write_text(BashComplete(cli, {}, "radtune", "_RADTUNE_COMPLETE").source(), encoding="utf-8")


def _contexts(
    command: click.Command, context: click.Context, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Context]]:
    yield path, context
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            if inner is not None:
                yield from _contexts(inner, click.Context(inner, info_name=word, parent=context), (*path, word))


def _page(name: str, context: click.Context) -> Iterator[str]:
    command = context.command
    paragraphs = _paragraphs(command.help or "")
    yield f'.TH {_text(name).upper()} 1 "" "radtune {__version__}" "radtune"'
    yield from (".SH NAME", f"{_text(name)} \\- {_text(paragraphs[0].rstrip('.'))}")
    yield from (".SH SYNOPSIS", f".B {_text(context.command_path)}")
    yield from (_text(piece) for piece in command.collect_usage_pieces(context))
    yield ".SH DESCRIPTION"
    yield from _body(paragraphs)
    yield ".SH OPTIONS"
    for option in command.get_params(context):
        if record := option.get_help_record(context):
            yield from (".TP", f".B {_text(record[0])}", _text(" ".join(record[1].split())))
    if isinstance(command, Group):
        yield ".SH COMMANDS"
        for word in command.list_commands(context):
            yield from (".TP", f".BR {_text(f'{name}-{word}')} (1)", _text(command.helps[word]))
    if context.parent is None:
        yield ".SH EXIT STATUS"
        yield from _body(_paragraphs(command.epilog or ""))
        yield from (".SH FILES", ".TP", f".I {_text(str(DEFAULT_SETTINGS))}", "The settings.")
        yield from (".TP", ".I /usr/share/doc/radtune/docs/README.md", "The manual.")
    else:
        yield from (".SH SEE ALSO", ".BR radtune (1)")


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n{2,}", text.strip("\n"))


def _body(paragraphs: list[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ".PP"
        if paragraph.startswith(_MARK):
            yield from (".nf", *map(_text, paragraph.removeprefix(_MARK).splitlines()), ".fi")
        else:
            yield _text(" ".join(paragraph.split()))


def _text(text: str) -> str:
    """Return text as troff prints it."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("|", "|\\:")  # a line may end behind a |
    return f"\\&{text}" if text.startswith((".", "'")) else text


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
